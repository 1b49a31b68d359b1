"""People who sign in to a running service as they would: a set-up link, a phone that shows codes, two steps."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from firstminute.store.accounts import Accounts, Role
from firstminute.store.accounts_file import AccountsFile
from firstminute.store.totp import STEP_S, code_at
from tests.support.accounts import PASSWORD
from tests.support.service import Running


@dataclass
class Person:
    """Somebody with an account. `made`: the step of the code that his set-up used."""

    service: Running
    name: str
    account_id: str
    secret: bytes
    made: int
    recovery: list[str] = field(default_factory=list)

    def ticket(self, password: str = PASSWORD) -> httpx.Response:
        """The first step."""
        return httpx.post(
            f"{self.service.address}/session", json={"name": self.name, "password": password}, timeout=30.0
        )

    def sign_in(self, **more: Any) -> dict[str, Any]:
        """Both steps; the second with a recovery code, of which each is good once."""
        first = self.ticket().json()
        body = {"ticket": first["ticket"], "code": self.recovery.pop(), **more}
        done = httpx.post(f"{self.service.address}/session", json=body, timeout=30.0)
        assert done.status_code == 201, done.text
        found: dict[str, Any] = done.json()
        return found

    def client(self, **more: Any) -> httpx.Client:
        """An HTTP client with a session of its own."""
        return signed(self.service, self.sign_in(**more)["token"])


def signed(service: Running, token: str, **headers: str) -> httpx.Client:
    """An HTTP client that shows a token."""
    return httpx.Client(
        base_url=service.address, headers={"authorization": f"Bearer {token}", **headers}, timeout=10.0
    )


def book_of(service: Running) -> Accounts:
    """The accounts of a running service, written from this process beside it."""
    return Accounts(AccountsFile(service.data))


def person(service: Running, name: str, role: str = "dispatcher", **place: str) -> Person:
    """An account made beside the service and set up over HTTP."""
    book = book_of(service)
    account_id, link = book.add(name, Role(role=role, **place), by="command-line")
    book.file.close()
    return use_link(service, name, link, account_id)


def use_link(service: Running, name: str, link: str, account_id: str | None = None) -> Person:
    """Set an account up with its link, over HTTP."""
    look = httpx.post(f"{service.address}/setup", json={"link": link}, timeout=30.0)
    assert look.status_code == 200, look.text
    secret = base64.b32decode(look.json()["secret"])
    step = int(time.time() // STEP_S)
    body = {"link": link, "name": name, "password": PASSWORD, "code": code_at(secret, step)}
    done = httpx.post(f"{service.address}/setup", json=body, timeout=30.0)
    assert done.status_code == 201, done.text
    assert account_id in (None, done.json()["account_id"])
    return Person(service, name, done.json()["account_id"], secret, step, done.json()["recovery_codes"])
