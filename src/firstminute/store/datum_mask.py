"""The ring in which the Chinese datums are shifted, from a GeoJSON file: what a city near the border passes instead of the coarse one.

Idea: the file holds one polygon, bare, as a feature or as the only feature of a collection; its outer ring is the mask. Limits: holes are not read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from firstminute.geo.datum import MAINLAND, Ring
from firstminute.store.ground_osm import GroundSourceError, check_file


def read_mask(path: Path | None) -> Ring:
    """The ring of a file, the coarse ring of mainland China without one.

    Raises
    ------
    GroundSourceError : no such file, or no polygon of places on earth in it
    """
    if path is None:
        return MAINLAND
    check_file(path)
    try:
        ring = tuple((float(x), float(y)) for x, y, *_ in _polygon(orjson.loads(path.read_bytes()))[0])
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise GroundSourceError("ground.bad_mask", path=str(path)) from error
    if len(ring) < 4 or ring[0] != ring[-1] or not all(abs(x) <= 180 and abs(y) <= 90 for x, y in ring):
        raise GroundSourceError("ground.bad_mask", path=str(path))
    return ring


def _polygon(data: Any) -> Any:
    if data["type"] == "FeatureCollection":
        (feature,) = data["features"]
        return _polygon(feature)
    if data["type"] == "Feature":
        return _polygon(data["geometry"])
    if data["type"] != "Polygon":
        raise ValueError("no polygon")
    return data["coordinates"]
