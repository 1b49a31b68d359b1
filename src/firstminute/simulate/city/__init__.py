"""A generated city: ground, places and people of a town that does not exist, the same for the same seed."""
