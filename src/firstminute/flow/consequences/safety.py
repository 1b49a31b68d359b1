"""What follows at the safety gate: people around are told to keep away and when it is over, and an incident that turns violent calls its neighbours off."""

from __future__ import annotations

from firstminute.flow.scene import Scene, scene, search
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.incident import (
    IncidentAmended,
    IncidentClosed,
    IncidentOpened,
    StandDownOrdered,
)
from firstminute.model.facts.response import (
    AlertSent,
    AlertWithdrawn,
    Assigned,
    KeepAwayLifted,
    KeepAwaySent,
    Released,
)
from firstminute.respond.candidates import Finds, roll_now
from firstminute.respond.policy import COMES, PENDING
from firstminute.respond.records import Alert, Assignment
from firstminute.respond.safety import may_be_informed, to_people_around, warns_others, warns_own
from firstminute.respond.telling import people_of_team, tell

WARNED_MOST, WARNED_WITHIN_S = 8, 120.0
WARNING_S = 600.0
OVER_BY = frozenset({"settled", "over", "false_alarm", "same_as_another"})
"""Reasons of a stand-down after which nobody need keep away any more."""


def warn_others(state: State, fact: Fact, act: Act) -> list[Body]:
    """People around a violent incident, and untrained people of its venue, are told to keep away: a notice at once, none of it in a silent incident."""
    body = fact.body
    found = scene(state, body.subject)
    if found is None or not isinstance(body, (IncidentOpened, IncidentAmended)):
        return []
    if isinstance(body, IncidentAmended) and not {"type_code", "place", "venue_id"} & set(body.changed):
        return []
    if found.called_off or not found.gate.shut:
        return []  # neighbours of a fire are asked to help, not told to stay away
    silent = found.incident.silent
    own, members = (
        _own(state, found, act.at_s) if warns_own(found.gate, found.row, silent=silent) else ([], [])
    )
    others: list[str] = []
    if warns_others(found.gate, silent=silent, gentle=found.row.gentle):
        others = _around(state, found, search(state, found, act.at_s), act.at_s)
    known = found.incident.kept_away
    teams = [t for t in (*own, *others) if t not in known]
    members = [m for m in members if m not in known]
    if not teams and not members:
        return []
    advice = to_people_around(found.row.advice)
    sent = KeepAwaySent(
        incident_id=found.incident.incident_id, team_ids=tuple(teams), advice=advice, member_ids=tuple(members)
    )  # fmt: skip
    return [sent, *_notice(state, [*teams, *members], "keep_away", found.incident.incident_id, act)]


def _notice(state: State, told: list[str], reason: str, incident_id: str, act: Act) -> list[Body]:
    books = state.registers
    people = [
        who for each in told for who in (people_of_team(books, state.muster, each) if each in books.teams else (each,))
    ]  # fmt: skip
    return tell(books, people, reason, incident_id, expires_s=act.at_s + WARNING_S, ids=act.ids)


def _own(state: State, found: Scene, at_s: float) -> tuple[list[str], list[str]]:
    """The venue's own team where none of it may be informed, else those of its people on duty who may not."""
    team = found.team
    if team is None:
        return [], []
    kit = state.muster.kit.get(team.team_id, (None, None))[0]
    roll, rows = roll_now(state.muster, team.team_id, at_s), state.registers.members
    if roll is None:
        return [], []
    if not roll.members:
        return ([], []) if may_be_informed(None, team, kit) else ([team.team_id], [])
    barred = [m for m in sorted(roll.members) if not may_be_informed(rows.get(m), team, kit)]
    return ([team.team_id], []) if len(barred) == len(roll.members) else ([], barred)


def _around(state: State, found: Scene, finds: Finds, at_s: float) -> list[str]:
    own = found.team.team_id if found.team is not None else None
    told: list[str] = []
    for near in finds.teams:
        if len(told) >= WARNED_MOST or near.way_s > WARNED_WITHIN_S:
            break
        if near.responder_id in found.barred:
            continue
        if near.responder_id != own and roll_now(state.muster, near.responder_id, at_s) is not None:
            told.append(near.responder_id)
    return told


