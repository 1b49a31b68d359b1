"""What alembic runs: the migrations, on the connection it is handed."""

from __future__ import annotations

from alembic import context

from firstminute.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False
)
context.run_migrations()
