"""Asking people: who is asked exactly, what their card says, and what their answer does.

Idea: one alert asks one responder; police units are bound at once and acknowledge, people of teams are bound when they say yes. An alert has an
end (`expires_s`): a late yes is refused visibly, never lost. Nobody off duty and nobody already asked is asked; a neighbouring team gives one person a
round, within its budget of the shift. A card holds codes, safety advice first. Source: DESIGN.md §5, dispatch.md §2. Limits: where a roll has only
counts, the team's shared device is asked as one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from firstminute.model.envelope import Body
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import MessageQueued, TimerSet
from firstminute.model.facts.response import (
    AlertAccepted,
    AlertDeclined,
    AlertExpired,
    AlertSent,
    AlertWithdrawn,
    Assigned,
    Candidate,
)
from firstminute.model.records import AlertPolicy, IncidentType, Venue
from firstminute.respond.books import Books
from firstminute.respond.lifecycle import OVER
from firstminute.respond.muster_records import Muster, Roll
from firstminute.respond.policy import PENDING
from firstminute.respond.records import Alert, Assignment, Incident, Respond
from firstminute.respond.safety import Gate, may_be_informed, to_responders
from firstminute.respond.stacking import take_from
from firstminute.respond.telling import channels_of

EXPIRY = "alert_expiry"
NOT_MOVING = "not_moving"
DELIVERY = "delivery:"
DELIVERED_WITHIN_S = 8.0
"""A way that has not brought an alert for so long has failed: the next one is tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One responder about to be asked."""

    responder_id: str
    kind: str
    ring: str
    task: str
    mode: str
    team_id: str | None = None
    shift: str = ""
    outside: bool = False
    channel: str = "page"
    ways: int = 1
    travel_s: float | None = None
    divert: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What all alerts of one round share."""

    incident: Incident
    row: IncidentType
    policy: AlertPolicy
    at_s: float
    ids: Iterator[str]
    venue: Venue | None = None


def people_of(
    candidate: Candidate,
    roll: Roll,
    books: Books,
    muster: Muster,
    *,
    incident: Incident,
    gate: Gate,
    respond: Respond,
) -> list[Ask]:
    """The people of a team who may be asked now, in the order of the roll's ids; the whole team where only a count is known.

    Nobody who is bound, or waits to answer, for this or another incident; nor the people of a team that is so as a whole.
    """
    team = books.teams[candidate.responder_id]
    own = candidate.ring == "self_rescue"
    task = gate.own_task if own else gate.neighbour_task
    kit = muster.kit.get(team.team_id, (None, None))[0]
    whole = Ask(
        responder_id=team.team_id, kind="team", ring=candidate.ring, task=task, mode=candidate.mode, team_id=team.team_id, shift=roll.shift,
        outside=not own, travel_s=candidate.travel_s or None,
    )  # fmt: skip
    taken = respond.busy.keys() | respond.asking.keys() | incident.asked
    if team.team_id in taken:
        return []
    if not roll.members:
        return [] if gate.shut and not may_be_informed(None, team, kit) else [whole]
    asks = []
    for member_id in sorted(roll.members):
        member = books.members.get(member_id)
        if member_id in taken:
            continue
        if gate.shut and not may_be_informed(member, team, kit):
            continue
        ways = channels_of(books, member_id)
        asks.append(replace(whole, responder_id=member_id, kind="member", channel=ways[0], ways=len(ways)))
    return asks


def still_on_duty(muster: Muster, alert: Alert, at_s: float) -> bool:
    """Whether one who was asked as a team's person stands on its roll now; whoever is of no team is not asked by rolls."""
    if alert.team_id is None:
        return True
    roll = muster.rolls.get(alert.team_id)
    if roll is None or roll.until_s <= at_s:
        return False
    return alert.responder_kind != "member" or not roll.members or alert.responder_id in roll.members


def ask_unit(candidate: Candidate, *, divert: bool = False) -> Ask:
    """A police unit or a station's reserve; `divert` takes it from what it does."""
    return Ask(
        responder_id=candidate.responder_id, kind=candidate.responder_kind, ring="reinforcement", task="respond", mode=candidate.mode,
        travel_s=candidate.travel_s or None, divert=divert,
    )  # fmt: skip


def send(sending: Sending, asks: list[Ask], respond: Respond) -> list[Body]:
    """Alerts, the binding of police units, one message per recipient and one timer for the round.

    The timer's number is the place of the round's first alert in the incident, so it is never used twice.
    """
    if not asks:
        return []
    incident, expires_s = sending.incident, sending.at_s + sending.policy.answer_within_s
    style = "silent" if incident.silent or sending.row.gentle else "normal"
    facts: list[Body] = []
    sent = Counter(a.ring for a in map(respond.alerts.get, incident.alerts) if a is not None)
    for ask in asks:
        alert_id = next(sending.ids)
        facts.append(
            AlertSent(
                alert_id=alert_id, incident_id=incident.incident_id, responder_id=ask.responder_id, responder_kind=ask.kind,
                team_id=ask.team_id, ring=ask.ring, round=1 + sent[ask.ring] // max(1, sending.policy.at_once.get(ask.ring, 1)),
                task=ask.task, expires_s=expires_s, outside_venue=ask.outside, style=style, card=card(sending, ask), shift=ask.shift,
            )
        )  # fmt: skip
        sent[ask.ring] += 1
        if ask.kind == "unit":
            facts += bind(ask, alert_id, incident, respond, ids=sending.ids)
        facts.append(
            MessageQueued(
                message_id=next(sending.ids), channel=ask.channel, recipient=ask.responder_id, reason="alert", reason_id=alert_id,
                expires_s=expires_s,
            )
        )  # fmt: skip
        facts += waits(incident.incident_id, alert_id, 0, ask.ways, at_s=sending.at_s)
    number = len(incident.alerts) + 1
    facts.append(TimerSet(timer_subject=incident.incident_id, timer=EXPIRY, round=number, due_s=expires_s))
    return facts


