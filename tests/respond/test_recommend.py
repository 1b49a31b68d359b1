"""Who should go: ranked by road in each one's own mode, with reasons, typed shortfalls, and everything to compute it again."""

from __future__ import annotations

import heapq
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstminute.flow.registers import put
from firstminute.flow.scene import warm
from firstminute.flow.state import State
from firstminute.geo.network import ModeGraph
from firstminute.model.errors import Refused
from firstminute.model.facts.incident import IncidentAmended, LevelRaised
from firstminute.model.facts.people import UnitOffDuty, UnitOnDuty, UnitStatusSet
from firstminute.model.facts.response import (
    AlertSent,
    Assigned,
    Candidate,
    Cleared,
    Diverted,
    Escalated,
    RecommendationOverridden,
    UnitsChosen,
    UnitsRecommended,
)
from firstminute.model.place import Place
from firstminute.model.records import AlertPolicy, Entrance, Need, Unit, Venue
from firstminute.respond.chance import answering, in_time
from firstminute.respond.plans import PLANS
from firstminute.respond.policy import fill
from firstminute.respond.reach import refreshed
from firstminute.respond.records import Respond, UnitDuty
from tests.support.city import ascii_ground, letters_of
from tests.support.play import PLACES, Play, play


def latest(town: Play) -> UnitsRecommended:
    """The last list."""
    return town.found(UnitsRecommended)[-1]


def listed(town: Play, ring: str) -> list[Candidate]:
    """Candidates of a ring on the last list."""
    return [c for c in latest(town).candidates if c.ring == ring]


def unit_s(town: Play, unit_id: str) -> float:
    """Travel time of a unit on the last list."""
    return next(c.travel_s for c in latest(town).candidates if c.responder_id == unit_id)


def plain_times_ds(graph: ModeGraph, start: tuple[int, float]) -> dict[int, int]:
    """Deciseconds from a place part-way on a piece to every junction, by textbook Dijkstra: an oracle that shares nothing with the search."""
    edge, share = start
    heap: list[tuple[int, int]] = []
    for arc, left in (
        (int(graph.edge_arc_forward[edge]), 1.0 - share),
        (int(graph.edge_arc_backward[edge]), share),
    ):
        if arc >= 0:
            heapq.heappush(heap, (int(np.floor(graph.arc_time_ds[arc] * left)), int(graph.arc_head[arc])))
    best: dict[int, int] = {}
    while heap:
        time, node = heapq.heappop(heap)
        if node in best:
            continue
        best[node] = time
        for arc in range(graph.out_start[node], graph.out_start[node + 1]):
            heapq.heappush(heap, (time + int(graph.arc_time_ds[arc]), int(graph.arc_head[arc])))
    return best


def by_hand_s(graph: ModeGraph, start: tuple[int, float], goal: tuple[int, float]) -> float:
    """Seconds from one place to another, both part-way on pieces."""
    best = plain_times_ds(graph, start)
    ends = []
    if start[0] == goal[0]:
        for arc, ahead in (
            (int(graph.edge_arc_forward[goal[0]]), goal[1] - start[1]),
            (int(graph.edge_arc_backward[goal[0]]), start[1] - goal[1]),
        ):
            if arc >= 0 and ahead >= 0:
                ends.append(int(np.floor(graph.arc_time_ds[arc] * ahead)))
    for arc, part in (
        (int(graph.edge_arc_forward[goal[0]]), goal[1]),
        (int(graph.edge_arc_backward[goal[0]]), 1.0 - goal[1]),
    ):
        if arc >= 0 and int(graph.arc_tail[arc]) in best:
            ends.append(best[int(graph.arc_tail[arc])] + int(np.floor(graph.arc_time_ds[arc] * part)))
    return min(ends) / 10.0


