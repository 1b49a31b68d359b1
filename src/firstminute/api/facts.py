"""Facts as plain data for those who may read them: timelines of one subject."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request

from firstminute.api.errors import Problem
from firstminute.model.encoding import encode_body
from firstminute.model.envelope import Fact, World

TIMELINE_MOST = 5_000


def plain(fact: Fact, *, sealed: bool) -> dict[str, Any]:
    """One fact as plain data, with what is sealed in it where the reader may see it."""
    body, hidden = encode_body(fact.body)
    shown = {
        "seq": fact.seq, "at_s": fact.at_s, "occurred_s": fact.occurred_s, "time_source": fact.time_source, "kind": fact.kind,
        "actor": fact.actor, "origin": fact.origin, "world": fact.world, "because": fact.because, "body": body,
    }  # fmt: skip
    if sealed and hidden:
        shown["sealed"] = hidden
    return shown


async def facts_of(request: Request, subject: str, unknown: str, *, world: World = "live") -> Sequence[Fact]:
    """All facts of one subject, oldest first; a problem where there are none."""
    journal = request.app.state.services.journal
    found: Sequence[Fact] = await asyncio.to_thread(journal.of_subject, subject, world=world)
    if not found:
        raise Problem(unknown)
    return found


async def timeline(request: Request, subject: str, unknown: str, *, sealed: bool = False) -> dict[str, Any]:
    """All facts of one subject, with what is sealed in them where the reader may see it; a problem where there are none."""
    facts = await facts_of(request, subject, unknown)
    return {"subject": subject, "facts": [plain(fact, sealed=sealed) for fact in facts[-TIMELINE_MOST:]]}
