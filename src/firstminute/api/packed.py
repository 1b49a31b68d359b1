"""Positions as bytes: what thirty thousand units moving once a second cost a browser as text, they do not cost as columns of numbers.

Idea: an audience is told once which number (slot) a unit has, in a text message; after that a batch of positions is four columns of little-endian
32-bit words, one after the other: slot, longitude and latitude in 1e-7 degree, time of the fix in whole seconds. A batch is packed once, however
many clients of the audience take it so. Limits: a slot is good for one connection; a heading is not carried.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

UNITS_PER_DEGREE = 1e7
BYTES_A_UNIT = 16


class Moved(dict[str, tuple[float, ...]]):
    """A batch of positions by unit, (lon, lat, fix_s); a plain mapping for readers of text.

    Parameters
    ----------
    slots : number of each unit, as its audience was told
    """

    def __init__(self, positions: Mapping[str, tuple[float, ...]], slots: Mapping[str, int]) -> None:
        super().__init__(positions)
        self._slots = slots
        self._bytes: bytes | None = None

    def packed(self) -> bytes:
        """The batch as bytes, made at the first call."""
        if self._bytes is None:
            self._bytes = pack(self, self._slots)
        return self._bytes

    def then(self, later: Mapping[str, tuple[float, ...]]) -> Moved:
        """This batch and a later one as one."""
        return Moved({**self, **later}, self._slots)


def pack(positions: Mapping[str, tuple[float, ...]], slots: Mapping[str, int]) -> bytes:
    """Columns slot u32, lon i32, lat i32, fix u32 of a batch, little-endian, one column after the other.

    >>> pack({"u": (113.0, -23.5, 7.9)}, {"u": 3}).hex()
    '03000000806e5a43402ffef107000000'
    """
    columns = np.empty((4, len(positions)), "<i4")
    columns[0] = [slots[unit_id] for unit_id in positions]
    places = np.array([place[:3] for place in positions.values()], np.float64).reshape(-1, 3).T
    columns[1:3] = np.round(places[:2] * UNITS_PER_DEGREE)
    columns[3] = np.clip(places[2], 0, 2**31 - 1)
    return columns.tobytes()
