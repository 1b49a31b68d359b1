"""Bring an open database to this release's tables.

Idea: alembic is imported only where there is something to do, so that an up-to-date file opens at once. A file written by a newer release is refused:
reading it with older words could lose something.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from firstminute.store.errors import StorageRefused
from firstminute.store.schema import REVISION


def upgrade(connection: Connection, to: str = REVISION) -> bool:
    """Run what is missing up to revision `to`; True where something was changed. The caller commits."""
    found = revision(connection)
    if found == to:
        return False
    if found is not None and found > to:
        said = f"the database has revision {found}, this release knows {to}: use the newer release"
        raise StorageRefused("newer", said, found=found, known=to)
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "firstminute.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, to)
    return True


def revision(connection: Connection) -> str | None:
    """The revision of an open database, None for a new one."""
    if "alembic_version" not in inspect(connection).get_table_names():
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found
