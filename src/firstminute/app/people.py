"""People of teams as the edge needs them: a row with its sealed fields, the robot of a team, and the codes that hang on walls of venues.

Idea: the desk's memory holds no names, phones and push addresses; whoever sends something reads the one row that he needs. A place's code is a keyed digest
of the venue's id, stored nowhere and worth nothing at another place. Limits: a code is the same until the vault's key changes; who photographs it can show it
elsewhere, so it proves less than a fix.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from firstminute.api.errors import Problem
from firstminute.gateways.push import codec as push
from firstminute.gateways.webhook.addresses import Allowed, Forbidden, target_of
from firstminute.model.records import Member, Record, Team
from firstminute.store import registers
from firstminute.store.store import Store

CODE_BYTES = 9


class Book:
    """Rows of people, opened one at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def member(self, member_id: str) -> Member | None:
        """A member with phone and push address."""
        found = self._row("members", member_id)
        return found if isinstance(found, Member) else None

    def robot(self, team_id: str) -> str | None:
        """The key of a team's group robot."""
        found = self._row("teams", team_id)
        return found.bot if isinstance(found, Team) else None

    def lead_phone(self, team_id: str) -> str | None:
        """The phone of a team's lead."""
        found = self._row("teams", team_id)
        return found.lead_phone if isinstance(found, Team) else None

    def _row(self, table: str, key: str) -> Record | None:
        with self._store.reading() as connection:
            versions = registers.history(connection, self._store.desk, table, key, self._store.keys)
        return next((record for _, _, until_s, record in versions if until_s is None), None)


class Duty:
    """What the responder's page needs of the house. Implements `api.phone_port.DutyPort`."""

    def __init__(self, store: Store, push_key: str | None, allowed: Allowed) -> None:
        self._store, self._book, self._allowed = store, Book(store), allowed
        self.push_key = push_key

    async def row(self, member_id: str) -> Member | None:
        """A row of the register of members, None where there is none."""
        return await asyncio.to_thread(self._book.member, member_id)

    async def lead_phones(self, team_ids: Sequence[str]) -> list[dict[str, str]]:
        """Team and its lead's phone, for those that have one, in the order in which they are asked for."""
        found = await asyncio.to_thread(lambda: [(key, self._book.lead_phone(key)) for key in team_ids])
        return [{"team_id": key, "phone": phone} for key, phone in found if phone]

    def digest(self, row: Mapping[str, Any]) -> str:
        """The digest of a row's open part."""
        return registers.digest_of("members", [row])

    def check_push(self, subscription: str) -> None:
        """Raise Problem where a subscription is none, or leads to a push service that nobody named."""
        try:
            target_of(push.decode(subscription.encode()).endpoint, self._allowed)
        except Forbidden:
            raise Problem("push_host_not_named", status=409) from None
        except ValueError:
            raise Problem("push_unfit", status=422) from None

    def code_of(self, venue_id: str) -> str:
        """What hangs on a venue's wall: its id and what only we can add to it."""
        return f"{venue_id}.{self._mark(venue_id)}"

    def venue_of(self, code: str) -> str | None:
        """The venue of a code, None for one that we never made."""
        venue_id, _, mark = code.rpartition(".")
        right = venue_id != "" and hmac.compare_digest(mark.encode(), self._mark(venue_id).encode())
        return venue_id if right else None

    def _mark(self, venue_id: str) -> str:
        made = self._store.vault.stamp(f"place\0{venue_id}".encode())[:CODE_BYTES]
        return base64.urlsafe_b64encode(made).decode("ascii")
