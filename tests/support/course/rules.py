"""What must hold after each act of a course, read from state and facts alone, by other ways than the code takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from firstminute.flow.scene import scene
from firstminute.flow.state import State
from firstminute.model.envelope import Fact
from firstminute.model.facts.desk import MessageQueued
from firstminute.model.facts.incident import IncidentAmended, IncidentReopened
from firstminute.model.facts.response import AlertSent, AlertWithdrawn, Assigned, Diverted, GateOpened
from firstminute.respond import lifecycle
from firstminute.respond.safety import GUARD_SKILL, SHIELDING_KIT
from tests.support.play import Play


def broken_rules(town: Play, new: list[Fact], seen: Counter[tuple[str, str]]) -> list[str]:
    """What does not hold that must: in words, empty where all is well.

    Parameters
    ----------
    new : the facts of the last act
    seen : (incident, responder) → alerts since it opened, kept by the caller from act to act
    """
    state = town.state
    return [
        *_bound_once(state),
        *_timers_wanted(state),
        *_gate_kept(state, new),
        *_asked_rightly(state, new, seen),
        *_told(state, new),
    ]


def _bound_once(state: State) -> Iterator[str]:
    respond = state.respond
    live = [b for b in respond.assignments.values() if b.state not in lifecycle.OVER]
    for (who, where), count in Counter((b.responder_id, b.incident_id) for b in live).items():
        if count > 1:
            yield f"{who} is bound to {where} {count} times"
    people = Counter(b.responder_id for b in live if b.responder_kind in ("member", "team"))
    yield from (f"{who} is bound {count} times" for who, count in people.items() if count > 1)
    for who, key in respond.busy.items():
        bound = respond.assignments.get(key)
        if bound is None or bound.responder_id != who or bound.state in lifecycle.OVER:
            yield f"{who} counts as busy with what is over"
    for bound in live:
        if (
            bound.responder_kind in ("member", "team")
            and respond.busy.get(bound.responder_id) != bound.assignment_id
        ):
            yield f"{bound.responder_id} is bound and counts as free"
        if bound.incident_id not in respond.incidents:
            yield f"{bound.responder_id} is bound to nothing that is open"
    for who, key in respond.asking.items():
        asked = respond.alerts.get(key)
        if (
            asked is None
            or asked.responder_id != who
            or asked.state in ("accepted", "declined", "expired", "withdrawn")
        ):
            yield f"{who} counts as asked by what is answered"


def _timers_wanted(state: State) -> Iterator[str]:
    promises = {p for c in state.respond.calls.values() for p in c.promises}
    wanted = {
        *state.respond.incidents, *state.respond.tasks, *state.respond.units, *promises, *state.muster.shifts, *state.muster.spots,
        *state.muster.drills, *state.desk.glass, *state.access.proposals, *state.access.alone, *state.access.offers, *state.access.shares,
    }  # fmt: skip
    for subject, timer, _ in state.timers.pending:
        if subject not in wanted:
            yield f"timer {timer} of {subject} is left over"


def _may_be_there(state: State, incident_id: str, team_id: str, responder_id: str) -> bool:
    """By the words of the safety gate: the venue's own, or let through; trained; the team equipped."""
    found = scene(state, incident_id)
    assert found is not None
    own = found.team is not None and found.team.team_id == team_id
    team = state.registers.teams[team_id]
    row = state.registers.members.get(responder_id)
    kit = state.muster.kit.get(team_id, (team.kit, ()))[0]
    trained = GUARD_SKILL in (row.trained if row is not None else team.trained)
    return (own or team_id in found.incident.gate_open_for) and trained and bool(SHIELDING_KIT & set(kit))


def _gate_kept(state: State, new: list[Fact]) -> Iterator[str]:
    for fact in new:
        body = fact.body
        if (
            isinstance(body, AlertSent)
            and body.team_id is not None
            and body.incident_id in state.respond.incidents
        ):
            found = scene(state, body.incident_id)
            if found is None or not found.gate.shut or any(isinstance(f.body, IncidentAmended) for f in new):
                continue
            called_back = any(
                isinstance(f.body, AlertWithdrawn) and f.body.alert_id == body.alert_id for f in new
            )
            if not called_back and not _may_be_there(
                state, body.incident_id, body.team_id, body.responder_id
            ):
                yield f"{body.responder_id} was alerted towards danger"
            if body.task == "respond":
                yield f"{body.responder_id} was told to go towards danger"
    changed = any(isinstance(f.body, (Assigned, IncidentAmended, GateOpened)) for f in new)
    for bound in state.respond.assignments.values() if changed else ():
        if bound.team_id is None or bound.state in lifecycle.OVER or bound.arrived_s is not None:
            continue
        found = scene(state, bound.incident_id)
        fresh = any(isinstance(f.body, Assigned) and f.body.assignment_id == bound.assignment_id for f in new)
        if (
            fresh
            and found is not None
            and found.gate.shut
            and not _may_be_there(state, bound.incident_id, bound.team_id, bound.responder_id)
        ):
            yield f"{bound.responder_id} is on the way towards danger"


def _asked_rightly(state: State, new: list[Fact], seen: Counter[tuple[str, str]]) -> Iterator[str]:
    for fact in new:
        body = fact.body
        if isinstance(body, IncidentReopened):
            for key in [key for key in seen if key[0] == body.incident_id]:
                del seen[key]
        if isinstance(body, Diverted):  # back in the queue: whoever was taken away may be asked again
            seen.pop((body.incident_id, body.responder_id), None)
        if not isinstance(body, AlertSent) or body.task == "escalate":
            continue
        seen[body.incident_id, body.responder_id] += 1
        if seen[body.incident_id, body.responder_id] > 1:
            yield f"{body.responder_id} was asked twice for {body.incident_id}"
        if body.responder_kind == "unit" and body.responder_id not in state.respond.units:
            yield f"{body.responder_id} was alerted off duty"
        if body.team_id is not None and not any(
            f.kind in ("RollEnded", "RollTaken", "MemberCheckedOut") for f in new
        ):
            standing = state.muster.rolls.get(body.team_id)
            if standing is None or standing.until_s <= fact.at_s:
                yield f"{body.responder_id} of {body.team_id} was alerted off duty"
            elif body.responder_kind == "member" and body.responder_id not in standing.members:
                yield f"{body.responder_id} is not on the roll and was alerted"


def _told(state: State, new: list[Fact]) -> Iterator[str]:
    messages = {f.body.recipient for f in new if isinstance(f.body, MessageQueued)}
    for fact in new:
        if isinstance(fact.body, AlertWithdrawn) and fact.body.responder_id not in messages:
            yield f"{fact.body.responder_id} was called off and not told"
