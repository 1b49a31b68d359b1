"""The twin: the same core as the live service under a seeded clock, and the city it plays in."""
