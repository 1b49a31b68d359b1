"""What follows from a call: it is attached or opens an incident, later words redraw the picture, crews are told what changed."""

from __future__ import annotations

from firstminute.flow.known import calls_of, picture_of, rows_of
from firstminute.flow.plans import grade_of, plan_id_of
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.call import (
    CallAmended,
    CallAttached,
    CallDetached,
    CallReceived,
    CallTakenUp,
    ProtocolAnswered,
)
from firstminute.model.facts.desk import TimerSet
from firstminute.model.facts.incident import DeskClockStarted, IncidentAmended, IncidentOpened, LevelRaised
from firstminute.model.facts.response import CrewUpdated
from firstminute.respond import attach, incident, intake, progress, stacking
from firstminute.respond.candidates import roll_now
from firstminute.respond.lifecycle import OVER, STOOD_DOWN
from firstminute.respond.records import Call
from firstminute.respond.telling import tell

MEASURE_S = {"stop_payment": 600.0, "dissuasion": 300.0, "keep_evidence": 3_600.0}
"""Minutes that a desk measure has: money is gone within the half hour, so stopping it comes first."""
MEASURE = "measure:"
STARTED_MOST_AGO_S = 600.0
UPDATE_LASTS_S = 300.0
QUIET = frozenset({"summary", "district", "station_id"})
"""What shows on a crew's screen without a message: nobody's device buzzes at every word that a caller says."""


def open_or_attach(state: State, fact: Fact, act: Act) -> list[Body]:
    """A call is about an incident that is open, or opens one; a deferred one when its turn comes."""
    body = fact.body
    assert isinstance(body, (CallReceived, CallTakenUp))
    if isinstance(body, CallReceived) and body.deferred:
        return []
    call = state.respond.calls.get(body.call_id)
    return [] if call is None or call.incident_id is not None else _place_call(state, call, act)


def _place_call(state: State, call: Call, act: Act) -> list[Body]:
    match = attach.find_match(state.respond, call, _guessing(state, call), at_s=act.at_s)
    if match is None:
        return [_opened(state, call, act)]
    others = calls_of(state, state.respond.incidents[match.incident_id])
    return [
        CallAttached(
            call_id=call.call_id,
            incident_id=match.incident_id,
            reasons=match.reasons,
            distance_m=match.distance_m,
            news=attach.news(call, others),
        )
    ]


def _guessing(state: State, call: Call) -> attach.RowOf:
    """Catalogue rows, where a call without a type has the one that its words name."""
    rows = rows_of(state)
    guess = None if call.type_code else intake.type_guess(call.text, state.registers.incident_types)
    return (lambda code: rows(code or guess)) if guess else rows


def _opened(state: State, call: Call, act: Act) -> IncidentOpened:
    known = picture_of(state, [call])
    return incident.opened(
        next(act.ids),
        call,
        known,
        grade=grade_of(state, known.district),
        plan_id=plan_id_of(state.registers, known.district),
        started_s=_started_s(call, act),
    )


def _started_s(call: Call, act: Act) -> float:
    """When clocks start: when the call was answered.

    Only paper, and a zone outside that signed for it, may say so of long ago; a device's clock that is far off breaks no promise.
    """
    said_s = call.answered_s if call.answered_s is not None else call.received_s
    if call.kept_outside:
        return min(act.at_s, said_s)
    return said_s if call.channel == "paper" else min(act.at_s, max(said_s, act.at_s - STARTED_MOST_AGO_S))


def open_for_detached(state: State, fact: Fact, act: Act) -> list[Body]:
    """A call that was merged wrongly gets an incident of its own; the other's picture is drawn without it."""
    body = fact.body
    assert isinstance(body, CallDetached)
    call = state.respond.calls.get(body.call_id)
    facts: list[Body] = []
    if call is not None and call.incident_id is None and not call.closed:
        facts.append(_opened(state, call, act))
    left = state.respond.incidents.get(body.incident_id)
    if left is not None and left.calls:
        facts += incident.amended(left, picture_of(state, calls_of(state, left)), by_calls=True)
    return facts


def redraw(state: State, fact: Fact, act: Act) -> list[Body]:
    """Later words of a caller, or a further call, change what is known of the incident."""
    body = fact.body
    assert isinstance(body, (CallAmended, CallAttached))
    call = state.respond.calls.get(body.call_id)
    if call is None or call.closed:
        return []
    if call.incident_id is None:
        return _place_call(state, call, act)
    about = state.respond.incidents.get(call.incident_id or "")
    if about is None:
        return []
    return incident.amended(about, picture_of(state, calls_of(state, about)), by_calls=True)


