"""The answer: recommended, chosen, alerted, on the way, there, cleared — and the clocks that watch it."""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.model.envelope import Body, kind
from firstminute.model.swift import swift


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One who could come, with what was known when the list was made.

    Attributes
    ----------
    responder_id, responder_kind : a unit, or a team whose members are asked
    travel_s : median travel time, turnout included; chance: probability of being within the ring's target
    fix_s, edge, share : the time and the place on the network that the travel time was computed from
    reasons : codes such as own_venue, nearest, rested, sworn, busy_lower_priority, stale_fix
    """

    responder_id: str
    responder_kind: str
    ring: str
    mode: str
    travel_s: float
    chance: float
    fix_s: float
    edge: int
    share: float
    people: int = 1
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """A need nobody can fill in time. `code`: none_on_duty, none_in_reach, too_late, no_sworn, safety_gate, budget_spent, place_unknown."""

    ring: str
    need: str
    missing: int
    code: str


@kind("incident_id")
class UnitsRecommended(Body):
    """Who should go, ranked, with reasons and typed shortfalls. `digest`: of the inputs, so that it can be recomputed."""

    incident_id: str
    candidates: tuple[Candidate, ...]
    shortfalls: tuple[Shortfall, ...]
    policy: str
    digest: str


@kind("incident_id")
class UnitsChosen(Body):
    """A person or an automatic ring chose these responders. `by`: policy, dispatcher, self, swap. `diverted` of them are taken from a lower priority."""

    incident_id: str
    responder_ids: tuple[str, ...]
    by: str
    diverted: tuple[str, ...] = ()


@kind("incident_id", sealed=("reason",))
class RecommendationOverridden(Body):
    """A person chose otherwise, and said why."""

    incident_id: str
    instead_of: tuple[str, ...]
    chosen: tuple[str, ...]
    reason_code: str
    reason: str | None = None


@kind("incident_id")
class AlertSent(Body):
    """One responder is asked. `style`: normal, silent; `card`: codes and parameters of what the card says, safety advice first."""

    alert_id: str
    incident_id: str
    responder_id: str
    responder_kind: str  # unit, member, team, station, district, duty_officer
    team_id: str | None
    ring: str
    round: int
    task: str  # respond, inform, keep_away, protect, aid, fetch_kit, coordinate, escalate
    expires_s: float
    outside_venue: bool = False
    style: str = "normal"
    card: tuple[str, ...] = ()
    shift: str = ""  # of the team: its budget outside its venue is counted per shift
    sent_s: float | None = None  # by the zone outside, before we knew of it; now where left out


@kind("incident_id", sealed=("note",))
class KeepAwaySent(Body):
    """Teams around, and untrained people of the venue, were told to keep away, lock in or leave: a notice that needs no answer and no gate delays.

    `radius_m`, `reason_code` and `note` are of a commander's notice, which stands and is public; the automatic ones have none.
    """

    incident_id: str
    team_ids: tuple[str, ...]
    advice: tuple[str, ...]
    member_ids: tuple[str, ...] = ()
    radius_m: float | None = None
    reason_code: str | None = None
    note: str | None = None


@kind("incident_id", sealed=("note",))
class KeepAwayLifted(Body):
    """Those who were told to keep away were told that it is over. `reason_code`: why a commander took the notice back; none where the incident ended."""

    incident_id: str
    told: tuple[str, ...]
    reason_code: str | None = None
    note: str | None = None


@kind("incident_id", sealed=("note",))
class GateOpened(Body):
    """A named dispatcher let trained, equipped teams through the safety gate of this one incident, and said why. A new kind of danger shuts it again."""

    incident_id: str
    team_ids: tuple[str, ...]
    reason_code: str
    note: str | None = None


@kind("incident_id")
class AlertDelivered(Body):
    """It reached the responder's device by `channel`."""

    alert_id: str
    incident_id: str
    channel: str


@kind("incident_id")
class AlertFailed(Body):
    """A channel could not deliver it."""

    alert_id: str
    incident_id: str
    channel: str
    problem: str


@kind("incident_id")
class AlertSeen(Body):
    """The responder looked at it."""

    alert_id: str
    incident_id: str


@kind("incident_id")
class AlertAccepted(Body):
    """The responder comes."""

    alert_id: str
    incident_id: str
    responder_id: str
    role: str | None = None  # aid, fetch_kit, coordinate, protect


@kind("incident_id")
class AlertDeclined(Body):
    """The responder cannot come; declining has no consequence for anybody."""

    alert_id: str
    incident_id: str
    responder_id: str
    reason_code: str | None = None


@kind("incident_id")
class AlertExpired(Body):
    """Nobody answered in time."""

    alert_id: str
    incident_id: str
    responder_id: str


