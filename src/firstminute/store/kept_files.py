"""The small files of who may come in, kept beside the keys of a record on a server, so that the desk finds them where it comes up next.

Idea: accounts and tokens, terminals' bindings, and the border's keys with the card that is trusted are files of the leader's folder. Once a second, where one
of them changed, a consistent copy of all goes to the server, sealed under the master key, in the schema that long backups leave out. Whoever leads next
takes the copy before it opens its own files, unless it is the one that wrote it last: then its files are as new or newer. The write is fenced like every
other, so a leader that was replaced cannot put old doors back.
Limits: what changed in the last moments before a leader died may be missing from the copy (somebody signs in again; whoever was locked out in that second
must be locked out again). Not for a folder's own keys: `master.key` and `head.key` travel by hand.
"""

from __future__ import annotations

import io
import json
import os
import sqlite3
import time
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from firstminute.store import border_in, border_keys, border_out
from firstminute.store.accounts_file import DATABASE as ACCOUNTS
from firstminute.store.accounts_file import KEY as ACCOUNTS_KEY
from firstminute.store.errors import StorageRefused
from firstminute.store.postgres_keys import schema_of
from firstminute.store.store import Store

TOKENS, TERMINALS, BORDER = "tokens.json", "jt808.json", "border"
BORDER_KEYS, TRUSTED = f"{BORDER}/{border_keys.FILE}", f"{BORDER}/trusted"
NAMES = (ACCOUNTS, ACCOUNTS_KEY, TOKENS, TERMINALS, BORDER_KEYS)
WATCHED = (*NAMES, f"{ACCOUNTS}-wal")
ACCESS = "access"
"""Under which name the copy stands beside the keys."""
MARK = "kept.stamp"
"""Which copy this folder wrote or took last."""
MOST_BYTES = 64_000_000


class KeptFiles:
    """The copy of one record's files. Only for a record on a server.

    Parameters
    ----------
    store : opened
    """

    def __init__(self, store: Store) -> None:
        self._store, self._folder = store, store.folder
        self._seen: object = None
        with store.reading() as connection:
            self._table = table_of(connection)

    def take(self) -> bool:
        """Put the copy in the place of this folder's files, where another folder wrote it; True where it did. Before anything opens them.

        Raises
        ------
        StorageRefused : the copy does not open with this folder's master key
        """
        with self._store.reading() as connection:
            row = self._row(connection)
        if row is None or row[0] == mark_of(self._folder):
            return False
        data = self._store.vault.open_cache(bytes(row[1]))
        if data is None:
            said = f"master.key does not open what is kept in {self._table}"
            raise StorageRefused("wrong_master_key", said, path=self._table)
        (self._folder / f"{ACCOUNTS}-wal").unlink(missing_ok=True)
        (self._folder / f"{ACCOUNTS}-shm").unlink(missing_ok=True)
        with zipfile.ZipFile(io.BytesIO(data)) as bundle:
            names = set(bundle.namelist())
            if BORDER_KEYS in names:
                _drop_another(self._folder / BORDER, bundle.read(BORDER_KEYS))
            for name in set(NAMES) & names:
                (self._folder / name).parent.mkdir(mode=0o700, exist_ok=True)
                _write(self._folder / name, bundle.read(name))
            if {BORDER_KEYS, TRUSTED} <= names:
                _trust(self._folder / BORDER, bundle.read(TRUSTED))
        _write(self._folder / MARK, row[0].encode())
        return True

    def keep(self) -> bool:
        """Bring the copy up to date where a file changed since the last look; True where it was written. While this process leads."""
        found = [*(_state(self._folder / name) for name in WATCHED), _trusted(self._folder / BORDER)]
        if found == self._seen:
            return False
        data = self._bundle()
        if len(data) > MOST_BYTES:
            raise ValueError(
                f"accounts and tokens have {len(data)} bytes, more than {MOST_BYTES} that are kept on the server"
            )
        stamp, sealed = os.urandom(16).hex(), self._store.vault.seal_cache(data)
        with self._store.database.write() as connection:
            connection.execute(
                text(
                    f"INSERT INTO {self._table} VALUES ('access', :stamp, :sealed) "
                    "ON CONFLICT (name) DO UPDATE SET stamp = excluded.stamp, sealed = excluded.sealed"
                ),
                {"stamp": stamp, "sealed": sealed},
            )
        _write(
            self._folder / MARK, stamp.encode()
        )  # a kill just before this makes the next start take the very same copy
        self._seen = found
        return True

    def _row(self, connection: Connection) -> Any:
        return connection.execute(
            text(f"SELECT stamp, sealed FROM {self._table} WHERE name = 'access'")
        ).first()

    def _bundle(self) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name in NAMES:
                path = self._folder / name
                if path.exists():
                    bundle.writestr(name, _database(path) if name == ACCOUNTS else path.read_bytes())
            if (card := _trusted(self._folder / BORDER)) is not None:
                bundle.writestr(TRUSTED, card)
        return out.getvalue()


def table_of(connection: Connection) -> str:
    """Where the copy of a record is, as SQL names it."""
    schema = schema_of(str(connection.scalar(text("SELECT current_schema()"))))
    return f'"{schema}".files'


def stamp_of(connection: Connection, name: str) -> str | None:
    """The stamp beside a record's keys under a name, None where there is none yet; on any connection to the record."""
    table = table_of(connection)
    if connection.scalar(text("SELECT to_regclass(:table)"), {"table": table}) is None:
        return None
    found: str | None = connection.scalar(
        text(f"SELECT stamp FROM {table} WHERE name = :name"), {"name": name}
    )
    return found


def stamp_first(connection: Connection, name: str, stamp: str) -> None:
    """Write a stamp under a name, where there is none yet."""
    values = {"name": name, "stamp": stamp, "nothing": b""}
    connection.execute(
        text(f"INSERT INTO {table_of(connection)} VALUES (:name, :stamp, :nothing) ON CONFLICT DO NOTHING"),
        values,
    )


def mark_of(folder: Path) -> str:
    """Which copy a folder wrote or took last; empty where none."""
    path = folder / MARK
    return path.read_text(encoding="ascii") if path.exists() else ""


def _database(path: Path) -> bytes:
    """One consistent state of a SQLite file that others write."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
        return file.serialize()


def _trusted(border: Path) -> bytes | None:
    """Whom the border trusts, None where there is none or nobody yet."""
    path = border / border_in.FILE
    if not path.exists():
        return None
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
        row = file.execute("SELECT value FROM meta WHERE name = 'card'").fetchone()
    return None if row is None else str(row[0]).encode()


def _drop_another(border: Path, keys: bytes) -> None:
    """Queues that were begun here under keys of another border go with those."""
    path = border / border_keys.FILE
    if path.exists() and set(json.loads(path.read_bytes())["sign"]).isdisjoint(json.loads(keys)["sign"]):
        for name in (border_in.FILE, border_out.FILE):
            for each in border.glob(f"{name}*"):
                each.unlink()


def _trust(border: Path, card: bytes) -> None:
    """Let the border of this folder trust whom the one before trusted; how far it had read is found out by greeting, as after a backup."""
    keys = border_keys.Keys(border)
    into = border_in.BorderIn(border, keys, clock=time.time)
    try:
        found = border_keys.card_of(json.loads(card))
        if found is not None and found != into.place.card:
            into.trust(found)
    finally:
        into.file.close()


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, readable by the owner alone."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