@given(st.data())
def test_travel_times_are_those_of_plain_dijkstra_in_each_units_own_mode(data: st.DataObject) -> None:
    """Cars and feet anywhere in the town, an incident anywhere: way + turnout, to the decisecond."""
    town = play(mustered=False)
    spot = st.tuples(st.floats(PLACES["s"][0], PLACES["f"][0]), st.floats(PLACES["s"][1], PLACES["f"][1]))
    town.place_units({unit: data.draw(spot, unit) for unit in ("U1", "U2", "U3")})
    point = data.draw(spot, "incident")
    town.open("quarrel", venue_id=None, place=Place(points=(point,)))
    ground, fleet = town.state.ground, town.state.fleet
    assert ground is not None
    assert {c.responder_id for c in listed(town, "reinforcement")} == {"U1", "U2", "U3"}
    for candidate in listed(town, "reinforcement"):
        row, unit = fleet.row[candidate.responder_id], town.state.registers.units[candidate.responder_id]
        goal = ground.snap(np.array([point[0]]), np.array([point[1]]), unit.mode)
        start = (int(fleet.edge[unit.mode][row]), float(fleet.share[unit.mode][row]))
        expected = by_hand_s(ground.graph(unit.mode), start, (int(goal.edge[0]), float(goal.share[0])))
        assert candidate.travel_s == pytest.approx(expected + unit.turnout_s, abs=0.11)
        assert (candidate.edge, candidate.share, candidate.fix_s) == (*start, fleet.fix_s[row])


def test_everybody_of_the_circle_is_on_one_list() -> None:
    """Own people, neighbours running, police by car, on foot and in the air, ranked within their ring."""
    town = play()
    town.open("cardiac_arrest")
    assert [c.responder_id for c in listed(town, "self_rescue")] == ["Th"]
    assert [c.responder_id for c in listed(town, "neighbour_aid")] == ["Ti", "To", "Tv"]
    police = listed(town, "reinforcement")
    assert [c.responder_id for c in police] == ["U1", "U4", "U2", "U3"]
    assert {c.mode for c in latest(town).candidates} == {"foot", "run", "car-lights", "drone"}
    assert all(0.0 <= c.chance <= 1.0 and c.travel_s > 0 for c in latest(town).candidates)


def test_a_list_made_twice_from_the_same_inputs_has_the_same_digest_and_another_from_others() -> None:
    """The digest is of the inputs: a later second, a moved car make another."""
    towns = [play(), play()]
    digests = []
    for town in towns:
        town.open("quarrel")
        digests.append(latest(town).digest)
    assert digests[0] == digests[1] and len(digests[0]) == 32
    towns[0].place_units({"U1": "b", "U2": "x", "U3": "p", "U4": "r"})
    towns[0].submit("recommend", incident_id="i1")
    assert latest(towns[0]).digest != digests[0]


def test_a_unit_that_rests_or_has_an_old_fix_or_just_cleared_says_so_and_ranks_later() -> None:
    """The near car's fix is an hour old; the other is listed first."""
    town = play()
    town.place_units({"U1": "b", "U2": "e"}, fix_s=town.at_s - 3600)
    town.open("quarrel")
    assert all("stale_fix" in c.reasons for c in listed(town, "reinforcement"))
    town = play()
    town.happen(UnitStatusSet(unit_id="U1", status="resting"))
    town.open("quarrel")
    assert [c.responder_id for c in listed(town, "reinforcement")][0] != "U1"
    assert [u.responder_ids for u in town.found(UnitsChosen)][0][-1] == "U2"
    town = play()
    town.happen(UnitStatusSet(unit_id="U1", status="unavailable"))
    town.open("quarrel")
    assert "U1" not in {c.responder_id for c in listed(town, "reinforcement")}


def test_a_unit_busy_with_less_is_listed_but_only_a_person_takes_it_away() -> None:
    """A theft holds the near car; a robbery comes. The policy sends another; the dispatcher diverts, and the theft is open again."""
    town = play()
    town.open("theft", incident_id="small", priority=4, venue_id=None, place=Place(points=(PLACES["a"],)))
    assert town.state.respond.units["U1"].active is not None
    town.open("quarrel", incident_id="big", priority=1)
    near = next(c for c in listed(town, "reinforcement") if c.responder_id == "U1")
    assert "busy_lower_priority" in near.reasons and "recommended" not in near.reasons
    assert [
        a.responder_id for a in town.found(AlertSent) if a.incident_id == "big" and a.responder_kind == "unit"
    ] == ["U2"]
    town.submit("dispatch", incident_id="big", responder_ids=("U1",), divert=True)
    [taken] = town.found(Diverted)
    assert (taken.incident_id, taken.to_incident_id) == ("small", "big")
    active = town.state.respond.assignments[town.state.respond.units["U1"].active or ""]
    assert active.incident_id == "big"
    assert town.state.respond.incidents["small"].recommendation is not None


