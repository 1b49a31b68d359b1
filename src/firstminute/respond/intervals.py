"""How long everything took, in the field's terms, read from the journal alone.

Idea: *answering* runs from the ring to the answer, *processing* from the answer to the first alert or assignment, *turnout* from there until the crew
moves, *travel* until it is at the gate, *at person* until it is with the caller, *total* from the ring to the first police at the gate (words of NFPA
1225 and 1710). Every interval is taken from when things happened, so forty calls typed after an outage count right. Percentiles do not add up:
each phase stands alone, nearest rank. Arrivals known by fix or code make the headline; those touched or told stand apart, and so does the share typed
later. Limits: facts outside the span are not seen, so an incident that opened before it counts in nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import ceil, sqrt
from typing import Any

from firstminute.model.envelope import Body, Fact
from firstminute.model.facts.call import CallReceived
from firstminute.model.facts.incident import (
    DeskClockStarted,
    DeskMeasureTaken,
    IncidentAmended,
    IncidentClosed,
    IncidentOpened,
)
from firstminute.model.facts.response import (
    AlertAccepted,
    AlertDeclined,
    AlertExpired,
    AlertSent,
    Arrived,
    Assigned,
    AssignmentActivated,
    ClockArrivedLate,
    ClockBreached,
    ClockMet,
    ClockStarted,
    ClockStopped,
    EnRoute,
    PersonReached,
)

PHASES = ("answering", "processing", "turnout", "travel", "at_person", "total")
HEADLINE = frozenset({"fix", "qr"})
"""Evidence that a headline counts where a plan does not say; what somebody touched or told stands apart."""
LATER = frozenset({"typed", "paper"})
NO_QUESTION = frozenset({"keep_away", "escalate"})
"""Alerts that call nobody to the scene."""


@dataclass(slots=True)
class Way:
    """One responder's way, seconds since 1970."""

    responder_id: str
    kind: str
    ring: str
    assigned_s: float
    en_route_s: float | None = None
    arrived_s: float | None = None
    reached_s: float | None = None
    evidence: str | None = None
    source: str = "system"
    alerted: bool = False


@dataclass(slots=True)
class Promise:
    """What became of one clock: `state` running, met, late (came after all), breached, stopped."""

    clock: str
    target_s: float
    state: str = "running"
    reason: str | None = None
    reading_s: float | None = None
    alert_reading_s: float | None = None
    evidence: str | None = None
    proven: bool | None = None

    @property
    def in_headline(self) -> bool:
        """Whether the headline counts it: a promise that nobody kept, or whose arrival is proven."""
        return self.evidence is None or (self.evidence in HEADLINE if self.proven is None else self.proven)


@dataclass(slots=True)
class Life:
    """One incident as its facts tell it."""

    incident_id: str
    call_id: str | None
    received_s: float
    started_s: float
    opened_s: float
    type_code: str
    priority: int
    zone: str
    district: str | None
    alerted_s: float | None = None
    ways: dict[str, Way] = field(default_factory=dict)  # assignment id → way
    promises: dict[str, Promise] = field(default_factory=dict)
    outcome: str | None = None
    closed_s: float | None = None
    device_id: str | None = None
    alerts: dict[str, int] = field(default_factory=dict)  # sent, accepted, declined, expired
    called_out: set[tuple[str, str]] = field(default_factory=set)  # (team, shift) alerted outside its venue
    measures: dict[str, tuple[float, str | None, float | None]] = field(
        default_factory=dict
    )  # desk measure → due, result, when taken

    @property
    def first_police(self) -> Way | None:
        """The police unit that was at the gate first."""
        there = [w for w in self.ways.values() if w.kind == "unit" and w.arrived_s is not None]
        return min(there, key=lambda w: w.arrived_s or 0.0) if there else None

    def phases(self) -> dict[str, float]:
        """Seconds of each phase that is known; a phase that clocks put before its start counts 0."""
        known = {"answering": self.started_s - self.received_s}
        if self.alerted_s is not None:
            known["processing"] = self.alerted_s - self.started_s
        first = self.first_police
        if first is not None and first.arrived_s is not None:
            known["total"] = first.arrived_s - self.received_s
            if first.en_route_s is not None:
                known["turnout"] = first.en_route_s - first.assigned_s
                known["travel"] = first.arrived_s - first.en_route_s
            if first.reached_s is not None:
                known["at_person"] = first.reached_s - first.arrived_s
        return {name: max(0.0, value) for name, value in known.items()}


def lives(facts: Iterable[Fact]) -> dict[str, Life]:
    """Incident id → its life, from facts in order of `seq`."""
    found: dict[str, Life] = {}
    received: dict[str, float] = {}
    for fact in facts:
        body = fact.body
        if isinstance(body, CallReceived):
            received[body.call_id] = fact.occurred_s
        elif isinstance(body, IncidentOpened):
            found[body.incident_id] = Life(
                incident_id=body.incident_id,
                call_id=body.call_id,
                received_s=min(received.get(body.call_id or "", body.started_s), body.started_s),
                started_s=body.started_s,
                opened_s=fact.occurred_s,
                type_code=body.type_code,
                priority=body.priority,
                zone=body.zone,
                district=body.district,
            )
        else:
            take = TAKES.get(type(body))
            life = found.get(body.subject) if take is not None else None
            if take is not None and life is not None:
                take(life, fact, body)
    return found


def _alert(life: Life, fact: Fact, body: AlertSent) -> None:
    if body.task in NO_QUESTION:
        return
    life.alerts["sent"] = life.alerts.get("sent", 0) + 1
    if body.outside_venue and body.team_id is not None:
        life.called_out.add((body.team_id, body.shift))
    life.alerted_s = fact.occurred_s if life.alerted_s is None else life.alerted_s


