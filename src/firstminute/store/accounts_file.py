"""The file of accounts: a small database of its own beside the vault, and what happened in it on its way to the journal.

Idea (decision 0121): who may sign in is not a fact but a secret that changes, so it never stands in the journal. Each change writes, in the same
transaction, a line of what happened without names or secrets; the service hands these lines to the desk, which makes facts of them, once. So the
command line can lock somebody out while no service runs, and the audit still says so.
Two processes may write, service and command line (`small_file`).
Limits: SQLite only; one file serves one city's accounts, some 300,000 members at most.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from firstminute.store.accounts_schema import TABLES
from firstminute.store.errors import StorageRefused
from firstminute.store.small_file import SmallFile

DATABASE, KEY = "accounts.db", "accounts.key"
NONCE = 12
READ = "RecordRead"
"""What a line is called that says: the command line beside the service is about to search the record."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One line on its way to the journal. `event_id` is the command id, so that it becomes a fact once."""

    event_id: str
    at_s: float
    what: str
    by: str
    said: dict[str, Any]


class AccountsFile(SmallFile):
    """The file, and a key for what must be read back.

    Parameters
    ----------
    folder : holds `accounts.db` and `accounts.key`; both are made at first start, readable by the owner alone
    clock : seconds since 1970
    """

    broken = "accounts_broken"
    passed_on = (sqlite3.IntegrityError,)

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.clock = clock
        super().__init__(folder / DATABASE, TABLES)
        self._version, self._taken = -1, 0

    def _prepare(self) -> None:
        self._cipher = AESGCM(_key(self.path.with_name(KEY), must_exist=self.path.exists()))

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

    def tell(self, connection: sqlite3.Connection, what: str, by: str, **said: Any) -> str:
        """Write down what happened, in the transaction in which it happens; the line's id."""
        row = (os.urandom(16).hex(), self.clock(), what, by, json.dumps(said))
        connection.execute("INSERT INTO happened VALUES (?, ?, ?, ?, ?)", row)
        return row[0]

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