@kind("incident_id")
class AlertWithdrawn(Body):
    """No longer needed: enough arrived, stood down, or the incident closed."""

    alert_id: str
    incident_id: str
    responder_id: str
    reason_code: str


@kind("incident_id")
class CrewUpdated(Body):
    """Crews of the incident were told what changed since they looked."""

    incident_id: str
    changed: tuple[str, ...]


@kind("incident_id")
class Assigned(Body):
    """A responder is bound to the incident: active, or stacked behind what it does now. `how`: dispatched, accepted, on_view, self_attached, swapped."""

    assignment_id: str
    incident_id: str
    responder_id: str
    responder_kind: str
    team_id: str | None
    ring: str
    how: str
    mode: str
    role: str | None = None
    active: bool = True
    alert_id: str | None = None
    travel_s: float | None = None


@kind("incident_id")
class AssignmentActivated(Body):
    """A stacked assignment became the responder's active one."""

    assignment_id: str
    incident_id: str
    responder_id: str


@kind("incident_id")
class Diverted(Body):
    """The responder was taken for a higher priority: the old task goes back to the queue, visibly."""

    assignment_id: str
    incident_id: str
    responder_id: str
    to_incident_id: str


@kind("incident_id")
class EnRoute(Body):
    """The responder moves. `evidence`: fix, touch, radio."""

    assignment_id: str
    incident_id: str
    responder_id: str
    evidence: str


@kind("incident_id")
class Arrived(Body):
    """At the gate. `evidence`: fix, qr, touch, radio. The headline counts what the plan takes as evidence (fix and qr), the rest apart."""

    assignment_id: str
    incident_id: str
    responder_id: str
    responder_kind: str
    ring: str
    evidence: str


@kind("incident_id")
class PersonReached(Body):
    """At the person who called: often minutes after the gate."""

    assignment_id: str
    incident_id: str
    responder_id: str
    evidence: str


@kind("incident_id")
class Cleared(Body):
    """The responder is done and free."""

    assignment_id: str
    incident_id: str
    responder_id: str
    evidence: str
    safe: bool | None = None


@kind("incident_id")
class Released(Body):
    """The responder gave the task back, or was withdrawn, before finishing. `reason_code`: cannot, withdrawn, stood_down, not_moving."""

    assignment_id: str
    incident_id: str
    responder_id: str
    reason_code: str


@kind("incident_id")
class RoleGiven(Body):
    """On arrival: aid, fetch_kit, coordinate, protect, cordon."""

    incident_id: str
    assignment_id: str
    responder_id: str
    role: str


@kind("incident_id")
class HelpAsked(Body):
    """Somebody on scene needs more. `what`: reinforcement, cannot_cope, officer_sos, medical."""

    incident_id: str
    responder_id: str
    what: str
    silent: bool = False


@kind("incident_id")
class SafetyAnswered(Body):
    """After a stand-down or a welfare question: safe or not."""

    incident_id: str
    responder_id: str
    safe: bool


@kind("incident_id")
class ClockStarted(Body):
    """A promise runs: per ring, and for the zone's first police on scene. `binds`: which of the two readings the target binds (call, alert)."""

    incident_id: str
    clock: str  # self_rescue, neighbour_aid, reinforcement, zone
    owner: str
    target_s: float
    start_event: str
    started_s: float
    binds: str


@kind("incident_id")
class ClockMet(Body):
    """Kept: both readings, and how the arrival is known."""

    incident_id: str
    clock: str
    since_call_s: float
    since_alert_s: float | None
    evidence: str
    responder_id: str
    proven: bool | None = None  # whether the plan takes such evidence for its headline


@kind("incident_id")
class ClockBreached(Body):
    """Broken at its due time. `reason`: none_alerted, none_accepted, late_start, late_travel, place_unknown, safety_gate, unknown."""

    incident_id: str
    clock: str
    reason: str
    owner: str
    evidence_missing: bool = False


@kind("incident_id")
class ClockArrivedLate(Body):
    """After a breach somebody came all the same: the readings, for the statistics."""

    incident_id: str
    clock: str
    since_call_s: float
    since_alert_s: float | None
    evidence: str
    responder_id: str
    proven: bool | None = None


@kind("incident_id")
class ClockStopped(Body):
    """The clock no longer counts: closed, ring off, cancelled."""

    incident_id: str
    clock: str
    reason: str


@kind("incident_id")
class Escalated(Body):
    """Nobody answered or arrived in time, so the next tier is woken. Bounded by the plan."""

    incident_id: str
    step: int
    ring: str
    to: str  # next_ring, station, duty_officer, district, commander
    reason: str