def waits(incident_id: str, alert_id: str, way: int, ways: int, *, at_s: float) -> list[Body]:
    """How long the n-th of several ways (from 0) has to bring an alert before the next one is tried; the last has until the alert ends."""
    if way + 1 >= ways:
        return []
    due_s = at_s + DELIVERED_WITHIN_S
    return [TimerSet(timer_subject=incident_id, timer=DELIVERY + alert_id, round=way + 1, due_s=due_s)]


def bind(ask: Ask, alert_id: str, incident: Incident, respond: Respond, *, ids: Iterator[str]) -> list[Body]:
    """A unit is bound as soon as it is asked: active where it is free or diverted, else stacked. The new task binds before the old one is given back."""
    duty = respond.units.get(ask.responder_id)
    bound = Assigned(
        assignment_id=next(ids), incident_id=incident.incident_id, responder_id=ask.responder_id, responder_kind="unit", team_id=None,
        ring=ask.ring, how="dispatched", mode=ask.mode, active=duty is None or duty.active is None or ask.divert, alert_id=alert_id,
        travel_s=ask.travel_s,
    )  # fmt: skip
    return [bound, *(take_from(respond, duty, incident) if duty is not None and ask.divert else [])]


def card(sending: Sending, ask: Ask) -> tuple[str, ...]:
    """What the card says, as codes: advice first, then what it is, how to come, which way in."""
    row, incident = sending.row, sending.incident
    shown = "help_needed" if row.restricted and ask.kind in ("member", "team") else row.code
    codes = (
        [f"advice:{code}" for code in to_responders(row.advice)]
        if ask.kind != "unit"
        else [f"danger:{row.hazard}"]
    )
    if ask.task in ("inform", "protect"):
        codes = ["advice:protect_separate_evacuate", "advice:you_choose", *codes]
    codes += [f"type:{shown}", f"priority:{incident.priority}"]
    if incident.silent:
        codes.append("silent_approach")
    if row.gentle:
        codes.append("gentle")
    if sending.venue is not None:
        codes.append(f"venue:{sending.venue.venue_id}")
        codes += [
            f"entrance:{k}" for k, way in enumerate(sending.venue.entrances) if way.note or way.key_holder
        ]
    return tuple(codes)


def accept(
    alert: Alert, *, at_s: float, full: bool, role: str | None = None, told_late: bool = False
) -> list[Body]:
    """Yes. Refused where it is over: the person sees why. Asking twice is one yes.

    `told_late`: the zone outside wrote the yes down in time, and it came here later: it counts by when it was said.
    """
    if alert.state == "accepted":
        return []
    if not (told_late and alert.state == "expired" and at_s <= alert.expires_s):
        _still_open(alert, at_s)
    if full:
        raise Refused("enough_come", ring=alert.ring)
    return [
        AlertAccepted(
            alert_id=alert.alert_id, incident_id=alert.incident_id, responder_id=alert.responder_id, role=role
        )
    ]


def decline(alert: Alert, *, at_s: float, reason_code: str | None) -> list[Body]:
    """No: nothing follows for whoever says it, the next one is asked."""
    if alert.state == "declined":
        return []
    _still_open(alert, at_s)
    return [
        AlertDeclined(
            alert_id=alert.alert_id,
            incident_id=alert.incident_id,
            responder_id=alert.responder_id,
            reason_code=reason_code,
        )
    ]


def _still_open(alert: Alert, at_s: float) -> None:
    if alert.state == "withdrawn":
        raise Refused("alert_withdrawn", alert=alert.alert_id)
    if alert.state == "expired" or (alert.state in PENDING and at_s > alert.expires_s):
        raise Refused("alert_expired", alert=alert.alert_id)
    if alert.state not in PENDING and alert.state != "failed":
        raise Refused("alert_answered", alert=alert.alert_id, state=alert.state)


def expire(respond: Respond, incident: Incident, *, due_s: float) -> list[Body]:
    """Everybody asked until `due_s` who has said nothing; a unit that moves has answered with its wheels."""
    facts: list[Body] = []
    for alert_id in incident.alerts:
        alert = respond.alerts.get(alert_id)
        if alert is None or alert.state not in (*PENDING, "failed") or alert.expires_s > due_s:
            continue
        bound = assignment_of(respond, incident, alert.responder_id)
        if bound is not None and bound.state not in ("assigned", "stacked", *OVER):
            continue
        facts.append(
            AlertExpired(alert_id=alert_id, incident_id=incident.incident_id, responder_id=alert.responder_id)
        )
    return facts


def withdraw(
    respond: Respond, incident: Incident, reason_code: str, *, ring: str | None = None
) -> list[Body]:
    """Take back all unanswered alerts of an incident, or of one ring."""
    asked = (respond.alerts.get(key) for key in incident.alerts)
    return [
        AlertWithdrawn(
            alert_id=a.alert_id,
            incident_id=incident.incident_id,
            responder_id=a.responder_id,
            reason_code=reason_code,
        )
        for a in asked
        if a is not None
        and a.state in PENDING
        and a.responder_kind != "unit"
        and a.task != "escalate"
        and ring in (None, a.ring)
    ]


def assignment_of(respond: Respond, incident: Incident, responder_id: str) -> Assignment | None:
    """The latest binding of a responder to an incident."""
    for key in reversed(incident.assignments):
        bound = respond.assignments.get(key)
        if bound is not None and bound.responder_id == responder_id:
            return bound
    return None