def _answer(name: str) -> Callable[[Life, Fact, Any], None]:
    def take(life: Life, fact: Fact, body: Any) -> None:
        life.alerts[name] = life.alerts.get(name, 0) + 1

    return take


def _assigned(life: Life, fact: Fact, body: Assigned) -> None:
    life.ways[body.assignment_id] = Way(
        body.responder_id, body.responder_kind, body.ring, fact.occurred_s, alerted=body.alert_id is not None
    )
    life.alerted_s = fact.occurred_s if life.alerted_s is None else min(life.alerted_s, fact.occurred_s)


def _activated(life: Life, fact: Fact, body: AssignmentActivated) -> None:
    way = life.ways.get(body.assignment_id)
    if way is not None:
        way.assigned_s = fact.occurred_s  # a stacked crew is notified when its turn comes


def _moving(life: Life, fact: Fact, body: EnRoute) -> None:
    way = life.ways.get(body.assignment_id)
    if way is not None:
        way.en_route_s = fact.occurred_s


def _there(life: Life, fact: Fact, body: Arrived) -> None:
    way = life.ways.get(body.assignment_id)
    if way is not None:
        way.arrived_s, way.evidence, way.source = fact.occurred_s, body.evidence, fact.time_source


def _reached(life: Life, fact: Fact, body: PersonReached) -> None:
    way = life.ways.get(body.assignment_id)
    if way is not None:
        way.reached_s = fact.occurred_s


def _promised(life: Life, fact: Fact, body: ClockStarted) -> None:
    life.promises[body.clock] = Promise(body.clock, body.target_s)


def _ended(life: Life, fact: Fact, body: ClockMet | ClockArrivedLate) -> None:
    promise = life.promises.get(body.clock)
    if promise is not None:
        promise.state = "met" if isinstance(body, ClockMet) else "late"
        promise.reading_s, promise.alert_reading_s = body.since_call_s, body.since_alert_s
        promise.evidence, promise.proven = body.evidence, body.proven


def _broken(life: Life, fact: Fact, body: ClockBreached | ClockStopped) -> None:
    promise = life.promises.get(body.clock)
    if promise is not None and promise.state == "running":
        promise.state = "breached" if isinstance(body, ClockBreached) else "stopped"
        promise.reason = body.reason if isinstance(body, ClockBreached) else None


def _measure(life: Life, fact: Fact, body: DeskClockStarted | DeskMeasureTaken) -> None:
    if isinstance(body, DeskClockStarted):
        life.measures[body.measure] = (body.due_s, None, None)
    else:
        due_s = life.measures.get(body.measure, (fact.occurred_s, None, None))[0]
        life.measures[body.measure] = (due_s, body.result, fact.occurred_s)


def _amended(life: Life, fact: Fact, body: IncidentAmended) -> None:
    for name in ("type_code", "priority", "zone", "district"):
        if name in body.changed:
            setattr(life, name, getattr(body, name))


def _closed(life: Life, fact: Fact, body: IncidentClosed) -> None:
    life.outcome, life.closed_s, life.device_id = body.outcome, fact.occurred_s, body.device_id
    life.type_code = body.type_code


TAKES: dict[type[Body], Callable[[Life, Fact, Any], None]] = {
    AlertSent: _alert,
    AlertAccepted: _answer("accepted"),
    AlertDeclined: _answer("declined"),
    AlertExpired: _answer("expired"),
    Assigned: _assigned,
    AssignmentActivated: _activated,
    EnRoute: _moving,
    Arrived: _there,
    PersonReached: _reached,
    ClockStarted: _promised,
    ClockMet: _ended,
    ClockArrivedLate: _ended,
    ClockBreached: _broken,
    ClockStopped: _broken,
    IncidentAmended: _amended,
    IncidentClosed: _closed,
    DeskClockStarted: _measure,
    DeskMeasureTaken: _measure,
}
_READ: tuple[type[Body], ...] = (*TAKES, CallReceived, IncidentOpened)
KINDS: tuple[str, ...] = tuple(sorted(kind.NAME for kind in _READ))
"""All that a life is read from."""


def percentile(values: Iterable[float], share: float) -> float | None:
    """The nearest-rank percentile, None of nothing.

    >>> percentile([5.0, 1.0, 3.0], 0.5), percentile(range(1, 11), 0.9), percentile([], 0.5)
    (3.0, 9.0, None)
    """
    ordered = sorted(values)
    return float(ordered[max(0, ceil(share * len(ordered)) - 1)]) if ordered else None


def spread(values: Iterable[float]) -> dict[str, float | int | None]:
    """Count, P50 and P90 of seconds, rounded to tenths."""
    known = list(values)
    p50, p90 = percentile(known, 0.5), percentile(known, 0.9)
    return {
        "count": len(known),
        "p50_s": None if p50 is None else round(p50, 1),
        "p90_s": None if p90 is None else round(p90, 1),
    }


def share_of(kept: int, count: int) -> dict[str, Any]:
    """A share with its count and its 95 % interval (Wilson 1927); None of nothing.

    >>> share_of(9, 10)
    {'count': 10, 'kept': 9, 'share': 0.9, 'low': 0.596, 'high': 0.982}
    """
    if count == 0:
        return {"count": 0, "kept": 0, "share": None, "low": None, "high": None}
    z, share = 1.959964, kept / count
    middle = share + z * z / (2 * count)
    half = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return {
        "count": count,
        "kept": kept,
        "share": round(share, 3),
        "low": max(
            0.0, round((middle - half) / scale, 3)
        ),  # and never -0.0, which a digest would tell from 0.0
        "high": round((middle + half) / scale, 3),
    }
