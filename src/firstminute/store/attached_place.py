"""Which folder holds the attachments of a record on a server: the sealed files do not go to the server, so every machine that may lead must see the same ones.

Idea: `attachments/` is storage that both machines reach. The first that leads gives it a name (`folder.id` in it) and writes the name beside the record's keys;
whoever starts later compares. A folder with another name, or none, is another folder: that is said at the start of a stand-by, in `/health` once
it leads, and of each file that is then not found. Nothing is refused for it: calls come before photos.
Limits: it says that the folder is the same one, not that nothing was deleted in it; the drill of a backup opens every file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from firstminute.store.engine import read_only
from firstminute.store.kept_files import stamp_first, stamp_of
from firstminute.store.record import DATABASE

if TYPE_CHECKING:
    from firstminute.store.store import Store

FOLDER, NAME = "attachments", "folder.id"
LONGEST = 64


def settle(store: Store) -> bool:
    """Whether the folder of a store that leads is the one that the record's attachments lie in; the first one that leads is."""
    if store.database.durability["engine"] == "sqlite":
        return True
    here = store.folder / FOLDER / NAME
    with store.reading() as connection:
        wanted = stamp_of(connection, FOLDER)
    if wanted is None:
        name = _named(here) or _name(here)
        with store.database.write() as connection:
            stamp_first(connection, FOLDER, name)
            wanted = stamp_of(connection, FOLDER)
    return _named(here) == wanted


def seen(folder: Path) -> bool:
    """The same, asked by a stand-by; also True while no folder has a name yet, as nothing was attached.

    Raises
    ------
    StorageRefused : the server cannot be read
    """
    with read_only(folder / DATABASE) as connection:
        wanted = stamp_of(connection, FOLDER)
    return wanted in (None, _named(folder / FOLDER / NAME))


def _named(path: Path) -> str | None:
    """The name of a folder; None where it has none, or cannot be looked into."""
    try:
        with path.open("rb") as file:
            return file.read(LONGEST).decode("ascii", "replace").strip() or None
    except OSError:
        return None


def _name(path: Path) -> str:
    """A new name, written whole and synced."""
    made = os.urandom(16).hex()
    fresh = path.with_name(f"{NAME}.{os.getpid()}")
    with fresh.open("w", encoding="ascii") as file:
        file.write(made + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return made
