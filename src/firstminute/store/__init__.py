"""Where the truth is kept: journal, registers, tracks, vault, snapshots and the ground. SQLite by default, PostgreSQL in production."""
