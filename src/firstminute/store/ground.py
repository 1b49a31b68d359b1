"""The ground on disk: build a city from what is there, save it, open it.

Idea: `build_city` looks at the source, `save_city` writes what `open_city` maps; between them lies only the format of `ground_files`.
Limits: one process writes a city at a time; those that have it open keep the arrays they opened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstminute.geo.datum import MAINLAND, Datum, Ring
from firstminute.geo.ground import Ground
from firstminute.geo.match import SnapIndex
from firstminute.geo.network import Network
from firstminute.store.basemap import BaseArrays, Basemap
from firstminute.store.ground_build import CityParts, city_from_drawing, city_from_tables
from firstminute.store.ground_files import (
    Array,
    Plain,
    flatten,
    open_arrays,
    read_about,
    unflatten,
    write_city,
)
from firstminute.store.ground_osm import GroundSourceError, read_osm
from firstminute.store.ground_table import TableSource, read_tables

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class City:
    """An open city: the ground for the core, the base map for the page, what is known about it."""

    ground: Ground
    basemap: Basemap
    about: dict[str, Any]


def build_city(
    source: Path | TableSource,
    *,
    region: str | None = None,
    datum: Datum = "wgs84",
    mask: Ring = MAINLAND,
    tell: Tell | None = None,
) -> CityParts:
    """Build a city from a `.osm.pbf` file or tables; the datum is shifted inside the mask.

    Raises
    ------
    GroundSourceError : with a code of the `ground.` catalogue and its parameters
    """
    if isinstance(source, TableSource):
        raw = read_tables(source)
        return city_from_tables(raw, source, region=region, datum=datum, mask=mask, tell=tell)
    return city_from_drawing(
        read_osm(source, tell), region=region, source=source.name, datum=datum, mask=mask, tell=tell
    )


def save_city(parts: CityParts, out: Path) -> str:
    """Write a city into a directory, all or nothing; its digest."""
    arrays: dict[str, Array] = {}
    plain: dict[str, Plain] = {}
    flatten(parts.network, "network", arrays, plain)
    flatten(parts.snap, "snap", arrays, plain)
    flatten(parts.base, "base", arrays, plain)
    arrays["edge_name"], arrays["edge_posted"] = parts.edge_name, parts.edge_posted
    arrays["names"], arrays["names_start"] = _pack_names(parts.names)
    arrays["names_en"], arrays["names_en_start"] = _pack_names(parts.names_en)
    return write_city(out, arrays, plain, {"about": parts.about})


def city_info(path: Path) -> dict[str, Any]:
    """What a city is: nodes, arcs, scc_share, bbox, modes, speed_source and more, with its digest and format."""
    content = read_about(path)
    return {**content["about"], "digest": content["digest"], "format": content["format"]}


def has_city(path: Path) -> bool:
    """True where a city lies that this version can open."""
    try:
        read_about(path)
    except GroundSourceError:
        return False
    return True


def open_city(path: Path) -> City:
    """Open a city; its arrays stay on disk until they are touched.

    Raises
    ------
    GroundSourceError : no city there, of another format, or incomplete
    """
    content = read_about(path)
    arrays = open_arrays(path, content)
    missing = [name for name in ("edge_name", "names", "names_start") if name not in arrays]
    if missing:
        raise GroundSourceError("ground.incomplete_city", path=str(path), missing=missing[0])
    names = _unpack_names(arrays["names"], arrays["names_start"])
    names_en = (
        _unpack_names(arrays["names_en"], arrays["names_en_start"])
        if "names_en" in arrays
        else [""] * len(names)
    )
    about = {**content["about"], "digest": content["digest"], "format": content["format"]}
    ground = Ground(
        network=unflatten(Network, "network", arrays, content["plain"]),
        snap_index=unflatten(SnapIndex, "snap", arrays, content["plain"]),
        region=str(about["region"]),
        bbox=_box(about["bbox"]),
        digest=str(content["digest"]),
        edge_name=arrays["edge_name"],
        names=tuple(names),
        names_en=tuple(names_en),
        datum_mask=_mask(about.get("datum_mask")),
    )
    base = unflatten(BaseArrays, "base", arrays, content["plain"])
    return City(ground, Basemap(base, names, names_en, str(content["digest"])), about)


def city_in_memory(parts: CityParts, digest: str = "in-memory") -> City:
    """A city that is used without being written, for tests and small tools."""
    ground = Ground(
        network=parts.network,
        snap_index=parts.snap,
        region=str(parts.about["region"]),
        bbox=_box(parts.about["bbox"]),
        digest=digest,
        edge_name=parts.edge_name,
        names=tuple(parts.names),
        names_en=tuple(parts.names_en),
        datum_mask=_mask(parts.about.get("datum_mask")),
    )
    return City(
        ground, Basemap(parts.base, parts.names, parts.names_en, digest), {**parts.about, "digest": digest}
    )


def _box(values: list[float]) -> tuple[float, float, float, float]:
    west, south, east, north = values
    return west, south, east, north


def _mask(ring: list[list[float]] | Ring | None) -> Ring:
    return MAINLAND if ring is None else tuple((x, y) for x, y in ring)


def _pack_names(names: list[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    encoded = [name.encode() for name in names]
    start = np.concatenate([[0], np.cumsum([len(data) for data in encoded])]).astype(np.int64)
    return np.frombuffer(b"".join(encoded), np.uint8), start


def _unpack_names(data: NDArray[np.uint8], start: NDArray[np.int64]) -> list[str]:
    blob = data.tobytes()
    return [blob[a:b].decode() for a, b in zip(start[:-1].tolist(), start[1:].tolist(), strict=True)]
