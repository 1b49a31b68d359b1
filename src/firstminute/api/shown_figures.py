"""What a review shows: figures of a span, their course, and the pack of one incident. See `api.shown`."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from firstminute.api.shown_lines import LogLine, Place, Shortfall
from firstminute.model.records import Need


class Spread(TypedDict):
    """Percentiles by nearest rank, in seconds."""

    count: int
    p50_s: float | None
    p90_s: float | None


class Share(TypedDict):
    """So many of so many, with the 95 % interval of the share (Wilson 1927)."""

    count: int
    kept: int
    share: float | None
    low: float | None
    high: float | None


class PromiseFigures(Share):
    """How one promise was kept in a span, and why it was not."""

    target_s: list[float]
    headline: Share
    told: Share
    found_by_team: int
    since_call: Spread
    since_alert: Spread
    reasons: dict[str, int]


class Figures(TypedDict):
    """A review of a span, as far as the page shows it."""

    from_s: float
    until_s: float
    cut: bool
    incidents: int
    closed: int
    intervals: dict[str, Spread]
    promises: dict[str, PromiseFigures]
    outcomes: dict[str, int]


class StepFigures(TypedDict):
    """One step of a span."""

    from_s: float
    incidents: int
    promises: dict[str, Share]
    total: Spread


class Course(TypedDict):
    """A span, step by step."""

    from_s: float
    step_s: float
    cut: bool
    steps: list[StepFigures]


class WayLine(TypedDict):
    """One responder's way to an incident, seconds since 1970."""

    name: str
    responder_id: str
    kind: str
    ring: str
    assigned_s: float
    en_route_s: float | None
    arrived_s: float | None
    reached_s: float | None
    evidence: str | None
    source: str


class PromiseLine(TypedDict):
    """What became of one clock."""

    clock: str
    target_s: float
    state: str
    reason: str | None
    reading_s: float | None
    alert_reading_s: float | None
    evidence: str | None
    proven: bool | None


class FindingLine(TypedDict):
    """Why one promise was not kept, and what may help."""

    incident_id: str
    clock: str
    cause: str
    reason: str | None
    over_s: float
    remedy: str


class PackedIncident(TypedDict):
    """The open parts of an incident, as last amended."""

    incident_id: str
    type_code: str
    priority: int
    grade: str
    zone: str
    district: str | None
    venue_id: str | None
    silent: bool
    started_s: float
    closed_s: float | None
    outcome: str | None


class PackedPlan(TypedDict):
    """By which plan an incident was answered."""

    plan_id: str
    policy: str | None
    rings: dict[str, str]
    needs: list[Need]
    advice: list[str]
    shortfalls: list[Shortfall]


class Pack(TypedDict):
    """The pack of one incident: one map, one table, one report, one plan."""

    incident: PackedIncident
    centre: Place | None
    phases: dict[str, float]
    promises: list[PromiseLine]
    table: list[WayLine]
    alerts: dict[str, int]
    findings: list[FindingLine]
    log: list[LogLine]
    plan: PackedPlan
    circle: dict[str, Any] | None