def test_a_unit_with_an_equal_task_is_stacked_behind_it() -> None:
    """One active task, the other waits in order."""
    town = play()
    town.open("quarrel", incident_id="one")
    town.open("quarrel", incident_id="two")
    with pytest.raises(Refused, match="unit_busy"):
        town.submit("dispatch", incident_id="two", responder_ids=("U1",), divert=True)
    town.submit("dispatch", incident_id="two", responder_ids=("U1",))
    bound = [a for a in town.found(Assigned) if a.responder_id == "U1"]
    assert [a.active for a in bound] == [True, False]
    assert town.state.respond.units["U1"].stack == [bound[1].assignment_id]


def test_another_choice_than_recommended_needs_a_reason_that_becomes_a_fact() -> None:
    """Without one refused, with one sent."""
    town = play()
    town.open("noise")
    town.submit("recommend", incident_id="i1")
    with pytest.raises(Refused, match="override_needs_reason"):
        town.submit("dispatch", incident_id="i1", responder_ids=("U3",))
    town.submit("dispatch", incident_id="i1", responder_ids=("U3",), reason_code="knows_the_place")
    [override] = town.found(RecommendationOverridden)
    assert (override.instead_of, override.chosen) == (("U1",), ("U3",))
    assert [a.responder_id for a in town.found(AlertSent)] == ["U3"]
    assert town.found(Assigned)[-1].travel_s == unit_s(town, "U3")
    with pytest.raises(Refused, match="already_asked"):
        town.submit("dispatch", incident_id="i1", responder_ids=("U3",))
    with pytest.raises(Refused, match="unknown_responder"):
        town.submit("dispatch", incident_id="i1", responder_ids=("U99",))


def test_another_team_than_recommended_is_written_down_and_a_team_passes_over_no_police() -> None:
    """Neighbours are proposed: the second one is asked first, and the journal says so; the crew that nobody has sent yet is no other choice."""
    town = play()
    town.open("medical")
    near = [c for c in town.found(UnitsRecommended)[-1].candidates if c.ring == "neighbour_aid"]
    town.submit("dispatch", incident_id="i1", responder_ids=(near[0].responder_id,))
    assert not town.found(RecommendationOverridden)
    put(
        town.state.registers,
        "alert_policies",
        [
            AlertPolicy(
                policy_id="default", at_once={"neighbour_aid": 1, "self_rescue": 4, "reinforcement": 1}
            )
        ],
    )
    town.open("medical", incident_id="i2", venue_id="Vv")
    near = [c for c in town.found(UnitsRecommended)[-1].candidates if c.ring == "neighbour_aid"]
    assert ["recommended" in c.reasons for c in near][:2] == [True, False]
    town.submit("dispatch", incident_id="i2", responder_ids=(near[1].responder_id,))
    [why] = town.found(RecommendationOverridden)
    assert (why.instead_of, why.chosen, why.reason_code) == (
        (near[0].responder_id,),
        (near[1].responder_id,),
        "dispatcher",
    )


def test_an_unknown_place_is_a_shortfall_and_not_a_guess() -> None:
    """Nobody is sent anywhere; the station is woken."""
    town = play()
    town.open("quarrel", venue_id=None)
    assert {s.code for s in latest(town).shortfalls} == {"place_unknown"}
    assert not town.found(UnitsChosen)
    assert [e.to for e in town.found(Escalated)] == ["station"]


def test_a_better_place_and_a_higher_level_make_the_list_again_and_send_what_is_missing() -> None:
    """First unknown, then a street corner, then level 2: two crews more."""
    town = play()
    town.open("quarrel", venue_id=None)
    town.happen(IncidentAmended(incident_id="i1", changed=("place",), place=Place(points=(PLACES["b"],))))
    assert [a.responder_id for a in town.found(AlertSent) if a.responder_kind == "unit"] == ["U1"]
    town.happen(LevelRaised(incident_id="i1", level=2, reason="more people"))
    assert [a.responder_id for a in town.found(AlertSent) if a.responder_kind == "unit"] == ["U1", "U2"]
    town.happen(IncidentAmended(incident_id="i1", changed=("summary",), summary="two men"))
    assert town.kinds().count("UnitsRecommended") == 3


