"""The quickest way from one place to another, with its shape.

Idea: the forward search writes down the step each place was reached over; from the goal these steps are walked back to the start, and the shapes of
their pieces are strung together, the first and last cut at their shares. Source: Dijkstra 1959. Limits: the place lies on the street; the
way from the street to a door is `geo.entrances`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from firstminute.geo.network import Floats, Ints, ModeGraph, Network
from firstminute.geo.search_flood import FROM_START, FloodSpace, flood
from firstminute.geo.search_graph import SearchGraph
from firstminute.geo.search_space import LONGEST_DS

Place = tuple[int, float]


class Route(NamedTuple):
    """A way through the network.

    Attributes
    ----------
    travel_ds : deciseconds
    arc : (n,) arcs in order, at least one
    from_share, to_share : where it begins on the first arc's piece and ends on the last one's, in the drawing's shares
    """

    travel_ds: int
    arc: Ints
    from_share: float
    to_share: float


def find_route(
    graph: SearchGraph, space: FloodSpace, start: Place, goal: Place, *, limit_ds: int = LONGEST_DS
) -> Route | None:
    """The quickest way between two places part-way on pieces, None where there is none within the limit."""
    if start[0] < 0 or goal[0] < 0:
        return None
    best = _same_piece(graph, start, goal)
    rows, more = _goal_steps(graph, goal)
    sources = (graph.rev_step[rows] >> np.uint64(32)).astype(np.int32)
    count = flood(graph, space, start, limit_ds, (sources, more))
    seen, seen_ds = space.seen[:count], space.seen_ds[:count]
    last = -1
    for k, (place, left) in enumerate(zip(sources.tolist(), more.tolist(), strict=True)):
        at = np.flatnonzero(seen == place)
        if len(at) and (best is None or int(seen_ds[at[0]]) + left < best.travel_ds):
            arcs = [int(graph.rev_arc[rows[k]])]
            best = Route(int(seen_ds[at[0]]) + left, np.array(arcs, np.int32), start[1], goal[1])
            last = place
    if best is None or best.travel_ds > limit_ds:
        return None
    return best if last < 0 else best._replace(arc=_walk_back(graph, space, start, last, int(best.arc[0])))


def route_shape(network: Network, mode: ModeGraph, route: Route) -> tuple[Floats, Floats]:
    """(lon, lat) of a route, degrees, from its first to its last point."""
    lon: list[Floats] = []
    lat: list[Floats] = []
    for k, arc in enumerate(route.arc.tolist()):
        back = bool(mode.arc_reversed[arc])
        first = route.from_share if k == 0 else float(back)
        last = route.to_share if k == len(route.arc) - 1 else float(not back)
        piece = cut_shape(network, int(mode.arc_edge[arc]), first, last)
        skip = 1 if lon and lon[-1][-1] == piece[0][0] and lat[-1][-1] == piece[1][0] else 0
        lon.append(piece[0][skip:])
        lat.append(piece[1][skip:])
    return np.concatenate(lon), np.concatenate(lat)


def cut_shape(network: Network, edge: int, from_share: float, to_share: float) -> tuple[Floats, Floats]:
    """(lon, lat) of a piece between two shares of its length, turned round where from_share > to_share."""
    a, b = int(network.shape_start[edge]), int(network.shape_start[edge + 1])
    lon, lat = np.asarray(network.shape_lon[a:b]), np.asarray(network.shape_lat[a:b])
    step = np.hypot(np.diff(lon) * np.cos(np.radians((lat[1:] + lat[:-1]) / 2)), np.diff(lat))
    along = np.concatenate([[0.0], np.cumsum(step)])
    along = along / along[-1] if along[-1] > 0 else np.linspace(0.0, 1.0, len(along))
    low, high = min(from_share, to_share), max(from_share, to_share)
    inner = (along > low) & (along < high)
    share = np.concatenate([[low], along[inner], [high]])
    cut = np.interp(share, along, lon), np.interp(share, along, lat)
    return cut if from_share <= to_share else (cut[0][::-1], cut[1][::-1])


def _same_piece(graph: SearchGraph, start: Place, goal: Place) -> Route | None:
    if start[0] != goal[0]:
        return None
    ways = []
    for side, ahead in ((0, goal[1] - start[1]), (1, start[1] - goal[1])):
        arc = int(graph.edge_arc[side, start[0]])
        if arc >= 0 and ahead >= 0:
            ways.append((int(np.floor(graph.arc_time_ds[arc] * ahead)), arc))
    if not ways:
        return None
    time_ds, arc = min(ways)
    return Route(time_ds, np.array([arc], np.int32), start[1], goal[1])


def _goal_steps(graph: SearchGraph, goal: Place) -> tuple[Ints, Ints]:
    """Rows in rev_step that drive onto the goal's piece, and the time on it until the goal."""
    rows: list[int] = []
    more: list[int] = []
    for side, share in ((0, goal[1]), (1, 1.0 - goal[1])):
        arc = int(graph.edge_arc[side, goal[0]])
        if arc >= 0:
            found = graph.entry_step[graph.entry_start[arc] : graph.entry_start[arc + 1]].tolist()
            rows += found
            more += [int(np.floor(graph.arc_time_ds[arc] * share))] * len(found)
    return np.array(rows, np.int32), np.array(more, np.int32)


def _walk_back(graph: SearchGraph, space: FloodSpace, start: Place, place: int, last_arc: int) -> Ints:
    """Arcs from the start's piece to the goal's."""
    arcs = [last_arc]
    while (row := int(space.came_over[place])) != FROM_START:
        arcs.append(int(graph.fwd_arc[row]))
        place = int(np.searchsorted(graph.fwd_start, row, "right")) - 1
    own = [int(arc) for arc in graph.edge_arc[:, start[0]] if arc >= 0 and int(graph.arc_place[arc]) == place]
    times = [
        (
            np.floor(
                graph.arc_time_ds[a] * (start[1] if a == graph.edge_arc[1, start[0]] else 1.0 - start[1])
            ),
            a,
        )
        for a in own
    ]
    return np.array([*arcs, min(times)[1]][::-1], np.int32)
