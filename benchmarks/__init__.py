"""Figures side by side with a peer or oracle from the same run: `make bench` prints a table and writes build/bench.json."""
