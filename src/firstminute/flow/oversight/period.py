"""The span of a report: a month (2026-11) or an ISO week (2026-W48), in the city's time.

Idea: a report is a function of the journal and of its period, so the offset from UTC is part of it and never the machine's own.
Limits: one offset for the whole span; the default is China's, which has no summer time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from firstminute.model.errors import Refused

MONTH, WEEK = re.compile(r"(\d{4})-(\d{2})"), re.compile(r"(\d{4})-W(\d{2})")
OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})")
CITY_OFFSET_S = 8 * 3600


@dataclass(frozen=True, slots=True)
class Period:
    """From `from_s` to before `to_s`, seconds since 1970; `offset_s`: of the clock that the city reads."""

    name: str
    sort: str
    from_s: float
    to_s: float
    offset_s: int


def period(name: str, offset_s: int = CITY_OFFSET_S) -> Period:
    """The span called `name`.

    Raises
    ------
    Refused("unknown_period") : it is neither a month nor an ISO week

    Examples
    --------
    >>> period("2026-11", 0).from_s, period("2026-W48", 0).to_s - period("2026-W48", 0).from_s
    (1793491200.0, 604800.0)
    """
    month, week = MONTH.fullmatch(name), WEEK.fullmatch(name)
    try:
        if month is not None:
            first = date(int(month[1]), int(month[2]), 1)
            after = (first + timedelta(days=31)).replace(day=1)
            return Period(name, "month", _at(first, offset_s), _at(after, offset_s), offset_s)
        if week is not None:
            first = date.fromisocalendar(int(week[1]), int(week[2]), 1)
            return Period(
                name, "week", _at(first, offset_s), _at(first + timedelta(days=7), offset_s), offset_s
            )
    except (ValueError, OverflowError):
        pass  # a thirteenth month, a week that a year does not have
    raise Refused("unknown_period")


def offset_of(text: str) -> int:
    """Seconds east of UTC of an offset such as +08:00.

    >>> offset_of("+08:00"), offset_of("-03:30")
    (28800, -12600)
    """
    found = OFFSET.fullmatch(text)
    if found is None or int(found[2]) > 14 or int(found[3]) > 59:
        raise Refused("unknown_period")
    seconds = int(found[2]) * 3600 + int(found[3]) * 60
    return -seconds if found[1] == "-" else seconds


def _at(day: date, offset_s: int) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() - offset_s
