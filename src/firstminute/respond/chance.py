"""Two chances: to be there in time, and to answer at all.

Idea: a trip's time is lognormal around its median with one log-sd for mode and hour, so the chance of keeping a limit is Φ(ln(limit / t) / σ)
with turnout in t (DESIGN.md §5). The chance that a team answers is learned per team, hour and channel and shrunk to the mean by a Beta
prior (the mean of a Beta-binomial posterior), never per person. Declining is no mark against anybody: only silence counts as not
answering. Sources: response rates of 17-47 % (JMIR e41551), prior 3 : 7. Limits: no decay over time, hours are independent.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import erf, log, sqrt

from firstminute.respond.books import LOCAL
from firstminute.respond.records import Alert

Stats = Mapping[tuple[str, int, str], tuple[int, int]]
"""(team, hour of the day, channel) → (asked, answered)."""


def in_time(limit_s: float, travel_s: float, sigma: float) -> float:
    """Chance in [0, 1] that a trip of median `travel_s` takes no longer than `limit_s`.

    >>> in_time(120.0, 120.0, 0.3), in_time(0.0, 10.0, 0.3), in_time(60.0, 50.0, 0.0)
    (0.5, 0.0, 1.0)
    """
    if limit_s <= 0.0:
        return 0.0
    if travel_s <= 0.0:
        return 1.0
    if sigma <= 0.0:
        return 1.0 if travel_s <= limit_s else 0.0
    return 0.5 * (1.0 + erf(log(limit_s / travel_s) / (sigma * sqrt(2.0))))


def hour_of(at_s: float, utc_offset_s: float) -> int:
    """Local hour of the day, 0 to 23.

    >>> hour_of(0.0, 8 * 3600)
    8
    """
    return int((at_s + utc_offset_s) // 3600) % 24


UNKNOWN_CHANNEL = "page"


def answer_key(alert: Alert) -> tuple[str, int, str]:
    """Team, hour and channel that an alert's answer counts for."""
    hour = hour_of(alert.sent_s, LOCAL.utc_offset_s)
    return alert.team_id or "", hour, alert.channel or UNKNOWN_CHANNEL


def answering(stats: Stats, team_id: str, hour: int, channel: str, prior: tuple[float, float]) -> float:
    """Chance that a team answers at this hour on this channel: (yes + answered) / (yes + no + asked).

    Parameters
    ----------
    prior : pseudo-counts (yes, no) that everybody starts with

    >>> answering({("t", 8, "push"): (10, 10)}, "t", 8, "push", (3.0, 7.0))
    0.65
    """
    asked, answered = stats.get((team_id, hour, channel), (0, 0))
    yes, no = prior
    return (yes + answered) / (yes + no + asked)
