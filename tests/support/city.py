"""Small cities for tests: a town drawn in ASCII, and a small generated city, both through the importer that real cities take.

Letters are junctions, `-` and `|` streets between neighbours in a row or column, `=` and `!` the same as one-way streets (left to right, top
to bottom), anything else is ground. One column is 25 m, one row 50 m.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import cos, radians

import numpy as np

from firstminute.geo.ground import Ground
from firstminute.simulate.city.areas import Drawing
from firstminute.simulate.city.make import City, make_city
from firstminute.store.ground import city_in_memory
from firstminute.store.ground_build import city_from_drawing, drawn_raw

WEST, NORTH = 118.0, 30.0
COLUMN_M, ROW_M = 25.0, 50.0
METRES_PER_DEGREE = 111_319.49079327358


def place_of(column: float, row: float) -> tuple[float, float]:
    """(lon, lat) of a character of the picture."""
    lat = NORTH - row * ROW_M / METRES_PER_DEGREE
    return WEST + column * COLUMN_M / (METRES_PER_DEGREE * cos(radians(NORTH))), lat


def letters_of(picture: str) -> dict[str, tuple[float, float]]:
    """(lon, lat) of every letter of a picture."""
    return {
        letter: place_of(column, row)
        for row, line in enumerate(picture.strip("\n").split("\n"))
        for column, letter in enumerate(line)
        if letter.isalnum()
    }


def ascii_ground(picture: str, tags: Mapping[str, str] | None = None) -> Ground:
    """The ground of a town drawn in ASCII; all streets are `tags` (default: residential)."""
    lines = picture.strip("\n").split("\n")
    rows = {letter: k for k, letter in enumerate(letters_of(picture))}
    places = list(letters_of(picture).values())
    ways: list[tuple[str, str, bool]] = []
    for line in lines:
        ways += _runs(line, "-", "=")
    for column in range(max(len(line) for line in lines)):
        ways += _runs("".join(line[column] if column < len(line) else " " for line in lines), "|", "!")
    street = dict(tags or {"highway": "residential"})
    way_tags: list[Mapping[str, str]] = [
        street | ({"oneway": "yes"} if oneway else {}) for _, _, oneway in ways
    ]
    refs = [rows[end] for a, b, _ in ways for end in (a, b)]
    raw = drawn_raw(
        np.array([lon for lon, _ in places]),
        np.array([lat for _, lat in places]),
        (way_tags, np.arange(0, 2 * len(ways) + 1, 2), np.array(refs, np.int64)),
    )
    return city_in_memory(city_from_drawing(raw, region="CN", source="ascii")).ground


def _runs(line: str, both: str, one: str) -> list[tuple[str, str, bool]]:
    """Pairs of letters that a line of street signs joins."""
    found, last, signs = [], "", ""
    for sign in line + " ":
        if sign.isalnum():
            if last and signs and set(signs) <= {both, one}:
                found.append((last, sign, one in signs))
            last, signs = sign, ""
        elif sign in (both, one):
            signs += sign
        else:
            last, signs = "", ""
    return found


def ground_of(drawing: Drawing) -> Ground:
    """The ground of a generated drawing."""
    raw = drawn_raw(
        np.array(drawing.node_lon),
        np.array(drawing.node_lat),
        (drawing.way_tags, np.array(drawing.way_start), np.array(drawing.way_ref)),
        node_tags=drawing.node_tags,
        restrictions=drawing.restrictions,
        points=drawing.points,
    )
    return city_in_memory(city_from_drawing(raw, region="CN", source="generated")).ground


@lru_cache(maxsize=2)
def small_city(seed: int = 135, venues: int = 120) -> tuple[City, Ground]:
    """A generated city with few venues, made once a process."""
    city = make_city(seed, venues)
    return city, ground_of(city.drawing)
