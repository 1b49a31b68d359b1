"""The desk's own slice: grade per district, adopted policies, held timers, failed reactions."""

from __future__ import annotations

from firstminute.flow.state import Desk
from firstminute.model.envelope import Fact
from firstminute.model.facts.desk import ClockConfirmed, ClockParted, GradeSwitched, PolicyAdopted, ReactionFailed
from firstminute.model.facts.incident import SurgeDeclared, SurgeEnded


def fold(desk: Desk, fact: Fact) -> None:
    """Take in one fact that concerns the desk itself."""
    match fact.body:
        case GradeSwitched(district=district, grade=grade):
            desk.grades[district] = grade
        case PolicyAdopted(policy_id=policy_id, version=version):
            desk.policies[policy_id] = version
        case ClockParted(apart_s=apart_s, timers_held=held):
            desk.clock_apart_s, desk.timers_held = apart_s, held
        case ClockConfirmed():
            desk.clock_apart_s, desk.timers_held = 0.0, False
        case ReactionFailed():
            desk.failed_reactions += 1
        case SurgeDeclared(incident_id=incident_id):
            desk.surges[incident_id] = fact.at_s
        case SurgeEnded(incident_id=incident_id):
            desk.surges.pop(incident_id, None)
        case _:
            pass
