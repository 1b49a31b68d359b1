"""The way in, as the edge sees it: tokens of devices and sessions of people behind one look-up, and accounts beside the event loop.

Idea: what every request asks is answered from memory, here and now; whatever hashes or writes runs on two threads of its own, and only so many may wait
for them, so that a storm of sign-ins never takes the cores from calls. What happened to accounts is handed to the desk, line by line, and becomes facts.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from typing import Any, cast

from firstminute.api.hub import Hub
from firstminute.app.account_acts import Acts
from firstminute.app.desk import Desk
from firstminute.app.own_acts import OwnActs, SiteWords
from firstminute.app.secrets import Tokens
from firstminute.app.settings import Settings
from firstminute.app.sso import SignOn, SignOnRefused
from firstminute.app.ways_in import WaysIn
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.store.accounts import Accounts
from firstminute.store.accounts_file import READ, AccountsFile, Happened
from firstminute.store.credentials import Credentials
from firstminute.store.desk_locks import DeskLocks
from firstminute.store.errors import NotDurable
from firstminute.store.identities import GIVEN_BY_GROUPS
from firstminute.store.passkeys import Passkeys, Site
from firstminute.store.sessions import PREFIX, Place, Session, Sessions
from firstminute.store.staff_cards import StaffCards
from firstminute.store.totp import uri_of

LOG = logging.getLogger("firstminute.entrance")
WAITING_MOST = 32
SEATS_MOST = 5_000
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

    def locked(self, token: str) -> str:
        """Why whoever holds the token may see and not act, empty where he may; a device's token never locks."""
        return (self._sessions if token.startswith(PREFIX) else self._tokens).locked(token)

    def acted(self, token: str) -> None:
        """Its holder did something himself."""
        if token.startswith(PREFIX):
            self._sessions.acted(token)


