"""What the edge may do with accounts, by name, in plain data.

Idea: one table, so that what is not listed cannot be asked for. The three duties are never given, taken or reset here: whoever holds the machine does that on
its command line, or a security administrator could reset a system administrator and be both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from firstminute.model.errors import Refused
from firstminute.model.roles import DUTIES
from firstminute.store.accounts import Accounts, Role
from firstminute.store.enrolment import Enrolment
from firstminute.store.registrations import Registrations
from firstminute.store.sessions import Place, Sessions
from firstminute.store.staff_cards import StaffCards


class Acts:
    """Acts on accounts. `by_name`: the whole list."""

    def __init__(self, accounts: Accounts, sessions: Sessions, cards: StaffCards) -> None:
        self._accounts, self._sessions, self._cards = accounts, sessions, cards
        self._enrolment, self._registrations = Enrolment(accounts), Registrations(accounts)
        self.by_name: Mapping[str, Callable[..., Any]] = {
            "list": self.everybody,
            "add": self.add,
            "give": self.give,
            "take": self.take,
            "lock": accounts.lock,
            "unlock": self.unlock,
            "places": self.places,
            "reset": self.reset,
            "end_session": sessions.end,
            "end_all": self.end_all,
            "open_enrolment": self.open_enrolment,
            "close_enrolment": self._enrolment.close,
            "enrolled": self.enrolled,
            "leave": self._enrolment.leave,
            "join": self.join,
            "cards": self.cards,
            "bind_card": self.bind_card,
            "drop_card": self.drop_card,
            "register": self._registrations.ask,
            "waiting": self.waiting,
            "answer": self._registrations.answer,
            "claim": self.claim,
        }

    def everybody(self, after: str, most: int, *, holding: str, state: str) -> list[dict[str, Any]]:
        """Accounts behind a name."""
        found = self._accounts.everybody(after, most, holding=holding, state=state)
        return [asdict(account) for account in found]

    def add(self, name: str, role: Mapping[str, Any], *, by: str) -> dict[str, str]:
        """A new account, and the code of its link."""
        _no_duty(role["role"])
        account_id, link = self._accounts.add(name, Role(**role), by=by, how="api")
        return {"account_id": account_id, "link": link}

    def give(self, account_id: str, role: Mapping[str, Any], *, by: str) -> None:
        """One more role."""
        _no_duty(role["role"])
        self._accounts.give(account_id, Role(**role), by=by)

    def take(self, account_id: str, role: str, *, by: str) -> None:
        """One role less."""
        _no_duty(role)
        self._accounts.take(account_id, role, by=by)

    def places(self, account_id: str) -> list[str | None]:
        """The places that an account's roles answer for; None = the whole city."""
        return list({role.district for role in self._accounts.roles_of(account_id)})

    def unlock(self, account_id: str, *, by: str, guesses_alone: bool) -> None:
        """Let somebody in again; a commander never somebody who administers."""
        if guesses_alone:
            self._no_duty_of(account_id)
        self._accounts.unlock(account_id, by=by, guesses_alone=guesses_alone)

    def reset(self, account_id: str, *, by: str) -> str:
        """The code of a new link."""
        self._no_duty_of(account_id)
        return self._accounts.reset(account_id, by=by)

    def end_all(self, account_id: str, *, by: str) -> int:
        """How many sessions ended."""
        return self._sessions.end_all(self._accounts.get(account_id).account_id, by=by)

    def open_enrolment(self, team_id: str, *, by: str, most: int) -> dict[str, Any]:
        """A code of a team."""
        return asdict(self._enrolment.open(team_id, by=by, most=most))

    def enrolled(self, team_id: str) -> list[dict[str, Any]]:
        """Who joined."""
        return [asdict(member) for member in self._enrolment.members(team_id)]

    def join(self, code: str, label: str, pin: str | None, agent: str, address: str) -> dict[str, Any]:
        """A phone's session in its team."""
        opened, team_id = self._enrolment.join(code, label, Place(agent, address), pin)
        return {**asdict(opened), "team_id": team_id}

    def cards(self, account_id: str) -> list[dict[str, Any]]:
        """An account's cards."""
        return [asdict(card) for card in self._cards.of(account_id)]

    def bind_card(self, account_id: str, pem: bytes, *, by: str) -> dict[str, Any]:
        """Bind a card; never to who holds one of the three duties."""
        self._no_duty_of(account_id)
        return asdict(self._cards.bind(account_id, pem, by=by))

    def drop_card(self, account_id: str, fingerprint: str, *, by: str) -> None:
        """Take a card away."""
        self._no_duty_of(account_id)
        self._cards.drop(account_id, fingerprint, by=by)

    def waiting(self, role: str, team_id: str | None) -> list[dict[str, Any]]:
        """Who asked to be let in."""
        return [asdict(each) for each in self._registrations.waiting(role, team_id)]

    def claim(self, claim: str, agent: str, address: str) -> dict[str, Any] | None:
        """The session of a phone that was let in."""
        opened = self._registrations.claim(claim, Place(agent, address))
        return None if opened is None else asdict(opened)

    def _no_duty_of(self, account_id: str) -> None:
        for held in self._accounts.roles_of(account_id):
            _no_duty(held.role)


def _no_duty(role: str) -> None:
    if role in DUTIES:
        raise Refused("duty_by_command_line")
