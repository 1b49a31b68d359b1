"""The street network as arrays: junctions, street pieces, and one directed graph per mode.

Idea: one set of pieces carries the geometry; each mode has its own arcs over them in CSR form (forward by tail, backward by head), times in integer
deciseconds, so that every search is exact and comparable. Junctions stand in Morton order and pieces in the order of their first junction:
what is near on the map is near in memory. Parallel pieces and loops are kept. Source: CSR and Morton order as in speed.md §2e. Limits: times
are constant over the day; another hour is another set of arrays on the same pieces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Turns:
    """Turn restrictions of one mode; a trip may turn round (arc, then the same piece back) only where no other arc leaves.

    Attributes
    ----------
    rule_start : (R+1,) CSR into rule_arc
    rule_arc : arcs of each rule's path, two or more (more = over via-ways)
    rule_only : (R,) False: the path is forbidden; True: who passes its first arc must follow one of that arc's `only` paths
    """

    rule_start: Ints
    rule_arc: Ints
    rule_only: Bools


@dataclass(frozen=True, slots=True)
class ModeGraph:
    """Directed arcs of one mode over N junctions.

    Attributes
    ----------
    out_start : (N+1,) CSR: arcs out_start[n] .. out_start[n+1] leave junction n
    arc_head, arc_tail : (A,) junctions
    arc_time_ds : (A,) deciseconds, >= 0
    arc_edge : (A,) street piece;  arc_reversed : (A,) True when driven from edge_to to edge_from
    in_start, in_arc : (N+1,), (A,) the same arcs by head
    edge_arc_forward, edge_arc_backward : (E,) arc of each piece, -1 = not allowed that way
    turns : compiled restrictions, None = every turn and U-turn is allowed
    component : (N,) label of the strongly connected part (turns ignored)
    sigma_log : standard deviation of the logarithm of a whole trip's time
    """

    out_start: Ints
    arc_head: Ints
    arc_tail: Ints
    arc_time_ds: Ints
    arc_edge: Ints
    arc_reversed: Bools
    in_start: Ints
    in_arc: Ints
    edge_arc_forward: Ints
    edge_arc_backward: Ints
    turns: Turns | None
    component: Ints
    sigma_log: float


@dataclass(frozen=True, slots=True)
class Network:
    """Junctions (N), street pieces (E) with their shapes (S points), and a graph for each mode.

    Attributes
    ----------
    node_lon, node_lat : (N,) degrees WGS-84
    edge_from, edge_to : (E,) junctions
    edge_length_m : (E,);  edge_class : (E,) index into speeds.CLASSES
    shape_start, shape_lon, shape_lat : (E+1,), (S,), (S,) from edge_from to edge_to, both ends included
    modes : mode name -> graph
    """

    node_lon: Floats
    node_lat: Floats
    edge_from: Ints
    edge_to: Ints
    edge_length_m: Floats
    edge_class: NDArray[np.uint8]
    shape_start: Longs
    shape_lon: Floats
    shape_lat: Floats
    modes: Mapping[str, ModeGraph]


class Pieces(Protocol):
    """What the builder reads: street pieces in any order (`geo.streets.Streets` is one)."""

    @property
    def node_lon(self) -> Floats:
        """(N,) degrees."""
        ...

    @property
    def node_lat(self) -> Floats:
        """(N,) degrees."""
        ...

    @property
    def edge_from(self) -> Ints:
        """(E,) junctions."""
        ...

    @property
    def edge_to(self) -> Ints:
        """(E,) junctions."""
        ...

    @property
    def edge_length_m(self) -> Floats:
        """(E,) metres."""
        ...

    @property
    def edge_class(self) -> NDArray[np.uint8]:
        """(E,) index into speeds.CLASSES."""
        ...

    @property
    def shape_start(self) -> Longs:
        """(E+1,) CSR into the shape points."""
        ...

    @property
    def shape_lon(self) -> Floats:
        """(S,) degrees."""
        ...

    @property
    def shape_lat(self) -> Floats:
        """(S,) degrees."""
        ...


class Rule(Protocol):
    """A turn rule over directed pieces `2 * edge + (1 if against the drawing)`, in the numbering of the input."""

    @property
    def path(self) -> tuple[int, ...]:
        """Directed pieces, two or more."""
        ...

    @property
    def only(self) -> bool:
        """True where the path must be followed, False where it must not."""
        ...


Times = tuple[Ints, Ints]


@dataclass(frozen=True, slots=True)
class Built:
    """A network and where its rows came from: node_row (N,), edge_row (E,) hold the input's row of each new row."""

    network: Network
    node_row: Longs
    edge_row: Longs


