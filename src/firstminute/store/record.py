"""Where a desk's record stands: in the data folder's own SQLite file, or in the PostgreSQL that the folder points to.

Idea: the folder alone answers the question. `database.url` in it holds the URL, so every tool that is given the folder finds the same record as the
service, and after a move nobody starts the old file by mistake. The setting `database_url` writes the pointer at first start; later it may only
say the same record in another way (a new password, another host).
Limits: a URL of libpq (`postgresql://…`); what it may hold is libpq's business.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from firstminute.store.errors import StorageRefused

DATABASE = "desk.db"
POINTER = "database.url"
MOVED = "desk.db.moved"
"""What a file is called whose record was moved away: nobody takes it for the record any more."""
SCHEMES = ("postgresql", "postgres")


def url_of(folder: Path) -> str | None:
    """The URL that a data folder points to, None where its record is its own file."""
    try:
        return (folder / POINTER).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def settle(folder: Path, wanted: str | None) -> str | None:
    """The URL of the record of a folder that is about to be opened, `wanted` being what the settings say.

    Raises
    ------
    StorageRefused : it is no URL of PostgreSQL, or the folder has a record of its own that was not moved there
    """
    found = url_of(folder)
    if wanted is None and found is None and (folder / MOVED).exists() and not (folder / DATABASE).exists():
        said = f"the record that was in {folder} was moved: what is left is {MOVED}"
        raise StorageRefused("moved", said, folder=folder, file=MOVED)
    if wanted is None or wanted == found:
        return found
    checked(wanted)
    if found is None and (folder / DATABASE).exists():
        said = f"{folder} has a record of its own in {DATABASE}: move it first (`firstminute store move`), or take another data folder"
        raise StorageRefused("not_moved", said, folder=folder, file=DATABASE)
    point(folder, wanted)
    return wanted


def checked(url: str) -> str:
    """The same URL; raises StorageRefused where it is none of PostgreSQL."""
    if urlsplit(url).scheme not in SCHEMES:
        raise StorageRefused("no_database_url", f"{shown(url)} is no URL of PostgreSQL", url=shown(url))
    return url


def point(folder: Path, url: str) -> None:
    """Let the folder point to a URL, whole or not at all, readable by the owner alone."""
    fresh = folder / f"{POINTER}.{os.getpid()}"
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(url + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / POINTER)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def shown(url: str) -> str:
    """A URL as people may read it: without its password.

    >>> shown("postgresql://desk:%s@db.example/city?sslmode=verify-full" % "words")
    'postgresql://desk@db.example/city?sslmode=verify-full'
    """
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    query = "&".join(each for each in parts.query.split("&") if not each.lower().startswith("password="))
    return urlunsplit((parts.scheme, user.partition(":")[0] + at + host, parts.path, query, ""))
