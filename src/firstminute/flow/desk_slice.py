"""The desk's own slice: grade per district, adopted policies, held timers, failed reactions."""

from __future__ import annotations

from collections import deque
from typing import Any

from firstminute.flow.state import Desk, Glass
from firstminute.model.envelope import Body, Fact
from firstminute.model.facts import KINDS
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
    FormsReserved,
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


FOLDED = frozenset(
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
        FormsReserved,
    }
)
"""The kinds that this slice folds, beside the log."""
ABOUT_ACCOUNTS = (DataOpened, GlassBroken, ComplaintRecorded)
"""Kinds that name an incident and are none of its log: who opened whose data is the account's fact, it is not found among the facts of what is open."""
LOGGED = frozenset(
    kind for kind in KINDS.values() if hasattr(kind, "incident_id") and kind not in ABOUT_ACCOUNTS
)
"""The kinds that an incident's log shows."""


def fold(desk: Desk, fact: Fact, body: Body) -> None:
    """Take in one fact that concerns the desk itself."""
    match body:
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
            desk.complaints[complaint_id] = body
        case ComplaintAnswered(complaint_id=complaint_id):
            desk.complaints.pop(complaint_id, None)
        case FormsReserved(last=last):
            desk.forms_last = max(desk.forms_last, last)
        case SurgeDeclared(incident_id=incident_id):
            desk.surges[incident_id] = fact.at_s
        case SurgeEnded(incident_id=incident_id):
            desk.surges.pop(incident_id, None)
        case HeadAnchored(stream=stream):
            desk.anchored[stream] = body
        case _:
            pass


def keep_log(desk: Desk, fact: Fact, body: Any) -> None:
    """Take one fact of the kinds in `LOGGED` into its incident's log."""
    incident_id = body.incident_id
    if isinstance(body, IncidentClosed):
        desk.logs.pop(incident_id, None)
        return
    if isinstance(body, (IncidentOpened, IncidentReopened)):
        desk.logs[incident_id] = deque(maxlen=LOG_LINES)
    log = desk.logs.get(incident_id)
    if log is not None:  # what is said of an incident after its end stands in the journal alone
        log.append(fact)
