"""What is right on the way in: each step of signing in, over the accounts of one folder, without a thread of its own.

Idea: here it is decided which proofs open what: a ticket and one second factor, a passkey alone where policy says so, a person of the directory with or without
our second factor. `app.entrance` calls it beside the event loop. Limits: the site (rp id, origin) comes from the edge, None where passkeys cannot be used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from firstminute.app.own_acts import SiteWords
from firstminute.app.settings import Settings
from firstminute.app.sso import Person
from firstminute.model.errors import Refused
from firstminute.store.accounts import Accounts
from firstminute.store.identities import Identities
from firstminute.store.passkeys import Passkeys, Site
from firstminute.store.sessions import Opened, Place
from firstminute.store.signing_in import SigningIn
from firstminute.store.staff_cards import StaffCards


class WaysIn:
    """The steps of signing in. `door`, `identities`: for what needs no decision."""

    def __init__(self, accounts: Accounts, passkeys: Passkeys, cards: StaffCards, settings: Settings) -> None:
        self._file, self._settings = accounts.file, settings
        self.door = self._door = SigningIn(accounts)
        self.identities = self._identities = Identities(accounts, self._door, settings.oidc_roles)
        self._passkeys, self._cards = passkeys, cards

    def first(self, name: str, password: str, site: SiteWords) -> Mapping[str, Any] | None:
        """Name and password: a ticket and what may come second, None where it is not so."""
        ticket = self._door.password(name, password)
        return None if ticket is None else self.second_of(ticket, site)

    def second_of(self, ticket: str, site: SiteWords) -> Mapping[str, Any]:
        """A ticket, and what its holder may show with it."""
        account_id = self._door.holder_of(ticket) or ""
        asked = self._passkeys.ask(account_id, Site(*site)) if site else None
        ways = ["code", *(["passkey"] if asked else []), *(["card"] if self._cards.of(account_id) else [])]
        return {"ticket": ticket, "ways": ways, "passkey": asked}

    def second(
        self,
        ticket: str | None,
        shown: Mapping[str, Any],
        place: Place,
        role: str | None,
        site: SiteWords,
    ) -> Opened | None:
        """A code, a passkey or a card after the ticket; without one a passkey alone, where policy says so. None where it is not so."""
        answer = shown.get("passkey")
        if ticket is None:
            return self._by_passkey_alone(answer or {}, place, role, site)
        if shown.get("code") is not None:
            return self._door.second(ticket, str(shown["code"]), place, role)
        if answer is not None:
            if site is None:
                return None
            return self._door.second_by(
                ticket,
                lambda connection, row: self._passkeys.right(
                    connection, row["account_id"], answer, Site(*site)
                ),
                place,
                role,
            )
        return self._door.second_by(
            ticket,
            lambda connection, row: self._cards.right(connection, row["account_id"], shown.get("card")),
            place,
            role,
        )

    def _by_passkey_alone(
        self, answer: Mapping[str, Any], place: Place, role: str | None, site: SiteWords
    ) -> Opened | None:
        account_id = self._passkeys.holder(answer) if self._settings.passkey_first and site else None
        if account_id is None or site is None:
            return None
        with self._file.write() as connection:
            if not self._door.guesses.charge(connection, account_id):
                return None
            if not self._passkeys.right(connection, account_id, answer, Site(*site), alone=True):
                self._door.guesses.note_wrong(connection, account_id, known=True)
                return None
            return self._door.open_as(connection, account_id, place, role)

    def arrived(self, who: Person, place: Place, site: SiteWords) -> Mapping[str, Any]:
        """Somebody back from the directory: a session, or a ticket for the second factor of ours. Raises Refused."""
        trusted = self._settings.oidc_trusts_factor and who.several
        found = self._identities.account_of(who.issuer, who.subject)
        if found is None:
            if self._settings.oidc_accounts != "made" or self._identities.known(who.issuer, who.subject):
                raise Refused("sso_unknown")
            if not trusted:
                raise Refused("sso_one_factor")
            found = self._identities.make(who.issuer, who.subject, who.name, who.groups), True
        elif found[1]:
            self._identities.follow(found[0], who.groups)
        if trusted:
            return {"step": "done", **asdict(self._identities.open(found[0], place, None))}
        if found[1]:
            raise Refused("sso_one_factor")
        return {"step": "second_factor", **self.second_of(self._identities.ticket(found[0]), site)}