def test_what_cannot_be_met_is_said_by_kind_and_number() -> None:
    """An armed attack wants two crews, a PTU and a shield; the town has no PTU."""
    town = play()
    town.open("armed_attack")
    short = {(s.need, s.missing, s.code) for s in latest(town).shortfalls if s.ring == "reinforcement"}
    assert ("ptu", 1, "all_busy") in short and ("shield", 1, "no_skill") in short
    assert [c.responder_id for c in listed(town, "reinforcement") if c.responder_kind == "station"] == ["S1"]


def test_a_night_with_everybody_off_duty_is_a_shortfall_with_its_reason() -> None:
    """Nobody of the venue stands: not nobody trained, not nobody near."""
    town = play(mustered=False)
    town.open("cardiac_arrest")
    codes = {(s.ring, s.code) for s in latest(town).shortfalls}
    assert {("self_rescue", "none_on_duty"), ("neighbour_aid", "none_on_duty")} <= codes


def test_a_locked_front_door_sends_everybody_to_the_side_that_is_open() -> None:
    """Two entrances: the front is closed at this hour, the side is a block away."""
    town = play()
    lon, lat = PLACES["h"]
    doors = (
        Entrance(lon=lon, lat=lat, hours=((0, 1),)),
        Entrance(lon=PLACES["j"][0], lat=PLACES["j"][1], note="ring twice"),
    )
    put(
        town.state.registers,
        "venues",
        [Venue(venue_id="Vh", name="h", category="mall", lon=lon, lat=lat, entrances=doors, district="D")],
    )
    town.open("quarrel")
    open_doors = unit_s(town, "U1")
    other = play()
    other.open("quarrel", venue_id=None, place=Place(points=(PLACES["j"],)))
    assert open_doors == unit_s(other, "U1")
    assert any("entrance:1" in a.card for a in town.found(AlertSent))


def test_a_person_on_the_fourth_floor_is_farther_away() -> None:
    """Stairs count, for the venue's own people, too."""
    ground, upstairs = play(), play()
    ground.open("cardiac_arrest", place=Place(points=(PLACES["h"],)))
    upstairs.open("cardiac_arrest", place=Place(points=(PLACES["h"],), floor=4))
    for who in ("Th", "Ti", "U1", "U3"):
        assert unit_s(upstairs, who) == pytest.approx(unit_s(ground, who) + 44.0)


def test_what_is_derived_is_made_again_only_when_a_version_changed() -> None:
    """Same versions, same object; a new fleet keeps teams and doors."""
    town = play()
    town.open("quarrel")
    state = town.state
    assert refreshed(state.reach, state.ground, state.registers, state.fleet) is state.reach
    before = state.reach
    town.place_units({"U1": "b"})
    after = refreshed(before, state.ground, state.registers, state.fleet)
    assert (
        after is not before
        and after.teams is before.teams
        and after.doors is before.doors
        and after.units is not before.units
    )


UNITS = {
    f"{kind}{k}": Unit(
        unit_id=f"{kind}{k}", call_sign="", kind=kind, mode="car", station_id="S", district="D", kit=kit
    )
    for kind in ("car", "ptu", "boat", "drone")
    for k in range(3)
    for kit in [("shield",) if kind == "ptu" else ()]
}
SWORN = st.fixed_dictionaries({key: st.integers(0, 3) for key in UNITS})
NEEDS = st.builds(
    Need, level=st.just(1), units=st.dictionaries(st.sampled_from(["any", "car", "ptu", "boat", "drone"]), st.integers(0, 2)), sworn=st.integers(0, 6),
    skills=st.sampled_from([(), ("shield",)]),
)  # fmt: skip


