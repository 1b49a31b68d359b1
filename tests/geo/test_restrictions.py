"""Turn relations become rules over directed pieces."""

from __future__ import annotations

import numpy as np
import pytest

from firstminute.geo.network import ModeGraph
from tests.support.osm import Sketch

ROAD = {"highway": "residential"}
NODES = {"a": (0, 0), "b": (1, 0), "c": (2, 0), "d": (3, 0), "e": (1, 1), "f": (2, 1)}
WAYS = [("a b", ROAD), ("b c", ROAD), ("c d", ROAD), ("b e", ROAD), ("c f", ROAD)]
VIA_B = [("from", "w", 0), ("via", "n", "b"), ("to", "w", 3)]
VIA_BC = [("from", "w", 0), ("via", "w", 1), ("to", "w", 4)]


def turn(
    members: list[tuple[str, str, str | int]], **tags: str
) -> tuple[dict[str, str], list[tuple[str, str, str | int]]]:
    return {"type": "restriction", **{key.replace("__", ":"): value for key, value in tags.items()}}, members


def rules(sketch: Sketch, mode: str) -> list[tuple[bool, str]]:
    """(only, "a>b b>e") of each rule of a mode, by node names."""
    city = sketch.city()
    graph = city.network.modes[mode]
    assert graph.turns is not None
    names = {}
    for name in sketch.nodes:
        lon, lat = sketch.place(name)
        for node in np.flatnonzero((city.network.node_lon == lon) & (city.network.node_lat == lat)):
            names[int(node)] = name
    found = []
    for k, only in enumerate(graph.turns.rule_only):
        arcs = graph.turns.rule_arc[graph.turns.rule_start[k] : graph.turns.rule_start[k + 1]]
        found.append((bool(only), " ".join(_arc(graph, names, int(arc)) for arc in arcs)))
    return found


def _arc(graph: ModeGraph, names: dict[int, str], arc: int) -> str:
    return f"{names[int(graph.arc_tail[arc])]}>{names[int(graph.arc_head[arc])]}"


def test_a_ban_over_a_node_is_a_pair_of_pieces() -> None:
    sketch = Sketch(NODES, WAYS, turns=[turn(VIA_B, restriction="no_left_turn")])
    assert rules(sketch, "car") == [(False, "a>b b>e")]
    assert sketch.city().about["turns"] == {"kept": 1, "via_ways": 0, "ignored": {}}


def test_a_ban_over_a_way_follows_the_way() -> None:
    sketch = Sketch(
        NODES,
        WAYS,
        turns=[turn(VIA_BC, restriction="no_left_turn"), turn(VIA_BC, restriction="only_left_turn")],
    )
    assert rules(sketch, "car") == [(False, "a>b b>c c>f"), (True, "a>b b>c c>f")]
    assert sketch.city().about["turns"]["via_ways"] == 2


def test_via_ways_may_be_many_cut_and_drawn_either_way() -> None:
    ways = [("a b", ROAD), ("c b", ROAD), ("c d", ROAD), ("b e", ROAD), ("c f", ROAD), ("d g", ROAD)]
    sketch = Sketch(
        {**NODES, "g": (3, 1)}, ways,
        turns=[turn([("from", "w", 0), ("via", "w", 2), ("via", "w", 1), ("to", "w", 5)], restriction="no_u_turn")],
    )  # fmt: skip
    assert rules(sketch, "car") == [(False, "a>b b>c c>d d>g")]


def test_a_u_turn_ban_names_the_way_twice() -> None:
    sketch = Sketch(
        NODES,
        WAYS,
        turns=[turn([("from", "w", 0), ("via", "n", "b"), ("to", "w", 0)], restriction="no_u_turn")],
    )
    assert rules(sketch, "car") == [(False, "a>b b>a")]


def test_no_exit_and_no_entry_name_several_ways() -> None:
    sketch = Sketch(
        NODES, WAYS,
        turns=[
            turn([("from", "w", 0), ("via", "n", "b"), ("to", "w", 1), ("to", "w", 3)], restriction="no_exit"),
            turn([("from", "w", 0), ("from", "w", 3), ("via", "n", "b"), ("to", "w", 1)], restriction="no_entry"),
        ],
    )  # fmt: skip
    assert sorted(rules(sketch, "car")) == [
        (False, "a>b b>c"),
        (False, "a>b b>c"),
        (False, "a>b b>e"),
        (False, "e>b b>c"),
    ]


