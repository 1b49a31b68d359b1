"""A backup: everything a desk needs to start again, copied while it runs, with a manifest of what each file was.

Idea (trust.md row 19): SQLite's own online copy, read from one moment of the database on a connection that can neither write nor checkpoint, so the service
notices nothing and the copy is one state and not a smear. A record on a server is read there in one moment and becomes the same files (`from_server`).
`desk.db` is copied before `vault.db`: a key is made before it is used, so the later copy of the key file has every key that the earlier copy of the record
needs. What is encrypted stays encrypted; keys that are files (`KEYS`) go to a folder of their own, or nowhere. The manifest holds sizes, hashes and the
signed heads of the journal as it was found in the copy.
Limits: while a copy is read, the write-ahead log cannot be cut back behind its moment; the city folder is not part of it, it can be built again.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, func, inspect, select

from firstminute.store.engine import read_only
from firstminute.store.errors import StorageRefused
from firstminute.store.head_key import SECRET, HeadKey
from firstminute.store.record import url_of
from firstminute.store.schema import REVISION, metadata
from firstminute.store.store import DATABASE
from firstminute.store.verify import Finding, verify

MANIFEST, FORMAT = "manifest.json", 1
PAGES = 4096
BLOCK = 1 << 20
PARTS: dict[str, tuple[str, ...]] = {
    "record": (DATABASE, "head.pub", "head-*.pub", "jt808.json"),
    "vault": ("vault.db",),
    "accounts": ("accounts.db", "tokens.json"),
    "tracks": ("tracks/*.track",),
    "attachments": ("attachments/*/*.original", "attachments/*/*.shown"),
    "border": ("border/*.db", "border/card.json"),
    "keys": ("master.key", "master.key.new", "accounts.key", SECRET, "border/keys.json"),
}
"""part → what belongs to it. `keys` never stands beside what it opens. What a record speaks of is copied after it, so that it is there."""
LEFT_OUT = (
    "*.lock",
    "*-wal",
    "*-shm",
    "*-journal",
    "snapshot-*",
    "vault-backups/*",
    "tokens-first-start.txt",
    "attachments/*-new",
    "database.url",
    "desk.db.moved",
    "kept.stamp",
)
"""What no backup holds: locks and logs of running files, caches, other copies, tokens to be handed out and deleted, halves of files, where else a record is."""

Progress = Callable[[str, int, int], None]
"""Called with a file's name, how many bytes of it are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Copied:
    """One file of a backup: which part, its name in the data folder, its size and SHA-256."""

    part: str
    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `heads`: one signed head for each stream; `tables`: rows of each table of the record."""

    desk: str
    taken_s: float
    release: str
    revision: str
    parts: tuple[str, ...]
    files: tuple[Copied, ...]
    heads: tuple[dict[str, Any], ...]
    tables: dict[str, int]
    sound: bool
    format: int = FORMAT

    def text(self) -> str:
        """As it stands in the folder."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"


def back_up(
    folder: Path,
    to: Path,
    parts: Sequence[str],
    *,
    keys_to: Path | None,
    about: tuple[str, float, str],
    progress: Progress = lambda name, done, of: None,
) -> Manifest:
    """Copy a data folder, of a running or a stopped desk, into the new folder `to`.

    Parameters
    ----------
    parts : of `PARTS` without `keys`; `record` is always among them
    keys_to : where the key files go, None where they stay at home
    about : the desk's name, now in seconds since 1970, the release

    Raises
    ------
    StorageRefused : there is no record here, its server cannot be read, its accounts are on another machine, or a folder is in the way
    """
    url = url_of(folder)
    if url is None and not (folder / DATABASE).is_file():
        raise StorageRefused("no_database", f"there is no database at {folder / DATABASE}", path=folder / DATABASE)  # fmt: skip
    wanted = ["record", *(part for part in PARTS if part in parts and part not in ("record", "keys"))]
    if url is not None and "accounts" in wanted:
        _on_a_server().assert_own_accounts(folder)
    half = _fresh(to)
    files = [made for part in wanted for made in _copy(folder, half, part, progress)]
    if keys_to is not None:
        fresh = _fresh(keys_to)
        files += _copy(folder, fresh, "keys", progress)
        _settle(fresh, keys_to)
        wanted.append("keys")
    with read_only(half / DATABASE) as connection:
        findings = list(verify(connection))
        tables = counts_of(connection)
    heads = tuple(_head(folder, each, int(about[1])) for each in findings if each.sound)
    made = Manifest(
        about[0], round(about[1], 3), about[2], REVISION, tuple(wanted), tuple(files), heads, tables, all(each.sound for each in findings)
    )  # fmt: skip
    _write(half / MANIFEST, made.text().encode())
    _settle(half, to)
    return made


