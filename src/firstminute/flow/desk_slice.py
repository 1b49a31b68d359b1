"""The desk's own slice: grade per district, adopted policies, held timers, failed reactions."""

from __future__ import annotations

from collections import deque

from firstminute.flow.state import Desk, Glass
from firstminute.model.envelope import Fact
from firstminute.model.facts.data import (
    ComplaintAnswered,
    ComplaintRecorded,
    DataHeld,
    GlassBroken,
    GlassReviewed,
    GlassUnreviewed,
    HoldReleased,
)
from firstminute.model.facts.desk import (
    CapReported,
    ClockConfirmed,
    ClockParted,
    DataOpened,
    GradeSwitched,
    HeadAnchored,
    PolicyAdopted,
    ReactionFailed,
)
from firstminute.model.facts.incident import (
    IncidentClosed,
    IncidentOpened,
    IncidentReopened,
    SurgeDeclared,
    SurgeEnded,
)

LOG_LINES = 40
"""An incident's row shows its last lines; the journal holds them all."""


KINDS = frozenset(
    {
        GradeSwitched,
        PolicyAdopted,
        ClockParted,
        ClockConfirmed,
        CapReported,
        ReactionFailed,
        SurgeDeclared,
        SurgeEnded,
        HeadAnchored,
        DataHeld,
        HoldReleased,
        GlassBroken,
        GlassUnreviewed,
        GlassReviewed,
        ComplaintRecorded,
        ComplaintAnswered,
    }
)
"""The kinds that this slice folds, beside the log."""
ABOUT_ACCOUNTS = (DataOpened, GlassBroken, ComplaintRecorded)
"""Kinds that name an incident and are none of its log."""


def fold(desk: Desk, fact: Fact) -> None:
    """Take in one fact that concerns the desk itself."""
    _keep_log(desk, fact)
    if type(fact.body) not in KINDS:
        return
    match fact.body:
        case GradeSwitched(district=district, grade=grade):
            desk.grades[district] = grade
        case PolicyAdopted(policy_id=policy_id, version=version):
            desk.policies[policy_id] = version
        case ClockParted(apart_s=apart_s, timers_held=held):
            desk.clock_apart_s, desk.timers_held = apart_s, held
        case ClockConfirmed():
            desk.clock_apart_s, desk.timers_held = 0.0, False
        case CapReported(cap=cap, share=share, alarm=True):
            desk.caps[cap] = share
        case CapReported(cap=cap):
            desk.caps.pop(cap, None)
        case ReactionFailed():
            desk.failed_reactions += 1
        case DataHeld(hold_id=hold_id, subject_ids=subject_ids):
            desk.holds[hold_id] = subject_ids
        case HoldReleased(hold_id=hold_id):
            desk.holds.pop(hold_id, None)
        case GlassBroken() as broken:
            desk.glass[broken.access_id] = Glass(
                broken.account_id, broken.subject_id, broken.reason, fact.at_s, broken.due_s
            )
        case GlassUnreviewed(access_id=access_id):
            if access_id in desk.glass:
                desk.glass[access_id].late = True
        case GlassReviewed(access_id=access_id):
            desk.glass.pop(access_id, None)
        case ComplaintRecorded(complaint_id=complaint_id):
            desk.complaints[complaint_id] = fact.body
        case ComplaintAnswered(complaint_id=complaint_id):
            desk.complaints.pop(complaint_id, None)
        case SurgeDeclared(incident_id=incident_id):
            desk.surges[incident_id] = fact.at_s
        case SurgeEnded(incident_id=incident_id):
            desk.surges.pop(incident_id, None)
        case HeadAnchored(stream=stream):
            desk.anchored[stream] = fact.body
        case _:
            pass


def _keep_log(desk: Desk, fact: Fact) -> None:
    incident_id = getattr(fact.body, "incident_id", None)
    if not incident_id or isinstance(fact.body, ABOUT_ACCOUNTS):
        return  # who opened whose data is the account's fact: it is found under the account, not among the facts of what is open
    if isinstance(fact.body, IncidentClosed):
        desk.logs.pop(incident_id, None)
        return
    if isinstance(fact.body, (IncidentOpened, IncidentReopened)):
        desk.logs[incident_id] = deque(maxlen=LOG_LINES)
    log = desk.logs.get(incident_id)
    if log is not None:  # what is said of an incident after its end stands in the journal alone
        log.append(fact)
