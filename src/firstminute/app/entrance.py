"""The way in, as the edge sees it: tokens of devices and sessions of people behind one look-up, and accounts beside the event loop.

Idea: what every request asks is answered from memory, here and now; whatever hashes or writes runs on two threads of its own, and only so many may wait
for them, so that a storm of sign-ins never takes the cores from calls. What happened to accounts is handed to the desk, line by line, and becomes facts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from typing import Any

from firstminute.api.hub import Hub
from firstminute.app.account_acts import Acts
from firstminute.app.desk import Desk
from firstminute.app.secrets import Tokens
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.store.accounts import Accounts
from firstminute.store.accounts_file import AccountsFile
from firstminute.store.errors import NotDurable
from firstminute.store.sessions import PREFIX, Place, Session, Sessions
from firstminute.store.signing_in import SigningIn
from firstminute.store.totp import uri_of

LOG = logging.getLogger("firstminute.entrance")
WAITING_MOST = 32
TELL_EVERY_S, SEEN_EVERY_S = 1.0, 30.0


class Keyring:
    """Who holds a bearer token: a person's session, or a device."""

    def __init__(self, tokens: Tokens, sessions: Sessions) -> None:
        self._tokens, self._sessions = tokens, sessions

    def find(self, token: str) -> Actor | None:
        """The actor of a token, None where it is unknown or ended. Asking counts as using it."""
        return self._sessions.find(token) if token.startswith(PREFIX) else self._tokens.find(token)

    def holds(self, token: str) -> Actor | None:
        """The same without using it."""
        return self._sessions.holds(token) if token.startswith(PREFIX) else self._tokens.holds(token)


class Entrance:
    """Accounts and sessions of one data folder. Implements `api.ports.AccountPort`."""

    def __init__(self, file: AccountsFile, hub: Hub) -> None:
        self.file, self._hub = file, hub
        self.accounts = Accounts(file)
        self.sessions_of = Sessions(file, self.busy)
        self._door = SigningIn(self.accounts)
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="accounts")
        self._waiting = 0
        self._acts = Acts(self.accounts, self.sessions_of).by_name

    def busy(self, actor: Actor) -> bool:
        """True while the actor's seat holds a call or an open incident: nobody is signed out in the middle of it."""
        seats = {actor.id, actor.seat} - {None}
        return any(
            row.get("seat") in seats for key, row in self._hub.now() if key.startswith(("call/", "incident/"))
        )

    async def _beside(self, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        if self._waiting >= WAITING_MOST:
            raise OverflowError("too many wait to sign in")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, partial(call, *arguments, **named))
        except NotDurable as problem:
            LOG.warning("the file of accounts could not be written: %s", problem)
            raise Refused("not_durable") from None
        finally:
            self._waiting -= 1

    async def password(self, name: str, password: str) -> str | None:
        """First step: a ticket, None where it is not so."""
        ticket: str | None = await self._beside(self._door.password, name, password)
        return ticket

    async def second(
        self, ticket: str, code: str, *, agent: str, address: str, role: str | None
    ) -> Mapping[str, Any] | None:
        """Second step: the session and its token, None where it is not so."""
        opened = await self._beside(self._door.second, ticket, code, Place(agent, address), role)
        return None if opened is None else asdict(opened)

    async def look(self, code: str) -> Mapping[str, Any]:
        """What a set-up link is for, with the address that an authenticator app reads."""
        look = await self._beside(self._door.look, code)
        uri = uri_of(look.secret, look.name or "system_admin")
        return {"name": look.name, "role": look.role, "secret": look.secret, "uri": uri}

    async def set_up(self, code: str, name: str, password: str, one_time: str) -> Mapping[str, Any]:
        """Set password and second factor."""
        account_id, codes = await self._beside(self._door.set_up, code, name, password, one_time)
        return {"account_id": account_id, "recovery_codes": codes}

    def me(self, token: str) -> Mapping[str, Any] | None:
        """The session behind a token."""
        session = self.sessions_of.session_of(token) if token.startswith(PREFIX) else None
        return None if session is None else _told(session)

    def sessions(self, account_id: str) -> Sequence[Mapping[str, Any]]:
        """The sessions of an account, the one used last first."""
        return [_told(session) for session in self.sessions_of.list_of(account_id)]

    async def act(self, name: str, *arguments: Any, **named: Any) -> Any:
        """One of the acts by name, beside the event loop."""
        return await self._beside(self._acts[name], *arguments, **named)

    async def run(self, desk: Desk) -> None:
        """Hand what happened to the desk and write down when sessions were used, until cancelled."""
        turns = 0
        while True:
            await asyncio.sleep(TELL_EVERY_S)
            turns += 1
            try:
                await tell(self.file, desk)
                if turns % int(SEEN_EVERY_S / TELL_EVERY_S) == 0:
                    await asyncio.to_thread(self.sessions_of.write_seen)
            except Exception:  # whatever it is, the next turn tries again: nothing is lost meanwhile
                LOG.exception("what happened to accounts is not handed over yet")

    def close(self) -> None:
        """Write down when sessions were used, and close the file."""
        self._threads.shutdown(wait=True)
        try:
            self.sessions_of.write_seen()
        except NotDurable as problem:
            LOG.warning("when sessions were last used is not written down: %s", problem)
        self.file.close()


async def tell(file: AccountsFile, desk: Desk) -> int:
    """Make facts of what happened, oldest first; how many. A line stays until the desk has it, and its id is the command's, so it is one fact at last."""
    lines = await asyncio.to_thread(file.untold)
    for number, line in enumerate(lines):
        actor = Actor(
            id=line.by, role="system_admin"
        )  # a person's: the answers to the system itself are not remembered
        arguments = {
            "what": line.what,
            **{name: value for name, value in line.said.items() if value is not None},
        }
        ack = await asyncio.wrap_future(
            desk.submit("record_account", arguments, actor, line.event_id, occurred_s=line.at_s)
        )
        if not ack.done:
            LOG.warning("a line about accounts is no fact yet: %s %s", ack.status, ack.code)
            return number
        await asyncio.to_thread(file.told, line.event_id)
    return len(lines)


def _told(session: Session) -> Mapping[str, Any]:
    return {
        "session_id": session.session_id,
        "role": session.actor.role,
        "made_s": session.made_s,
        "seen_s": session.seen_s,
        "until_s": session.until_s,
        "agent": session.agent,
        "address": session.address,
    }
