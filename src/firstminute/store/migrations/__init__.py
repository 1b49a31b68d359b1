"""Changes of the tables, run by the service itself when it opens an older file (alembic)."""
