"""The report of a week of looking at people's data: every access that somebody should look at again, with the reason why.

Idea: a curious insider is found by what he does with data, not by what he is like. Five reasons put an access on the list: the same subject again and
again without having its incident; many look-ups without any assignment; looking while off shift, or with no other work around it; one subject that many
look at; and chance, one access in a hundred drawn by the journal's own value at the end of the week, which nobody can know before. Broken glass
and refusals are listed too. It lists events and reasons, by account id and in order of time: nothing is added up to a figure about anybody, nothing is kept,
and nothing else reads it. Limits: somebody who looks once is found by chance alone; purposes that name a file are not held against shifts.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from firstminute.flow.oversight.month import Journal
from firstminute.flow.oversight.period import Period
from firstminute.model.envelope import Fact
from firstminute.model.facts.access import ActProposed
from firstminute.model.facts.data import DataRefused, GlassBroken, GlassReviewed, GlassUnreviewed
from firstminute.model.facts.desk import DataOpened, MessageQueued, TimerCancelled, TimerSet

FORM = "firstminute-access-1"
KINDS = tuple(
    sorted(kind.NAME for kind in (DataOpened, DataRefused, GlassBroken, GlassReviewed, GlassUnreviewed))
)
NO_WORK = tuple(
    sorted({*KINDS, *(kind.NAME for kind in (ActProposed, TimerSet, TimerCancelled, MessageQueued))})
)
"""What is recorded of somebody who only looks at data: the looks themselves, what was proposed, timers and messages that go with them."""
AGAIN = 4
"""So often in a week one subject, whose incident is not the reader's."""
WITHOUT = 8
"""So many openings in a week without an assignment …"""
LOOKS = 40
"""… or so many looks at callers: a commander has cause to look at some that are not his."""
READERS = 4
"""So many accounts at one subject that none of them works on."""
REFUSALS = 3
WORK_S = 4 * 3600.0
"""Whoever works does something else too within four hours."""
DRAWN = 100
"""One access in so many is looked at again by chance."""


@dataclass(frozen=True, slots=True)
class Access:
    """One access as its fact tells it."""

    seq: int
    at_s: float
    account_id: str
    subject_id: str
    how: str
    purpose: str
    incident_id: str | None
    file_id: str | None
    assigned: bool | None
    on_duty: bool | None


def accesses(facts: Iterable[Fact]) -> list[Access]:
    """The accesses among some facts, in order."""
    found = []
    for fact in facts:
        body = fact.body
        if isinstance(body, DataOpened):
            made = (body.how, body.purpose, body.incident_id, body.file_id)
        elif isinstance(body, GlassBroken):
            made = ("glass", body.reason, body.incident_id, None)
        else:
            continue
        found.append(
            Access(fact.seq, fact.at_s, body.account_id, body.subject_id, *made, body.assigned, body.on_duty)
        )
    return found


def report(
    facts: Iterable[Fact], acts: Mapping[str, Sequence[float]], period: Period, journal: Journal
) -> dict[str, Any]:
    """The report as plain data.

    Parameters
    ----------
    facts : of the kinds in `KINDS`, recorded in the period, in order
    acts : account → when it did anything else, seconds since 1970, ascending; from `WORK_S` before the period on
    """
    known = list(facts)
    found = accesses(known)
    foreign = _Foreign(found)
    reasons = {access.seq: _reasons(access, foreign, acts) for access in found}
    drawn = {access.seq for access in found if _drawn(access, journal.chain)}
    listed: dict[str, list[dict[str, Any]]] = {}
    for access in found:
        why = [*reasons[access.seq], *(["drawn"] if access.seq in drawn else [])]
        if why:
            listed.setdefault(access.account_id, []).append(_told(access, why))
    return {
        "form": FORM,
        "period": {
            "name": period.name, "sort": period.sort, "from_s": int(period.from_s), "to_s": int(period.to_s), "offset_s": period.offset_s,
        },
        "journal": {"desk": journal.desk, "world": journal.world, "last_seq": journal.last_seq, "chain": journal.chain, "over": journal.over},
        "accesses": len(found),
        "to_look_at": dict(sorted(listed.items())),
        "glass": _glass(known),
        "unreviewed": _unreviewed(known),
        "refused": _refused(known),
    }  # fmt: skip


