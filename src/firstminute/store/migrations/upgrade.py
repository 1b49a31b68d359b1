"""Bring an open database to this release's tables, or back to those of an older one.

Idea: alembic is imported only where there is something to do, so that an up-to-date file opens at once. A file written by a newer release is refused:
reading it with older words could lose something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, select, text

from firstminute.store.errors import StorageRefused
from firstminute.store.schema import REVISION, imports

if TYPE_CHECKING:
    from alembic.config import Config


def upgrade(connection: Connection, to: str = REVISION) -> bool:
    """Run what is missing up to revision `to`; True where something was changed. The caller commits."""
    found = revision(connection)
    if found == to:
        return False
    if found is not None and found > to:
        said = f"the database has revision {found}, this release knows {to}: use the newer release"
        raise StorageRefused("newer", said, found=found, known=to)
    from alembic import command

    command.upgrade(_config(connection), to)
    return True


def downgrade(connection: Connection, to: str) -> bool:
    """Go back to revision `to`, for an older release; True where something was changed. The caller commits.

    Raises
    ------
    StorageRefused : there is no such revision, the database is older, or a bulk import would lose rows
    """
    from alembic import command
    from alembic.script import ScriptDirectory

    config = _config(connection)
    known = sorted(each.revision for each in ScriptDirectory.from_config(config).walk_revisions())
    found = revision(connection)
    if to not in known or found is None or to > found:
        said = f"there is no revision {to} to go back to from {found}: {known}"
        raise StorageRefused("unknown_revision", said, wanted=to, known=", ".join(known))
    if to == found:
        return False
    if connection.execute(select(imports.c.import_id).limit(1)).first() is not None:
        said = "a bulk import is on its way: start the service and let it settle first"
        raise StorageRefused("import_on_its_way", said)
    command.downgrade(config, to)
    return True


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "firstminute.store:migrations")
    config.attributes["connection"] = connection
    return config


def revision(connection: Connection) -> str | None:
    """The revision of an open database, None for a new one."""
    if "alembic_version" not in inspect(connection).get_table_names():
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found
