"""The rows of the live feed as a desk sees them, what is told to one recipient, and the catalogue that words it. See `api.shown`."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from firstminute.api.shown_lines import (
    AgencyLine,
    AttachmentLine,
    CallLine,
    ChatLine,
    ClockRow,
    Counts,
    DeviceLine,
    LogLine,
    MeasureLine,
    Place,
    PostLine,
    RecommendationRow,
    ResponderRow,
    Spoken,
    SwapLine,
    WarnedLine,
)
from firstminute.model.records import Agency, District, IncidentType


class CallRow(CallLine):
    """A call that belongs to no incident yet."""

    id: str
    unreadable: bool
    seat: str | None
    type: str | None
    venue_id: str | None
    lon: float | None
    lat: float | None
    silent: bool
    district: str | None
    station_id: str | None


class IncidentRow(TypedDict):
    """An open incident."""

    id: str
    label: str
    type: str
    priority: int
    status: str
    grade: str
    zone: str
    district: str | None
    station_id: str | None
    silent: bool
    desk_only: bool
    restricted: bool
    gentle: bool
    confidential: bool
    level: int
    surge: bool
    lon: float | None
    lat: float | None
    radius_m: float | None
    place_kind: str | None
    place_text: str | None
    place_source: str | None
    place_known_s: float | None
    floor: int | None
    venue_id: str | None
    venue_name: str | None
    own_venue_team: str | None
    opened_s: float
    started_s: float
    kept_outside_s: float
    changed_s: float
    changed: list[str]
    seat: str | None
    holder: str | None
    callers_shown: bool
    commander: str | None
    commanders: dict[str, str]
    clocks: list[ClockRow]
    rings: dict[str, str]
    responders: list[ResponderRow]
    counts: Counts
    recommendation: RecommendationRow | None
    calls: list[CallLine]
    calls_total: int
    advice: list[str]
    warned: WarnedLine | None
    protocol: list[str]
    device: DeviceLine | None
    posts: list[PostLine]
    posts_missing: list[str]
    answers: dict[str, str]
    agencies: list[AgencyLine]
    measures: list[MeasureLine]
    attachments: list[AttachmentLine]
    transfer_to: str | None
    escalation_step: int
    cancel_requested: bool
    stand_down_s: float | None
    safety: dict[str, bool | None]
    welfare: dict[str, Any]
    report_due_s: float | None
    spoken: Spoken
    log: list[LogLine]
    said: dict[str, str]
    chat: list[ChatLine]
    swap: SwapLine | None


class UnitRow(TypedDict):
    """A police unit: what it is, what it does, where it was last seen."""

    id: str
    call_sign: str
    kind: str
    mode: str
    status: str
    on_duty: bool
    lon: float | None
    lat: float | None
    fix_s: float | None
    station_id: str
    district: str | None
    incident_id: str | None
    serves: str | None
    crew: int
    stack: list[str]


class VenueRow(TypedDict):
    """A venue and who stands there now."""

    id: str
    name: str
    name_en: str | None
    category: str
    lon: float
    lat: float
    zone: str
    district: str | None
    station_id: str | None
    floors: int
    team_id: str | None
    minimum: int
    on_duty: int
    reachable: int
    well: bool | None
    until_s: float | None


class StationRow(TypedDict):
    """A station, post or police room."""

    id: str
    name: str
    name_en: str | None
    kind: str
    lon: float
    lat: float
    district: str | None
    reserve: int


class PointRow(TypedDict):
    """A must-visit point, whom it is meant for, and the last word of it, which stands until `until_s`."""

    id: str
    name: str
    name_en: str | None
    lon: float
    lat: float
    district: str | None
    station_id: str
    from_min: int
    until_min: int
    note: str | None
    crews: list[str]
    state: str
    until_s: float | None
    at_s: float | None
    unit_id: str | None
    evidence: str | None
    why: str | None
    said: str | None


class ZoneRow(TypedDict):
    """A zone with its outline."""

    id: str
    name: str
    zone_class: str
    district: str | None
    ring: list[Place]


class CoverageRow(TypedDict):
    """How much street somebody reaches in 60, 180 and 300 s, and where nobody does."""

    shares: dict[str, float]
    metres: float
    gaps: list[Place]
    computed_at_seq: int
    units: NotRequired[int]


class ProposalRow(TypedDict):
    """What waits for a second person. `alone_s`: from when a commander may do it alone if nobody answers; None: never."""

    proposal_id: str
    command: str
    by: str
    district: str
    people: int
    reason: str
    at_s: float
    until_s: float
    alone_s: float | None
    unanswered: bool


class AloneRow(TypedDict):
    """What was done alone and waits for its review."""

    proposal_id: str
    command: str
    by: str
    district: str
    at_s: float
    due_s: float
    overdue: bool


class ShareRow(TypedDict):
    """What one district lets another see, or offers to."""

    share_id: str
    district: str
    to_district: str
    incident_id: str | None
    until_s: float
    agreed: bool


class RosterLine(TypedDict):
    """A called shift in which fewer stand than wanted."""

    shift: str
    district: str | None
    teams: int
    people: int
    crews: dict[str, int]


class DeskCounts(TypedDict):
    """What is open and who is on duty; `calls` is None where calls are not the reader's."""

    incidents: int
    calls: int | None
    units_on_duty: int
    units_busy: int
    teams_on_duty: int
    members_on_duty: int


class DeskRow(TypedDict):
    """The desk's own line."""

    world: str
    grade: str
    grades: dict[str, str]
    surge: NotRequired[int]
    clock_apart_s: float
    timers_held: bool
    failed_reactions: int
    reviews_late: int
    caps: dict[str, float]
    read_only: NotRequired[bool]
    roster: list[RosterLine]
    proposals: list[ProposalRow]
    alone: list[AloneRow]
    shares: list[ShareRow]
    counts: DeskCounts


class Message(TypedDict):
    """What is told to one recipient, once."""

    id: str
    to: str
    reason: str
    about: str
    code: str
    params: dict[str, Any]
    more: list[str]
    text: str
    language: str
    silent: bool
    exercise: bool
    expires_s: float
    district: str | None


class Catalogue(TypedDict):
    """Types, agencies, districts and the words for every code."""

    types: list[IncidentType]
    agencies: list[Agency]
    districts: list[District]
    messages: dict[str, str]
    bbox: tuple[float, float, float, float] | None
    role: str
    seat: str | None