DECISIVE = {
    "weapon": ("armed_attack", frozenset({"yes", "knife", "gun", "explosives", "acid"})),
    "breathing": ("cardiac_arrest", frozenset({"no", "gasping"})),
}
"""Protocol answers that change what it is: question → type, and the answers that do."""


def decide_by_answer(state: State, fact: Fact, act: Act) -> list[Body]:
    """The deciding question was answered: an armed person, somebody who does not breathe."""
    body = fact.body
    assert isinstance(body, ProtocolAnswered)
    about = state.respond.incidents.get(body.incident_id or "")
    decisive = DECISIVE.get(body.question)
    if about is None or decisive is None or body.answer not in decisive[1] or "type_code" in about.by_hand:
        return []
    row = rows_of(state)(decisive[0])
    if row.priority > about.priority or row.code == about.type_code:
        return []
    return [
        IncidentAmended(
            incident_id=about.incident_id,
            changed=("type_code", "priority"),
            type_code=row.code,
            priority=row.priority,
        )
    ]


def tell_crews(state: State, fact: Fact, act: Act) -> list[Body]:
    """Whoever is bound to the incident is told what changed, on the device, as silently as the incident is."""
    body = fact.body
    assert isinstance(body, (IncidentAmended, LevelRaised))
    about = state.respond.incidents.get(body.incident_id)
    if about is None:
        return []
    bound = [state.respond.assignments.get(key) for key in about.assignments]
    crews = {b.responder_id: None for b in bound if b is not None and b.state not in OVER}
    if not crews:
        return []
    changed = body.changed if isinstance(body, IncidentAmended) else ("level",)
    said = CrewUpdated(incident_id=about.incident_id, changed=changed)
    if set(changed) <= QUIET:
        return [said]
    return [
        said,
        *tell(
            state.registers,
            crews,
            "crew_update",
            about.incident_id,
            expires_s=act.at_s + UPDATE_LASTS_S,
            ids=act.ids,
        ),
    ]


def start_measures(state: State, fact: Fact, act: Act) -> list[Body]:
    """Fraud and network calls: 止付 and 劝阻 run against the clock at the desk."""
    body = fact.body
    assert isinstance(body, (IncidentOpened, IncidentAmended))
    about = state.respond.incidents.get(body.incident_id)
    if about is None or (isinstance(body, IncidentAmended) and "type_code" not in body.changed):
        return []
    facts: list[Body] = []
    for measure in rows_of(state)(about.type_code).desk_measures:
        if measure not in about.measures:
            due_s = act.at_s + MEASURE_S.get(measure, 600.0)
            facts.append(DeskClockStarted(incident_id=about.incident_id, measure=measure, due_s=due_s))
            facts.append(
                TimerSet(timer_subject=about.incident_id, timer=MEASURE + measure, round=1, due_s=due_s)
            )
    return facts


def _comes_along(state: State, unit_id: str) -> bool:
    """Whether a crew is bound to an incident that has just lost its last call: it is being merged, and brings its crews."""
    duty = state.respond.units.get(unit_id)
    held = (state.respond.assignments.get(key) for key in (duty.active or "", *duty.stack)) if duty else ()
    left = (state.respond.incidents.get(b.incident_id) for b in held if b is not None)
    return any(about is not None and not about.calls for about in left)


def bind_on_view(state: State, fact: Fact, act: Act) -> list[Body]:
    """A crew that came upon something, or presses its own button, is bound to it at once and is there already; so is a member who found it in the own venue."""
    body = fact.body
    assert isinstance(body, (IncidentOpened, CallAttached))
    call = state.respond.calls.get(body.call_id or "")
    unit = state.registers.units.get(call.unit_id or "") if call is not None else None
    about = state.respond.incidents.get(body.incident_id)
    member = state.registers.members.get(call.member_id or "") if call is not None else None
    if member is not None and about is not None and about.status != STOOD_DOWN:
        roll = roll_now(state.muster, member.team_id, act.at_s)
        on_duty = roll is not None and member.member_id in roll.members
        return stacking.attach_member(state.respond, about, member, ids=act.ids) if on_duty else []
    if unit is None or about is None or unit.unit_id not in state.respond.units or about.status == STOOD_DOWN:
        return []
    bound = progress.task_of(state.respond, about, unit.unit_id)
    if bound is not None and bound.state not in OVER:
        return []
    if isinstance(body, CallAttached) and body.by_hand and _comes_along(state, unit.unit_id):
        return []
    evidence = "fix" if call is not None and call.device_id else "touch"
    return stacking.attach_self(state.respond, about, unit, on_scene=True, evidence=evidence, ids=act.ids)