@given(NEEDS, SWORN, st.permutations(list(UNITS)), st.integers(0, 12), st.integers(0, 3))
def test_needs_are_filled_in_rank_order_within_the_cap_and_the_rest_is_said(
    need: Need, sworn: dict[str, int], order: list[str], most: int, there: int
) -> None:
    """No more than the cap, nobody picked twice or who is there, and either enough of everything or a shortfall that names it."""
    respond = Respond(units={u: UnitDuty(u, 2, sworn[u], "s", 0.0) for u in UNITS})
    present, free = order[:there], order[there:]
    candidates = [
        Candidate(
            responder_id=u,
            responder_kind="unit",
            ring="reinforcement",
            mode="car",
            travel_s=1.0,
            chance=1.0,
            fix_s=0.0,
            edge=0,
            share=0.0,
        )
        for u in free
    ]
    filled = fill(need, candidates, present, respond=respond, units=UNITS, most=max(most, there))
    assert len(set(filled.picked)) == len(filled.picked) <= max(most, there) - there
    assert not set(filled.picked) & set(present)
    all_there = [*present, *filled.picked]
    kinds = [UNITS[u].kind for u in all_there]
    missing = {s.need: s.missing for s in filled.shortfalls}
    for kind, number in need.units.items():
        if kind != "any":
            assert missing.get(kind, 0) == max(0, number - kinds.count(kind))
    assert missing.get("sworn", 0) == max(0, need.sworn - sum(sworn[u] for u in all_there))
    if need.skills and "ptu" not in kinds:
        assert missing["shield"] == 1
    ground = sum(kind not in ("boat", "drone") for kind in kinds)
    special = sum(min(kinds.count(k), n) for k, n in need.units.items() if k in ("car", "ptu"))
    assert missing.get("any", 0) == max(0, need.units.get("any", 0) - (ground - special))


def test_busy_and_resting_units_are_never_picked_by_the_policy() -> None:
    """A person decides on those."""
    respond = Respond(units={u: UnitDuty(u, 2, 1, "s", 0.0) for u in UNITS})
    base = Candidate(
        responder_id="car0",
        responder_kind="unit",
        ring="reinforcement",
        mode="car",
        travel_s=1.0,
        chance=1.0,
        fix_s=0.0,
        edge=0,
        share=0.0,
    )
    candidates = [
        replace(base, reasons=("busy_lower_priority",)),
        replace(base, responder_id="car1", reasons=("resting",)),
        replace(base, responder_id="car2"),
    ]
    assert fill(
        Need(level=1, units={"any": 3}), candidates, [], respond=respond, units=UNITS, most=9
    ).picked == ("car2",)


@given(st.floats(1, 3600), st.floats(1, 3600), st.floats(0.01, 1.0))
def test_the_chance_falls_with_travel_and_rises_with_the_limit(
    limit_s: float, travel_s: float, sigma: float
) -> None:
    """Monotone, within [0, 1], one half at the limit."""
    chance = in_time(limit_s, travel_s, sigma)
    assert 0.0 <= chance <= 1.0
    assert in_time(limit_s, travel_s * 1.1, sigma) <= chance <= in_time(limit_s * 1.1, travel_s, sigma)
    assert in_time(limit_s, limit_s, sigma) == 0.5


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_a_few_answers_move_a_teams_chance_little_and_many_move_it_far(asked: int, answered: int) -> None:
    """Shrunk to the mean: between the prior's mean and the team's own rate."""
    answered = min(asked, answered)
    chance = answering({("t", 0, "page"): (asked, answered)}, "t", 0, "page", (3.0, 7.0))
    own = answered / asked if asked else 0.3
    assert min(0.3, own) - 1e-9 <= chance <= max(0.3, own) + 1e-9


ONE_WAY = """
a===b---c
|   |   |
d---e---f
"""


def test_cars_with_lights_break_one_ways_only_where_the_plan_lets_them() -> None:
    """The car is at b, the incident at a, the street runs from a to b."""
    free, lawful = Play(ascii_ground(ONE_WAY)), Play(ascii_ground(ONE_WAY))
    spots = letters_of(ONE_WAY)
    put(lawful.state.registers, "plans", [replace(PLANS[0], lights_break_rules=False)])
    times = []
    for town in (free, lawful):
        put(
            town.state.registers,
            "units",
            [Unit(unit_id="U1", call_sign="1", kind="car", mode="car-lights", station_id="S", district="D")],
        )
        town.place_units({"U1": spots["b"]})
        town.happen(UnitOnDuty(unit_id="U1", crew=2, shift="s"))
        town.open("theft", venue_id=None, place=Place(points=(spots["a"],)))
        times.append(unit_s(town, "U1"))
    assert times[0] < times[1]


