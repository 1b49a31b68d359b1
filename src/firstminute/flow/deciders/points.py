"""Commands about must-visit points: a crew passed, or the point is left out with a reason."""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.flow.deciders.progress import own_unit
from firstminute.flow.points import crews_of
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.model.records import MustVisit
from firstminute.respond import points, progress

BY_ITSELF = "fix"
"""Only the service says that it was a position; a person says `touch`, the desk `radio`."""
ANSWER_FOR_THEMSELVES = ("patrol", "system")
"""Who may speak of crews on duty alone, and of those a point is meant for; the desk also types what it hears later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPoint:
    """A point and the crew that passed it; of a crew's own token its own where left out. `evidence`: touch or radio, by who says it where left out."""

    point_id: str
    unit_id: str | None = None
    evidence: str | None = None


def visit_point(state: State, a: VisitPoint, act: Act) -> list[Body]:
    """A crew passed a must-visit point in its window, at the moment that is told. The same again is once."""
    point = get_point(state, a.point_id)
    unit_id = _crew(state, point, a.unit_id, act)
    if unit_id is None:
        raise Refused("unknown_unit", unit="")
    evidence = progress.said(act.actor, a.evidence)
    if evidence == BY_ITSELF and act.actor.role != "system":
        raise Refused("unknown_evidence", evidence=evidence)
    return points.visited(state.points, point, unit_id, _moment_s(act), evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveOutPoint:
    """A point, why nobody passes it this time (a code of `why.<code>`, `other` with a note), and the crew that says so."""

    point_id: str
    reason: str
    unit_id: str | None = None
    note: str | None = None


def leave_out_point(state: State, a: LeaveOutPoint, act: Act) -> list[Body]:
    """A must-visit point is left out until its next window begins. Leaving out has no consequence for anybody."""
    point = get_point(state, a.point_id)
    unit_id = _crew(state, point, a.unit_id, act)
    return points.left_out(state.points, point, unit_id, _moment_s(act), reason=a.reason, note=a.note)


def get_point(state: State, point_id: str) -> MustVisit:
    """The register row of a point, or `Refused`."""
    point = state.registers.must_visits.get(point_id)
    if point is None:
        raise Refused("unknown_point", point=point_id)
    return point


def _crew(state: State, point: MustVisit, unit_id: str | None, act: Act) -> str | None:
    """The crew that is spoken of, where whoever acts may speak of it."""
    named = unit_id or act.actor.unit_id
    if named is None:
        return None
    unit = own_unit(state, named, act)
    if act.actor.role in ANSWER_FOR_THEMSELVES:
        if named not in crews_of(state, point):
            raise Refused("not_yours", unit=named)
        if named not in state.respond.units:
            raise Refused("off_duty", unit=unit.call_sign)
    return named


def _moment_s(act: Act) -> float:
    return act.at_s if act.occurred_s is None else act.occurred_s
