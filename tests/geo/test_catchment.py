"""Whoever is in time stands in the catchment, whoever is late does not; and the working memory is clean afterwards."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from firstminute.geo.search_catchment import catchment, catchment_space
from firstminute.geo.search_graph import build_search_graph
from tests.geo.test_search import SEEDS, world
from tests.support.small_city import random_places

ROUNDED_DS = 2
"""Times are rounded down twice on a way: at its first and at its last piece."""


@given(SEEDS, st.booleans())
def test_the_catchment_holds_who_is_in_time_and_nobody_else(seed: int, turned: bool) -> None:
    graph, oracle, rng = world(seed, turned)
    search = build_search_graph(graph)
    space = catchment_space(search)
    clean = space.record.copy()
    units = random_places(rng, graph, 25)
    for goal in random_places(rng, graph, 3):
        limit = int(rng.choice([5, 40, 120]))
        found = catchment(search, graph, space, goal, limit_ds=limit)
        low, high = (
            np.minimum(found.from_share, found.to_share),
            np.maximum(found.from_share, found.to_share),
        )
        edge = graph.arc_edge[found.arc]
        travel_ds = {unit: ds for ds, unit in oracle.who(units, goal, 100_000)}
        for number, (piece, share) in enumerate(units):
            stands_in = bool(((edge == piece) & (low - 1e-9 <= share) & (share <= high + 1e-9)).any())
            if travel_ds.get(number, 10**9) <= limit - ROUNDED_DS:
                assert stands_in
            elif travel_ds.get(number, 10**9) > limit + ROUNDED_DS:
                assert not stands_in
    assert np.array_equal(space.record, clean)


def test_a_place_off_the_streets_is_reached_from_nowhere() -> None:
    graph, _, _ = world(1, False)
    search = build_search_graph(graph)
    found = catchment(search, graph, catchment_space(search), (-1, 0.0), limit_ds=600)
    assert len(found.node) == len(found.arc) == 0
