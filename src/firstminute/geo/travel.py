"""From search times to what people ask: seconds, spread, the chance of being in time; modes that are no graph of their own.

Idea: a search minimises the sum of arc medians; the whole trip's time is log-normal around that median with one standard deviation of the
logarithm a mode (and later an hour), so the chance of being there within a limit is Phi(ln(limit / t) / sigma), t with turnout. Running
is walking, quicker by a factor; a drone flies straight and has no spread. Source: DESIGN.md §5; log-normal travel times: Westgate
et al. 2013. Limits: one spread for short and long trips.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from firstminute.geo.network import Floats, Ints
from firstminute.geo.speeds import DRONE_KMH, RUN_FACTOR
from firstminute.geo.streets import haversine_m

DS_PER_S = 10


class TravelTime(NamedTuple):
    """Median in seconds with turnout, standard deviation of its logarithm, chance of being in time."""

    median_s: Floats
    sigma_log: float
    chance: Floats


def travel_time(
    travel_ds: ArrayLike, *, limit_s: float, sigma_log: float, turnout_s: float = 0.0
) -> TravelTime:
    """Spread of trips around their searched time.

    Parameters
    ----------
    travel_ds : (n,) deciseconds, negative = no way (median infinite, chance 0)
    limit_s : target, seconds from the alert
    sigma_log : spread of the mode, >= 0
    turnout_s : seconds from the alert until the unit moves, counted in the median
    """
    time = np.asarray(travel_ds, np.float64)
    median = np.where(time < 0, np.inf, time / DS_PER_S + turnout_s)
    return TravelTime(median, sigma_log, chance_in_time(median, limit_s, sigma_log))


def chance_in_time(median_s: ArrayLike, limit_s: float, sigma_log: float) -> NDArray[np.float64]:
    """Phi(ln(limit / t) / sigma); with sigma 0 it is 1 where t <= limit, else 0.

    >>> [float(c.round(3)) for c in chance_in_time([60.0, 120.0, 0.0], 60.0, 0.35)]
    [0.5, 0.024, 1.0]
    """
    time = np.asarray(median_s, np.float64)
    if limit_s <= 0:
        return (time <= limit_s).astype(np.float64)
    if sigma_log <= 0:
        return (time <= limit_s).astype(np.float64)
    with np.errstate(divide="ignore"):
        chance: NDArray[np.float64] = ndtr(np.log(limit_s / time) / sigma_log)
    return chance


def run_ds(foot_ds: Ints, *, factor: float = RUN_FACTOR) -> Ints:
    """(n,) running times from walking times, deciseconds, rounded down; negative (no way) stays."""
    return np.where(foot_ds < 0, foot_ds, np.floor(foot_ds / factor)).astype(np.int32)


def foot_limit_ds(run_limit_ds: int, *, factor: float = RUN_FACTOR) -> int:
    """The walking limit that finds everybody who runs there within a limit: the largest time that `run_ds` maps to at most it."""
    guess = int(np.ceil((run_limit_ds + 1) * factor))
    while guess > 0 and int(np.floor(guess / factor)) > run_limit_ds:
        guess -= 1
    return guess


def drone_ds(
    lon: ArrayLike, lat: ArrayLike, to_lon: ArrayLike, to_lat: ArrayLike, *, speed_kmh: float = DRONE_KMH
) -> Ints:
    """Straight-line flight in deciseconds, rounded down; any equal or broadcast shapes, degrees."""
    points = [np.asarray(axis, np.float64) for axis in (lon, lat, to_lon, to_lat)]
    metres = haversine_m(points[0], points[1], points[2], points[3])
    return np.floor(metres / (speed_kmh / 3.6) * DS_PER_S).astype(np.int32)
