"""How long each mode takes along each street piece, both ways, in integer deciseconds.

Idea: one pair of numbers per piece and mode is all that a search needs; "not allowed that way" is `CLOSED`. A car with lights has two sets: one
that heeds one-ways, one (`car-lights-free`) that may go against them slowly, for plans that say so. Deciseconds are rounded half up, and a
piece that has a length takes at least one. A piece that takes more than a day is closed: tables write 1e9 for "no way". Limits: no hour of day.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from firstminute.geo.speeds import CLASS_INDEX, LIGHTS_FREE, MODES, Region, mode_kmh
from firstminute.geo.streets import Streets
from firstminute.geo.tags import BASE_MODES, FOOT, MODE_BIT

CLOSED = -1
CONTRAFLOW_KMH = (
    20.0  # against the traffic at the speed at which one can still stop: our own setting, no source
)
TimesDs = tuple[NDArray[np.int32], NDArray[np.int32]]

LONGEST_S = 86_400.0


def deciseconds(seconds: NDArray[np.float64], length_m: NDArray[np.float64]) -> NDArray[np.int32]:
    """(E,) seconds as integer deciseconds, half up, at least 1 where there is a length; CLOSED where negative, not finite or above a day."""
    good = np.isfinite(seconds) & (seconds >= 0) & (seconds <= LONGEST_S)
    value = np.floor(np.where(good, seconds, 0.0) * 10 + 0.5).astype(np.int32)
    return np.where(good, np.maximum(value, (length_m > 0).astype(np.int32)), CLOSED).astype(np.int32)


def mode_times(streets: Streets, region: Region) -> dict[str, TimesDs]:
    """Times of every mode, with LIGHTS_FREE beside MODES.

    Returns
    -------
    mode -> (forward, backward), each (E,) deciseconds or CLOSED
    """
    times = {mode: _times(streets, region, mode, MODE_BIT[mode]) for mode in MODES}
    times[LIGHTS_FREE] = _with_contraflow(streets, region, times["car-lights"])
    return times


def driven_times(streets: Streets, kmh: NDArray[np.float64], mask: int) -> TimesDs:
    """Times at a given speed (E,) km/h for the modes of a mask."""
    with np.errstate(divide="ignore", invalid="ignore"):
        seconds = np.where(
            streets.edge_length_m > 0, streets.edge_length_m * 3.6 / np.where(kmh > 0, kmh, np.nan), 0.0
        )
    both = deciseconds(seconds, streets.edge_length_m)
    ahead = np.where(streets.forward & mask, both, CLOSED).astype(np.int32)
    behind = np.where(streets.backward & mask, both, CLOSED).astype(np.int32)
    return ahead, behind


def _times(streets: Streets, region: Region, mode: str, bit: int) -> TimesDs:
    ahead = mode_kmh(region, mode, streets.edge_class, streets.posted_forward_kmh)
    behind = mode_kmh(region, mode, streets.edge_class, streets.posted_backward_kmh)
    return driven_times(streets, ahead, bit)[0], driven_times(streets, behind, bit)[1]


def _with_contraflow(streets: Streets, region: Region, lawful: TimesDs) -> TimesDs:
    ahead, behind = lawful[0].copy(), lawful[1].copy()
    kmh = mode_kmh(region, "car-lights", streets.edge_class, streets.posted_forward_kmh)
    slow = deciseconds(
        streets.edge_length_m * 3.6 / np.where(kmh > 0, np.minimum(kmh, CONTRAFLOW_KMH), np.nan),
        streets.edge_length_m,
    )
    against_ahead = (streets.contraflow > 0) & (ahead == CLOSED)
    against_behind = (streets.contraflow < 0) & (behind == CLOSED)
    ahead[against_ahead] = slow[against_ahead]
    behind[against_behind] = slow[against_behind]
    return ahead, behind


def table_masks(
    edge_class: NDArray[np.uint8], *, oneway: bool
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(forward, backward) masks of a table's rows by class alone: walkers heed no direction, vehicles do where rows are directed."""
    base = np.zeros(len(CLASS_INDEX), np.uint8)
    for name, mask in BASE_MODES.items():
        base[CLASS_INDEX[name]] = mask
    forward = base[edge_class]
    return forward, (forward & FOOT if oneway else forward.copy()).astype(np.uint8)
