"""Which acts need a second person, who that may be, and which of them a commander may do alone when nobody answers.

Idea: one table, command → rule. A rule only asks the state: whether this act with these arguments needs two, how many people it reaches, of which district it
is. A further act gets a line here and nothing else (docs/howto/ask-a-second-person.md). Limits: acts of the system itself (retention, timers) are no person's;
drills touch nobody and need nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from firstminute.flow import opening
from firstminute.flow.access.objects import ELSEWHERE
from firstminute.flow.access.places import tree_of, who_in
from firstminute.flow.deciders import desk, dispatch, muster, warning
from firstminute.flow.deciders import opening as opening_decider
from firstminute.flow.plans import grade_of
from firstminute.flow.state import State
from firstminute.model.access.memory import predicate
from firstminute.model.access.policies import PLACED
from firstminute.model.access.things import Thing
from firstminute.model.envelope import Act, Body
from firstminute.model.records import GRADES
from firstminute.respond.telling import people_of_team


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one command is given by two.

    Attributes
    ----------
    decide, schema : the command's own, as in `COMMANDS`
    people : how many it reaches; it needs a second person above `mass_alert_over`
    always : it needs one whomever it reaches
    needs : whether it needs one with these arguments, also in a drill: what it touches is real
    district : of which place it is; empty = the whole city
    second : the policy of whoever confirms
    alone : whether a commander may do it alone once nobody has answered; None: never
    things : what whoever confirms must answer for; None: all that its arguments name
    confirmed : the arguments once somebody has said yes, given the proposal's id and who said so
    """

    decide: Callable[[State, Any, Act], list[Body]]
    schema: type[Any]
    people: Callable[[State, Any], int] = lambda state, a: 0
    always: bool = False
    needs: Callable[[State, Any], bool] = lambda state, a: False
    district: Callable[[State, Any], str] = lambda state, a: ""
    second: str = "dispatcher"
    alone: Callable[[State, Any, Act], bool] | None = None
    things: Callable[[State, Any], list[Thing]] | None = None
    confirmed: Callable[[Any, str, str], Any] = lambda a, proposal_id, by: a


def wanted(state: State, rule: Rule, arguments: Any, act: Act) -> bool:
    """True where this act needs a second person."""
    if act.actor.role == "system":
        return False
    if rule.needs(state, arguments):
        return True
    if act.world != "live":
        return False
    return rule.always or rule.people(state, arguments) > state.rules.mass_alert_over


_PLACED = predicate(PLACED)


def _raises_own(state: State, a: desk.SwitchGrade, act: Act) -> bool:
    """Raising the grade of a named district in the commander's own place; never lowering it, never the whole city."""
    tree = tree_of(state)
    if (
        not a.district
        or a.grade not in GRADES
        or (len(tree.above) > 1 and tree.covers_all(tree.under(a.district)))
    ):
        return False
    who = who_in(state, act.actor, act.at_s)
    if not _PLACED(who, Thing(sort="district", id=a.district, district=a.district)):
        return False
    level = GRADES.index(a.grade)
    under = [each for each in tree.under(a.district) if each in state.registers.districts]
    return all(GRADES.index(grade_of(state, each)) <= level for each in under)


def _team_people(state: State, teams: Iterable[str]) -> int:
    return sum(len(people_of_team(state.registers, state.muster, each)) for each in teams)


def _asked(state: State, responder_ids: Iterable[str]) -> int:
    books = state.registers
    return sum(_team_people(state, (each,)) if each in books.teams else 1 for each in responder_ids)


def _recalled(state: State, a: muster.Recall) -> int:
    crews = (state.registers.units.get(each) for each in a.unit_ids)
    people = sum(len(state.registers.team_members.get(each, ())) or 1 for each in a.team_ids)
    return people + sum(row.crew for row in crews if row is not None)


def _on_the_roll(state: State, a: muster.StartSpotCall) -> int:
    """A call of the roll asks each drawn team once."""
    return len(a.team_ids) or a.count or len(state.muster.rolls)


def _of_incident(state: State, a: Any) -> str:
    about = state.respond.incidents.get(a.incident_id)
    return (about.district or "") if about is not None else ""


def _opened_in(state: State, a: opening_decider.OpenData) -> str:
    district = opening.thing_asked(state, opening_decider.asked_in(a)).district
    return district if district is not None and district != ELSEWHERE else ""


RULES: dict[str, Rule] = {
    "erase_subjects": Rule(
        decide=desk.erase_subjects, schema=desk.EraseSubjects, always=True, second="second", people=lambda state, a: len(a.subject_ids)
    ),
    "open_data": Rule(
        decide=opening_decider.open_data, schema=opening_decider.OpenData, second="second", district=_opened_in, people=lambda state, a: 1,
        needs=lambda state, a: opening.needs_second(state, opening_decider.asked_in(a)),
        things=lambda state, a: [opening.thing_asked(state, opening_decider.asked_in(a))], confirmed=opening_decider.confirmed,
    ),
    "switch_grade": Rule(
        decide=desk.switch_grade, schema=desk.SwitchGrade, always=True, district=lambda state, a: a.district, alone=_raises_own
    ),
    "send_keep_away": Rule(
        decide=warning.send_keep_away, schema=warning.SendKeepAway, people=warning.reached, district=_of_incident, alone=lambda state, a, act: True
    ),
    "dispatch": Rule(
        decide=dispatch.dispatch, schema=dispatch.Dispatch, people=lambda state, a: _asked(state, a.responder_ids), district=_of_incident
    ),
    "recall": Rule(decide=muster.recall_to_duty, schema=muster.Recall, people=_recalled),
    "start_spot_call": Rule(
        decide=muster.start_spot_call, schema=muster.StartSpotCall, people=_on_the_roll, district=lambda state, a: a.district or ""
    ),
}  # fmt: skip
"""Command → its rule."""
