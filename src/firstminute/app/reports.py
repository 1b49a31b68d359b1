"""What the public page asks of the record. Implements `api.ports.ReportPort`.

Idea: what the desk has in memory it answers itself; of an older report the journal tells. Both are always asked, so that the time of an answer tells nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from firstminute.api.hub import Hub
from firstminute.api.ports import AttachmentPort
from firstminute.flow.state import State
from firstminute.model.envelope import Actor, Fact
from firstminute.model.facts.call import CallClaimed, CallClosed, CallReceived, ReportAnswered
from firstminute.respond import public
from firstminute.store.store import Store

NOTICES_LAST_S = 2.0
Ask = Callable[[Callable[[State], Any]], Awaitable[Any]]


class Reports:
    """Reports of the public page, at a desk."""

    takes_files = True
    sees_progress = True

    def __init__(self, store: Store, ask: Ask, hub: Hub, attachments: AttachmentPort) -> None:
        self._store, self._ask, self._hub, self._attachments = store, ask, hub, attachments
        self._notices: Sequence[Mapping[str, Any]] = ()
        self._asked_s = -NOTICES_LAST_S

    def stamp(self, data: bytes) -> bytes:
        """A keyed digest of this record."""
        return self._store.vault.stamp(data)

    async def venue(self, venue_id: str) -> Mapping[str, Any] | None:
        """Name of a place whose code was scanned."""
        row = self._hub.rows.get(f"venue/{venue_id}")
        return None if row is None else {"name": row["name"], "name_en": row["name_en"]}

    async def progress(self, call_id: str) -> Mapping[str, Any] | None:
        """What became of a report; None where there is none."""
        now = await self._ask(lambda state: public.progress(state.respond, call_id))
        facts = await asyncio.to_thread(self._facts, call_id)
        return now or told_by(facts)

    def _facts(self, call_id: str) -> Sequence[Fact]:
        with self._store.reading() as connection:
            return self._store.journal.about(connection, "live", call_id)

    async def notices(self) -> Sequence[Mapping[str, Any]]:
        """Notices that stand now; whoever looks at the page again and again asks the desk nothing."""
        if time.monotonic() - self._asked_s > NOTICES_LAST_S:
            self._asked_s = time.monotonic()
            self._notices = await self._ask(_notices)
        return self._notices

    async def keep_file(self, call_id: str, data: bytes, actor: Actor, command_id: str) -> None:
        """Keep a photo or voice note of a report. Raises Problem."""
        await self._attachments.keep(call_id, data, None, actor, command_id)


def _notices(state: State) -> Sequence[Mapping[str, Any]]:
    books = state.registers
    return public.notices(state.respond, books.venues, books.districts, books.incident_types)


def told_by(facts: Sequence[Fact]) -> dict[str, Any] | None:
    """What became of a report by the facts about its call; None where it is no report of the public page."""
    first = next((fact for fact in facts if isinstance(fact.body, CallReceived)), None)
    if first is None or not isinstance(first.body, CallReceived) or not first.body.confidential:
        return None
    claimed = next((fact.at_s for fact in facts if isinstance(fact.body, CallClaimed)), None)
    answers = [
        (fact.at_s, fact.body.answer)
        for fact in facts
        if isinstance(fact.body, ReportAnswered) and fact.body.answer
    ]
    closed = any(isinstance(fact.body, CallClosed) for fact in facts)
    return {
        "state": public.DONE if closed else public.READ if claimed or answers else public.RECEIVED,
        "received_s": first.occurred_s,
        "read_s": claimed or (answers[0][0] if answers else None),
        "told": [{"at_s": at_s, "text": text} for at_s, text in answers],
    }
