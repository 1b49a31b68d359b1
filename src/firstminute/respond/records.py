"""What is open right now, as plain records: calls, incidents, clocks, alerts, assignments and units.

Idea: one slice (`Respond`) with one writer, because a unit that two incidents share must be seen by both (style.md §7). Records change only in
`respond.fold`; everything else reads. Limits: closed incidents leave the slice; they live in the journal and in read models.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from firstminute.model.facts.call import AskedOutside
from firstminute.model.facts.response import Candidate, Shortfall
from firstminute.model.place import Place

Cell = tuple[float, float]
CLAIM_GRACE_S = 20.0
"""Two seats that reach for one thing at once may change their minds for so long."""
HIGHEST = 0
"""Priority of an officer's SOS: above all that a caller can name."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A photo, voice note or film that lies sealed beside the record."""

    attachment_id: str
    media: str
    size: int
    shown_size: int
    kept_s: float
    name: str | None = None


@dataclass(slots=True)
class Call:
    """One request for help. `incident_id` is None until it belongs to one."""

    call_id: str
    channel: str
    received_s: float
    seat: str | None = None
    external_id: str | None = None
    language: str | None = None
    type_code: str | None = None
    venue_id: str | None = None
    device_id: str | None = None
    silent: bool = False
    answered_s: float | None = None
    cell: Cell | None = None
    place: Place | None = None
    caller_name: str | None = None
    caller_phone: str | None = None
    text: str | None = None
    problems: tuple[str, ...] = ()
    incident_id: str | None = None
    moved_from: str | None = None  # the incident that it was taken out of last
    attached_s: float | None = None
    attach_reasons: tuple[str, ...] = ()
    unreadable: bool = False
    claimed_s: float | None = None
    holder: str | None = None  # the account that took or claimed it
    answers: dict[str, str] = field(default_factory=dict)
    promises: dict[str, tuple[str, float]] = field(default_factory=dict)  # promise id → what, due_s
    closed: bool = False
    team_id: str | None = None
    unit_id: str | None = None
    member_id: str | None = None
    called_back: str | None = None  # result of the last call-back
    changed_s: float = 0.0
    device_before: str | None = None  # the call that this device, or this phone, made before
    phone_before: str | None = None
    by: str | None = None  # the account or device that brought it
    news: tuple[str, ...] = ()  # what it said that the others of its incident had not
    kept_outside: bool = False  # the zone outside took it, and signed when
    asked_outside: tuple[AskedOutside, ...] = ()  # whom that zone alerted by itself
    confidential: bool = False  # from the public page: a person at the desk decides who is told
    form: int | None = None  # the paper form it was typed from
    told: tuple[tuple[float, str], ...] = ()  # at_s and words of the desk's answers to it
    attachments: dict[str, Attachment] = field(default_factory=dict)


@dataclass(slots=True)
class Clock:
    """One promise of an incident. `state`: running, met, breached, late (came after the breach), stopped."""

    clock: str
    owner: str
    target_s: float
    started_s: float
    binds: str
    start_event: str = "call_answered"
    state: str = "running"
    since_call_s: float | None = None
    since_alert_s: float | None = None
    evidence: str | None = None
    reason: str | None = None
    responder_id: str | None = None

    @property
    def due_s(self) -> float:
        """When the promise breaks."""
        return self.started_s + self.target_s


@dataclass(slots=True)
class Alert:
    """One responder was asked. `state`: asked, delivered, seen, accepted, declined, expired, withdrawn, failed."""

    alert_id: str
    incident_id: str
    responder_id: str
    responder_kind: str
    team_id: str | None
    ring: str
    round: int
    task: str
    sent_s: float
    expires_s: float
    outside_venue: bool = False
    state: str = "asked"
    changed_s: float = 0.0
    channel: str | None = None
    role: str | None = None


