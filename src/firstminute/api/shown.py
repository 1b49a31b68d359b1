"""The shapes of what is shown: each sort of row of the live feed as a desk sees it, and the catalogue that words it.

Idea: rows stay plain dicts that are rendered fast (`respond.view`, `flow.views`); here stands once what is in them. The description of the API
carries these shapes, the web page's types are written from that description (`scripts.make_types`), and a test holds every row of a lived-in city
against them. Limits: other readers get a part of a row (`command.picture`); which part is not said here.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from firstminute.model.records import Agency, District, IncidentType, Need

REFERENCE = "#/components/schemas/{model}"

Place = tuple[float, float]
"""lon, lat in degrees, WGS-84."""


class ClockRow(TypedDict):
    """One promise of the circle with both readings, in seconds."""

    clock: str
    owner: str
    target_s: float
    started_s: float
    due_s: float
    state: Literal["running", "met", "breached", "late", "stopped"]
    since_call_s: float | None
    since_alert_s: float | None
    evidence: str | None
    reason: str | None
    binds: str
    responder_id: str | None


class ResponderRow(TypedDict):
    """Somebody who was asked or is bound."""

    responder_id: str
    kind: str
    team_id: str | None
    name: str
    ring: str
    mode: str | None
    state: str
    alert_id: str | None
    assignment_id: str | None
    travel_s: float | None
    role: str | None
    task: str | None
    evidence: str | None
    changed_s: float
    sent_s: NotRequired[float]
    expires_s: NotRequired[float]
    round: NotRequired[int]
    assigned_s: NotRequired[float]
    arrived_s: NotRequired[float | None]
    how: NotRequired[str]


class CandidateRow(TypedDict):
    """A responder as the last ranking saw it."""

    responder_id: str
    kind: str
    name: str
    ring: str
    mode: str
    travel_s: float
    chance: float
    people: int
    reasons: list[str]
    fix_s: float | None
    lon: float | None
    lat: float | None


class Shortfall(TypedDict):
    """What a ring lacks."""

    ring: str
    need: str
    missing: int
    code: str


class RecommendationRow(TypedDict):
    """The last ranked list."""

    policy: str
    at_s: float
    digest: str
    candidates: list[CandidateRow]
    shortfalls: list[Shortfall]


class LogLine(TypedDict):
    """A fact as a line of its incident's log."""

    seq: int
    at_s: float
    occurred_s: float
    kind: str
    actor: str
    params: dict[str, Any]


class CallBackLine(TypedDict):
    """A call-back that was promised."""

    promise_id: str
    what: str
    due_s: float


class ToldLine(TypedDict):
    """What a reporter was told."""

    at_s: float
    text: str


class CallLine(TypedDict):
    """A call as a line of its incident; never who called."""

    call_id: str
    channel: str
    at_s: float
    text: str | None
    has_caller: bool
    language: str | None
    reasons: list[str]
    attached_s: float | None
    problems: list[str]
    news: list[str]
    called_back: str | None
    attachments: int
    confidential: bool
    told: list[ToldLine]
    promises: list[CallBackLine]


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


class AgencyLine(TypedDict):
    """Another agency that was asked."""

    request_id: str
    agency: str
    mode: str
    asked_s: float
    due_s: float
    answer: str | None


class MeasureLine(TypedDict):
    """Something that the desk itself does, against the clock."""

    measure: str
    due_s: float
    result: str | None


class PostLine(TypedDict):
    """A place of the scene that has a name."""

    name: str
    what: str
    lon: float | None
    lat: float | None


class ChatLine(TypedDict):
    """A line between desk and scene."""

    seq: int
    at_s: float
    from_desk: bool
    unit_id: str | None
    team_id: str | None
    text: str


class SwapLine(TypedDict):
    """A nearer crew that became free, and for whom it could go."""

    assignment_id: str
    instead_of: str
    unit_id: str
    name: str
    travel_s: float
    saves_s: float
    at_s: float


class AttachmentLine(TypedDict):
    """A photo, voice note or film, and whether it hangs on the incident or on one of its calls."""

    of: Literal["incidents", "calls"]
    subject_id: str
    attachment_id: str
    media: str
    size: int
    at_s: float
    name: str | None


class DeviceLine(TypedDict):
    """The button or sensor that called."""

    device_id: str
    calls: int
    false: int


class Counts(TypedDict):
    """How many were asked, come, are on the way, are there."""

    asked: int
    accepted: int
    en_route: int
    arrived: int


class Spoken(TypedDict):
    """The sentence to read aloud, as code and parameters."""

    code: str
    params: dict[str, Any]


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
    """What waits for a second person."""

    proposal_id: str
    command: str
    by: str
    district: str
    people: int
    reason: str
    at_s: float
    until_s: float
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


ROWS: dict[str, Any] = {
    "incident": IncidentRow,
    "call": CallRow,
    "unit": UnitRow,
    "venue": VenueRow,
    "station": StationRow,
    "zone": ZoneRow,
    "coverage": CoverageRow,
    "desk": DeskRow,
}
"""Sort of row → its shape at the desk."""

SHAPES: tuple[Any, ...] = (*ROWS.values(), Message, Catalogue, Figures, Course, Pack)


def schemas() -> dict[str, Any]:
    """Every shape by name, as JSON schema with references into the API's components."""
    found: dict[str, Any] = {}
    for shape in SHAPES:
        schema = TypeAdapter(shape).json_schema(ref_template=REFERENCE, mode="serialization")
        found.update(schema.pop("$defs", {}))
        found[shape.__name__] = schema
    for record in (IncidentType, Need, Agency, District):
        schema = found[record.__name__]
        schema["required"] = list(
            schema["properties"]
        )  # a record is shown whole, also where a field has its default
    return found
