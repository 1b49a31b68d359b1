"""Protocols of the outside world: one folder each, a codec without I/O and, where needed, a transport."""