@dataclass(slots=True)
class Assignment:
    """A responder bound to an incident. `state`: stacked, assigned, en_route, arrived, reached, cleared, released."""

    assignment_id: str
    incident_id: str
    responder_id: str
    responder_kind: str
    team_id: str | None
    ring: str
    how: str
    mode: str
    assigned_s: float
    role: str | None = None
    state: str = "assigned"
    changed_s: float = 0.0
    evidence: str | None = None
    alert_id: str | None = None
    travel_s: float | None = None
    arrived_s: float | None = None
    en_route_s: float | None = None
    reached_s: float | None = None


@dataclass(slots=True)
class Recommendation:
    """The last ranked list of an incident."""

    at_s: float
    policy: str
    digest: str
    candidates: tuple[Candidate, ...]
    shortfalls: tuple[Shortfall, ...]


@dataclass(slots=True)
class AgencyRequest:
    """Another agency was asked; the sender keeps the incident until it accepted."""

    request_id: str
    agency: str
    mode: str
    asked_s: float
    due_s: float
    answer: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Nearer:
    """A crew that became free and would be there clearly before the one that this task binds."""

    assignment_id: str
    responder_id: str
    with_unit_id: str
    travel_s: float
    saves_s: float
    at_s: float


@dataclass(frozen=True, slots=True)
class Warned:
    """A keep-away notice that a commander sent and that stands. `told`: the teams that heard it, so that those hear when it is lifted."""

    at_s: float
    by: str
    told: tuple[str, ...]
    advice: tuple[str, ...]
    radius_m: float
    reason_code: str


@dataclass(slots=True)
class Incident:
    """One thing that happens in the world, as far as it is open. `status` is a state of `respond.lifecycle`."""

    incident_id: str
    status: str
    type_code: str
    priority: int
    grade: str
    plan_id: str
    zone: str
    opened_s: float
    started_s: float
    district: str | None = None
    station_id: str | None = None
    venue_id: str | None = None
    level: int = 1
    silent: bool = False
    desk_only: bool = False
    found_by_team: str | None = None
    cell: Cell | None = None
    place: Place | None = None
    summary: str | None = None
    seat: str | None = None
    claimed_s: float | None = None
    holder: str | None = None  # the account that answers for it at the desk
    commanders: dict[str, str] = field(default_factory=dict)  # tier → who
    rings: dict[str, str] = field(default_factory=dict)  # ring → automatic, proposed, off
    clocks: dict[str, Clock] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    assignments: list[str] = field(default_factory=list)
    rounds: dict[str, int] = field(default_factory=dict)  # ring → last round asked
    arrived: dict[str, int] = field(default_factory=dict)  # ring → how many arrived
    asked: set[str] = field(default_factory=set)  # responders already asked or on scene: never asked again
    recommendation: Recommendation | None = None
    agencies: dict[str, AgencyRequest] = field(default_factory=dict)
    measures: dict[str, tuple[float, str | None]] = field(default_factory=dict)  # measure → due_s, result
    posts: dict[str, tuple[str, Cell | None]] = field(default_factory=dict)
    surge: bool = False
    transfer_to: str | None = None
    escalation_step: int = 0
    welfare: dict[str, int] = field(default_factory=dict)  # responder → misses
    cancel_requested: bool = False
    stand_down_s: float | None = None
    safety: dict[str, bool | None] = field(default_factory=dict)
    safety_misses: int = 0  # minutes that passed with an answer missing
    report_due_s: float | None = None
    changed_s: float = 0.0
    changed: tuple[str, ...] = ()
    by_hand: set[str] = field(default_factory=set)  # fields a dispatcher set: calls no longer change them
    chosen: dict[str, tuple[str, int]] = field(
        default_factory=dict
    )  # responder → command and seq of the first choice in it
    kept_away: set[str] = field(default_factory=set)  # teams and people told to keep away
    warned: Warned | None = None  # a commander's keep-away notice that stands; it is public
    confidential: bool = False  # known from the public page alone
    gate_open_for: set[str] = field(default_factory=set)  # neighbouring teams that a dispatcher let through
    outside_teams: set[str] = field(default_factory=set)  # teams already counted against their budget
    last_call_s: float = 0.0
    report_chased: int = 0
    kept_outside_s: float = 0.0  # so long its first call lay in the zone outside
    on_paper: bool = (
        False  # written down while the system was away, typed afterwards: it is judged, nobody is sent by it
    )
    attachments: dict[str, Attachment] = field(default_factory=dict)
    nearer: Nearer | None = None


