"""Must-visit points (必巡点): which turn a moment belongs to, what may be said of a point in it, and what stands now.

Idea: a turn is the day that begins with a point's window; what is said in it stands until the next window begins, so a row tells for how long it holds
and nobody has to say that a day is over. A point is visited in its window, left out at any time of its turn. The last word of a point is kept
and nothing is added up: places are looked at, crews are not. Source: Resgrid `IRouteService` (stops ticked by geofence, skipped with a reason).
Limits: one window a day for each point, in the city's own time.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from math import floor
from typing import Any

from firstminute.model.envelope import Body, Fact
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import SubjectErased
from firstminute.model.facts.patrol import PointLeftOut, PointVisited
from firstminute.model.records import MustVisit
from firstminute.respond import reasons
from firstminute.respond.books import LOCAL

DAY_S = 86_400.0
DAY_MIN = 1440
NEAR_M = 60.0
"""A fix this near to a point has passed it: about the error of a phone between houses."""
EVIDENCE = ("fix", "touch", "radio")


@dataclass(frozen=True, slots=True)
class Word:
    """The last that was said of a point. `state`: visited or left_out; it stands until `turn_s` + a day."""

    state: str
    turn_s: float
    at_s: float
    unit_id: str | None = None
    evidence: str | None = None
    why: str | None = None
    said: str | None = None

    @property
    def until_s(self) -> float:
        """When the next window begins, and the point is open again."""
        return self.turn_s + DAY_S


@dataclass(slots=True)
class Points:
    """The slice: point id → the last word of it."""

    last: dict[str, Word] = field(default_factory=dict)


def turn_of(
    from_min: int, until_min: int, at_s: float, utc_offset_s: float = LOCAL.utc_offset_s
) -> tuple[float, float]:
    """The turn that a moment belongs to: when its window began, and when that window ends (at least a minute later, at most a day).

    >>> turn_of(22 * 60, 2 * 60, 86_400.0 + 3600.0, 0.0), turn_of(22 * 60, 2 * 60, 86_400.0 + 82_800.0, 0.0)[0]
    ((79200.0, 93600.0), 165600.0)
    """
    begin_s = floor((at_s + utc_offset_s) / DAY_S) * DAY_S - utc_offset_s + from_min * 60.0
    if begin_s > at_s:
        begin_s -= DAY_S
    return begin_s, begin_s + ((until_min - from_min - 1) % DAY_MIN + 1) * 60.0


def clock(minute: int) -> str:
    """A minute of the day as people write it.

    >>> clock(90), clock(1440)
    ('01:30', '24:00')
    """
    return f"{minute // 60:02d}:{minute % 60:02d}"


def visited(points: Points, point: MustVisit, unit_id: str, at_s: float, evidence: str) -> list[Body]:
    """A crew passed the point at a moment. Twice in a turn is once; a point that was left out is visited after all.

    Raises
    ------
    Refused : unknown_evidence, point_not_now (outside the window, or before what is known already)
    """
    if evidence not in EVIDENCE:
        raise Refused("unknown_evidence", evidence=evidence[:40])
    turn_s, until_s = turn_of(point.from_min, point.until_min, at_s)
    if at_s >= until_s or _later_known(points, point, turn_s):
        raise _not_now(point)
    word = points.last.get(point.point_id)
    if word is not None and word.turn_s == turn_s and word.state == "visited":
        return []
    return [PointVisited(point_id=point.point_id, unit_id=unit_id, evidence=evidence, turn_s=turn_s)]


def left_out(
    points: Points, point: MustVisit, unit_id: str | None, at_s: float, *, reason: str, note: str | None
) -> list[Body]:
    """The point is left out in this turn, and why. The same again is once.

    Raises
    ------
    Refused : unknown_reason, note_missing (`other` says nothing by itself), point_visited, point_not_now
    """
    reasons.check("point", reason)
    note = note.strip() or None if note is not None else None
    if reason == "other" and note is None:
        raise Refused("note_missing")
    turn_s, _ = turn_of(point.from_min, point.until_min, at_s)
    if _later_known(points, point, turn_s):
        raise _not_now(point)
    word = points.last.get(point.point_id)
    if word is not None and word.turn_s == turn_s:
        if word.state == "visited":
            raise Refused("point_visited", point=point.name)
        if (word.unit_id, word.why, word.said) == (unit_id, reason, note):
            return []
    return [PointLeftOut(point_id=point.point_id, unit_id=unit_id, reason=reason, turn_s=turn_s, note=note)]


def _later_known(points: Points, point: MustVisit, turn_s: float) -> bool:
    """Whether something of a later turn is known: then the earlier one is over, also for whoever types late."""
    word = points.last.get(point.point_id)
    return word is not None and word.turn_s > turn_s


def _not_now(point: MustVisit) -> Refused:
    return Refused(
        "point_not_now", point=point.name, since=clock(point.from_min), until=clock(point.until_min)
    )


def fold(points: Points, fact: Fact, body: Any) -> None:
    """Take in one fact about a point; words that were erased are forgotten."""
    if isinstance(body, PointVisited):
        points.last[body.point_id] = Word(
            "visited", body.turn_s, fact.occurred_s, body.unit_id, evidence=body.evidence
        )
    elif isinstance(body, PointLeftOut):
        points.last[body.point_id] = Word(
            "left_out", body.turn_s, fact.occurred_s, body.unit_id, why=body.reason, said=body.note
        )
    elif body.subject_id in points.last:
        points.last[body.subject_id] = replace(points.last[body.subject_id], said=None)


FOLDED = (PointVisited, PointLeftOut, SubjectErased)


def point_row(point: MustVisit, crews: Collection[str], word: Word | None) -> dict[str, Any]:
    """A point and what was said of it last; `crews`: whom it is meant for. From `until_s` on it is open again."""
    return {
        "id": point.point_id, "name": point.name, "name_en": point.name_en, "lon": point.lon, "lat": point.lat, "district": point.district,
        "station_id": point.station_id, "from_min": point.from_min, "until_min": point.until_min, "note": point.note, "crews": list(crews),
        "state": word.state if word else "open", "until_s": word.until_s if word else None, "at_s": word.at_s if word else None,
        "unit_id": word.unit_id if word else None, "evidence": word.evidence if word else None, "why": word.why if word else None,
        "said": word.said if word else None,
    }  # fmt: skip
