"""The oversight report of a month: what was asked of us, how long it took, for whom, who opened whose data, and what was changed.

Idea (DESIGN.md §8): every figure is a function of the open parts of facts, so whoever holds the journal, with or without keys, computes the same report
to the last digit (`canonical.digest_of`). An incident belongs to the span in which it was opened, its end to it only where it was recorded in it.
Shares come with their 95 % interval (Wilson 1927), percentiles are nearest rank. What patrols found stands apart from what was reported, by district,
because what is looked for is found. Limits: what happened to an incident after the span is not seen; a journal of one desk is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from firstminute.flow.oversight.period import Period
from firstminute.model.envelope import Body, Fact
from firstminute.model.facts import account, data, desk
from firstminute.model.facts.call import CallReceived, UnreadableCallReceived
from firstminute.model.facts.incident import IncidentClosed, IncidentOpened, IncidentReopened
from firstminute.respond.intervals import LATER, PHASES, TAKES, Life, lives, share_of, spread
from firstminute.respond.review import promises_of

FORM = "firstminute-oversight-1"
NOWHERE = "-"
"""The district of what has none."""
FEWEST = 20
"""Below so many incidents a district is told but not compared: its share says nothing yet."""
PLANS = ("plans", "alert_policies", "incident_types", "districts", "zones", "rosters")
"""Registers that say how the platform decides; changes of the others are counted together."""


@dataclass(frozen=True, slots=True)
class Journal:
    """Which facts a report was computed from: `chain` is the journal's value at `last_seq`, `over` where later facts show that the span has ended."""

    desk: str
    world: str
    last_seq: int
    chain: str
    over: bool


@dataclass(slots=True)
class Tally:
    """What is counted while the facts pass by once."""

    facts: int = 0
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    found_by: dict[str, str] = field(default_factory=dict)  # incident → patrol, team, device, report
    how_called: dict[str, str] = field(default_factory=dict)  # call → the same
    districts: dict[str, str] = field(default_factory=dict)  # incident → district
    policies: list[dict[str, Any]] = field(default_factory=list)
    grades: list[dict[str, Any]] = field(default_factory=list)
    readers: set[str] = field(default_factory=set)

    def add(self, table: str, name: str | None, number: int = 1) -> None:
        """Count something."""
        self.counts.setdefault(table, Counter())[name or NOWHERE] += number

    def of(self, table: str) -> dict[str, int]:
        """A table's counts by name."""
        return dict(sorted(self.counts.get(table, Counter()).items()))

    def total(self, table: str) -> int:
        """All that a table counts."""
        return sum(self.counts.get(table, Counter()).values())


def report(facts: Iterable[Fact], period: Period, journal: Journal) -> dict[str, Any]:
    """The report as plain data: numbers, codes and ids of policies and districts; nobody's name, account or incident.

    Parameters
    ----------
    facts : of the kinds in `KINDS`, recorded in the period, in order of `seq`
    """
    tally = Tally()
    found = list(lives(_counting(tally, facts)).values())
    return {
        "form": FORM,
        "period": {
            "name": period.name, "sort": period.sort, "from_s": int(period.from_s), "to_s": int(period.to_s), "offset_s": period.offset_s,
        },
        "journal": {
            "desk": journal.desk, "world": journal.world, "last_seq": journal.last_seq, "chain": journal.chain, "over": journal.over,
            "facts_read": tally.facts,
        },
        "calls": {
            "received": tally.total("channel"), "unreadable": tally.total("unreadable"), "by_channel": tally.of("channel"),
            "by_origin": tally.of("origin"), "written_later": tally.total("later"),
        },
        "incidents": {
            "opened": len(found), "closed": tally.total("closed"), "reopened": tally.total("reopened"),
            "open_at_end": sum(life.closed_s is None for life in found), "outcomes": tally.of("closed"),
        },
        "times": {name: spread(p[name] for life in found if name in (p := life.phases())) for name in PHASES},
        "rings": {clock: _ring(row) for clock, row in promises_of(found).items()},
        "districts": (districts := _districts(found, tally)),
        "disparities": disparities(districts),
        "access": _access(tally),
        "complaints": {
            "recorded": tally.total("complaint"), "answered": tally.total("complaint_result"), "about": tally.of("complaint"),
            "results": tally.of("complaint_result"), "districts": tally.of("complaint_district"),
        },
        "changes": {
            "policies": tally.policies, "grades": tally.grades, "plans": tally.of("plan_rows"), "other_rows": tally.total("other_rows"),
            "roles_given": tally.of("role_given"), "roles_taken": tally.of("role_taken"),
        },
    }  # fmt: skip


def _counting(tally: Tally, facts: Iterable[Fact]) -> Iterator[Fact]:
    for fact in facts:
        tally.facts += 1
        count = COUNTS.get(type(fact.body))
        if count is not None:
            count(tally, fact, fact.body)
        yield fact


def _call(tally: Tally, fact: Fact, body: CallReceived) -> None:
    tally.add("channel", body.channel)
    tally.add("origin", fact.origin)
    if fact.time_source in LATER:
        tally.add("later", fact.time_source)
    found = (
        "patrol"
        if body.unit_id
        else "team"
        if body.team_id
        else "device"
        if body.device_id or fact.origin == "device"
        else "report"
    )
    tally.how_called[body.call_id] = found


def _opened(tally: Tally, fact: Fact, body: IncidentOpened) -> None:
    by_team = "team" if body.found_by_team else None
    tally.found_by[body.incident_id] = by_team or tally.how_called.get(body.call_id or "", "unknown")
    tally.districts[body.incident_id] = body.district or NOWHERE


def _policy(tally: Tally, fact: Fact, body: desk.PolicyAdopted) -> None:
    tally.policies.append(
        {"policy": body.policy_id, "version": body.version, "compared_on": body.compared_on, "seq": fact.seq}
    )


