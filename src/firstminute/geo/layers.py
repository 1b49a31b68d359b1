"""What the base map shows besides streets: water, parks, rail and place names, as plain arrays.

Idea: a layer is a ragged array of points with a kind and a name a piece; areas are rings, the outer ones first and their holes after.
Relations of many ways are joined end to end into rings (the walk of the OpenStreetMap wiki, Relation:multipolygon). Limits: a ring that
does not close in the file (cut at the border of the extract) is closed by a straight line; no sea is filled from a coastline.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Line = tuple[Floats, Floats]

LINE_KINDS: tuple[str, ...] = ("river", "stream", "coastline", "rail", "metro", "tram")
AREA_KINDS: tuple[str, ...] = ("water", "park")
POINT_KINDS: tuple[str, ...] = (
    "station",
    "place:city",
    "place:town",
    "place:suburb",
    "place:village",
    "place:quarter",
    "place:neighbourhood",
)


@dataclass(frozen=True, slots=True)
class Layers:
    """Base-map pieces of a city.

    Attributes
    ----------
    line_start (L+1,), line_lon, line_lat (degrees), line_kind (L,) into LINE_KINDS, line_name (L,) into the names or -1
    ring_start (R+1,), ring_lon, ring_lat : closed rings;  ring_area (R,) its area, holes follow their outer ring
    ring_hole (R,) True for a hole;  area_kind (A,) into AREA_KINDS;  area_name (A,)
    point_lon, point_lat, point_kind (P,) into POINT_KINDS, point_name (P,)
    """

    line_start: NDArray[np.int64]
    line_lon: Floats
    line_lat: Floats
    line_kind: NDArray[np.uint8]
    line_name: NDArray[np.int32]
    ring_start: NDArray[np.int64]
    ring_lon: Floats
    ring_lat: Floats
    ring_area: NDArray[np.int32]
    ring_hole: NDArray[np.bool_]
    area_kind: NDArray[np.uint8]
    area_name: NDArray[np.int32]
    point_lon: Floats
    point_lat: Floats
    point_kind: NDArray[np.uint8]
    point_name: NDArray[np.int32]


class Names:
    """Distinct names in order of first use, each with its English form where the drawing gives one; "" is -1."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.english: list[str] = []
        self._row: dict[str, int] = {}

    def row(self, text: str, english: str = "") -> int:
        """Row of a name, new or known; the first English form counts."""
        if not text:
            return -1
        if text not in self._row:
            self._row[text] = len(self.texts)
            self.texts.append(text)
            self.english.append("")
        row = self._row[text]
        self.english[row] = self.english[row] or english
        return row


def make_layers(
    lines: Iterable[tuple[str, str, Line]],
    areas: Iterable[tuple[str, str, Sequence[Line], Sequence[Line]]],
    points: Iterable[tuple[str, str, float, float]],
    names: Names,
) -> Layers:
    """Pack base-map pieces.

    Parameters
    ----------
    lines : (kind, name, (lon, lat))
    areas : (kind, name, outer rings, holes), rings closed or not
    points : (kind, name, lon, lat)
    names : where the names are kept
    """
    lines, areas, points = list(lines), list(areas), list(points)
    line_start, line_lon, line_lat = _pack([shape for _, _, shape in lines])
    rings = [
        (k, hole, _closed(ring))
        for k, (_, _, outer, inner) in enumerate(areas)
        for hole, part in ((False, outer), (True, inner))
        for ring in part
    ]
    ring_start, ring_lon, ring_lat = _pack([ring for _, _, ring in rings])
    return Layers(
        line_start=line_start,
        line_lon=line_lon,
        line_lat=line_lat,
        line_kind=np.array([LINE_KINDS.index(kind) for kind, _, _ in lines], np.uint8),
        line_name=np.array([names.row(name) for _, name, _ in lines], np.int32),
        ring_start=ring_start,
        ring_lon=ring_lon,
        ring_lat=ring_lat,
        ring_area=np.array([k for k, _, _ in rings], np.int32),
        ring_hole=np.array([hole for _, hole, _ in rings], bool),
        area_kind=np.array([AREA_KINDS.index(kind) for kind, _, _, _ in areas], np.uint8),
        area_name=np.array([names.row(name) for _, name, _, _ in areas], np.int32),
        point_lon=np.array([lon for _, _, lon, _ in points], np.float64),
        point_lat=np.array([lat for _, _, _, lat in points], np.float64),
        point_kind=np.array([POINT_KINDS.index(kind) for kind, _, _, _ in points], np.uint8),
        point_name=np.array([names.row(name) for _, name, _, _ in points], np.int32),
    )


def join_rings(pieces: Sequence[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """Node rows of ways joined end to end into rings; a ring that stays open is given as it is.

    >>> [ring.tolist() for ring in join_rings([np.array([1, 2, 3]), np.array([1, 5, 3])])]
    [[1, 5, 3, 2, 1]]
    """
    left = [piece.tolist() for piece in pieces if len(piece) >= 2]
    rings: list[NDArray[np.int64]] = []
    while left:
        ring = left.pop()
        while ring[0] != ring[-1]:
            match = next((k for k, piece in enumerate(left) if ring[-1] in (piece[0], piece[-1])), None)
            if match is None:
                break
            piece = left.pop(match)
            ring += piece[1:] if piece[0] == ring[-1] else piece[-2::-1]
        rings.append(np.array(ring, np.int64))
    return rings


def _pack(shapes: Sequence[Line]) -> tuple[NDArray[np.int64], Floats, Floats]:
    start = np.concatenate([[0], np.cumsum([len(lon) for lon, _ in shapes])]).astype(np.int64)
    if not shapes:
        return start, np.empty(0), np.empty(0)
    return start, np.concatenate([lon for lon, _ in shapes]), np.concatenate([lat for _, lat in shapes])


def _closed(ring: Line) -> Line:
    lon, lat = ring
    if len(lon) and (lon[0] != lon[-1] or lat[0] != lat[-1]):
        return np.append(lon, lon[0]), np.append(lat, lat[0])
    return ring
