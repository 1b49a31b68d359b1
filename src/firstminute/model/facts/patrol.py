"""Where a patrol passed: must-visit points looked at or left out. A place's state, never anybody's: nothing here is added up for a crew."""

from __future__ import annotations

from firstminute.model.envelope import Body, kind


@kind("point_id")
class PointVisited(Body):
    """A crew passed a must-visit point in its window of the turn that began at `turn_s`. `evidence`: fix, touch, radio."""

    point_id: str
    unit_id: str
    evidence: str
    turn_s: float


@kind("point_id", sealed=("note",))
class PointLeftOut(Body):
    """A must-visit point is left out in the turn that began at `turn_s`. `reason`: a code of `respond.reasons`; by which crew, where one says so."""

    point_id: str
    unit_id: str | None = None
    reason: str
    turn_s: float
    note: str | None = None