def build_network(
    pieces: Pieces,
    times: Mapping[str, Times],
    *,
    rules: Mapping[str, Sequence[Rule]] | None = None,
    sigma_log: Mapping[str, float] | None = None,
) -> Built:
    """Order junctions and pieces along the Morton curve and build the graph of each mode.

    Parameters
    ----------
    pieces : street pieces, any order
    times : mode -> (forward (E,), backward (E,)) deciseconds, negative = not allowed that way
    rules : mode -> turn rules (an empty list still forbids U-turns); a mode that is not named here may turn anywhere
    sigma_log : mode -> log-sd, 0 where not named
    """
    node_row = np.argsort(morton(pieces.node_lon, pieces.node_lat), kind="stable")
    rank = np.empty(len(node_row), np.int32)
    rank[node_row] = np.arange(len(node_row), dtype=np.int32)
    edge_from, edge_to = rank[pieces.edge_from], rank[pieces.edge_to]
    edge_row = np.lexsort((np.maximum(edge_from, edge_to), np.minimum(edge_from, edge_to)))
    shape_start, shape_row = _take_shapes(np.asarray(pieces.shape_start), edge_row)
    edge_from, edge_to = edge_from[edge_row], edge_to[edge_row]
    new_edge = np.empty(len(edge_row), np.int64)
    new_edge[edge_row] = np.arange(len(edge_row))
    modes: dict[str, ModeGraph] = {}
    for mode, (forward, backward) in times.items():
        graph = mode_graph(
            len(node_row),
            (edge_from, edge_to),
            (forward[edge_row], backward[edge_row]),
            sigma_log=(sigma_log or {}).get(mode, 0.0),
        )
        if rules is not None and mode in rules:
            graph = with_turns(graph, rules[mode], new_edge)
        modes[mode] = graph
    network = Network(
        node_lon=pieces.node_lon[node_row],
        node_lat=pieces.node_lat[node_row],
        edge_from=edge_from,
        edge_to=edge_to,
        edge_length_m=pieces.edge_length_m[edge_row],
        edge_class=pieces.edge_class[edge_row],
        shape_start=shape_start,
        shape_lon=pieces.shape_lon[shape_row],
        shape_lat=pieces.shape_lat[shape_row],
        modes=modes,
    )
    return Built(network, node_row, edge_row)


def mode_graph(
    node_count: int, ends: tuple[Ints, Ints], times: Times, *, sigma_log: float = 0.0
) -> ModeGraph:
    """Graph of one mode without turn restrictions, from (E,) ends and (E,) times both ways (negative = not allowed)."""
    edge_from, edge_to = ends
    ahead, behind = (np.flatnonzero(np.asarray(way) >= 0) for way in times)
    edge = np.concatenate([ahead, behind])
    against = np.repeat([False, True], [len(ahead), len(behind)])
    tail = np.where(against, edge_to[edge], edge_from[edge])
    head = np.where(against, edge_from[edge], edge_to[edge])
    order = np.lexsort((against, edge, head, tail))
    edge, against, tail, head = (
        edge[order],
        against[order],
        tail[order].astype(np.int32),
        head[order].astype(np.int32),
    )
    time_ds = np.where(against, times[1][edge], times[0][edge]).astype(np.int32)
    arc = np.arange(len(edge), dtype=np.int32)
    arc_forward, arc_backward = np.full(len(edge_from), -1, np.int32), np.full(len(edge_from), -1, np.int32)
    arc_forward[edge[~against]] = arc[~against]
    arc_backward[edge[against]] = arc[against]
    adjacency = csr_array((np.ones(len(edge), np.int8), (tail, head)), shape=(node_count, node_count))
    return ModeGraph(
        out_start=_starts(tail, node_count),
        arc_head=head,
        arc_tail=tail,
        arc_time_ds=time_ds,
        arc_edge=edge.astype(np.int32),
        arc_reversed=against,
        in_start=_starts(head, node_count),
        in_arc=np.argsort(head, kind="stable").astype(np.int32),
        edge_arc_forward=arc_forward,
        edge_arc_backward=arc_backward,
        turns=None,
        component=connected_components(adjacency, directed=True, connection="strong")[1].astype(np.int32),
        sigma_log=sigma_log,
    )


