"""Two zones: the public's outside, the desk's inside, joined by signed queues alone (DESIGN.md §6)."""