def _grade(tally: Tally, fact: Fact, body: desk.GradeSwitched) -> None:
    tally.grades.append(
        {
            "district": body.district,
            "before": body.before,
            "grade": body.grade,
            "reason": body.reason,
            "seq": fact.seq,
        }
    )


def _register(tally: Tally, fact: Fact, body: desk.RegisterChanged) -> None:
    rows = len(body.keys) + len(body.removed)
    tally.add("plan_rows" if body.table in PLANS else "other_rows", body.table, rows)


def _data_opened(tally: Tally, fact: Fact, body: desk.DataOpened) -> None:
    tally.add(body.how, body.purpose)
    tally.readers.add(body.account_id)


def _broken(tally: Tally, fact: Fact, body: data.GlassBroken) -> None:
    tally.add("glass", body.reason)
    tally.readers.add(body.account_id)


def _complaint(tally: Tally, fact: Fact, body: data.ComplaintRecorded) -> None:
    tally.add("complaint", body.about)
    tally.add("complaint_district", body.district)


def _by(table: str, name: str | None) -> Callable[[Tally, Fact, Any], None]:
    """Count by a field of the body, or without one."""

    def count(tally: Tally, fact: Fact, body: Any) -> None:
        tally.add(table, None if name is None else getattr(body, name))

    return count


COUNTS: dict[type[Body], Callable[[Tally, Fact, Any], None]] = {
    CallReceived: _call,
    UnreadableCallReceived: _by("unreadable", "channel"),
    IncidentOpened: _opened,
    IncidentClosed: _by("closed", "outcome"),
    IncidentReopened: _by("reopened", "reason"),
    desk.PolicyAdopted: _policy,
    desk.GradeSwitched: _grade,
    desk.RegisterChanged: _register,
    desk.DataOpened: _data_opened,
    desk.SubjectErased: _by("erased", "reason"),
    data.DataRefused: _by("refused", "why"),
    data.GlassBroken: _broken,
    data.GlassReviewed: _by("reviewed", "result"),
    data.GlassUnreviewed: _by("unreviewed", None),
    data.RecordRead: _by("record_read", "what"),
    data.DataHeld: _by("held", "reason"),
    data.DataCorrected: _by("corrected", "reason"),
    data.ComplaintRecorded: _complaint,
    data.ComplaintAnswered: _by("complaint_result", "result"),
    account.AccountRoleGiven: _by("role_given", "role"),
    account.AccountRoleRevoked: _by("role_taken", "role"),
}
"""Kind → how it is counted."""
KINDS: tuple[str, ...] = tuple(sorted({kind.NAME for kind in (*COUNTS, *TAKES)}))
"""All that a report reads."""


def _ring(row: dict[str, Any]) -> dict[str, Any]:
    """A promise without what only a desk's review needs."""
    return {
        name: row[name]
        for name in (
            "target_s",
            "count",
            "kept",
            "share",
            "low",
            "high",
            "headline",
            "since_call",
            "since_alert",
            "reasons",
        )
    }


def _districts(found: list[Life], tally: Tally) -> dict[str, Any]:
    """District → what was opened in it, who found it, and how its promises were kept."""
    by: dict[str, list[Life]] = {}
    for life in found:
        by.setdefault(tally.districts[life.incident_id], []).append(life)
    made: dict[str, Any] = {}
    for district, some in sorted(by.items()):
        who = Counter(tally.found_by[life.incident_id] for life in some)
        rings = promises_of(some)
        made[district] = {
            "incidents": len(some),
            "found_by": dict(sorted(who.items())),
            "patrol_share": share_of(who["patrol"], len(some)),
            "total": spread(p["total"] for life in some if "total" in (p := life.phases())),
            "rings": {
                clock: {n: row[n] for n in ("count", "kept", "share", "low", "high")}
                for clock, row in rings.items()
            },
        }
    return made


def disparities(districts: dict[str, Any]) -> list[dict[str, Any]]:
    """For each promise, and for what patrols find: the lowest and the highest district, and whether chance alone would explain it.

    `apart`: the 95 % intervals of the two do not touch. Districts with fewer than `FEWEST` cases are not compared.
    """
    measures: dict[str, dict[str, Any]] = {}
    for district, row in districts.items():
        for name, share in {**row["rings"], "patrol_found": row["patrol_share"]}.items():
            if share["count"] >= FEWEST:
                measures.setdefault(name, {})[district] = share
    made = []
    for name, rows in sorted(measures.items()):
        if len(rows) < 2:
            continue
        low = min(rows, key=lambda each: (rows[each]["share"], each))
        high = max(rows, key=lambda each: (rows[each]["share"], each))
        made.append(
            {
                "measure": name, "lowest": low, "lowest_share": rows[low]["share"], "highest": high, "highest_share": rows[high]["share"],
                "apart": rows[low]["high"] < rows[high]["low"],
            }
        )  # fmt: skip
    return made


def _access(tally: Tally) -> dict[str, Any]:
    """Who was let to people's data, counted; the weekly report lists the events."""
    return {
        "looks": tally.total("look"),
        "openings": tally.total("opening"),
        "exports": tally.total("export"),
        "purposes": tally.of("opening"),
        "refused": tally.of("refused"),
        "accounts": len(tally.readers),
        "glass": {
            "broken": tally.total("glass"), "reasons": tally.of("glass"), "reviewed": tally.total("reviewed"), "results": tally.of("reviewed"),
            "late": tally.total("unreviewed"),
        },
        "record_reads": tally.of("record_read"),
        "erased": tally.of("erased"),
        "held": tally.of("held"),
        "corrected": tally.of("corrected"),
    }  # fmt: skip
