"""Turn restriction relations, read into paths of directed street pieces that a mode must not (or must only) follow.

Idea: a relation names ways; what binds a search are *moves*: the piece of the from-way that ends at the via node, the pieces of the via-ways
in order, the piece of the to-way. A move is written in directed pieces, `2 * edge + (1 if against the drawing)`. `only_*` binds from the
from-way on: whoever comes from it must follow the whole path (the reading of GraphHopper, pull request 2689); two `only_*` from the same
piece allow both. Source: OpenStreetMap wiki, Relation:restriction. Limits: conditional and hour-bound restrictions are ignored; everything
that is ignored is counted under a reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from firstminute.geo.streets import Streets
from firstminute.geo.tags import BIKE, CAR, LIGHTS

Member = tuple[str, str, int]

_VEHICLES = BIKE | CAR | LIGHTS
_SPECIAL: Mapping[str, int] = {
    "motorcar": CAR | LIGHTS,
    "motor_vehicle": CAR | LIGHTS,
    "vehicle": _VEHICLES,
    "bicycle": BIKE,
}
_EXCEPT: Mapping[str, int] = {
    **_SPECIAL,
    "emergency": LIGHTS,
    "motorcar": CAR,
    "electric_bicycle": BIKE,
}
_HOURS = ("day_on", "day_off", "hour_on", "hour_off")


@dataclass(frozen=True, slots=True)
class TurnRule:
    """One restriction as a path of directed pieces.

    Attributes
    ----------
    path : directed pieces from the from-piece to the to-piece, at least two
    only : False = this path is forbidden; True = whoever drives path[0] must follow it
    modes : mask over speeds.MODES
    """

    path: tuple[int, ...]
    only: bool
    modes: int


@dataclass(slots=True)
class TurnSummary:
    """How many relations were kept, and why others were not."""

    kept: int = 0
    via_ways: int = 0
    ignored: Counter[str] = field(default_factory=Counter)


class _Ways:
    """Look-up of the pieces of a way and of the pieces at a junction."""

    def __init__(self, streets: Streets, way_ids: Sequence[int], wanted: set[int]) -> None:
        self.streets = streets
        rows = [row for row, way in enumerate(way_ids) if way in wanted]
        self.rows: dict[int, list[int]] = {}
        for row in rows:
            self.rows.setdefault(way_ids[row], []).append(row)
        first = np.searchsorted(
            streets.edge_way, rows
        )  # pieces stand in the order of the ways; connectors come last
        count = int(np.count_nonzero(streets.edge_way >= 0))
        order = streets.edge_way[:count]
        first = np.searchsorted(order, rows, "left")
        last = np.searchsorted(order, rows, "right")
        self.pieces = {row: range(int(a), int(b)) for row, a, b in zip(rows, first, last, strict=True)}

    def edges(self, way: int) -> list[int]:
        """Pieces of a way, in drawing order."""
        return [edge for row in self.rows.get(way, ()) for edge in self.pieces[row]]

    def into(self, way: int, node: int) -> list[int]:
        """Directed pieces of a way that end at a junction."""
        return [code for code in self._codes(way) if self.head(code) == node]

    def out_of(self, way: int, node: int) -> list[int]:
        """Directed pieces of a way that start at a junction."""
        return [code for code in self._codes(way) if self.tail(code) == node]

    def nodes(self, way: int) -> set[int]:
        """Junctions of a way."""
        edges = self.edges(way)
        return {int(n) for e in edges for n in (self.streets.edge_from[e], self.streets.edge_to[e])}

    def head(self, code: int) -> int:
        """The junction a directed piece ends at."""
        edge, against = divmod(code, 2)
        return int(self.streets.edge_from[edge] if against else self.streets.edge_to[edge])

    def tail(self, code: int) -> int:
        """The junction a directed piece starts at."""
        return self.head(code ^ 1)

    def walk(self, way: int, entry: int, leave: int) -> tuple[int, ...]:
        """Directed pieces along a way from one of its junctions to another, () where it does not lead there."""
        best: tuple[int, ...] = ()
        for row in self.rows.get(way, ()):
            edges = list(self.pieces[row])
            for codes in ([2 * e for e in edges], [2 * e + 1 for e in reversed(edges)]):
                found = self._walk(codes, entry, leave)
                if found and (not best or len(found) < len(best)):
                    best = found
        return best

    def _walk(self, codes: list[int], entry: int, leave: int) -> tuple[int, ...]:
        tails = [self.tail(code) for code in codes]
        heads = [self.head(code) for code in codes]
        for start in (k for k, node in enumerate(tails) if node == entry):
            for stop in range(start, len(codes)):
                if heads[stop] == leave:
                    return tuple(codes[start : stop + 1])
        return ()

    def _codes(self, way: int) -> list[int]:
        return [code for edge in self.edges(way) for code in (2 * edge, 2 * edge + 1)]


def read_restrictions(
    relations: Iterable[tuple[Mapping[str, str], list[Member]]],
    streets: Streets,
    way_ids: Sequence[int],
    node_ids: NDArray[np.int64],
) -> tuple[list[TurnRule], TurnSummary]:
    """Turn relations into rules.

    Parameters
    ----------
    relations : (tags, members) with members (role, "n" or "w", id)
    streets : the cut streets
    way_ids : id of each way row
    node_ids : sorted id of each drawn node row

    Returns
    -------
    the rules, and a summary whose `ignored` counts relations by reason
    """
    relations = list(relations)
    wanted = {ref for _, members in relations for _, kind, ref in members if kind == "w"}
    ways = _Ways(streets, way_ids, wanted)
    junctions = _junctions_of(
        streets, node_ids, {ref for _, members in relations for _, kind, ref in members if kind == "n"}
    )
    rules: list[TurnRule] = []
    summary = TurnSummary()
    for tags, members in relations:
        meant = _meaning(tags)
        if isinstance(meant, str):
            summary.ignored[meant] += 1
            continue
        word, modes = meant
        paths = _paths(word, members, ways, junctions)
        if isinstance(paths, str):
            summary.ignored[paths] += 1
            continue
        summary.kept += 1
        summary.via_ways += any(role == "via" and kind == "w" for role, kind, _ in members)
        rules += [TurnRule(path, word.startswith("only_"), modes) for path in paths]
    return rules, summary


def _junctions_of(streets: Streets, node_ids: NDArray[np.int64], wanted: set[int]) -> dict[int, list[int]]:
    ids = np.array(sorted(wanted), np.int64)
    row = np.searchsorted(node_ids, ids)
    order = np.argsort(streets.node_row, kind="stable")
    sorted_rows = streets.node_row[order]
    found: dict[int, list[int]] = {}
    for node_id, at in zip(ids.tolist(), row.tolist(), strict=True):
        if at < len(node_ids) and node_ids[at] == node_id:
            first, last = np.searchsorted(sorted_rows, at, "left"), np.searchsorted(sorted_rows, at, "right")
            found[node_id] = order[first:last].tolist()
    return found


def _meaning(tags: Mapping[str, str]) -> str | tuple[str, int]:
    """(restriction word, modes it binds), or the reason to ignore it."""
    word, modes = tags.get("restriction"), _VEHICLES
    special = (tags.get("type") or "").partition(":")[2]
    if special and word is not None:
        modes = _SPECIAL.get(special, 0)
    for vehicle, mask in _SPECIAL.items():
        if word is None and f"restriction:{vehicle}" in tags:
            word, modes = tags[f"restriction:{vehicle}"], mask
    if word is None:
        other = any(key.startswith("restriction:") and not key.endswith(":conditional") for key in tags)
        return (
            "other_vehicles"
            if other
            else "conditional"
            if any(k.endswith(":conditional") for k in tags)
            else "no_kind"
        )
    if any(key in tags for key in _HOURS):
        return "conditional"
    if not word.startswith(("no_", "only_")):
        return "unknown_kind"
    for vehicle in tags.get("except", "").replace(",", ";").split(";"):
        modes &= ~_EXCEPT.get(vehicle.strip(), 0)
    return (word, modes) if modes else "other_vehicles"


def _paths(
    word: str, members: list[Member], ways: _Ways, junctions: Mapping[int, list[int]]
) -> str | list[tuple[int, ...]]:
    """Paths of directed pieces of one relation, or the reason why it has none."""
    role: dict[str, list[tuple[str, int]]] = {"from": [], "via": [], "to": []}
    for name, kind, ref in members:
        if name in role:
            role[name].append((kind, ref))
    sources, targets = ([ref for kind, ref in role[name] if kind == "w"] for name in ("from", "to"))
    if not sources or not targets or not role["via"]:
        return "incomplete"
    if (len(sources) > 1 and word != "no_entry") or (len(targets) > 1 and word != "no_exit"):
        return "too_many_members"
    via_nodes = [ref for kind, ref in role["via"] if kind == "n"]
    via_ways = [ref for kind, ref in role["via"] if kind == "w"]
    if any(not ways.edges(way) for way in (*sources, *targets, *via_ways)):
        return "not_a_street"
    if via_ways:
        found = [_via_ways(source, via_ways, target, ways) for source, target in product(sources, targets)]
    elif len(via_nodes) != 1:
        return "too_many_members"
    else:
        at = junctions.get(via_nodes[0], [])
        if len(at) > 1:
            return "at_barrier"
        found = [
            _via_node(source, at[0], target, ways, word) if at else "not_connected"
            for source, target in product(sources, targets)
        ]
    for answer in found:
        if isinstance(answer, str):
            return answer
    return [path for answer in found if not isinstance(answer, str) for path in answer]


def _via_node(source: int, node: int, target: int, ways: _Ways, word: str) -> str | list[tuple[int, ...]]:
    into, out = ways.into(source, node), ways.out_of(target, node)
    if not into or not out:
        return "not_connected"
    if source == target and word.endswith("_u_turn"):
        return [(code, code ^ 1) for code in into]
    if source == target and len(into) == 2:
        return "ambiguous"
    if len(into) > 1 or len(out) > 1:
        return "ambiguous"
    return [(into[0], out[0])]


def _via_ways(source: int, via: list[int], target: int, ways: _Ways) -> str | list[tuple[int, ...]]:
    """The path over via-ways, which may be listed in either order."""
    for chain in (via, via[::-1]) if len(via) > 1 else (via,):
        found = _chain(source, chain, target, ways)
        if found:
            return [found[0]] if len(found) == 1 else "ambiguous"
    return "not_connected"


def _chain(source: int, via: list[int], target: int, ways: _Ways) -> list[tuple[int, ...]]:
    entries = ways.nodes(source) & ways.nodes(via[0])
    paths: list[tuple[tuple[int, ...], int]] = [((), node) for node in entries]
    for k, way in enumerate(via):
        following = ways.nodes(via[k + 1] if k + 1 < len(via) else target)
        leaves = following & ways.nodes(way)
        walked = [
            (path + ways.walk(way, node, leave), leave, node)
            for path, node in paths
            for leave in leaves
            if leave != node
        ]
        paths = [(path, leave) for path, leave, node in walked if path and ways.tail(path[0]) in entries]
    found = []
    for path, leave in paths:
        into = [code for code in ways.into(source, ways.tail(path[0])) if code != path[0] ^ 1]
        out = [code for code in ways.out_of(target, leave) if code != path[-1] ^ 1]
        if len(path) >= len(via) and len(into) == 1 and len(out) == 1:
            found.append((into[0], *path, out[0]))
    return found
