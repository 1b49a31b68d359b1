"""The demo city made ready: drawn, built into ground, and its registers written through the desk.

Idea: a generated drawing takes the road of a real one: the importer builds it, the register import checks and writes it. Limits: a city folder that is there
already is used as it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from firstminute.model.encoding import encode
from firstminute.simulate.city.make import City
from firstminute.store.ground import has_city, save_city
from firstminute.store.ground_build import CityParts, city_from_drawing, drawn_raw

Submit = Callable[[str, Mapping[str, Any]], Awaitable[Any]]


def build_ground(city: City) -> CityParts:
    """The ground of a generated city."""
    drawing = city.drawing
    raw = drawn_raw(
        np.array(drawing.node_lon),
        np.array(drawing.node_lat),
        (drawing.way_tags, np.array(drawing.way_start), np.array(drawing.way_ref)),
        node_tags=drawing.node_tags,
        restrictions=drawing.restrictions,
        points=drawing.points,
    )
    return city_from_drawing(raw, region="CN", source=f"demo city {city.seed}")


def write_ground(city: City, folder: Path) -> None:
    """Build the ground and write it, where none that this version can open is there yet."""
    if not has_city(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        save_city(build_ground(city), folder)


async def write_registers(
    city: City, prepare: Callable[[str, str, bytes], tuple[Any, Any]], submit: Submit
) -> int:
    """Import every register row; how many.

    Raises
    ------
    ValueError : a row was refused, which would be a mistake of the generator
    """
    count = 0
    for table, rows in city.registers.items():
        arguments, errors = prepare(table, "json", orjson.dumps([encode(row) for row in rows]))
        if arguments is None:
            raise ValueError(f"demo register {table}: {list(errors)[:3]}")
        ack = await submit("change_register", arguments)
        if ack.status != "done":
            raise ValueError(f"demo register {table}: {ack.status} {ack.code} {ack.params}")
        count += len(rows)
    return count