class Entrance:
    """Accounts and sessions of one data folder. Implements `api.ports.AccountPort`. Raises SignOnRefused where the settings of single sign-on cannot be."""

    def __init__(self, file: AccountsFile, hub: Hub, settings: Settings | None = None) -> None:
        self.file, self._hub, self._settings = file, hub, settings or Settings()
        self.accounts = Accounts(file)
        self.sessions_of = Sessions(file, self.busy, lock_after_s=self._settings.lock_after_min * 60.0)
        self._passkeys = Passkeys(file)
        self._cards = StaffCards(
            file, self._settings.staff_card_authorities, self._settings.staff_card_withdrawn
        )
        self._sign_on = _sign_on(self._settings)
        self._ways_in = WaysIn(self.accounts, self._passkeys, self._cards, self._settings)
        self._door = self._ways_in.door
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="accounts")
        self._unlocking = ThreadPoolExecutor(1, thread_name_prefix="unlock")
        self._abroad = ThreadPoolExecutor(2, thread_name_prefix="sso")
        self._waiting: dict[ThreadPoolExecutor, int] = {}
        self._seats: OrderedDict[str, str] = OrderedDict()
        self._acts = Acts(self.accounts, self.sessions_of, self._cards).by_name
        locks = DeskLocks(self.accounts, self.sessions_of, self._passkeys, self.in_call)
        credentials = Credentials(self.accounts, self._door, self._passkeys)
        self._own = OwnActs(self.accounts, self.sessions_of, credentials, self._passkeys, locks).by_name

    def ways(self) -> Mapping[str, Any]:
        """What the page may offer to whoever wants in."""
        return {
            "sso": self._sign_on.name if self._sign_on else None,
            "card": self._cards.used,
            "passkey_first": self._settings.passkey_first,
            "registration": self._settings.self_registration,
        }

    def busy(self, actor: Actor) -> bool:
        """True while the actor's seat holds a call or an open incident: nobody is signed out or locked in the middle of it."""
        return self._holds(actor, ("call/", "incident/"))

    def in_call(self, actor: Actor) -> bool:
        """True while a call is being taken at the actor's seat."""
        return self._holds(actor, ("call/",))

    def sits(self, account_id: str, seat: str) -> None:
        """The page says at which seat its holder claims; it may be another than his account's."""
        self._seats[account_id] = seat
        self._seats.move_to_end(account_id)
        if len(self._seats) > SEATS_MOST:
            self._seats.popitem(last=False)

    def _holds(self, actor: Actor, sorts: tuple[str, ...]) -> bool:
        seats = {actor.id, actor.seat, self._seats.get(actor.id)} - {None}
        return any(row.get("seat") in seats for key, row in self._hub.now() if key.startswith(sorts))

    async def _beside(self, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        return await self._on(self._threads, call, *arguments, **named)

    async def _on(
        self, threads: ThreadPoolExecutor, call: Callable[..., Any], *arguments: Any, **named: Any
    ) -> Any:
        if self._waiting.get(threads, 0) >= WAITING_MOST:
            raise OverflowError("too many wait to sign in")
        self._waiting[threads] = self._waiting.get(threads, 0) + 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(threads, partial(call, *arguments, **named))
        except NotDurable as problem:
            LOG.warning("the file of accounts could not be written: %s", problem)
            raise Refused("not_durable") from None
        finally:
            self._waiting[threads] -= 1

    async def password(self, name: str, password: str, *, site: SiteWords = None) -> Mapping[str, Any] | None:
        """First step: a ticket and what may come second, None where it is not so."""
        return cast("Mapping[str, Any] | None", await self._beside(self._ways_in.first, name, password, site))

    async def second(
        self,
        ticket: str | None,
        shown: Mapping[str, Any],
        *,
        agent: str,
        address: str,
        role: str | None,
        site: SiteWords = None,
    ) -> Mapping[str, Any] | None:
        """Second step by a code, a passkey or a card; or a passkey alone, where policy says so: the session and its token, None where it is not so."""
        opened = await self._beside(self._ways_in.second, ticket, shown, Place(agent, address), role, site)
        return None if opened is None else asdict(opened)

    async def ask_passkey(self, site: SiteWords) -> Mapping[str, Any]:
        """What the browser is told to sign in with a passkey alone. Raises Refused: no_passkey_first, no_public_url."""
        if not self._settings.passkey_first:
            raise Refused("no_passkey_first")
        if site is None:
            raise Refused("no_public_url")
        return self._passkeys.ask_anybody(Site(*site))

    async def sso_begin(self, redirect_uri: str, token: str, password: str | None) -> Mapping[str, str]:
        """Where the browser goes to sign on, or (`password`) to link the account of this session. Raises Refused."""
        if self._sign_on is None:
            raise Refused("no_sso")
        linking = None
        if password is not None:
            session = self.sessions_of.session_of(token)
            if session is None:
                raise Refused("no_session")
            linking = session.actor.id
            if not await self._beside(self._door.guesses.knows, linking, password):
                raise Refused("wrong_secret")
        begun: Mapping[str, str] = await self._on(
            self._abroad, self._sign_on.begin, redirect_uri, linking=linking
        )
        return begun

    async def sso_finish(
        self, code: str, state: str, *, token: str, agent: str, address: str, site: SiteWords
    ) -> Mapping[str, Any]:
        """Back from there: linked, a ticket for the second factor, or a session. Raises Refused."""
        if self._sign_on is None:
            raise Refused("no_sso")
        who = await self._on(self._abroad, self._sign_on.finish, code, state)
        if who.linking is not None:
            session = self.sessions_of.session_of(token)
            if session is None or session.actor.id != who.linking:
                raise Refused("sso_failed")
            await self._beside(self._ways_in.identities.link, who.linking, who.issuer, who.subject)
            return {"step": "linked"}
        found: Mapping[str, Any] = await self._beside(self._ways_in.arrived, who, Place(agent, address), site)
        return found

    async def look(self, code: str) -> Mapping[str, Any]:
        """What a set-up link is for, with the address that an authenticator app reads."""
        look = await self._beside(self._door.look, code)
        uri = uri_of(look.secret, look.name or "system_admin")
        return {"name": look.name, "role": look.role, "secret": look.secret, "uri": uri}

    async def set_up(
        self, code: str, name: str, password: str, one_time: str | None, card: bytes | None
    ) -> Mapping[str, Any]:
        """Set password and second factor: an app's code, or a card that is bound to the account already."""
        account_id, codes = await self._beside(
            self._door.set_up,
            code,
            name,
            password,
            one_time,
            lambda connection, account_id: self._cards.right(connection, account_id, card),
        )
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

    async def own(self, name: str, *arguments: Any, **named: Any) -> Any:
        """One of the acts about oneself by name; what opens a desk never waits behind a storm of sign-ins."""
        threads = self._unlocking if name in ("unlock", "switch", "open_desk", "knows_pin") else self._threads
        return await self._on(threads, self._own[name], *arguments, **named)

    async def run(self, desk: Desk) -> None:
        """Hand what happened to the desk and write down when sessions were used, until cancelled."""
        turns = 0
        while True:
            await asyncio.sleep(TELL_EVERY_S)
            turns += 1
            try:
                await asyncio.to_thread(self.sessions_of.write_locks)
                await asyncio.to_thread(self._cards.put_out_withdrawn)
                await tell(self.file, desk)
                if turns % int(SEEN_EVERY_S / TELL_EVERY_S) == 0:
                    await asyncio.to_thread(self.sessions_of.write_seen)
            except Exception:  # whatever it is, the next turn tries again: nothing is lost meanwhile
                LOG.exception("what happened to accounts is not handed over yet")

    def close(self) -> None:
        """Write down when sessions were used, and close the file."""
        for threads in (self._threads, self._unlocking, self._abroad):
            threads.shutdown(wait=True)
        try:
            self.sessions_of.write_seen()
        except NotDurable as problem:
            LOG.warning("when sessions were last used is not written down: %s", problem)
        self.file.close()


async def tell(file: AccountsFile, desk: Desk) -> int:
    """Make facts of what happened, oldest first; how many. A line stays until the desk has it, and its id is the command's, so it is one fact at last."""
    lines = await asyncio.to_thread(file.untold)
    for number, line in enumerate(lines):
        name, arguments, role = _command(line)
        actor = Actor(
            id=line.by, role=role
        )  # a person's: the answers to the system itself are not remembered
        ack = await asyncio.wrap_future(
            desk.submit(name, arguments, actor, line.event_id, occurred_s=line.at_s)
        )
        if not ack.done:
            LOG.warning("a line about accounts is no fact yet: %s %s", ack.status, ack.code)
            return number
        await asyncio.to_thread(file.told, line.event_id)
    return len(lines)


def _command(line: Happened) -> tuple[str, dict[str, Any], str]:
    """The command that makes a fact of a line, what it says, and in which role."""
    if line.what == READ:
        return "note_read", line.said["asked"], "auditor"
    said = {name: value for name, value in line.said.items() if value is not None}
    return "record_account", {"what": line.what, **said}, "system_admin"


def _told(session: Session) -> Mapping[str, Any]:
    return {
        "session_id": session.session_id,
        "role": session.actor.role,
        "made_s": session.made_s,
        "seen_s": session.seen_s,
        "until_s": session.until_s,
        "agent": session.agent,
        "address": session.address,
        "locked": session.locked or None,
    }


def _sign_on(settings: Settings) -> SignOn | None:
    """The way to the directory, None where there is none. Raises SignOnRefused."""
    if settings.oidc_issuer is None:
        return None
    if settings.oidc_accounts == "made" and not settings.oidc_trusts_factor:
        raise SignOnRefused(
            "accounts made at first sight have no second factor but the directory's: oidc_trusts_factor"
        )
    wrong = sorted(set(settings.oidc_roles.values()) - set(GIVEN_BY_GROUPS))
    if wrong:
        raise SignOnRefused(f"no group gives these roles: {', '.join(wrong)}")
    if settings.public_url is None:
        raise SignOnRefused("public_url is missing: the directory sends people back there")
    return SignOn(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_secret, settings.oidc_groups)
