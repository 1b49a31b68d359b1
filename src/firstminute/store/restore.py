"""A backup put back: every file held against the manifest, then copied into an empty folder that a desk can start on.

Idea: nothing is restored that is not what was written. Hashes are looked at before anything is copied, the journal is walked afterwards and must be the one
whose signed heads stand in the manifest. Key files come from where they are kept; without them the record stands, and what is sealed stays shut.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from firstminute.store.backup import Manifest, copy_file, counts_of, digest_of, read_manifest
from firstminute.store.engine import read_only
from firstminute.store.errors import StorageRefused
from firstminute.store.heads import head_of
from firstminute.store.store import DATABASE
from firstminute.store.tree_check import Asked
from firstminute.store.verify import verify


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is not as the manifest says. `what`: missing, changed, chain, head, rows, integrity, and what a start adds."""

    what: str
    where: str
    said: str = ""


def check_files(backup: Path, keys: Path | None) -> tuple[Manifest, list[Wrong]]:
    """The manifest, and every file of a backup that is missing or changed. Key files only where `keys` says where they are."""
    manifest = read_manifest(backup)
    wrong: list[Wrong] = []
    for each in manifest.files:
        folder = keys if each.part == "keys" else backup
        if folder is None:
            continue
        path = folder / each.name
        if not path.is_file():
            wrong.append(Wrong("missing", each.name))
        elif digest_of(path) != (each.bytes, each.sha256):
            wrong.append(Wrong("changed", each.name))
    return manifest, wrong


def put_back(backup: Path, manifest: Manifest, to: Path, keys: Path | None) -> None:
    """Copy a checked backup into the empty folder `to`, which stands under its name only when it is whole.

    Raises
    ------
    StorageRefused : the folder is in the way
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise StorageRefused("in_the_way", f"{to} is there already and is not empty", folder=to)
    half = to.with_name(f"{to.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True, mode=0o700)
    for each in manifest.files:
        folder = keys if each.part == "keys" else backup
        if folder is None:
            continue
        target = half / each.name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        copy_file(folder / each.name, target, lambda done, of: None)
    if to.exists():
        to.rmdir()
    half.rename(to)


def check_record(folder: Path, manifest: Manifest) -> tuple[list[Wrong], Mapping[str, int]]:
    """Hold a restored record against the manifest: every database whole, the chain sound, the tree that of the heads, no row more or less."""
    path = folder / DATABASE
    heads = [head_of(each) for each in manifest.heads]
    asked = {head.stream: Asked(heads=(head,)) for head in heads}
    with read_only(path) as connection:
        said = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
        wrong = [] if said == "ok" else [Wrong("integrity", DATABASE, str(said)[:200])]
        findings = list(verify(connection, asked=asked))
        rows = counts_of(connection)
    for found in findings:
        stream = f"{found.desk}/{found.world}"
        if not found.sound:
            wrong.append(Wrong("chain", stream, f"{found.problem} at {found.broken_at}"))
        wrong += [
            Wrong("head", stream, str(proof.problem)) for proof in found.heads_proved if not proof.consistent
        ]
    streams: Sequence[tuple[str, str]] = [(found.desk, found.world) for found in findings]
    wrong += [Wrong("head", "/".join(head.stream), "missing") for head in heads if head.stream not in streams]
    wrong += [
        bad
        for each in manifest.files
        if each.name != DATABASE and (bad := _bad(folder, each.name)) is not None
    ]
    wrong += [
        Wrong("rows", table, f"{rows.get(table, 0)} instead of {count}")
        for table, count in manifest.tables.items()
        if rows.get(table) != count
    ]
    return wrong, rows


def _bad(folder: Path, name: str) -> Wrong | None:
    """What SQLite finds wrong with another database of the folder: the keys, the accounts, the queues of a border."""
    path = folder / name
    if path.suffix != ".db" or not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
            said = str(file.execute("PRAGMA integrity_check").fetchone()[0])
    except sqlite3.Error as problem:
        said = str(problem)
    return None if said == "ok" else Wrong("integrity", name, said[:200])
