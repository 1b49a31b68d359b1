"""Where the units are: whole new immutable arrays at each swap, so that a decision never sees half an update.

Idea (DESIGN.md §4): positions are not facts; they reach the desk as one object that is replaced, never changed. Row i of every array is unit `ids[i]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Fleet:
    """The latest fix of every unit.

    Attributes
    ----------
    ids : (U,) unit ids; row: unit id → row
    lon, lat : (U,) float64 degrees, WGS-84, NaN where never seen
    fix_s : (U,) float64 seconds since 1970, -inf where never seen
    edge, share, offset_m : mode → (U,) place on that mode's network (edge -1 = not on it)
    version : raised at every swap
    """

    ids: tuple[str, ...] = ()
    row: Mapping[str, int] = field(default_factory=dict)
    lon: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    lat: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    fix_s: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    edge: Mapping[str, NDArray[np.int32]] = field(default_factory=dict)
    share: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    offset_m: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    version: int = 0
