"""The file of accounts: a small database of its own beside the vault, and what happened in it on its way to the journal.

Idea (decision 0121): who may sign in is not a fact but a secret that changes, so it never stands in the journal. Each change writes, in the same
transaction, a line of what happened without names or secrets; the service hands these lines to the desk, which makes facts of them, once. So the
command line can lock somebody out while no service runs, and the audit still says so.
Two processes may write (service and command line): each transaction holds a lock file, because SQLite before 3.51.3 can corrupt a WAL file
that two connections write or checkpoint at once (trust.md finding 3).
Limits: SQLite only; one file serves one city's accounts, some 300,000 members at most.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from firstminute.store.accounts_schema import TABLES
from firstminute.store.errors import NotDurable, StorageRefused

DATABASE, KEY = "accounts.db", "accounts.key"
WAIT_S = 5.0
NONCE = 12
FULL = 2


@dataclass(frozen=True, slots=True)
class Happened:
    """One line on its way to the journal. `event_id` is the command id, so that it becomes a fact once."""

    event_id: str
    at_s: float
    what: str
    by: str
    said: dict[str, Any]


class AccountsFile:
    """One connection that writes, one that reads, a key for what must be read back. `commits`: how many this process has made.

    Parameters
    ----------
    folder : holds `accounts.db` and `accounts.key`; both are made at first start, readable by the owner alone
    clock : seconds since 1970
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path, self.clock = folder / DATABASE, clock
        self._mutex = threading.RLock()
        self._writer: sqlite3.Connection | None = None
        self.commits = 0
        with self._alone():
            self._cipher = AESGCM(_key(folder / KEY, must_exist=self.path.exists()))
            try:
                self._open()
            except sqlite3.DatabaseError as problem:
                said = f"{self.path} cannot be read as accounts: {problem}"
                raise StorageRefused("accounts_broken", said, path=self.path, reason=str(problem)) from None
        self._reading = threading.Lock()
        self._reader = sqlite3.connect(
            f"file:{self.path}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
        )
        self._reader.row_factory = sqlite3.Row
        self._version, self._taken = -1, 0

    def _open(self) -> sqlite3.Connection:
        if self._writer is not None:
            return self._writer
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        found = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=WAIT_S)
        found.row_factory = sqlite3.Row
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "secure_delete=ON",
            "foreign_keys=ON",
            "mmap_size=0",
        ):
            found.execute(f"PRAGMA {pragma}")
        mode, level = (
            found.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
        )
        if (mode, level) != ("wal", FULL):
            said = f"{self.path} is not durable: {mode}, synchronous={level}; wal and FULL are needed"
            raise StorageRefused("not_durable", said, path=self.path, found=f"{mode}, synchronous={level}")
        found.execute("BEGIN IMMEDIATE")
        for statement in TABLES:
            found.execute(statement)
        found.execute("COMMIT")
        self._writer = found
        return found

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other thread and no other process writes while the block runs; waits `WAIT_S` at most."""
        with self._mutex, self.path.with_suffix(".lock").open("a") as lock:
            until = time.monotonic() + WAIT_S
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > until:
                        raise NotDurable(
                            f"another process holds {self.path} for longer than {WAIT_S:g} s"
                        ) from None
                    time.sleep(0.002)
            yield

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction, durable when the block ends; undone where the block raises.

        Raises
        ------
        NotDurable : the database or the disk failed; the connection is gone
        """
        with self._alone():
            try:
                connection = self._open()
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
                self.commits += 1
            except sqlite3.IntegrityError:
                self._throw_away()
                raise
            except (sqlite3.Error, OSError) as problem:
                self._throw_away()
                raise NotDurable(str(problem)) from problem
            except BaseException:
                self._throw_away()
                raise

    def _throw_away(self) -> None:
        connection, self._writer = self._writer, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def read(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """Rows as they are now; never waits for a writer."""
        with self._reading:
            return self._reader.execute(statement, values).fetchall()

    def taken(self) -> int:
        """How often something was taken from somebody: another number whenever a session, a role or an account ended or changed, by whomever.

        Costs some microseconds where nobody wrote anything since the last look.
        """
        with self._reading:
            version = self._reader.execute("PRAGMA data_version").fetchone()[0]
            if version != self._version:
                self._taken = self._reader.execute("SELECT count FROM taken").fetchone()[0]
                self._version = version
            return self._taken

    def seal(self, data: bytes, about: str) -> bytes:
        """What must be read back (the secret of a second factor), under the key beside the file, bound to its account."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, data, about.encode())

    def unseal(self, sealed: bytes, about: str) -> bytes | None:
        """What was sealed, None where it was changed or is somebody else's."""
        try:
            return self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], about.encode())
        except InvalidTag:
            return None

    def tell(self, connection: sqlite3.Connection, what: str, by: str, **said: Any) -> None:
        """Write down what happened, in the transaction in which it happens."""
        row = (os.urandom(16).hex(), self.clock(), what, by, json.dumps(said))
        connection.execute("INSERT INTO happened VALUES (?, ?, ?, ?, ?)", row)

    def untold(self, most: int = 200) -> list[Happened]:
        """What no fact says yet, oldest first."""
        rows = self.read("SELECT * FROM happened ORDER BY rowid LIMIT ?", most)
        return [
            Happened(r["event_id"], r["at_s"], r["what"], r["by_id"], json.loads(r["said"])) for r in rows
        ]

    def told(self, event_id: str) -> None:
        """The journal has it."""
        with self.write() as connection:
            connection.execute("DELETE FROM happened WHERE event_id = ?", (event_id,))

    def close(self) -> None:
        """Close both connections; the last one out checkpoints, so nobody else may write meanwhile."""
        with self._alone():
            self._reader.close()
            self._throw_away()


def _key(path: Path, *, must_exist: bool) -> bytes:
    if not path.exists():
        if must_exist:
            said = f"{path} is missing: without it no second factor can be checked. Put it back from where you keep it"
            raise StorageRefused("accounts_key_missing", said, path=path)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(os.urandom(32))
            file.flush()
            os.fsync(file.fileno())
    key = path.read_bytes()
    if len(key) != 32:
        said = f"{path} is no key: it has {len(key)} bytes, not 32"
        raise StorageRefused("no_accounts_key", said, path=path, bytes=len(key))
    return key
