"""Attachments on disk: sealed under the key of their call or incident, so that erasing the person erases the picture.

Idea: `attachments/<digest of the subject>/<attachment id>.<part>`; names are ours alone. A part is a line of plain JSON (whose it is, by which key) and the
sealed bytes, bound to that line; it is written whole and synced before any fact speaks of it. What no fact speaks of, and what no key opens any more, is
swept away. The room that is taken is counted, and bounded.
Limits: one folder; where the record is on a server every machine that may lead must see the same one (`attached_place`).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from firstminute.model.facts.incident import AttachmentKept
from firstminute.store.attached_place import FOLDER, settle
from firstminute.store.errors import Broken
from firstminute.store.store import Store

Part = Literal["original", "shown"]
PARTS: tuple[Part, ...] = ("original", "shown")
ID = re.compile(r"[0-9a-f]{32}")
HEAD_MOST = 4_096
FREE_LEAST = 1_000_000_000
"""So many bytes of the disk stay free for the record whatever people attach."""
ORPHAN_S = 3_600.0
UNFINISHED = "-new"
"""How the name of a part ends that is being written; the sweep takes those of a process that died."""
AT_ONCE = 200
WORLD: Literal["live"] = "live"


class NoRoom(Exception):
    """The attachments have all the room they may take."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much is taken and how much there may be, bytes."""

    used: int
    most: int


class Attachments:
    """The sealed files of one store.

    Parameters
    ----------
    most : bytes that all of them together may take

    Attributes
    ----------
    elsewhere : what was attached before lies in a folder that this machine does not see
    """

    def __init__(self, store: Store, *, most: int) -> None:
        self._store, self._most = store, most
        self._folder = store.folder / FOLDER
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self.elsewhere = not settle(store)
        self._mutex, self._swept = threading.Lock(), ""
        self._used = sum(path.stat().st_size for path in self._folder.glob("*/*"))

    @property
    def room(self) -> Room:
        """What is taken, and the bound."""
        return Room(self._used, self._most)

    def key_of(self, subject_id: str) -> int:
        """The number of the key that seals what is said about a subject now; one is made where it has none."""
        with self._store.database.write() as connection:
            return self._store.keys.of(connection, [subject_id])[subject_id]

    def put(self, subject_id: str, attachment_id: str, parts: dict[Part, bytes]) -> int:
        """Seal and keep the parts of one attachment, durable when it returns; the number of the key. Raises NoRoom."""
        assert ID.fullmatch(attachment_id), attachment_id
        needed = sum(map(len, parts.values())) + len(parts) * 1_024
        with self._mutex:
            if self._used + needed > self._most or shutil.disk_usage(self._folder).free < FREE_LEAST + needed:
                raise NoRoom
            self._used += needed
        written = 0
        try:
            key_id = self.key_of(subject_id)
            folder = self._of(subject_id)
            for part, data in parts.items():
                written += self._write(folder, subject_id, attachment_id, (part, data, key_id))
            with suppress(FileNotFoundError):  # dropped again by now
                _sync(folder)
            _sync(self._folder)
            return key_id
        finally:
            with self._mutex:
                self._used += written - needed

    def _write(self, folder: Path, subject_id: str, attachment_id: str, what: tuple[Part, bytes, int]) -> int:
        part, data, key_id = what
        head = json.dumps({"subject": subject_id, "id": attachment_id, "part": part, "key": key_id}).encode()
        sealed = self._store.vault.seal(key_id, data, head)
        path = folder / f"{attachment_id}.{part}"
        fresh = path.with_suffix(
            f".{part}-{os.urandom(8).hex()}{UNFINISHED}"
        )  # the same may come twice at once
        with self._mutex:  # a folder is not taken for empty between these two
            folder.mkdir(mode=0o700, exist_ok=True)
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(head + b"\n" + sealed)
            file.flush()
            os.fsync(file.fileno())
        with self._mutex:
            before = path.stat().st_size if path.exists() else 0
            fresh.replace(path)
        return len(head) + 1 + len(sealed) - before

    def get(self, subject_id: str, attachment_id: str, part: Part) -> bytes | None:
        """A part as it was put, None where there is none or its key is destroyed. Raises Broken where it was changed."""
        if not ID.fullmatch(attachment_id):
            return None
        try:
            whole = (self._of(subject_id) / f"{attachment_id}.{part}").read_bytes()
        except FileNotFoundError:
            return None
        head, _, sealed = whole.partition(b"\n")
        said = _head(head)
        if said.get("subject") != subject_id or said.get("id") != attachment_id or said.get("part") != part:
            raise Broken("an attachment lies where it does not belong")
        return self._store.vault.open(int(said["key"]), sealed, head)

    def drop(self, subject_id: str, attachment_id: str | None = None) -> int:
        """Forget one attachment of a subject, or all; how many files went."""
        found = self._of(subject_id).glob(f"{attachment_id or '*'}.*")
        return self._unlink([path for path in found if not path.name.endswith(UNFINISHED)])

    def _unlink(self, paths: list[Path]) -> int:
        for path in paths:
            with self._mutex:
                self._used -= path.stat().st_size
                path.unlink()
        for folder in {path.parent for path in paths}:
            with self._mutex:
                if not any(folder.iterdir()):
                    folder.rmdir()
        return len(paths)

    def sweep(self, now_s: float) -> int:
        """Look at the next few hundred subjects: remove what no fact speaks of after an hour, and what no key opens any more; how many files went."""
        gone = 0
        names = sorted(name for name in os.listdir(self._folder) if name > self._swept)[:AT_ONCE]
        self._swept = names[-1] if names else ""
        for folder in (self._folder / name for name in names):
            found = sorted(folder.glob("*"))
            kept = self._kept(found)
            gone += self._unlink(
                [
                    path
                    for path in found
                    if not kept.get(path) and (path in kept or now_s - path.stat().st_mtime > ORPHAN_S)
                ]
            )
        return gone

    def _kept(self, found: list[Path]) -> dict[Path, bool]:
        """Of each file that a fact speaks of whether its key still exists."""
        made: dict[Path, bool] = {}
        told: dict[str, set[str]] = {}
        for path in found:
            with path.open("rb") as file:
                said = _head(file.readline(HEAD_MOST).rstrip(b"\n"))
            subject = str(said.get("subject", ""))
            if subject not in told:
                told[subject] = set(self._told(subject))
            if said.get("id") in told[subject] and path.suffix[1:] in PARTS:
                made[path] = self._store.vault.has(int(said["key"]))
        return made

    def _told(self, subject_id: str) -> Iterator[str]:
        with self._store.reading() as connection:
            for fact in self._store.journal.about(
                connection, WORLD, subject_id, kinds=(AttachmentKept.NAME,)
            ):
                if isinstance(fact.body, AttachmentKept):
                    yield fact.body.attachment_id

    def _of(self, subject_id: str) -> Path:
        return self._folder / hashlib.sha256(subject_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _head(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
