"""What tags mean for each mode."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstminute.geo.barriers import barrier_blocks
from firstminute.geo.maxspeed import parse_maxspeed, posted_pair
from firstminute.geo.speeds import CLASSES, REGIONS
from firstminute.geo.tags import ALL_LAND, BIKE, BOAT, CAR, FOOT, LIGHTS, way_rule, way_rules

CN = REGIONS["CN"]


def masks(**tags: str) -> tuple[int, int]:
    rule = way_rule({key.replace("__", ":"): value for key, value in tags.items()}, CN)
    return (rule.forward, rule.backward) if rule else (0, 0)


@pytest.mark.parametrize(
    ("tags", "both"),
    [
        ({"highway": "residential"}, ALL_LAND),
        ({"highway": "motorway", "oneway": "no"}, CAR | LIGHTS),
        ({"highway": "trunk", "sidewalk": "both"}, FOOT | CAR | LIGHTS),
        ({"highway": "primary", "motorroad": "yes"}, CAR | LIGHTS),
        ({"highway": "pedestrian"}, FOOT | LIGHTS),
        ({"highway": "pedestrian", "bicycle": "yes"}, FOOT | BIKE | LIGHTS),
        ({"highway": "footway"}, FOOT),
        ({"highway": "footway", "motor_vehicle": "yes"}, FOOT | CAR | LIGHTS),
        ({"highway": "footway", "access": "yes"}, FOOT),
        ({"highway": "residential", "motor_vehicle": "agricultural; forestry"}, FOOT | BIKE | LIGHTS),
        ({"highway": "residential", "motor_vehicle": "no;destination"}, ALL_LAND),
        ({"highway": "path"}, FOOT | BIKE),
        ({"highway": "steps", "bicycle": "yes"}, FOOT),
        ({"highway": "track"}, FOOT | BIKE | LIGHTS),
        ({"highway": "busway"}, LIGHTS),
        ({"highway": "service", "access": "private"}, LIGHTS),
        ({"highway": "service", "access": "private", "emergency": "no"}, 0),
        ({"highway": "residential", "access": "no", "foot": "yes"}, FOOT | LIGHTS),
        ({"highway": "residential", "vehicle": "no", "motorcar": "yes"}, FOOT | CAR | LIGHTS),
        ({"highway": "residential", "motor_vehicle": "destination"}, ALL_LAND),
        ({"highway": "service", "service": "emergency_access"}, FOOT | BIKE | LIGHTS),
        ({"highway": "footway", "emergency": "yes"}, FOOT | LIGHTS),
        ({"highway": "construction"}, 0),
        ({"highway": "platform"}, FOOT),
        ({"waterway": "river"}, BOAT),
        ({"waterway": "river", "boat": "no"}, 0),
        ({"waterway": "stream"}, 0),
        ({"waterway": "canal", "tunnel": "culvert"}, 0),
        ({"route": "ferry"}, FOOT | BIKE | BOAT),
        ({"route": "ferry", "motor_vehicle": "yes"}, FOOT | BIKE | CAR | LIGHTS | BOAT),
    ],
)
def test_access_follows_class_and_the_most_particular_word(tags: dict[str, str], both: int) -> None:
    assert masks(**tags) == (both, both)


@pytest.mark.parametrize(
    ("tags", "forward", "backward"),
    [
        ({"oneway": "yes"}, ALL_LAND, FOOT),
        ({"oneway": "-1"}, FOOT, ALL_LAND),
        ({"oneway": "reversible"}, ALL_LAND & ~CAR, ALL_LAND & ~CAR),
        ({"oneway": "alternating"}, ALL_LAND, ALL_LAND),
        ({"junction": "roundabout"}, ALL_LAND, FOOT),
        ({"junction": "roundabout", "oneway": "no"}, ALL_LAND, ALL_LAND),
        ({"oneway": "yes", "oneway__bicycle": "no"}, ALL_LAND, FOOT | BIKE),
        ({"oneway": "yes", "cycleway": "opposite_lane"}, ALL_LAND, FOOT | BIKE),
        ({"oneway": "yes", "cycleway__left__oneway": "-1"}, ALL_LAND, FOOT | BIKE),
        ({"oneway": "yes", "oneway__foot": "yes"}, ALL_LAND, 0),
        ({"motor_vehicle__backward": "no"}, ALL_LAND, FOOT | BIKE),
    ],
)
def test_one_ways_bind_vehicles_and_not_walkers(tags: dict[str, str], forward: int, backward: int) -> None:
    assert masks(highway="residential", **tags) == (forward, backward)


def test_a_motorway_is_one_way_by_itself_and_an_escalator_for_people() -> None:
    assert masks(highway="motorway") == (CAR | LIGHTS, 0)
    assert masks(highway="steps", conveying="backward") == (0, FOOT)


def test_only_streets_where_one_can_stop_are_open_to_contraflow() -> None:
    for tags, direction in (
        ({"highway": "residential", "oneway": "yes"}, -1),
        ({"highway": "residential", "oneway": "-1"}, 1),
        ({"highway": "motorway"}, 0),
        ({"highway": "residential", "junction": "roundabout"}, 0),
        ({"highway": "residential"}, 0),
    ):
        rule = way_rule(tags, CN)
        assert rule is not None
        assert rule.contraflow == direction


def test_conditional_tags_are_counted_and_not_obeyed() -> None:
    rule = way_rule(
        {
            "highway": "residential",
            "access:conditional": "no @ (22:00-06:00)",
            "oneway:conditional": "yes @ x",
        },
        CN,
    )
    assert rule is not None
    assert (rule.forward, rule.conditional) == (ALL_LAND, 2)


@pytest.mark.parametrize(
    ("tags", "blocked"),
    [
        ({"barrier": "bollard"}, CAR | LIGHTS),
        ({"barrier": "bollard", "bollard": "rising"}, CAR),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, 0),
        ({"barrier": "gate"}, 0),
        ({"barrier": "gate", "access": "private"}, FOOT | BIKE | CAR),
        ({"barrier": "gate", "locked": "yes"}, ALL_LAND),
        ({"barrier": "lift_gate", "access": "private", "foot": "yes"}, BIKE | CAR),
        ({"barrier": "lift_gate", "locked": "yes"}, FOOT | BIKE | CAR),
        ({"barrier": "stile"}, BIKE | CAR | LIGHTS),
        ({"barrier": "toll_booth"}, 0),
        ({"barrier": "wall"}, ALL_LAND),
        ({"barrier": "a new word"}, CAR | LIGHTS),
        ({"barrier": "block", "emergency": "yes"}, CAR),
        ({"highway": "crossing"}, 0),
    ],
)
def test_a_barrier_stops_those_who_cannot_pass(tags: dict[str, str], blocked: int) -> None:
    assert barrier_blocks(tags) == blocked


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50.0),
        ("50 km/h", 50.0),
        ("30 mph", 48.28032),
        ("30mph", 48.28032),
        ("10 knots", 18.52),
        ("CN:urban", 50.0),
        ("CN:motorway", 120.0),
        ("DE:zone30", 30.0),
        ("DE:zone:20", 20.0),
        ("none", 130.0),
        ("walk", 7.0),
        ("60;40", 40.0),
        ("signals", None),
        ("variable", None),
        ("fixme", None),
        ("0", None),
        ("9999", None),
        ("", None),
    ],
)
def test_a_limit_is_read_with_unit_zone_and_several_values(text: str, kmh: float | None) -> None:
    found = parse_maxspeed(text, CN)
    assert found == (None if kmh is None else pytest.approx(kmh))


def test_a_posted_limit_of_one_direction_outranks_the_common_one() -> None:
    assert posted_pair({"maxspeed": "60", "maxspeed:backward": "40"}, CN) == (60.0, 40.0)
    assert posted_pair({"source:maxspeed": "CN:urban"}, CN) == (50, 50)
    assert posted_pair({"maxspeed": "signals", "source:maxspeed": "CN:urban"}, CN) == (None, None)


def test_every_region_has_a_limit_for_every_class_that_cars_use() -> None:
    for region in REGIONS.values():
        for name in CLASSES:
            rule = way_rule({"highway": name, "motor_vehicle": "yes"}, region)
            if rule and rule.forward & CAR and name not in ("bridleway", "track"):
                assert region.limit_kmh.get(name, 0) > 0, (region.code, name)
        assert math.isclose(
            region.driven_share["car-lights"] / region.driven_share["car"], 1.41, abs_tol=0.01
        )


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(
                "highway access foot bicycle oneway junction maxspeed motor_vehicle name maxspeed:forward name:en access:conditional".split()
            ),
            st.sampled_from("yes no residential footway motorway private -1 roundabout 30 x".split()),
        ),
        max_size=30,
    )
)
def test_reading_many_ways_at_once_gives_each_its_own_rule(ways: list[dict[str, str]]) -> None:
    for rule, tags in zip(way_rules(ways, CN), ways, strict=True):
        assert str(rule) == str(way_rule(tags, CN))
