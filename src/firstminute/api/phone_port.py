"""What the responder's page needs of the house that the desk does not give: a port like those of `api.ports`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from firstminute.model.records import Member


class DutyPort(Protocol):
    """What the responder's page needs of the house: one's own row with what is sealed in it, codes of places, the key of our pushes."""

    push_key: str | None
    """The public key that browsers subscribe with, None where nothing is pushed."""

    async def row(self, member_id: str) -> Member | None:
        """A row of the register of members, None where there is none."""

    async def lead_phones(self, team_ids: Sequence[str]) -> list[dict[str, str]]:
        """Team and its lead's phone, for those that have one."""

    def digest(self, row: Mapping[str, Any]) -> str:
        """The digest of a row's open part."""

    def check_push(self, subscription: str) -> None:
        """Raise Problem where a push subscription is none, or leads where nothing may be sent."""

    def code_of(self, venue_id: str) -> str:
        """What hangs on a venue's wall."""

    def venue_of(self, code: str) -> str | None:
        """The venue on whose wall a code hangs, None for one that we never made."""
