"""What a search runs on: places to be at and steps between them, made once from a mode's graph.

Idea: without turn rules a place is a junction. With them every junction is *split* into one place per arc that enters it (and per rule over via-ways
that is under way), so that "came from there, may go there" is plain topology and every search stays a plain search. Splitting only the
junctions that rules touch was tried and dropped (decision 0011). Source: edge-based graphs, Winter 2002. Limits: read-only; about
32 bytes a step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from firstminute.geo.network import Ints, ModeGraph
from firstminute.geo.search_rules import Automaton, build_automaton

Words = NDArray[np.uint32]
Steps = NDArray[np.uint64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SearchGraph:
    """Places (S) and steps (K) between them; a step drives one arc from the place at its tail to the place at its head.

    Attributes
    ----------
    turned : True where turn rules hold and junctions are split
    node_place : (N+1,) places node_place[n] .. node_place[n+1] lie at junction n
    rev_start : (S+1,) CSR by the place a step ends at;  rev_step : (K,) place it comes from << 32 | time_ds;  rev_arc : (K,) its arc
    fwd_start, fwd_step, fwd_arc : the same by the place a step comes from
    arc_place : (A,) place reached by whoever started on an arc
    entry_start, entry_step : (A+1,), CSR: the rows in rev_step of each arc
    arc_time_ds : (A,) deciseconds
    edge_arc : (2, E) arc of each piece forward and backward, -1 = not allowed
    """

    turned: bool
    node_place: Ints
    rev_start: Words
    rev_step: Steps
    rev_arc: Ints
    fwd_start: Words
    fwd_step: Steps
    fwd_arc: Ints
    arc_place: Ints
    entry_start: Ints
    entry_step: Ints
    arc_time_ds: Ints
    edge_arc: Ints

    @property
    def place_count(self) -> int:
        """Number of places."""
        return int(self.node_place[-1])


def build_search_graph(graph: ModeGraph, *, turned: bool = True) -> SearchGraph:
    """Places and steps of a mode; `turned=False` ignores its turn rules, a mode without any is never split."""
    machine = build_automaton(graph.turns) if turned and graph.turns is not None else None
    special = _special_states(graph, machine) if machine is not None else []
    places = _Places(graph, machine is not None, special)
    if machine is None:
        arc = np.arange(len(graph.arc_tail))
        source, target = graph.arc_tail.astype(np.int64), graph.arc_head.astype(np.int64)
    else:
        plain = _plain_steps(graph, places, machine)
        source, target, arc = (
            np.concatenate([a, b])
            for a, b in zip(plain, _ruled_steps(graph, machine, places, special), strict=True)
        )
    total = int(places.node_place[-1])
    by_target, by_source = _counting_order(target, total), _counting_order(source, total)
    rev_arc = arc[by_target].astype(np.int32)
    return SearchGraph(
        turned=machine is not None,
        node_place=places.node_place,
        rev_start=_starts(target, total),
        rev_step=_steps(source, arc, graph)[by_target],
        rev_arc=rev_arc,
        fwd_start=_starts(source, total),
        fwd_step=_steps(target, arc, graph)[by_source],
        fwd_arc=arc[by_source].astype(np.int32),
        arc_place=places.arc_place,
        entry_start=_starts(rev_arc, len(graph.arc_head)).astype(np.int32),
        entry_step=_counting_order(rev_arc, len(graph.arc_head)).astype(np.int32),
        arc_time_ds=np.ascontiguousarray(graph.arc_time_ds, np.int32),
        edge_arc=np.stack([graph.edge_arc_forward, graph.edge_arc_backward]).astype(np.int32),
    )


class _Places:
    """Numbers of the places: by junction, at a split one by entering arc, then the further states of those arcs."""

    def __init__(self, graph: ModeGraph, split: bool, special: list[tuple[int, int]]) -> None:
        in_degree = np.diff(graph.in_start)
        count = len(in_degree)
        more = np.zeros(count, np.int64)
        np.add.at(more, [int(graph.arc_head[arc]) for arc, _ in special], 1)
        size = in_degree + more if split else np.ones(count, np.int64)
        self.node_place: Ints = np.concatenate([[0], np.cumsum(size)]).astype(np.int32)
        head = graph.arc_head[graph.in_arc]
        offset = np.arange(len(head), dtype=np.int64) - graph.in_start[head]
        self.arc_place: Ints = np.empty(len(head), np.int32)
        self.arc_place[graph.in_arc] = self.node_place[head] + (offset if split else 0)
        self.of_state: dict[tuple[int, int], int] = {}
        taken: dict[int, int] = {}
        for arc, state in special:
            node = int(graph.arc_head[arc])
            self.of_state[arc, state] = int(self.node_place[node] + in_degree[node]) + taken.get(node, 0)
            taken[node] = taken.get(node, 0) + 1


def _special_states(graph: ModeGraph, machine: Automaton) -> list[tuple[int, int]]:
    """(arc, state) of every way to have passed an arc with more than that arc to remember, found from the arcs that begin a rule."""
    found: dict[tuple[int, int], None] = {}
    queue = list(machine.child[0].items())
    for arc, state in queue:
        for following in _allowed(graph, machine, arc, state):
            reached = machine.follow(state, following)
            if machine.depth[reached] >= 2 and (following, reached) not in found:
                found[following, reached] = None
                queue.append((following, reached))
    return list(found)


def _allowed(graph: ModeGraph, machine: Automaton, arc: int, state: int) -> list[int]:
    """Arcs that may follow an arc in a state; back along the same piece only where nothing else leaves."""
    node = int(graph.arc_head[arc])
    leaving = range(int(graph.out_start[node]), int(graph.out_start[node + 1]))
    alone = len(leaving) == 1
    return [
        b
        for b in leaving
        if (alone or b == arc or graph.arc_edge[b] != graph.arc_edge[arc]) and machine.allows(state, b)
    ]


def _plain_steps(graph: ModeGraph, places: _Places, machine: Automaton) -> tuple[Rows, Rows, Rows]:
    """(from place, to place, arc) of every step between split junctions that no rule cares about."""
    head, degree = graph.arc_head, np.diff(graph.out_start)
    free = np.ones(len(head), np.bool_)
    free[list(machine.child[0])] = False
    first = np.flatnonzero(free)
    width = degree[head[first]]
    first = np.repeat(first, width)
    following = (
        np.arange(len(first)) - np.repeat(np.cumsum(width) - width, width) + graph.out_start[head[first]]
    )
    alone = degree[head[first]] == 1
    keep = alone | (graph.arc_edge[following] != graph.arc_edge[first]) | (following == first)
    first, following = first[keep], following[keep]
    return places.arc_place[first].astype(np.int64), places.arc_place[following].astype(np.int64), following


def _ruled_steps(
    graph: ModeGraph, machine: Automaton, places: _Places, special: list[tuple[int, int]]
) -> tuple[Rows, Rows, Rows]:
    """Steps out of the places where a rule is under way."""
    rows = []
    begun = [(int(places.arc_place[arc]), arc, state) for arc, state in machine.child[0].items()]
    for place, arc, state in begun + [(places.of_state[key], *key) for key in special]:
        for following in _allowed(graph, machine, arc, state):
            reached = machine.follow(state, following)
            plain = int(places.arc_place[following])
            rows.append((place, places.of_state.get((following, reached), plain), following))
    table = np.array(rows, np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


@njit(cache=True, nogil=True)
def _counting_order(key, count):  # type: ignore[no-untyped-def]
    """Rows in the order of their keys, equal keys in the order they stand: a counting sort."""
    fill = np.zeros(count + 1, np.int64)
    for row in range(len(key)):
        fill[key[row] + 1] += 1
    for k in range(count):
        fill[k + 1] += fill[k]
    order = np.empty(len(key), np.int64)
    for row in range(len(key)):
        order[fill[key[row]]] = row
        fill[key[row]] += 1
    return order


def _starts(key: NDArray[np.generic], count: int) -> Words:
    return np.concatenate([[0], np.cumsum(np.bincount(key, minlength=count))]).astype(np.uint32)


def _steps(other: Rows, arc: Rows, graph: ModeGraph) -> Steps:
    step: Steps = (other.astype(np.uint64) << np.uint64(32)) | graph.arc_time_ds[arc].astype(np.uint64)
    return step
