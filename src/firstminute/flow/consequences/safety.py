"""What follows at the safety gate: people around are told to keep away, and an incident that turns violent calls its neighbours off."""

from __future__ import annotations

from firstminute.flow.scene import Scene, scene, search
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.desk import MessageQueued
from firstminute.model.facts.incident import IncidentAmended, IncidentOpened
from firstminute.model.facts.response import AlertWithdrawn, KeepAwaySent, Released
from firstminute.respond.candidates import Finds, roll_now
from firstminute.respond.policy import COMES, PENDING
from firstminute.respond.safety import may_be_informed, warns_others

WARNED_MOST, WARNED_WITHIN_S = 8, 120.0
WARNING_S = 600.0


def warn_others(state: State, fact: Fact, act: Act) -> list[Body]:
    """People around a violent incident are told to keep away: a notice at once, to the nearest teams on duty, none of it in a silent incident."""
    body = fact.body
    found = scene(state, body.subject)
    if found is None or not isinstance(body, (IncidentOpened, IncidentAmended)):
        return []
    if isinstance(body, IncidentAmended) and not {"type_code", "place", "venue_id"} & set(body.changed):
        return []
    if found.called_off or not warns_others(
        found.gate, silent=found.incident.silent, gentle=found.row.gentle
    ):
        return []
    told = _warned(state, found, search(state, found, act.at_s), act.at_s)
    if not told:
        return []
    notices: list[Body] = [
        MessageQueued(
            message_id=next(act.ids), channel="page", recipient=team_id, reason="keep_away", reason_id=found.incident.incident_id,
            expires_s=act.at_s + WARNING_S,
        )
        for team_id in told
    ]  # fmt: skip
    advice = found.row.advice or ("stay_away",)
    return [
        KeepAwaySent(incident_id=found.incident.incident_id, team_ids=tuple(told), advice=advice),
        *notices,
    ]


def _warned(state: State, found: Scene, finds: Finds, at_s: float) -> list[str]:
    if not found.gate.shut:
        return []  # neighbours of a fire are asked to help, not told to stay away
    own = found.team.team_id if found.team is not None else None
    told = []
    if found.team is not None:
        kit = state.muster.kit.get(found.team.team_id, (None, None))[0]
        if not may_be_informed(None, found.team, kit):
            told.append(found.team.team_id)
    for near in finds.teams:
        if len(told) >= WARNED_MOST or near.way_s > WARNED_WITHIN_S:
            break
        if near.responder_id != own and roll_now(state.muster, near.responder_id, at_s) is not None:
            told.append(near.responder_id)
    return [team_id for team_id in told if team_id not in found.incident.kept_away]


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
            and alert.state in PENDING
            and not _may_stay(state, found, alert.team_id, alert.responder_id)
        ):
            facts.append(
                AlertWithdrawn(
                    alert_id=key,
                    incident_id=alert.incident_id,
                    responder_id=alert.responder_id,
                    reason_code="safety_gate",
                )
            )
    for key in found.incident.assignments:
        bound = state.respond.assignments.get(key)
        if (
            bound is None
            or bound.state not in COMES
            or _may_stay(state, found, bound.team_id, bound.responder_id)
        ):
            continue
        facts.append(
            Released(
                assignment_id=key,
                incident_id=bound.incident_id,
                responder_id=bound.responder_id,
                reason_code="safety_gate",
            )
        )
    return facts


def _may_stay(state: State, found: Scene, team_id: str | None, responder_id: str) -> bool:
    if team_id is None:
        return True
    if found.team is None or team_id != found.team.team_id:
        return False
    kit = state.muster.kit.get(team_id, (None, None))[0]
    return may_be_informed(state.registers.members.get(responder_id), found.team, kit)
