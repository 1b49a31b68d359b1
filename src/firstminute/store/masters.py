"""The master keys of a vault: the one in force and, while keys are wrapped anew, the one that comes after it.

Idea: `master.key` is in force. A file `master.key.new` beside it is the whole of an order to rotate: whoever writes the vault wraps every key
under it, a bite at a time, and then renames it to `master.key`. Each key row names the number of its master, each master's mark stands in the
table `masters`; so after any prefix of these writes every key opens with one of the files that are there.
Limits: a file that can be read is a master key that can be taken; keep the folder's disk encrypted and one copy of the key in a safe.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag

from firstminute.store.ciphers import AES_GCM, NAMES, NONCE, Sealing, built
from firstminute.store.errors import StorageRefused
from firstminute.store.keyfile import KeyFile

MASTER, NEXT = "master.key", "master.key.new"
SIZE = 32


@dataclass(frozen=True, slots=True)
class Rotation:
    """A rotation that is through: the number of the master key that came into force, and the cipher it wraps with."""

    number: int
    cipher: str


class Masters:
    """The master keys of one folder and what they wrap.

    Parameters
    ----------
    folder : holds `master.key`; made at first start where `must_exist` is false
    file : the open keys

    Attributes
    ----------
    current : the number of the master under which keys are wrapped from now on
    """

    def __init__(self, folder: Path, file: KeyFile) -> None:
        self._folder, self._file = folder, file
        self._wraps: dict[int, Sealing] = {}
        self.first = b""
        self.current = 1

    def settle(self, way: bytes) -> None:
        """Make the tables where they are missing, and give the master key in force its number. For the one that writes."""
        self._file.prepare()
        if not self._file.rows("SELECT 1 FROM masters"):
            key = read_key(self._folder / MASTER)
            for row in self._file.rows(
                "SELECT key_id, wrapped FROM keys LIMIT 1"
            ):  # of a release that knew one master and one cipher
                way = AES_GCM
                self._wraps = {1: _wrapping(way, key)}
                self.unwrapped(row[0], row[1], 1)
            self._file.rows("INSERT INTO masters VALUES (1, ?, ?, 1)", _mark(key), way)

    def load(self) -> None:
        """Learn which files hold which masters.

        Raises
        ------
        StorageRefused : `master.key` is missing, is no key, or belongs to another vault
        """
        coming = self._coming()  # looked at first: it may come into force meanwhile
        self.first = read_key(self._folder / MASTER)
        if not self.told_apart:  # only looked at, and never written by this release
            self._wraps, self.current = {1: _wrapping(AES_GCM, self.first)}, 1
            return
        known = {
            bytes(mark): (number, bytes(way))
            for number, mark, way in self._file.rows("SELECT number, mark, way FROM masters")
        }
        if _mark(self.first) not in known:
            raise self._foreign()
        found = [(known.get(_mark(key)), key) for key in (self.first, coming) if key is not None]
        self._wraps = {about[0]: _wrapping(about[1], key) for about, key in found if about is not None}
        self.current = max(self._wraps)

    def _coming(self) -> bytes | None:
        return read_key(self._folder / NEXT) if self.rotating else None

    @property
    def told_apart(self) -> bool:
        """Whether rows say which master wrapped them."""
        return self._file.has("masters")

    @property
    def rotating(self) -> bool:
        """Whether there is a master key that comes after the one in force."""
        return (self._folder / NEXT).exists()

    def wrapped(self, number: int, key: bytes, nonce: bytes) -> bytes:
        """A key as it is kept, under the current master, bound to its number."""
        return nonce + self._wraps[self.current].encrypt(nonce, key, number.to_bytes(8, "big"))

    def unwrapped(self, number: int, wrapped: bytes, master: int) -> bytes:
        """The key itself. A master that is not known yet came into force since the last look."""
        if master not in self._wraps:
            self.load()
        wrap = self._wraps.get(master)
        if wrap is None:
            raise self._foreign()
        try:
            return wrap.decrypt(wrapped[:NONCE], wrapped[NONCE:], number.to_bytes(8, "big"))
        except InvalidTag:
            raise self._foreign() from None

    def _foreign(self) -> StorageRefused:
        where = self._file.where
        return StorageRefused("wrong_master_key", f"{MASTER} does not belong to {where}", path=where)

    def caches(self) -> tuple[Sealing, ...]:
        """What caches may be sealed with, the one for new ones first."""
        return tuple(self._wraps[number] for number in sorted(self._wraps, reverse=True))

    # ------------------------------------------------------------------ rotation, for the one that writes

    def take_up(self, way: bytes) -> None:
        """Give the master that comes next its number, so that keys can be wrapped under it."""
        mark = _mark(read_key(self._folder / NEXT))
        if not self._file.rows("SELECT 1 FROM masters WHERE mark = ?", mark):
            self._file.rows("INSERT INTO masters SELECT MAX(number) + 1, ?, ?, 0 FROM masters", mark, way)
        self.load()

    def come_into_force(self) -> None:
        """Everything is wrapped under the next master: its file takes the place of the one before."""
        (self._folder / NEXT).replace(self._folder / MASTER)
        _sync_folder(self._folder)
        self.load()

    def unrecorded(self) -> list[Rotation]:
        """Rotations that are through and that no fact speaks of yet."""
        query = "SELECT number, way FROM masters WHERE recorded = 0 AND number <= ? ORDER BY number"
        through = self.current - 1 if self.rotating else self.current
        return [Rotation(number, NAMES[bytes(way)]) for number, way in self._file.rows(query, through)]

    def recorded(self, number: int) -> None:
        """A fact speaks of this rotation."""
        self._file.rows("UPDATE masters SET recorded = 1 WHERE number = ?", number)


def order_rotation(folder: Path) -> bool:
    """Put a new master key beside the one in force; False where one stands there already. All that a rotation needs to be asked for."""
    if (folder / NEXT).exists():
        return False
    write_key(folder / NEXT, os.urandom(SIZE))
    return True


def read_key(path: Path) -> bytes:
    """The master key in a file. Without it a vault that has keys is unreadable, so that is refused."""
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        said = f"{path} is missing: without it nothing sealed can be read. Put it back from where you keep it"
        raise StorageRefused("master_key_missing", said, path=path) from None
    if len(key) != SIZE:
        said = f"{path} is no master key: it has {len(key)} bytes, not {SIZE}"
        raise StorageRefused("no_master_key", said, path=path, bytes=len(key))
    return key


def write_key(path: Path, key: bytes) -> None:
    """A key file, whole and durable under its name or not there at all, readable by the owner alone."""
    fresh = path.with_name(path.name + ".half")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _wrapping(way: bytes, master: bytes) -> Sealing:
    return built(way, hashlib.sha256(b"wrap" + master).digest())


def _mark(master: bytes) -> bytes:
    """What tells a master key from another one and nothing about it."""
    return hashlib.sha256(b"mark" + master).digest()
