"""The HTTP and live-feed edge: bytes in, commands to the desk, rows out. Thin, one file a capability."""