def read_manifest(backup: Path) -> Manifest:
    """The manifest of a backup.

    Raises
    ------
    StorageRefused : there is none, or of a release that came later
    """
    try:
        plain = json.loads((backup / MANIFEST).read_text(encoding="utf-8"))
        if plain["format"] > FORMAT:
            raise StorageRefused("backup_newer", f"{backup} was made by a later release", folder=backup)
        plain["files"] = tuple(Copied(**each) for each in plain["files"])
        plain["parts"], plain["heads"] = tuple(plain["parts"]), tuple(plain["heads"])
        return Manifest(**plain)
    except (OSError, ValueError, TypeError, KeyError) as problem:
        said = f"{backup} is no backup: {problem}"
        raise StorageRefused("no_backup", said, folder=backup, reason=str(problem)) from None


def digest_of(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file."""
    made, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            made.update(block)
            size += len(block)
    return size, made.hexdigest()


def counts_of(connection: Connection) -> dict[str, int]:
    """Rows of each table of a record."""
    there = set(inspect(connection).get_table_names())
    return {
        name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for name, table in sorted(metadata.tables.items())
        if name in there
    }


def _on_a_server() -> ModuleType:
    """What copies from a server; the driver is loaded only where one is."""
    from firstminute.store import from_server

    return from_server


def _copy(folder: Path, to: Path, part: str, progress: Progress) -> Iterator[Copied]:
    url = url_of(folder)
    elsewhere = {} if url is None else _on_a_server().COPIES
    for pattern in PARTS[part]:
        if pattern in elsewhere:
            elsewhere[pattern](folder, url, to / pattern, partial(progress, pattern))
            _sync(to / pattern)
            yield Copied(part, pattern, *digest_of(to / pattern))
            continue
        for source in sorted(folder.glob(pattern)):
            name = source.relative_to(folder).as_posix()
            target = to / name
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            take = copy_database if source.suffix == ".db" else copy_file
            try:
                take(source, target, partial(progress, name))
            except FileNotFoundError:
                if source.exists():
                    raise
                continue  # erased in this very moment
            yield Copied(part, name, *digest_of(target))


def copy_database(source: Path, target: Path, progress: Callable[[int, int], None]) -> None:
    """One moment of a database, as a single file that is durable when this returns."""
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, isolation_level=None)) as here,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        here.execute("PRAGMA query_only=ON")
        size = here.execute("PRAGMA page_size").fetchone()[0]
        here.execute(
            "BEGIN"
        )  # held for all of the copy: otherwise each commit of the service would begin it anew
        here.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        here.backup(copy, pages=PAGES, progress=lambda _, left, of: progress((of - left) * size, of * size))
        copy.execute("PRAGMA journal_mode=DELETE")
    target.chmod(0o600)
    _sync(target)


def copy_file(source: Path, target: Path, progress: Callable[[int, int], None]) -> None:
    """A file as long as it is now; what is appended meanwhile waits for the next time."""
    with source.open("rb") as here, target.open("wb") as copy:
        left = of = os.fstat(here.fileno()).st_size
        while left and (block := here.read(min(BLOCK, left))):
            copy.write(block)
            left -= len(block)
            progress(of - left, of)
    target.chmod(0o600)
    _sync(target)


def _head(folder: Path, found: Finding, taken_s: int) -> dict[str, Any]:
    """The stream's end as a head, signed where this folder has the key."""
    head = found.head(taken_s)
    return (HeadKey(folder).sign(head) if (folder / SECRET).is_file() else head).plain()


def _fresh(to: Path) -> Path:
    """The folder in which it is put together: what stands under its own name is whole."""
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise StorageRefused("in_the_way", f"{to} is there already and is not empty", folder=to)
    half = to.with_name(f"{to.name}.half")
    if half.exists():
        raise StorageRefused(
            "in_the_way", f"{half} is left of a copy that did not end: delete it", folder=half
        )
    half.mkdir(parents=True, mode=0o700)
    return half


def _settle(half: Path, to: Path) -> None:
    if to.exists():
        to.rmdir()
    half.rename(to)
    for folder in (to, to.parent):
        _sync(folder)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    path.chmod(0o600)
    _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
