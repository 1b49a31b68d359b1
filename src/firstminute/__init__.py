"""firstminute: the 1-3-5-minute circle as software."""