@dataclass(slots=True)
class Task:
    """Something to do after an incident or a drill: a code of `respond.reasons`, whose it is and until when."""

    task_id: str
    what: str
    owner: str
    set_s: float
    due_s: float
    incident_id: str | None = None
    team_id: str | None = None
    note: str | None = None


@dataclass(slots=True)
class HandOver:
    """A seat's sheet that one person has signed and the other has not yet."""

    hand_over_id: str
    seat: str
    from_person: str
    to_person: str
    open_incidents: tuple[str, ...]
    faults: tuple[str, ...]
    offered_s: float


@dataclass(slots=True)
class Closed:
    """An incident that ended lately: enough to open it again, to call back and to answer who asks after it."""

    incident: Incident
    closed_s: float
    outcome: str
    call_ids: tuple[str, ...]
    handed_to: str | None = None
    came: dict[str, str | None] = field(default_factory=dict)  # who was there → the team, if of one


@dataclass(slots=True)
class UnitDuty:
    """A crew on duty: what it does now and what waits for it. `status`: available, assigned, unavailable, resting, refuelling."""

    unit_id: str
    crew: int
    sworn: int
    shift: str
    since_s: float
    station_id: str | None = None
    status: str = "available"
    active: str | None = None  # assignment id
    stack: list[str] = field(default_factory=list)  # assignment ids, next first
    last_cleared_s: float | None = None


@dataclass(slots=True)
class Respond:
    """Everything open that answers calls: the slice that `respond.fold` owns."""

    calls: dict[str, Call] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    assignments: dict[str, Assignment] = field(default_factory=dict)
    units: dict[str, UnitDuty] = field(default_factory=dict)  # on duty only
    busy: dict[str, str] = field(default_factory=dict)  # member or team responder → active assignment id
    asking: dict[str, str] = field(
        default_factory=dict
    )  # member or team responder → alert that waits for its answer
    short: dict[str, None] = field(default_factory=dict)  # incidents whose last list lacked police
    outside_alerts: dict[tuple[str, str], int] = field(
        default_factory=dict
    )  # (team, shift) → alerts outside its venue
    answered: dict[tuple[str, int, str], tuple[int, int]] = field(
        default_factory=dict
    )  # (team, hour, channel) → asked, answered
    external: dict[str, str] = field(default_factory=dict)  # partner's id → call id
    forms: dict[int, str] = field(
        default_factory=dict
    )  # number of a paper form → the call that was typed from it first
    tasks: dict[str, Task] = field(default_factory=dict)
    hand_overs: dict[str, HandOver] = field(
        default_factory=dict
    )  # seat → what waits for the second signature
    false_by_device: dict[str, tuple[int, int]] = field(default_factory=dict)  # device → calls, false
    closed: dict[str, Closed] = field(default_factory=dict)  # ended within the last shift, oldest first
    loose: dict[str, None] = field(default_factory=dict)  # calls that belong to no incident, in order
    deferred: dict[str, float] = field(
        default_factory=dict
    )  # those whose turn has not come yet → since when (at_s)
    near: dict[tuple[int, int], dict[str, None]] = field(default_factory=dict)  # coarse cell → open incidents
    heat: dict[tuple[int, int], deque[tuple[float, str]]] = field(
        default_factory=dict
    )  # coarse cell → late calls (at_s, call id)
    nearer: dict[str, str] = field(
        default_factory=dict
    )  # unit → incident where it was last found to be nearer
    phones: dict[str, str] = field(default_factory=dict)  # caller's phone → last call id
    devices: dict[str, str] = field(default_factory=dict)  # device → last call id
