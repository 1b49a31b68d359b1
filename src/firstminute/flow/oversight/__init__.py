"""Oversight: what the record says of a month of work and of a week of looking at people's data, computed from facts alone."""
