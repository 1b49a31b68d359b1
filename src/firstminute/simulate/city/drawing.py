"""The drawing of the generated city: nodes, ways with tags, barriers, turn bans and areas, in the words of OpenStreetMap.

Idea: the generator speaks the language that the importer already understands, so that the demo city goes through the very same import as
a real one. A way is a run of pieces of one line with the same tags. Ids are row numbers. Limits: no buildings, no relations but turn bans.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from firstminute.simulate.city.areas import Drawing, add_rails, add_water_and_green
from firstminute.simulate.city.lines import Line, draw_lines
from firstminute.simulate.city.shape import RADII_M, Array, Shape, draw_shape, ring_level_m
from firstminute.simulate.city.weave import Piece, Weave, weave
from firstminute.simulate.city.words import StreetNames

_ARTERIAL = 2
_SHAPE_STEP_M = 60.0


@dataclass(frozen=True, slots=True)
class Frontage:
    """Both ends of every street piece on the plan, and its class: where venues may stand.

    `x`, `y` are (F, 2) plan metres, `rank` (F,) as in `lines.Line`.
    """

    x: Array
    y: Array
    rank: NDArray[np.int64]


def draw_city(rng: np.random.Generator) -> tuple[Drawing, Shape, Frontage]:
    """Draw a whole city: its drawing, its plan, and where buildings may stand."""
    shape = draw_shape(rng)
    lines = draw_lines(shape, rng)
    woven = weave(lines)
    pieces = _largest(_thinned(shape, lines, woven, rng))
    drawing = Drawing()
    used = sorted({node for piece in pieces for node in (piece.start, piece.end)})
    row = dict(
        zip(used, drawing.add_nodes(*shape.ground(woven.node_x[used], woven.node_y[used])), strict=True)
    )
    names = StreetNames(rng)
    ways = _add_streets(drawing, shape, lines, (woven, pieces, row), (names, _two_way(lines, pieces)))
    _add_turn_bans(drawing, lines, (woven, pieces, row, ways), rng)
    _add_barriers(drawing, lines, (pieces, row), rng)
    add_water_and_green(drawing, shape)
    add_rails(drawing, shape)
    ends = np.array([(piece.start, piece.end) for piece in pieces])
    rank = np.array([lines[piece.line].rank for piece in pieces])
    return drawing, shape, Frontage(woven.node_x[ends], woven.node_y[ends], rank)


def _middles(woven: Weave, pieces: list[Piece]) -> tuple[Array, Array]:
    """Half-way point of each piece on the plan."""
    start = np.array([piece.start for piece in pieces])
    end = np.array([piece.end for piece in pieces])
    return (woven.node_x[start] + woven.node_x[end]) / 2, (woven.node_y[start] + woven.node_y[end]) / 2


def _thinned(shape: Shape, lines: list[Line], woven: Weave, rng: np.random.Generator) -> list[Piece]:
    """Take out what lies on water, in parks or in the hills, and some small streets, so that blocks differ."""
    x, y = _middles(woven, woven.pieces)
    wet = shape.on_water(x, y)
    green = np.logical_or.reduce([park.inside(x, y) for park in shape.parks]) | _in_hills(x, y)
    far = ring_level_m(x, y) > RADII_M[3]
    draw = rng.random(len(woven.pieces))
    kept = []
    for k, piece in enumerate(woven.pieces):
        line = lines[piece.line]
        if line.rank > 1 and (wet[k] or (green[k] and line.highway != "footway")):
            continue
        drop = {3: 0.12, 4: 0.4}.get(line.rank, 0.0) if far[k] else {4: 0.13, 5: 0.12}.get(line.rank, 0.0)
        if draw[k] >= drop:
            kept.append(piece)
    return kept


def _in_hills(x: Array, y: Array) -> NDArray[np.bool_]:
    angle = np.arctan2(y, x)
    hills: NDArray[np.bool_] = (
        (np.hypot(x, y) > 4_950.0) & (angle > np.radians(110)) & (angle < np.radians(160))
    )
    return hills


def _largest(pieces: list[Piece]) -> list[Piece]:
    """The pieces of the largest part that hangs together."""
    start = np.array([piece.start for piece in pieces])
    end = np.array([piece.end for piece in pieces])
    size = int(max(start.max(), end.max())) + 1
    _, label = connected_components(
        coo_array((np.ones(len(start)), (start, end)), shape=(size, size)), directed=False
    )
    main = np.bincount(label[start]).argmax()
    return [piece for piece, here in zip(pieces, label[start] == main, strict=True) if here]


def _shape_points(shape: Shape, woven: Weave, piece: Piece, least: int) -> tuple[Array, Array]:
    """Inner points of a piece on the ground: its own, or some more where the bend would show; lanes have one for a barrier."""
    if len(piece.x):
        return shape.ground(piece.x, piece.y)
    x = woven.node_x[[piece.start, piece.end]]
    y = woven.node_y[[piece.start, piece.end]]
    parts = max(least, int(np.hypot(x[1] - x[0], y[1] - y[0]) / _SHAPE_STEP_M))
    share = np.arange(1, parts) / max(1, parts)
    return shape.ground(x[0] + share * (x[1] - x[0]), y[0] + share * (y[1] - y[0]))


def _add_streets(
    drawing: Drawing,
    shape: Shape,
    lines: list[Line],
    drawn: tuple[Weave, list[Piece], dict[int, int]],
    about: tuple[StreetNames, set[int]],
) -> list[int]:
    """Add every piece, runs of one line as one way unless an arterial; the way of each piece."""
    woven, pieces, row = drawn
    names, opened = about
    way_of: list[int] = []
    run: list[int] = []
    run_tags: dict[str, str] = {}
    owner = -1
    wet = shape.on_water(*_middles(woven, pieces))
    for index, (piece, over_water) in enumerate(zip(pieces, wet, strict=True)):
        line = lines[piece.line]
        tags = _tags(
            line, line.oneway and index not in opened, names.name_of(piece.line, line.rank, line.highway)
        )
        if over_water:
            tags |= {"bridge": "yes"}
        inner = list(drawing.add_nodes(*_shape_points(shape, woven, piece, 2 if line.rank == 5 else 1)))
        joins = (
            owner == piece.line
            and run
            and run[-1] == row[piece.start]
            and tags == run_tags
            and line.rank > _ARTERIAL
        )
        if not joins:
            if run:
                drawing.add_way(run, run_tags)
            run, run_tags, owner = [row[piece.start]], tags, piece.line
        run += [*inner, row[piece.end]]
        way_of.append(len(drawing.way_tags))
    drawing.add_way(run, run_tags)
    return way_of


def _two_way(lines: list[Line], pieces: list[Piece]) -> set[int]:
    """Pieces of one-way streets that must open both ways so that nobody drives into a trap."""
    driven = [
        k for k, piece in enumerate(pieces) if lines[piece.line].highway not in ("footway", "pedestrian")
    ]
    opened: set[int] = set()
    for _ in range(4):
        tail, head = [], []
        for k in driven:
            tail.append(pieces[k].start)
            head.append(pieces[k].end)
            if not lines[pieces[k].line].oneway or k in opened:
                tail.append(pieces[k].end)
                head.append(pieces[k].start)
        size = max(max(tail), max(head)) + 1
        graph = coo_array((np.ones(len(tail)), (tail, head)), shape=(size, size))
        _, label = connected_components(graph, directed=True, connection="strong")
        main = np.bincount(label[tail]).argmax()
        trapped = {k for k in driven if label[pieces[k].start] != main or label[pieces[k].end] != main}
        opened |= {k for k in trapped if lines[pieces[k].line].oneway}
    return opened


def _tags(line: Line, oneway: bool, name: tuple[str, str] | None) -> dict[str, str]:
    tags = {"highway": line.highway, **line.tags}
    if oneway:
        tags["oneway"] = "yes"
        if line.rank >= 4:
            tags["oneway:bicycle"] = "no"
    if line.highway == "trunk":
        tags["sidewalk"] = "right"
    if name is not None:
        tags |= {"name": name[0], "name:en": name[1]}
    return tags


def _add_turn_bans(
    drawing: Drawing,
    lines: list[Line],
    drawn: tuple[Weave, list[Piece], dict[int, int], list[int]],
    rng: np.random.Generator,
) -> None:
    """Banned turns at some junctions of arterials."""
    place, pieces, row, ways = drawn
    at: dict[int, list[int]] = {}
    for k, piece in enumerate(pieces):
        if lines[piece.line].rank <= _ARTERIAL:
            at.setdefault(piece.start, []).append(k)
            at.setdefault(piece.end, []).append(k)
    for node in sorted(at):
        arms = at[node]
        if len(arms) < 3 or rng.random() > 0.6:
            continue
        for _ in range(int(rng.integers(1, 4))):
            into, to = (arms[int(k)] for k in rng.choice(len(arms), 2, replace=False))
            if pieces[into].line == pieces[to].line or (
                lines[pieces[into].line].oneway and pieces[into].end != node
            ):
                continue
            if lines[pieces[to].line].oneway and pieces[to].start != node:
                continue
            kind = _turn_kind(place, (pieces[into], pieces[to]), node)
            members = [("from", "w", ways[into]), ("via", "n", row[node]), ("to", "w", ways[to])]
            drawing.restrictions.append(({"type": "restriction", "restriction": kind}, members))


def _turn_kind(place: Weave, arms: tuple[Piece, Piece], node: int) -> str:
    """no_left_turn or no_right_turn, by the side on which the second street lies."""
    ends = [arm.start if arm.end == node else arm.end for arm in arms]
    x, y = place.node_x[[*ends, node]], place.node_y[[*ends, node]]
    side = (x[2] - x[0]) * (y[1] - y[2]) - (y[2] - y[0]) * (x[1] - x[2])
    return "no_left_turn" if side > 0 else "no_right_turn"


def _add_barriers(
    drawing: Drawing, lines: list[Line], drawn: tuple[list[Piece], dict[int, int]], rng: np.random.Generator
) -> None:
    """Bollards before alleys and lift gates before estate lanes, on the first inner point of some."""
    pieces, row = drawn
    inner = {}
    for start, stop in zip(drawing.way_start[:-1], drawing.way_start[1:], strict=True):
        refs = drawing.way_ref[start:stop]
        inner.update({a: b for a, b in pairwise(refs) if b not in inner})
    ends = set(row.values())
    degree = np.bincount([end for piece in pieces for end in (piece.start, piece.end)])
    done: set[int] = set()
    for piece in pieces:  # one a street, and only where both ends lead on: nobody is locked in
        highway = lines[piece.line].highway
        chance = {"living_street": 0.5, "service": 0.35, "pedestrian": 0.8}.get(highway, 0.0)
        through = degree[piece.start] > 2 and degree[piece.end] > 2 and piece.line not in done
        if through and rng.random() < chance:
            place = inner.get(row[piece.start])
            if place is not None and place not in ends and place not in drawing.node_tags:
                drawing.node_tags[place] = {"barrier": "lift_gate" if highway == "service" else "bollard"}
                done.add(piece.line)