@pytest.mark.parametrize(
    ("tags", "bound"),
    [
        ({"restriction": "no_left_turn"}, "car car-lights e-bike"),
        ({"restriction": "no_left_turn", "except": "bicycle"}, "car car-lights"),
        ({"restriction": "no_left_turn", "except": "psv;emergency"}, "car e-bike"),
        ({"restriction": "no_left_turn", "except": "motorcar"}, "car-lights e-bike"),
        ({"restriction": "no_left_turn", "except": "motor_vehicle"}, "e-bike"),
        ({"restriction__motorcar": "no_left_turn"}, "car car-lights"),
        ({"restriction__bicycle": "no_left_turn"}, "e-bike"),
    ],
)
def test_a_rule_binds_the_vehicles_it_names(tags: dict[str, str], bound: str) -> None:
    city = Sketch(NODES, WAYS, turns=[turn(VIA_B, **tags)]).city()
    found = []
    for mode, graph in sorted(city.network.modes.items()):
        if graph.turns is not None and len(graph.turns.rule_only):
            found.append(mode)
    assert found == bound.split()


def test_walkers_boats_and_a_free_car_with_lights_know_no_turn_rules() -> None:
    modes = Sketch(NODES, WAYS, turns=[turn(VIA_B, restriction="no_left_turn")]).city().network.modes
    assert [mode for mode in modes if modes[mode].turns is None] == ["foot", "boat", "car-lights-free"]


@pytest.mark.parametrize(
    ("reason", "members", "tags"),
    [
        ("conditional", VIA_B, {"restriction__conditional": "no_left_turn @ (07:00-09:00)"}),
        ("conditional", VIA_B, {"restriction": "no_left_turn", "hour_on": "07:00"}),
        ("other_vehicles", VIA_B, {"restriction__hgv": "no_left_turn"}),
        ("other_vehicles", VIA_B, {"restriction": "no_left_turn", "except": "bicycle;motor_vehicle"}),
        ("unknown_kind", VIA_B, {"restriction": "fixme"}),
        ("no_kind", VIA_B, {}),
        ("incomplete", VIA_B[:2], {"restriction": "no_left_turn"}),
        (
            "not_connected",
            [("from", "w", 2), ("via", "n", "b"), ("to", "w", 3)],
            {"restriction": "no_left_turn"},
        ),
        (
            "not_connected",
            [("from", "w", 0), ("via", "w", 4), ("to", "w", 3)],
            {"restriction": "no_left_turn"},
        ),
        (
            "too_many_members",
            [("from", "w", 0), ("from", "w", 1), *VIA_B[1:]],
            {"restriction": "no_left_turn"},
        ),
        ("not_a_street", [("from", "w", 99), *VIA_B[1:]], {"restriction": "no_left_turn"}),
        ("ambiguous", [("from", "w", 5), ("via", "n", "b"), ("to", "w", 3)], {"restriction": "no_left_turn"}),
    ],
)
def test_what_cannot_be_obeyed_is_ignored_under_a_reason(
    reason: str, members: list[tuple[str, str, str | int]], tags: dict[str, str]
) -> None:
    nodes, ways = {**NODES, "g": (1, -1)}, [*WAYS, ("g b f", ROAD)]
    about = Sketch(nodes, ways, turns=[turn(members, **tags)]).city().about
    assert about["turns"] == {"kept": 0, "via_ways": 0, "ignored": {reason: 1}}


def test_a_rule_at_a_barrier_is_ignored_because_its_pieces_no_longer_meet() -> None:
    city = Sketch(
        NODES, WAYS, barriers={"b": {"barrier": "block"}}, turns=[turn(VIA_B, restriction="no_left_turn")]
    ).city()
    assert city.about["turns"]["ignored"] == {"at_barrier": 1}


def test_a_cut_from_way_binds_only_the_piece_that_ends_at_the_via() -> None:
    nodes, ways = {**NODES, "z": (-1, 0), "y": (0, 1)}, [("z a b", ROAD), *WAYS[1:], ("a y", ROAD)]
    assert rules(Sketch(nodes, ways, turns=[turn(VIA_B, restriction="no_left_turn")]), "car") == [
        (False, "a>b b>e")
    ]
