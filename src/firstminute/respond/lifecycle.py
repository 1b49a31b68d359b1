"""The life of an incident as one literal table: in which status which fact is lawful, and what comes after it.

Idea: as in h11, the whole protocol can be read at a glance and is tested pair by pair. Most facts leave the status as it is (`HERE`); those about crews
lead to wherever the crews are (`AS_BOUND`). A decision asks `refuse_unlawful` before it speaks; a fold only follows, and a recorded fact that
the table does not know leaves the status alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from firstminute.model.envelope import Body
from firstminute.model.errors import Refused
from firstminute.model.facts.incident import (
    AgencyAnswered,
    AgencyAsked,
    CancelRequested,
    CommandPostSet,
    CommandTaken,
    DeskClockStarted,
    DeskMeasureTaken,
    DispatchUndone,
    IncidentAmended,
    IncidentClaimed,
    IncidentClosed,
    IncidentOpened,
    IncidentReopened,
    IncidentReviewed,
    LevelRaised,
    MessageSaid,
    NearerCrewFree,
    NoteAdded,
    ReportOverdue,
    RingOpened,
    StandDownOrdered,
    SurgeDeclared,
    SurgeEnded,
    TransferAnswered,
    TransferOffered,
)
from firstminute.model.facts.people import FeedbackGiven, WelfareAnswered, WelfareAsked, WelfareMissed
from firstminute.model.facts.response import (
    AlertAccepted,
    AlertDeclined,
    AlertDelivered,
    AlertExpired,
    AlertFailed,
    AlertSeen,
    AlertSent,
    AlertWithdrawn,
    Arrived,
    Assigned,
    AssignmentActivated,
    Cleared,
    ClockArrivedLate,
    ClockBreached,
    ClockMet,
    ClockStarted,
    ClockStopped,
    CrewUpdated,
    Diverted,
    EnRoute,
    Escalated,
    GateOpened,
    HelpAsked,
    KeepAwayLifted,
    KeepAwaySent,
    PersonReached,
    RecommendationOverridden,
    Released,
    RoleGiven,
    SafetyAnswered,
    UnitsChosen,
    UnitsRecommended,
)

NEW, OPEN, RESPONDING, ON_SCENE, CLEARED, STOOD_DOWN, CLOSED = (
    "new", "open", "responding", "on_scene", "cleared", "stood_down", "closed",
)  # fmt: skip
STATUSES = (NEW, OPEN, RESPONDING, ON_SCENE, CLEARED, STOOD_DOWN, CLOSED)
HERE, AS_BOUND = "here", "as_bound"

KNOWING: dict[type[Body], str] = dict.fromkeys(
    (
        IncidentAmended, IncidentClaimed, NoteAdded, LevelRaised, CommandTaken, CommandPostSet, MessageSaid, SurgeEnded, AgencyAsked, AgencyAnswered,
        TransferOffered, TransferAnswered, DeskClockStarted, DeskMeasureTaken, CancelRequested, ReportOverdue, IncidentReviewed,
        UnitsRecommended, NearerCrewFree, DispatchUndone, CrewUpdated, Escalated, RoleGiven, HelpAsked,
        SafetyAnswered, WelfareAsked, WelfareAnswered, WelfareMissed, FeedbackGiven,
        ClockStarted, ClockMet, ClockBreached, ClockArrivedLate, ClockStopped,
        KeepAwaySent, KeepAwayLifted, AlertSent, AlertDelivered, AlertFailed, AlertSeen, AlertDeclined, AlertExpired, AlertWithdrawn,
    ),
    HERE,
)  # fmt: skip
"""What may be known, said and counted at any time while it is open."""

CALLING: dict[type[Body], str] = {
    RingOpened: HERE, SurgeDeclared: HERE, UnitsChosen: HERE, RecommendationOverridden: HERE, GateOpened: HERE, AlertAccepted: HERE,
    Assigned: AS_BOUND, AssignmentActivated: AS_BOUND,
}  # fmt: skip
"""What calls people to the scene: not after a stand-down."""

MOVING: dict[type[Body], str] = dict.fromkeys(
    (EnRoute, Arrived, PersonReached, Cleared, Released, Diverted), AS_BOUND
)
ENDING: dict[type[Body], str] = {StandDownOrdered: STOOD_DOWN, IncidentClosed: CLOSED}
ALIVE: dict[type[Body], str] = {**KNOWING, **CALLING, **MOVING, **ENDING}

LIFECYCLE: dict[str, dict[type[Body], str]] = {
    NEW: {IncidentOpened: OPEN},
    OPEN: ALIVE,
    RESPONDING: ALIVE,
    ON_SCENE: ALIVE,
    CLEARED: ALIVE,
    STOOD_DOWN: {
        **KNOWING,
        **dict.fromkeys(MOVING, HERE),
        IncidentClosed: CLOSED,
        IncidentReopened: AS_BOUND,
    },
    CLOSED: {
        IncidentReopened: OPEN,
        IncidentReviewed: HERE,
        NoteAdded: HERE,
        FeedbackGiven: HERE,
        AlertWithdrawn: HERE,
        Cleared: HERE,
        Released: HERE,
        ClockStopped: HERE,
        KeepAwayLifted: HERE,
    },
}
"""status → fact kind → the status after it; a pair that is not here is not lawful.

Closing says first that it is over and then what that ends: alerts, tasks, clocks. So nothing that answers those facts finds it open.
"""

KINDS_OF_LIFE: frozenset[type[Body]] = frozenset(kind for row in LIFECYCLE.values() for kind in row)
"""Every fact kind that the table speaks of."""

THERE = frozenset({"arrived", "reached"})
COMING = frozenset({"assigned", "en_route"})
OVER = frozenset({"cleared", "released", "diverted"})
"""States of an assignment: there, on the way, or no longer bound."""


def lawful(status: str, kind: type[Body]) -> bool:
    """Whether a fact of this kind may happen to an incident in this status."""
    return kind in LIFECYCLE.get(status, {})


def refuse_unlawful(status: str, kind: type[Body]) -> None:
    """Raise `Refused` where the table has no such pair."""
    if lawful(status, kind):
        return
    if status == CLOSED:
        raise Refused("incident_closed", act=kind.NAME)
    raise Refused("not_lawful_now", status=status, act=kind.NAME)


def after(status: str, kind: type[Body], bound: Iterable[str] = ()) -> str:
    """The status after a fact; `bound` are the states of the incident's assignments after it.

    >>> after("open", Assigned, ["assigned"]), after("on_scene", Cleared, ["cleared"]), after("responding", Diverted, ["diverted"])
    ('responding', 'cleared', 'open')
    """
    there = LIFECYCLE.get(status, {}).get(kind, HERE)
    if there == HERE:
        return status
    return as_bound(bound) if there == AS_BOUND else there


def as_bound(states: Iterable[str]) -> str:
    """The status that the crews' states amount to: somebody there, somebody coming, somebody was there, nobody."""
    best = OPEN
    for state in states:
        if state in THERE:
            return ON_SCENE
        if state in COMING:
            best = RESPONDING
        elif state == "cleared" and best == OPEN:
            best = CLEARED
    return best
