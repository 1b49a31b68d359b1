"""Snapshot plus feed equals a fresh snapshot, for every audience, whatever happens in between."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from firstminute.api.hub import MAX_WAITING, Client, Hub
from firstminute.api.told import merge
from firstminute.command.picture import Audience, visible
from firstminute.model.access.tree import Tree

AUDIENCES = [
    Audience("dispatcher"),
    Audience("patrol", unit_id="u1"),
    Audience("member", team_id="t1"),
    Audience("patrol"),
    Audience("member"),
    Audience("lead"),
    Audience("resident"),
    Audience("auditor"),
]


def incident(responders: list[tuple[str, str, str | None]], **more: Any) -> dict[str, Any]:
    rows = [
        {
            "responder_id": r,
            "kind": k,
            "team_id": t,
            "state": "en_route",
            "travel_s": 100.0,
            "alert_id": None,
            "assignment_id": "a",
            "role": None,
            "task": "respond",
        }
        for r, k, t in responders
    ]
    return {
        "id": "i",
        "type": "fight",
        "priority": 1,
        "status": "open",
        "responders": rows,
        "lon": 1.0,
        "lat": 2.0,
        **more,
    }


rows = st.one_of(
    st.none(),
    st.builds(
        incident,
        st.lists(
            st.tuples(
                st.sampled_from(["u1", "u2", "m1"]),
                st.sampled_from(["unit", "member"]),
                st.sampled_from([None, "t1", "t2"]),
            ),
            max_size=3,
        ),
    ),
)
changes = st.lists(
    st.dictionaries(st.sampled_from(["incident/1", "incident/2", "incident/3"]), rows, min_size=1),
    max_size=12,
)


def drain(client: Client) -> list[dict[str, Any]]:
    found = []
    while not client.queue.empty():
        message = client.queue.get_nowait()
        assert message is not None
        found.append(message)
    return found


@given(changes, changes, st.booleans())
@settings(max_examples=60)
def test_snapshot_and_feed_make_a_fresh_snapshot(before: list[Any], after: list[Any], merged: bool) -> None:
    hub = Hub()
    for seq, change in enumerate(before, 1):
        hub.publish(seq, change)
    joined = [hub.join(audience) for audience in AUDIENCES]
    for seq, change in enumerate(after, len(before) + 1):
        hub.publish(seq, change)
    for client, first in joined:
        held, messages = dict(first["set"]), drain(client)
        if merged and messages:
            whole = messages[0]
            for message in messages[1:]:
                whole = merge(whole, message)
            messages = [whole]
        for message in messages:
            for key in message.get("del", []):
                held.pop(key, None)
            held.update(message.get("set", {}))
        assert held == hub.snapshot(client.audience)["set"]


def test_members_see_that_police_come_but_not_where() -> None:
    hub = Hub()
    hub.publish(
        1,
        {
            "incident/1": incident([("u1", "unit", None), ("m1", "member", "t1")]),
            "unit/u1": {"id": "u1", "lon": 1.0},
            "coverage/now": {"gaps": [[1, 2]]},
        },
    )
    seen = hub.snapshot(Audience("member", team_id="t1"))["set"]
    assert set(seen) == {"incident/1"}
    assert seen["incident/1"]["police_about_min"] == 2
    assert [r["responder_id"] for r in seen["incident/1"]["responders"]] == ["m1"]
    assert hub.snapshot(Audience("resident"))["set"] == {}


def test_positions_reach_only_those_who_may_see_them() -> None:
    hub = Hub()
    (desk, _), (member, _) = hub.join(Audience("dispatcher")), hub.join(Audience("member", team_id="t1"))
    hub.move({"u1": (1.0, 2.0, 3.0)})
    assert drain(desk)[0]["positions"] == {"u1": (1.0, 2.0, 3.0)}
    assert drain(member) == []


def test_a_client_that_never_reads_is_dropped_and_brakes_nobody() -> None:
    hub = Hub()
    (slow, _), (quick, _) = hub.join(Audience("dispatcher")), hub.join(Audience("commander"))
    for seq in range(MAX_WAITING + 10):
        hub.publish(seq, {"incident/1": incident([], label=str(seq))})
        drain(quick)
    assert hub.dropped == 1 and hub.clients == 1
    last = [slow.queue.get_nowait() for _ in range(slow.queue.qsize())][-1]
    assert last is None


def test_a_message_reaches_the_clients_that_answer_to_its_name_and_nobody_else() -> None:
    hub = Hub()
    crew, _ = hub.join(Audience("patrol", unit_id="u1"), frozenset({"u1"}))
    other, _ = hub.join(Audience("patrol", unit_id="u2"), frozenset({"u2"}))
    desk, _ = hub.join(Audience("dispatcher"), frozenset({"d1", "A"}))
    assert hub.tell(("u1",), {"id": "m"}, at_desk=False)
    assert drain(crew) == [{"seq": 0, "messages": [{"id": "m"}]}] and drain(other) == drain(desk) == []
    assert not hub.tell(("u3",), {"id": "m"}, at_desk=False), "a crew that is not there is not told"
    assert hub.tell(("A",), {"id": "seat"}, at_desk=True) and hub.tell(("B",), {"id": "desk"}, at_desk=True)
    assert [m["messages"][0]["id"] for m in drain(desk)] == ["seat", "desk"] and drain(crew) == []


def test_who_listens_is_known_until_it_leaves() -> None:
    hub = Hub()
    assert hub.present() == (frozenset(), frozenset(), False)
    team, _ = hub.join(Audience("member", team_id="t1"), frozenset({"m1", "t1"}))
    desk, _ = hub.join(Audience("commander"), frozenset({"c1"}))
    assert hub.present() == (frozenset({"m1", "t1", "c1"}), frozenset({"t1"}), True)
    hub.leave(team)
    hub.leave(desk)
    assert hub.present() == (frozenset(), frozenset(), False)


def test_messages_that_wait_for_a_slow_client_are_all_told_in_order() -> None:
    told = merge(
        {"seq": 1, "messages": [{"id": "a"}]}, {"seq": 2, "set": {"desk/now": {}}, "messages": [{"id": "b"}]}
    )
    assert told["messages"] == [{"id": "a"}, {"id": "b"}] and told["set"] == {"desk/now": {}}


@given(
    st.dictionaries(
        st.sampled_from(["incident/1", "venue/1", "unit/1", "coverage/now", "call/1"]), rows, max_size=5
    )
)
def test_a_token_that_names_nobody_sees_no_incident_no_venue_and_no_position(found: dict[str, Any]) -> None:
    for role in ("patrol", "member", "lead"):
        nobody = Audience(role)
        assert not nobody.sees_positions
        assert [
            key for key, row in found.items() if row is not None and visible(nobody, key, row) is not None
        ] == []


def test_what_is_for_a_desk_is_told_to_the_desk_of_its_place() -> None:
    hub = Hub()
    hub.open_to(Tree({"city": None, "north": "city", "south": "city"}, {"s1": "north"}), ())
    places = {
        name: hub.join(Audience("dispatcher", district=name))[0] for name in (None, "north", "south", "s1")
    }
    said = [
        ({"id": "of north", "to": "duty_officer:north", "district": "north"}, {None, "north"}),
        ({"id": "of a station", "to": "s1", "district": "north"}, {None, "north", "s1"}),
        ({"id": "of all", "to": "commander:city", "district": "city"}, {None}),
        ({"id": "of nowhere", "to": "desk", "district": None}, {None, "north", "south", "s1"}),
    ]
    for message, wanted in said:
        assert hub.tell((str(message["to"]),), message, at_desk=True)
        assert {name for name, client in places.items() if drain(client)} == wanted, message["id"]


def test_the_counts_of_a_place_are_of_what_it_sees() -> None:
    hub = Hub()
    hub.open_to(Tree({"city": None, "north": "city", "south": "city"}), ())
    desk = {
        "counts": {"incidents": 9},
        "grades": {"north": "normal", "south": "emergency"},
        "roster": [{"district": "south"}],
    }
    hub.publish(
        1,
        {
            "desk/now": desk,
            "incident/1": incident([], district="north"),
            "incident/2": incident([], district="south"),
        },
    )
    client, first = hub.join(Audience("commander", district="north"))
    row = first["set"]["desk/now"]
    assert row["counts"]["incidents"] == 1 and row["grades"] == {"north": "normal"} and row["roster"] == []
    held = dict(first["set"])
    steps: list[dict[str, Any]] = [
        {
            "incident/3": incident([], district="north"),
            "unit/u": {"id": "u", "district": "north", "on_duty": True, "incident_id": "i"},
        },
        {"incident/1": None, "desk/now": {**desk, "counts": {"incidents": 8}}},
        {
            "incident/2": incident([], district="north"),
            "venue/v": {"id": "v", "district": "north", "on_duty": 3},
        },
        {
            "incident/3": incident([], district="south"),
            "unit/u": {"id": "u", "district": "north", "on_duty": False},
        },
    ]
    for seq, step in enumerate(steps, 2):
        hub.publish(seq, step)
        for message in drain(client):
            held.update(message.get("set", {}))
            for key in message.get("del", ()):
                held.pop(key, None)
        assert held == hub.snapshot(client.audience)["set"], step
    assert held["desk/now"]["counts"] == {
        "incidents": 1, "calls": 0, "units_on_duty": 0, "units_busy": 0, "teams_on_duty": 1, "members_on_duty": 3,
    }  # fmt: skip


def test_a_crew_sees_its_district_while_it_is_on_shift_and_its_own_tasks_at_any_time() -> None:
    hub = Hub()
    hub.open_to(Tree({"north": None, "south": None}), ())
    mine = {"id": "u1", "district": "north", "on_duty": False}
    hub.publish(1, {
        "unit/u1": mine, "unit/u2": {"id": "u2", "district": "north", "on_duty": True}, "unit/u3": {"id": "u3", "district": "south", "on_duty": True},
        "incident/1": incident([("u1", "unit", None)], district="south"), "incident/2": incident([], district="north"),
    })  # fmt: skip
    client, first = hub.join(Audience("patrol", unit_id="u1"))
    assert set(first["set"]) == {"unit/u1", "incident/1"}
    hub.publish(2, {"unit/u1": {**mine, "on_duty": True}})
    [message] = drain(client)
    assert set(message["set"]) == {"unit/u1", "unit/u2"}
    hub.move({"u1": (1.0, 2.0, 3.0), "u2": (1.0, 2.0, 3.0), "u3": (1.0, 2.0, 3.0)})
    assert set(drain(client)[0]["positions"]) == {"u1", "u2"}
    hub.publish(3, {"unit/u1": mine})
    assert drain(client)[0]["del"] == ["unit/u2"], "its shift is over"