def test_the_rarest_kind_that_is_needed_is_found_however_far_it_is() -> None:
    """Forty cars stand nearer than the only tactical unit."""
    town = play(mustered=False)
    names = [f"C{k}" for k in range(40)]
    rows = [
        Unit(unit_id=u, call_sign=u, kind="car", mode="car-lights", station_id="S1", district="D")
        for u in names
    ]
    put(
        town.state.registers,
        "units",
        [
            *rows,
            Unit(
                unit_id="P",
                call_sign="P",
                kind="ptu",
                mode="car-lights",
                station_id="S1",
                district="D",
                sworn=4,
                kit=("shield",),
            ),
        ],
    )
    town.place_units({**dict.fromkeys(names, "b"), "P": "x"})
    town.happen(*(UnitOnDuty(unit_id=u, crew=2, shift="s", sworn=1) for u in [*names, "P"]))
    town.open("armed_attack", venue_id="Vh")
    chosen = next(u.responder_ids for u in town.found(UnitsChosen))
    assert "P" in chosen and len(chosen) == 3
    assert not [s for s in latest(town).shortfalls if s.ring == "reinforcement"]


def test_everybody_busy_nearby_makes_the_search_look_farther() -> None:
    """Thirty busy cars around the corner, two free ones across the town."""
    town = play(mustered=False)
    names = [f"C{k:02d}" for k in range(30)]
    put(
        town.state.registers,
        "units",
        [
            Unit(unit_id=u, call_sign=u, kind="car", mode="car-lights", station_id="S1", district="D")
            for u in names
        ],
    )
    town.place_units({**dict.fromkeys(names, "h"), "U1": "x"})
    town.happen(*(UnitOnDuty(unit_id=u, crew=2, shift="s", sworn=1) for u in names))
    for u in names:
        town.state.respond.units[u].status = "unavailable"
    town.open("quarrel")
    assert [c.responder_id for c in listed(town, "reinforcement")] == ["U1"]


def test_warming_up_finds_people_and_leaves_no_trace() -> None:
    """After it the state is as before but for what is derived; without streets it does nothing."""
    town = play()
    before = (town.state.seq, dict(town.state.respond.incidents))
    assert warm(town.state) > 0
    assert (town.state.seq, town.state.respond.incidents) == before
    assert warm(State()) == 0


def test_an_incident_that_lacks_police_gets_the_next_crew_that_is_free() -> None:
    """All cars are out; the more urgent of two waiting incidents is served first, the other by the next one."""
    town = play(mustered=False)
    town.place_units({"U1": "a"})
    town.open("theft", incident_id="first", venue_id=None, place=Place(points=(PLACES["b"],)), priority=1)
    town.open("theft", incident_id="small", venue_id=None, place=Place(points=(PLACES["c"],)), priority=4)
    town.wait(5)
    town.open("theft", incident_id="big", venue_id=None, place=Place(points=(PLACES["d"],)), priority=2)
    assert set(town.state.respond.short) == {"small", "big"}
    for incident_id, waiting in (("first", {"small"}), ("big", set())):
        bound = town.state.respond.units["U1"].active
        assert bound is not None
        town.happen(
            Cleared(assignment_id=bound, incident_id=incident_id, responder_id="U1", evidence="touch")
        )
        assert set(town.state.respond.short) == waiting
    active = town.state.respond.assignments[town.state.respond.units["U1"].active or ""]
    assert active.incident_id == "small"


def test_a_crew_that_signs_on_finds_the_work_that_waits() -> None:
    """Nobody on duty, a call, then a crew starts its shift."""
    town = play(mustered=False)
    for unit_id in ("U1", "U2", "U3", "U4"):
        town.happen(UnitOffDuty(unit_id=unit_id))
    town.open("theft")
    assert not town.found(Assigned)
    town.happen(UnitOnDuty(unit_id="U2", crew=2, shift="night"))
    assert [a.responder_id for a in town.found(Assigned)] == ["U2"]


def test_somebody_sent_by_hand_who_is_on_no_list_has_no_travel_time_made_up() -> None:
    """The place is unknown, a person sends a car all the same."""
    town = play()
    town.open("quarrel", venue_id=None)
    town.submit("dispatch", incident_id="i1", responder_ids=("U1",))
    assert [(a.responder_id, a.travel_s) for a in town.found(Assigned)] == [("U1", None)]
