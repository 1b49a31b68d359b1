"""The vault: one key per subject for what can identify a person, so that forgetting is destroying a key.

Idea (DESIGN.md §4): sealed parts are AES-256-GCM under a key that belongs to one subject (call, incident, member …). Keys live in a small file of
their own, wrapped by a master key in another file (0600), and have their own short-lived backups. They are made *before* they are needed, a
block at a time, and durable before any is handed out: sealing costs the commit of a group nothing. Destroying a key leaves every hash, every
chain and every fold as it was.
Source: NIST SP 800-38D (GCM, 96-bit random nonces; a key seals far fewer than 2^32 messages).
Limits: AES only; rotation and SM4 come later and need no other format: the first byte of a sealed part says how it was made.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sqlite3
import threading
from collections import OrderedDict, deque
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from firstminute.store.errors import Broken, StorageRefused

AES_GCM = b"\x01"
NONCE = 12
BLOCK = 1024  # keys made at once
NONCES = 64  # and nonces drawn at once
KEPT = 65_536  # opened keys kept in memory


class Vault:
    """Keys by number; which subject has which number stands in the main database.

    Parameters
    ----------
    folder : holds `vault.db` and `master.key`; both are made at first start, readable by the owner alone
    read_only : for another process beside the desk: opens what is sealed, makes and destroys nothing
    """

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.path = folder / "vault.db"
        self._master = _master_key(folder / "master.key", must_exist=read_only or self.path.exists())
        self._wrap = AESGCM(hashlib.sha256(b"wrap" + self._master).digest())
        self._stamp = hmac.new(hashlib.sha256(b"stamp" + self._master).digest(), digestmod="sha256")
        self._mutex = threading.RLock()
        where = f"file:{self.path}?mode={'ro' if read_only else 'rwc'}"
        self._file = sqlite3.connect(where, uri=True, check_same_thread=False, isolation_level=None)
        if not read_only:
            self._settle()
        self._free: deque[int] = deque()
        self._floor = 0
        self._open: OrderedDict[int, AESGCM] = OrderedDict()
        self._made: dict[int, bytes] = {}  # of `_free`: a cipher is built when it is first needed
        self._nonces: deque[bytes] = deque()

    def _settle(self) -> None:
        self.path.chmod(0o600)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            self._file.execute(f"PRAGMA {pragma}")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS keys (key_id INTEGER PRIMARY KEY AUTOINCREMENT, wrapped BLOB NOT NULL)"
        )

    def begin(self, last_used: int) -> None:
        """Hand out keys above `last_used`, the highest number the main database knows; those made and never used come first.

        A number up to `last_used` that is missing here (erased, or newer than a key file put back from a backup) is never made again.
        """
        with self._mutex:
            found = self._file.execute(
                "SELECT key_id, wrapped FROM keys WHERE key_id > ? ORDER BY key_id", (last_used,)
            ).fetchall()
            self._free = deque(row[0] for row in found)
            self._floor = last_used
            self._made = {key_id: self._unwrapped(key_id, wrapped) for key_id, wrapped in found[:BLOCK]}

    def draw(self, count: int) -> list[int]:
        """Numbers of `count` new keys, durable already."""
        with self._mutex:
            while len(self._free) < count:
                self._make(max(BLOCK, count - len(self._free)))
            return [self._free.popleft() for _ in range(count)]

    def refill(self) -> None:
        """Make the next block while nobody waits."""
        with self._mutex:
            if len(self._free) < BLOCK // 2:
                self._make(BLOCK)

    def _make(self, count: int) -> None:
        last = self._file.execute(
            "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'keys'), 0)"
        ).fetchone()[0]
        last = max(last, self._floor)
        numbers = range(last + 1, last + 1 + count)
        made = dict(zip(numbers, _random(32, count), strict=True))
        nonces = _random(NONCE, count)
        rows = [
            (number, nonce + self._wrap.encrypt(nonce, key, number.to_bytes(8, "big")))
            for (number, key), nonce in zip(made.items(), nonces, strict=True)
        ]
        self._file.execute("BEGIN IMMEDIATE")
        self._file.executemany("INSERT INTO keys VALUES (?, ?)", rows)
        self._file.execute("COMMIT")
        self._made.update(made)
        self._free.extend(numbers)

    def _unwrapped(self, number: int, wrapped: bytes) -> bytes:
        try:
            return self._wrap.decrypt(wrapped[:NONCE], wrapped[NONCE:], number.to_bytes(8, "big"))
        except InvalidTag:
            said = f"master.key does not belong to {self.path}"
            raise StorageRefused("wrong_master_key", said, path=self.path) from None

    def has(self, key_id: int) -> bool:
        """False once the key is destroyed."""
        return self._cipher(key_id) is not None

    def seal(self, key_id: int, data: bytes, about: bytes) -> bytes:
        """`data` under a key, bound to `about` (subject and kind): it opens nowhere else."""
        nonce = self._nonce()
        cipher = self._cipher(key_id)
        assert cipher is not None, f"key {key_id} was destroyed while its subject was still written about"
        return AES_GCM + nonce + cipher.encrypt(nonce, data, about)

    def open(self, key_id: int, sealed: bytes, about: bytes) -> bytes | None:
        """What was sealed, None once its key is destroyed.

        Raises
        ------
        Broken : the bytes, or what they are bound to, were changed
        """
        cipher = self._cipher(key_id)
        if cipher is None:
            return None
        if sealed[:1] != AES_GCM:
            raise Broken(
                f"a sealed part was made in a way ({sealed[:1].hex()}) that this release does not know"
            )
        try:
            return cipher.decrypt(sealed[1 : 1 + NONCE], sealed[1 + NONCE :], about)
        except InvalidTag:
            raise Broken("a sealed part was changed after it was written") from None

    def _cipher(self, key_id: int) -> AESGCM | None:
        with self._mutex:
            cipher = self._open.get(key_id)
            if cipher is not None:
                self._open.move_to_end(key_id)
                return cipher
            key = self._made.pop(key_id, None) or self._read(key_id)
            if key is None:
                return None
            cipher = self._open[key_id] = AESGCM(key)
            if len(self._open) > KEPT:
                self._open.popitem(last=False)
            return cipher

    def _read(self, key_id: int) -> bytes | None:
        row = self._file.execute("SELECT wrapped FROM keys WHERE key_id = ?", (key_id,)).fetchone()
        return None if row is None else self._unwrapped(key_id, row[0])

    def _nonce(self) -> bytes:
        """Drawn many at a time: each system call gives the interpreter away. Taken off the queue, no two threads get the same one."""
        while True:
            try:
                return self._nonces.popleft()
            except IndexError:
                self._nonces.extend(_random(NONCE, NONCES))

    @property
    def generation(self) -> int:
        """How far destruction has come in this very file: a backup of it is behind."""
        with self._mutex:
            found: int = self._file.execute("PRAGMA user_version").fetchone()[0]
            return found

    def destroy(self, key_ids: Iterable[int], generation: int) -> None:
        """Forget for good: what these keys sealed can never be read again, except from a backup of this file.

        Parameters
        ----------
        generation : where destruction has come to with this; remembered in the file
        """
        with self._mutex:
            gone = list(key_ids)
            self._file.execute("BEGIN IMMEDIATE")
            self._file.executemany("DELETE FROM keys WHERE key_id = ?", [(number,) for number in gone])
            self._file.execute(f"PRAGMA user_version = {generation:d}")
            self._file.execute("COMMIT")
            self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            for number in gone:
                self._open.pop(number, None)
                self._made.pop(number, None)

    def stamp(self, data: bytes) -> bytes:
        """A keyed digest: equal for equal data, and worth nothing to somebody who guesses without the master key."""
        made = self._stamp.copy()
        made.update(data)
        return made.digest()

    def seal_cache(self, data: bytes) -> bytes:
        """`data` under the master key: for caches that may be thrown away."""
        nonce = os.urandom(NONCE)
        return nonce + self._wrap.encrypt(nonce, data, b"cache")

    def open_cache(self, sealed: bytes) -> bytes | None:
        """What `seal_cache` sealed, None where it was changed, cut short or is another vault's."""
        try:
            return self._wrap.decrypt(sealed[:NONCE], sealed[NONCE:], b"cache")
        except (InvalidTag, ValueError):  # changed, or too short to be one
            return None

    def back_up(self, target: Path) -> None:
        """A consistent copy of the key file. Keep it for days, not years: an erased person lives on in it."""
        here = f"file:{self.path}?mode=ro"  # a connection of its own: nobody waits for it
        with (
            closing(sqlite3.connect(here, uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
        target.chmod(0o600)

    def close(self) -> None:
        """Close the key file."""
        with self._mutex:
            self._file.close()


def _random(size: int, count: int) -> list[bytes]:
    """`count` random strings of `size` bytes, in one system call."""
    block = os.urandom(size * count)
    return [block[start : start + size] for start in range(0, len(block), size)]


def _master_key(path: Path, *, must_exist: bool) -> bytes:
    """The master key, made at first start. Without it a vault that has keys is unreadable, so that is refused."""
    if path.exists():
        key = path.read_bytes()
        if len(key) != 32:
            said = f"{path} is no master key: it has {len(key)} bytes, not 32"
            raise StorageRefused("no_master_key", said, path=path, bytes=len(key))
        return key
    if must_exist:
        said = f"{path} is missing: without it nothing sealed can be read. Put it back from where you keep it"
        raise StorageRefused("master_key_missing", said, path=path)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    key = os.urandom(32)
    with os.fdopen(handle, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key
