"""What somebody who is signed in does about himself at the edge, by name, in plain data: his ways in, the lock of his desk, the phone of his post.

Idea: one table like `app.account_acts`, for acts that hang on the very session that asks. Each takes that session's token first, so no act is ever about
anybody else by mistake. Limits: the site (rp id, origin) comes from the edge, None where passkeys cannot be used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from firstminute.model.errors import Refused
from firstminute.store.accounts import Accounts
from firstminute.store.credentials import Credentials
from firstminute.store.desk_locks import DeskLocks
from firstminute.store.passkeys import Passkeys, Site
from firstminute.store.sessions import Place, Session, Sessions
from firstminute.store.totp import uri_of

SiteWords = tuple[str, str] | None


class OwnActs:
    """Acts of a session about itself. `by_name`: the whole list."""

    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        credentials: Credentials,
        passkeys: Passkeys,
        locks: DeskLocks,
    ) -> None:
        self._accounts, self._sessions, self._credentials = accounts, sessions, credentials
        self._passkeys, self._locks = passkeys, locks
        self.by_name: Mapping[str, Callable[..., Any]] = {
            "held": self.held,
            "password": self.password,
            "new_app": self.new_app,
            "take_app": self.take_app,
            "recovery": self.recovery,
            "pin": self.pin,
            "knows_pin": self.knows_pin,
            "new_passkey": self.new_passkey,
            "take_passkey": self.take_passkey,
            "drop_passkey": self.drop_passkey,
            "lock": self.lock,
            "ask_passkey": self.ask_passkey,
            "unlock": self.unlock,
            "locked_desks": self.locked_desks,
            "open_desk": self.open_desk,
            "share": self.share,
            "people": self.people,
            "switch": self.switch,
            "badge": self.badge,
            "put_down": self.put_down,
        }

    def _session(self, token: str) -> Session:
        found = self._sessions.session_of(token)
        if found is None:
            raise Refused("no_session")
        return found

    def _id(self, token: str) -> str:
        return self._session(token).actor.id

    def knows_pin(self, token: str, pin: str | None) -> bool:
        """Whether this is the own PIN; also True where none was ever set."""
        return self._locks.knows_pin(self._id(token), pin)

    # --- ways in ----------------------------------------------------------------------------------------------------------------

    def held(self, token: str) -> dict[str, Any]:
        """Which ways in there are."""
        found = self._credentials.held(self._id(token))
        return {**found, "passkeys": [asdict(each) for each in found["passkeys"]]}

    def password(self, token: str, password: str, new: str) -> None:
        """Another password."""
        session = self._session(token)
        self._credentials.change_password(session.actor.id, password, new, session.session_id)

    def new_app(self, token: str, password: str) -> dict[str, Any]:
        """What another app must know."""
        account_id = self._id(token)
        secret = self._credentials.new_app(account_id, password)
        return {"secret": secret, "uri": uri_of(secret, self._accounts.get(account_id).name)}

    def take_app(self, token: str, code: str) -> list[str]:
        """The other app's first code; new recovery codes."""
        return self._credentials.take_app(self._id(token), code)

    def recovery(self, token: str, password: str) -> list[str]:
        """New recovery codes."""
        return self._credentials.new_recovery(self._id(token), password)

    def pin(self, token: str, pin: str, old: str | None, password: str | None) -> None:
        """A PIN. A phone of the post has none: its people have."""
        session = self._session(token)
        if session.locked == "shared":
            raise Refused("shared_phone")
        self._locks.set_pin(session.actor.id, pin, old=old, password=password)

    def new_passkey(self, token: str, password: str, site: SiteWords) -> dict[str, Any]:
        """What the browser is told."""
        return self._credentials.new_passkey(self._id(token), password, _site(site))

    def take_passkey(
        self, token: str, answer: Mapping[str, Any], label: str, site: SiteWords
    ) -> dict[str, Any]:
        """The passkey that was made."""
        return asdict(self._credentials.take_passkey(self._id(token), answer, label, _site(site)))

    def drop_passkey(self, token: str, passkey_id: str, password: str) -> None:
        """One passkey less."""
        self._credentials.drop_passkey(self._id(token), passkey_id, password)

    # --- the lock ---------------------------------------------------------------------------------------------------------------

    def lock(self, token: str) -> None:
        """Lock this desk."""
        self._locks.lock(self._session(token))

    def ask_passkey(self, token: str, site: SiteWords) -> dict[str, Any]:
        """What the browser is told to unlock with a passkey."""
        asked = self._passkeys.ask(self._id(token), _site(site))
        if asked is None:
            raise Refused("unknown_passkey")
        return asked

    def unlock(self, token: str, secrets: Mapping[str, Any], site: SiteWords) -> None:
        """Open this desk."""
        self._locks.unlock(self._session(token), secrets, None if site is None else Site(*site))

    def locked_desks(self) -> list[dict[str, Any]]:
        """Desks that are locked."""
        return [asdict(each) for each in self._locks.locked()]

    def open_desk(self, session_id: str, by: str) -> None:
        """Open somebody else's desk."""
        self._locks.open_for(session_id, by=by)

    # --- the phone of a post ----------------------------------------------------------------------------------------------------

    def share(self, account_id: str, team_id: str) -> None:
        """Make an enrolled phone the post's."""
        self._locks.share(account_id, team_id)

    def people(self, token: str) -> list[dict[str, str]]:
        """Who can take this phone."""
        return self._locks.people(self._session(token))

    def switch(self, token: str, shown: Mapping[str, str], agent: str, address: str) -> dict[str, Any]:
        """Somebody takes this phone, by badge or by name and PIN."""
        phone, place = self._session(token), Place(agent, address)
        if "badge" in shown:
            return asdict(self._locks.switch_by_badge(phone, shown["badge"], place))
        return asdict(self._locks.switch(phone, shown["account_id"], shown["pin"], place))

    def badge(self, account_id: str, team_id: str, by: str) -> str:
        """A member's badge."""
        return self._locks.badge(account_id, team_id, by=by)

    def put_down(self, token: str) -> None:
        """Nobody has it any more."""
        self._locks.put_down(self._session(token))


def _site(site: SiteWords) -> Site:
    if site is None:
        raise Refused("no_public_url")
    return Site(*site)
