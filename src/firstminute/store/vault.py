"""The vault: one key per subject for what can identify a person, so that forgetting is destroying a key.

Idea (DESIGN.md §4): sealed parts are AES-256-GCM or SM4-GCM (`ciphers`) under a key that belongs to one subject (call, incident, member …).
Keys live in a small database of their own (`keyfile`), wrapped by a master key in a file (`masters`, 0600), and have their own short-lived backups. They are
made *before* they are needed, a block at a time, and durable before any is handed out: sealing costs the commit of a group nothing. Destroying a
key leaves every hash, every chain and every fold as it was.
Source: NIST SP 800-38D (GCM, 96-bit random nonces; a key seals far fewer than 2^32 messages).
Limits: whoever can read the whole folder can read the vault; a hardware module would hold the master key in another way.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag

from firstminute.store import masters
from firstminute.store.ciphers import CIPHERS, NAMES, NONCE, Sealing, built, way_called
from firstminute.store.errors import Broken
from firstminute.store.keyfile import key_file
from firstminute.store.masters import Masters, Rotation

BLOCK = 1024  # keys made at once
NONCES = 64  # and nonces drawn at once
KEPT = 65_536  # opened keys kept in memory, for each cipher
BITE = 200  # keys wrapped anew at once: a group that is to be sealed waits for one commit at most


class Vault:
    """Keys by number; which subject has which number stands in the main database.

    Parameters
    ----------
    folder : holds `master.key` and, unless `url` is given, `vault.db`; both are made at first start, readable by the owner alone
    url : of the record, where it is on a server; then the keys are beside it
    read_only : for another process beside the desk: opens what is sealed, makes and destroys nothing
    cipher : what seals from now on, a key of `CIPHERS`; whatever sealed before opens all the same
    """

    def __init__(
        self, folder: Path, *, read_only: bool = False, cipher: str = "aes-256-gcm", url: str | None = None
    ) -> None:
        self.path, self._folder = folder / "vault.db", folder
        self._way = way_called(cipher)
        self._mutex = threading.RLock()
        if url is None:
            self._first_key(read_only, fresh=not self.path.exists())
        self._file = key_file(self.path, url, read_only=read_only)
        try:
            if url is not None:
                self._first_key(read_only, fresh=not self._file.has("keys"))
        except BaseException:
            self._file.close()
            raise
        self._masters = Masters(folder, self._file)
        try:
            self._stamp = self._settled(read_only)
        except BaseException:
            self._file.close()
            raise
        self._master_of = "master" if self._masters.told_apart else "1"
        self._free: deque[int] = deque()
        self._floor = self._rotated_to = 0
        self._open: dict[bytes, OrderedDict[int, Sealing]] = {way: OrderedDict() for way in CIPHERS.values()}
        self._made: dict[int, bytes] = {}  # of `_free`: a cipher is built when it is first needed
        self._nonces: deque[bytes] = deque()

    def _first_key(self, read_only: bool, *, fresh: bool) -> None:
        """The master key is made where there are no keys yet; keys without it are refused."""
        if fresh and not read_only and not (self._folder / masters.MASTER).exists():
            masters.write_key(self._folder / masters.MASTER, os.urandom(masters.SIZE))
        masters.read_key(self._folder / masters.MASTER)

    def _settled(self, read_only: bool) -> hmac.HMAC:
        """Tables and masters in order; the keyed digest, whose secret outlives every master key."""
        if not read_only:
            with self._file.writing():
                self._masters.settle(self._way)
        self._masters.load()
        secret = hashlib.sha256(b"stamp" + self._masters.first).digest()
        if self._masters.told_apart:
            found = self._file.rows("SELECT wrapped, master FROM secrets WHERE name = 'stamp'")
            if found:
                secret = self._masters.unwrapped(0, *found[0])
            elif not read_only:
                kept = self._masters.wrapped(0, secret, os.urandom(NONCE))
                self._file.rows("INSERT INTO secrets VALUES ('stamp', ?, ?)", kept, self._masters.current)
        return hmac.new(secret, digestmod="sha256")

    def begin(self, last_used: int) -> None:
        """Hand out keys above `last_used`, the highest number the main database knows; those made and never used come first.

        A number up to `last_used` that is missing here (erased, or newer than a key file put back from a backup) is never made again.
        """
        with self._mutex:
            found = self._file.rows(
                f"SELECT key_id, wrapped, {self._master_of} FROM keys WHERE key_id > ? ORDER BY key_id",
                last_used,
            )
            self._free = deque(row[0] for row in found)
            self._floor = last_used
            self._made = {row[0]: self._masters.unwrapped(*row) for row in found[:BLOCK]}

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

    @property
    def last_made(self) -> int:
        """The highest number that a key ever had here."""
        with self._mutex:
            return max(self._file.last, self._floor)

    def _make(self, count: int) -> None:
        last = self.last_made
        numbers = range(last + 1, last + 1 + count)
        made = dict(zip(numbers, _random(32, count), strict=True))
        nonces = _random(NONCE, count)
        master = self._masters.current
        rows = [
            (number, self._masters.wrapped(number, key, nonce), master)
            for (number, key), nonce in zip(made.items(), nonces, strict=True)
        ]
        with self._file.writing():
            self._file.run("INSERT INTO keys (key_id, wrapped, master) VALUES (?, ?, ?)", rows)
        self._made.update(made)
        self._free.extend(numbers)

    def has(self, key_id: int) -> bool:
        """False once the key is destroyed."""
        return self._cipher(self._way, key_id) is not None

    def seal(self, key_id: int, data: bytes, about: bytes) -> bytes:
        """`data` under a key, bound to `about` (subject and kind): it opens nowhere else."""
        nonce = self._nonce()
        cipher = self._cipher(self._way, key_id)
        assert cipher is not None, f"key {key_id} was destroyed while its subject was still written about"
        return self._way + nonce + cipher.encrypt(nonce, data, about)

    def open(self, key_id: int, sealed: bytes, about: bytes) -> bytes | None:
        """What was sealed, None once its key is destroyed.

        Raises
        ------
        Broken : the bytes, or what they are bound to, were changed
        """
        way = sealed[:1]
        if way not in self._open:
            if not self.has(key_id):
                return None
            raise Broken(f"a sealed part was made in a way ({way.hex()}) that this release does not know")
        cipher = self._cipher(way, key_id)
        if cipher is None:
            return None
        try:
            return cipher.decrypt(sealed[1 : 1 + NONCE], sealed[1 + NONCE :], about)
        except InvalidTag:
            raise Broken("a sealed part was changed after it was written") from None

    def _cipher(self, way: bytes, key_id: int) -> Sealing | None:
        kept = self._open[way]
        with self._mutex:
            cipher = kept.get(key_id)
            if cipher is not None:
                kept.move_to_end(key_id)
                return cipher
            key = self._made.pop(key_id, None) or self._read(key_id)
            if key is None:
                return None
            cipher = kept[key_id] = built(way, key)
            if len(kept) > KEPT:
                kept.popitem(last=False)
            return cipher

    def _read(self, key_id: int) -> bytes | None:
        found = self._file.rows(f"SELECT wrapped, {self._master_of} FROM keys WHERE key_id = ?", key_id)
        return self._masters.unwrapped(key_id, *found[0]) if found else None

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
            return self._file.generation

    def destroy(self, key_ids: Iterable[int], generation: int) -> None:
        """Forget for good: what these keys sealed can never be read again, except from a backup of this file.

        Parameters
        ----------
        generation : where destruction has come to with this; remembered in the file
        """
        with self._mutex:
            gone = list(key_ids)
            with self._file.writing():
                self._file.reached(generation)
                self._file.run("DELETE FROM keys WHERE key_id = ?", [(number,) for number in gone])
            self._file.scrub()
            for number in gone:
                self._made.pop(number, None)
                for kept in self._open.values():
                    kept.pop(number, None)

    @property
    def rotating(self) -> bool:
        """Whether a new master key was ordered (`masters.order_rotation`) and has not come into force yet."""
        return self._masters.rotating

    def rotate(self, most: int = BITE) -> bool:
        """Wrap at most `most` keys under the next master key; False once it is in force. Stopped anywhere, it goes on where it stood."""
        with self._mutex:
            if not self._masters.rotating:
                return False
            self._masters.take_up(self._way)
            master = self._masters.current
            left = self._left_behind(master, most)
            if left:
                rows = [(self._again(*row), master, row[0]) for row in left]
                with self._file.writing():
                    self._file.run("UPDATE keys SET wrapped = ?, master = ? WHERE key_id = ?", rows)
                self._rotated_to = left[-1][0]
                return True
            secrets = self._file.rows("SELECT 0, wrapped, master, name FROM secrets")
            with self._file.writing():
                self._file.run(
                    "UPDATE secrets SET wrapped = ?, master = ? WHERE name = ?",
                    [(self._again(*row[:3]), master, row[3]) for row in secrets],
                )
            self._file.scrub()  # nothing wrapped by the old one is left
            self._masters.come_into_force()
            return False

    def _left_behind(self, master: int, most: int) -> Sequence[tuple[int, bytes, int]]:
        """Keys under another master, from where the last bite ended; before it says that there is none it has looked at all of them."""
        query = "SELECT key_id, wrapped, master FROM keys WHERE key_id > ? AND master <> ? ORDER BY key_id LIMIT ?"
        for after in (self._rotated_to, 0):
            found = self._file.rows(query, after, master, most)
            if found:
                break
        return found

    def _again(self, number: int, wrapped: bytes, master: int) -> bytes:
        """The same key under the current master."""
        key = self._masters.unwrapped(number, wrapped, master)
        return self._masters.wrapped(number, key, os.urandom(NONCE))

    def unrecorded(self) -> list[Rotation]:
        """Rotations that are through and that no fact speaks of yet."""
        with self._mutex:
            return self._masters.unrecorded()

    def recorded(self, number: int) -> None:
        """A fact speaks of this rotation."""
        with self._mutex:
            self._masters.recorded(number)

    def stamp(self, data: bytes) -> bytes:
        """A keyed digest: equal for equal data, and worth nothing to somebody who guesses without the master key."""
        made = self._stamp.copy()
        made.update(data)
        return made.digest()

    def seal_cache(self, data: bytes) -> bytes:
        """`data` under the master key: for caches that may be thrown away."""
        nonce = os.urandom(NONCE)
        return nonce + self._masters.caches()[0].encrypt(nonce, data, b"cache")

    def open_cache(self, sealed: bytes) -> bytes | None:
        """What `seal_cache` sealed, None where it was changed, cut short or is another vault's."""
        for master in self._masters.caches():
            try:
                return master.decrypt(sealed[:NONCE], sealed[NONCE:], b"cache")
            except (InvalidTag, ValueError):  # another master's, changed, or too short to be one
                continue
        return None

    def counts(self) -> list[tuple[int, str, int]]:
        """How many keys each master wraps: its number, its cipher, how many."""
        with self._mutex:
            if not self._masters.told_apart:
                count = self._file.rows("SELECT COUNT(*) FROM keys")[0][0]
                found = [(1, CIPHERS["aes-256-gcm"], count)]
            else:
                query = "SELECT number, way, (SELECT COUNT(*) FROM keys WHERE master = number) FROM masters ORDER BY number"
                found = [row for row in self._file.rows(query) if row[2] or row[0] == self._masters.current]
        return [(number, NAMES[bytes(way)], keys) for number, way, keys in found]

    def back_up(self, target: Path) -> None:
        """A consistent copy of the keys, as a key file. Keep it for days, not years: an erased person lives on in it."""
        self._file.back_up(target)

    def close(self) -> None:
        """Close the key file."""
        with self._mutex:
            self._file.close()


def _random(size: int, count: int) -> list[bytes]:
    """`count` random strings of `size` bytes, in one system call."""
    block = os.urandom(size * count)
    return [block[start : start + size] for start in range(0, len(block), size)]
