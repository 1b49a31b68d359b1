"""The lines that rows of the live feed are made of: clocks, responders, candidates, calls, agencies, attachments. See `api.shown`."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

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
    form: str | None
    confidential: bool
    told: list[ToldLine]
    promises: list[CallBackLine]


class WarnedLine(TypedDict):
    """A keep-away notice that a commander sent and that stands. `venues`: how many teams heard it; `advice`: codes of ready phrases."""

    at_s: float
    by: str
    radius_m: float
    advice: list[str]
    venues: int
    reason_code: str


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
