"""Accounts in a folder of their own under a clock that the test moves, and a phone that shows codes."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from firstminute.store.accounts import Accounts, Role
from firstminute.store.accounts_file import AccountsFile
from firstminute.store.sessions import Opened, Place, Sessions
from firstminute.store.signing_in import SigningIn
from firstminute.store.totp import STEP_S, code_at

START_S = 1_780_000_000.0
PASSWORD = "correct horse battery"


@dataclass
class Clock:
    """Seconds since 1970, moved by hand."""

    now_s: float = START_S

    def __call__(self) -> float:
        """Now."""
        return self.now_s


@dataclass
class Book:
    """Everything about accounts over one folder."""

    folder: Path
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.file = AccountsFile(self.folder, clock=self.clock)
        self.accounts = Accounts(self.file)
        self.door = SigningIn(self.accounts)
        self.sessions = Sessions(self.file)
        self.secrets: dict[str, bytes] = {}
        self.recovery: dict[str, list[str]] = {}

    def person(self, name: str, role: str = "dispatcher", **place: str) -> str:
        """An account that is set up; its id."""
        account_id, link = self.accounts.add(name, Role(role=role, **place), by="command-line")
        secret = self.door.look(link).secret
        _, self.recovery[name] = self.door.set_up(link, name, PASSWORD, code_at(secret, self.step))
        self.secrets[name] = secret
        self.clock.now_s += STEP_S  # the code of the set-up is used
        return account_id

    @property
    def step(self) -> int:
        """The time step of now."""
        return int(self.clock.now_s // STEP_S)

    def code(self, name: str, shift: int = 0) -> str:
        """What the phone shows, so many steps from now."""
        return code_at(self.secrets[name], self.step + shift)

    def sign_in(self, name: str, role: str | None = None, place: Place = Place("page", "10.0.0.7")) -> Opened:
        """Both steps, done right."""
        ticket = self.door.password(name, PASSWORD)
        assert ticket is not None
        opened = self.door.second(ticket, self.code(name), place, role)
        assert opened is not None
        self.clock.now_s += STEP_S
        return opened


def secret_in(uri: str) -> bytes:
    """The secret that a phone reads from the QR code."""
    key = parse_qs(urlsplit(uri).query)["secret"][0]
    return base64.b32decode(key + "=" * (-len(key) % 8))
