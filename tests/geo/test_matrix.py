"""Matrices: one search for each source and the contracted graph give the oracle's integers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstminute.geo import matrix as matrix_module
from firstminute.geo.matrix import UNREACHED, can_contract, contract, matrix
from firstminute.geo.search_flood import FloodSpace
from firstminute.geo.search_graph import build_search_graph
from tests.support.small_city import random_places, small_city
from tests.support.travel import edge_oracle, node_oracle


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.booleans(), st.booleans())
def test_rows_and_contraction_give_the_times_of_the_oracle(seed: int, turned: bool, reverse: bool) -> None:
    network = small_city(seed)
    graph = network.modes["car" if turned else "foot"]
    oracle = edge_oracle(graph) if turned else node_oracle(graph)
    search = build_search_graph(graph)
    rng = np.random.default_rng(seed)
    sources, targets = random_places(rng, graph, 5), random_places(rng, graph, 4)
    targets[0] = (sources[0][0], float(rng.random()))
    expected = [
        [oracle.arrive(source, goal, oracle.to_goal(goal)) for goal in targets]
        if source[0] >= 0
        else [UNREACHED] * 4
        for source in sources
    ]
    ends = [
        (np.array([p[0] for p in rows], np.int32), np.array([p[1] for p in rows]))
        for rows in (sources, targets)
    ]
    space = FloodSpace(search)
    assert matrix(search, space, *ends).tolist() == expected
    made = contract(search, network.node_lon, network.node_lat, reverse=reverse)
    assert matrix(search, space, *ends, contraction=made).tolist() == expected


def test_without_the_optional_package_a_contraction_is_refused_plainly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = small_city(1)
    search = build_search_graph(network.modes["foot"])
    assert can_contract()
    monkeypatch.setattr(matrix_module, "pyroutingkit", None)
    assert not can_contract()
    with pytest.raises(RuntimeError, match="not installed"):
        contract(search, network.node_lon, network.node_lat)