def with_turns(graph: ModeGraph, rules: Sequence[Rule], new_edge: Longs | None = None) -> ModeGraph:
    """The same graph under turn rules; a rule that names a piece closed to this mode binds nobody and is dropped.

    Parameters
    ----------
    graph : graph of the mode
    rules : rules over directed pieces
    new_edge : (E,) piece of the graph for each piece that the rules name, None = the same numbers
    """
    arc_of = np.stack([graph.edge_arc_forward, graph.edge_arc_backward])
    paths: list[list[int]] = []
    only: list[bool] = []
    for rule in rules:
        edges = [code // 2 if new_edge is None else int(new_edge[code // 2]) for code in rule.path]
        path = [int(arc_of[code % 2, edge]) for code, edge in zip(rule.path, edges, strict=True)]
        if len(path) >= 2 and min(path) >= 0:
            paths.append(path)
            only.append(rule.only)
    start = np.concatenate([[0], np.cumsum([len(path) for path in paths])]).astype(np.int32)
    flat = np.array([arc for path in paths for arc in path], np.int32)
    turns = Turns(start, flat, np.array(only, np.bool_))
    names = [name for name in ModeGraph.__slots__ if name != "turns"]
    return ModeGraph(turns=turns, **{name: getattr(graph, name) for name in names})


def arc_reverse(graph: ModeGraph) -> Ints:
    """(A,) the arc of the same piece driven the other way, -1 where that is not allowed."""
    back = np.where(
        graph.arc_reversed, graph.edge_arc_forward[graph.arc_edge], graph.edge_arc_backward[graph.arc_edge]
    )
    return back.astype(np.int32)


def scc_share(graph: ModeGraph) -> float:
    """Share of the mode's junctions (those with an arc) that lie in its largest strongly connected part, 0 without arcs."""
    used = np.unique(np.concatenate([graph.arc_head, graph.arc_tail]))
    return float(np.bincount(graph.component[used]).max() / len(used)) if len(used) else 0.0


def morton(lon: Floats, lat: Floats) -> NDArray[np.uint64]:
    """(N,) 32-bit-by-32-bit Morton code of points scaled to their own bounding square."""
    if len(lon) == 0:
        return np.empty(0, np.uint64)
    side = max(float(np.ptp(lon)), float(np.ptp(lat)), 1e-12)
    scaled = [
        ((axis - axis.min()) / side * 0xFFFF_FFFE).astype(np.uint64)
        for axis in (np.asarray(lon), np.asarray(lat))
    ]
    return _spread(scaled[0]) | (_spread(scaled[1]) << np.uint64(1))


def _spread(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    masks = (
        0x0000FFFF0000FFFF,
        0x00FF00FF00FF00FF,
        0x0F0F0F0F0F0F0F0F,
        0x3333333333333333,
        0x5555555555555555,
    )
    for shift, mask in zip((16, 8, 4, 2, 1), masks, strict=True):
        value = (value | (value << np.uint64(shift))) & np.uint64(mask)
    return value


def _starts(key: Ints, count: int) -> Ints:
    return np.concatenate([[0], np.cumsum(np.bincount(key, minlength=count))]).astype(np.int32)


def _take_shapes(start: Longs, rows: Longs) -> tuple[Longs, Longs]:
    """CSR start of the reordered shapes, and the old row of each of their points."""
    size = np.diff(start)[rows]
    new_start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    offset = np.repeat(start[:-1][rows] - new_start[:-1], size)
    return new_start, np.arange(new_start[-1], dtype=np.int64) + offset