def all_clear(state: State, fact: Fact, act: Act) -> list[Body]:
    """It is over, or was never dangerous: whoever was told to keep away hears it."""
    body = fact.body
    match body:
        case StandDownOrdered(reason=reason) if reason not in OVER_BY:
            return []
        case IncidentClosed(outcome="merged"):
            return []
        case IncidentAmended(changed=changed) if "type_code" not in changed:
            return []
        case IncidentAmended():
            found = scene(state, body.incident_id)
            if found is None or found.gate.shut:
                return []
        case _:
            pass
    about = state.respond.incidents.get(body.subject)
    if about is None and body.subject in state.respond.closed:
        about = state.respond.closed[body.subject].incident
    if about is None or not about.kept_away:
        return []
    told = sorted(about.kept_away)
    lifted = KeepAwayLifted(incident_id=about.incident_id, told=tuple(told))
    return [lifted, *_notice(state, told, "all_clear", about.incident_id, act)]


def shut_gate(state: State, fact: Fact, act: Act) -> list[Body]:
    """An open incident turned violent: neighbours are called off and asked whether they are safe; of the venue's own people only the trained stay asked."""
    body = fact.body
    found = scene(state, body.subject)
    if (
        found is None
        or not isinstance(body, IncidentAmended)
        or "type_code" not in body.changed
        or not found.gate.shut
    ):
        return []
    facts: list[Body] = []
    for key in found.incident.alerts:
        alert = state.respond.alerts.get(key)
        if (
            alert is not None
            and alert.state in (*PENDING, "failed")
            and not _may_stay(state, found, alert.team_id, alert.responder_id)
        ):
            facts.append(_withdrawn(alert))
    bound = (state.respond.assignments.get(key) for key in found.incident.assignments)
    return [*facts, *(each for b in bound if b is not None for each in _called_off(state, found, b))]


def call_off(state: State, fact: Fact, act: Act) -> list[Body]:
    """Whoever is bound behind a shut gate and may not be there, by a merge of two incidents for example, is taken back in the same breath."""
    body = fact.body
    assert isinstance(body, Assigned)
    found = scene(state, body.incident_id) if body.team_id is not None else None
    bound = state.respond.assignments.get(body.assignment_id)
    if found is None or bound is None or not found.gate.shut:
        return []
    return _called_off(state, found, bound)


def call_back(state: State, fact: Fact, act: Act) -> list[Body]:
    """Whom a zone outside alerted before it knew that the gate is shut, and who may not be there, is called back in the same breath."""
    body = fact.body
    assert isinstance(body, AlertSent)
    found = scene(state, body.incident_id) if body.team_id is not None else None
    if (
        found is None
        or not found.gate.shut
        or body.task == "escalate"
        or _may_stay(state, found, body.team_id, body.responder_id)
    ):
        return []
    return [_withdrawn(body)]


def _withdrawn(alert: Alert | AlertSent) -> AlertWithdrawn:
    return AlertWithdrawn(
        alert_id=alert.alert_id,
        incident_id=alert.incident_id,
        responder_id=alert.responder_id,
        reason_code="safety_gate",
    )


def _called_off(state: State, found: Scene, bound: Assignment) -> list[Body]:
    if bound.state not in COMES or _may_stay(state, found, bound.team_id, bound.responder_id):
        return []
    return [
        Released(
            assignment_id=bound.assignment_id,
            incident_id=bound.incident_id,
            responder_id=bound.responder_id,
            reason_code="safety_gate",
        )
    ]


def _may_stay(state: State, found: Scene, team_id: str | None, responder_id: str) -> bool:
    """Police; trained and equipped people of the venue itself; those of a neighbouring team that a dispatcher let through."""
    if team_id is None:
        return True
    own = found.team is not None and team_id == found.team.team_id
    team = state.registers.teams.get(team_id)
    if team is None or not (own or team_id in found.incident.gate_open_for):
        return False
    kit = state.muster.kit.get(team_id, (None, None))[0]
    return may_be_informed(state.registers.members.get(responder_id), team, kit)