def _told(access: Access, why: list[str]) -> dict[str, Any]:
    return {
        "seq": access.seq, "at_s": round(access.at_s, 1), "subject_id": access.subject_id, "how": access.how, "purpose": access.purpose,
        "incident_id": access.incident_id, "file_id": access.file_id, "reasons": why,
    }  # fmt: skip


class _Foreign:
    """The accesses to what was not the reader's, counted once: by account and subject, by account, by subject."""

    def __init__(self, found: list[Access]) -> None:
        foreign = [each for each in found if not each.assigned and each.how != "export"]
        self.same = Counter((each.account_id, each.subject_id) for each in foreign)
        self.without = Counter(
            (each.account_id, each.how == "look") for each in foreign if each.file_id is None
        )
        self.readers: dict[str, set[str]] = {}
        for each in foreign:
            self.readers.setdefault(each.subject_id, set()).add(each.account_id)


def _reasons(access: Access, foreign: _Foreign, acts: Mapping[str, Sequence[float]]) -> list[str]:
    """Why one access is to be looked at again."""
    if access.assigned or access.how == "export":
        return []
    look, unfiled = access.how == "look", access.file_id is None
    why = []
    if foreign.same[access.account_id, access.subject_id] >= AGAIN:
        why.append("same_subject")
    if unfiled and foreign.without[access.account_id, look] >= (LOOKS if look else WITHOUT):
        why.append("without_assignment")
    if unfiled and _off_shift(access, acts.get(access.account_id, ())):
        why.append("off_shift")
    if len(foreign.readers[access.subject_id]) >= READERS:
        why.append("many_readers")
    return why


def _off_shift(access: Access, acts: Sequence[float]) -> bool:
    """Off duty by the roll; where nobody takes one, with no other work around."""
    if access.on_duty is not None:
        return not access.on_duty
    at = bisect_left(acts, access.at_s - WORK_S)
    return at == len(acts) or acts[at] > access.at_s + WORK_S


def _drawn(access: Access, chain: str) -> bool:
    """Chosen by the journal's value at the end of the week: nobody can know it before, everybody can draw it again after."""
    drawn = hashlib.sha256(f"{chain}/{access.seq}".encode("ascii")).digest()
    return int.from_bytes(drawn[:8], "big") % DRAWN == 0


def _glass(facts: list[Fact]) -> list[dict[str, Any]]:
    """Every glass broken in the week, and what a review in the week found."""
    reviews = {f.body.access_id: f.body for f in facts if isinstance(f.body, GlassReviewed)}
    return [
        {
            "seq": fact.seq, "at_s": round(fact.at_s, 1), "access_id": body.access_id, "account_id": body.account_id, "subject_id": body.subject_id,
            "reason": body.reason, "result": reviews[body.access_id].result if body.access_id in reviews else None,
        }
        for fact in facts
        if isinstance(body := fact.body, GlassBroken)
    ]  # fmt: skip


def _unreviewed(facts: list[Fact]) -> list[dict[str, Any]]:
    """The alarms of the week about glass that nobody had looked at in time, whenever it was broken."""
    return [
        {
            "seq": fact.seq,
            "at_s": round(fact.at_s, 1),
            "access_id": body.access_id,
            "account_id": body.account_id,
        }
        for fact in facts
        if isinstance(body := fact.body, GlassUnreviewed)
    ]


def _refused(facts: list[Fact]) -> dict[str, list[dict[str, Any]]]:
    """Accounts that were refused several times, with what they asked for."""
    by: dict[str, list[dict[str, Any]]] = {}
    for fact in facts:
        body = fact.body
        if isinstance(body, DataRefused):
            told = {
                "seq": fact.seq,
                "at_s": round(fact.at_s, 1),
                "subject_id": body.subject_id,
                "why": body.why,
            }
            by.setdefault(body.account_id, []).append(told)
    return {who: rows for who, rows in sorted(by.items()) if len(rows) >= REFUSALS}
