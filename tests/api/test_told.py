"""Messages of the feed: written out and merged once, however many clients of an audience read them."""

from __future__ import annotations

from typing import Any

import orjson

from firstminute.api.hub import Hub
from firstminute.api.told import Rows, Told, merge
from firstminute.command.picture import Audience
from firstminute.model.access.tree import Share, Tree

DESK = Audience("dispatcher")


def waiting(client: Any) -> list[Told]:
    """What waits for a client."""
    return [client.queue.get_nowait() for _ in range(client.queue.qsize())]


def test_all_clients_of_an_audience_send_the_very_same_text() -> None:
    hub = Hub()
    clients = [hub.join(DESK)[0] for _ in range(3)]
    hub.publish(1, {"station/s": {"id": "s", "reserve": 1}})
    texts = [waiting(each)[0].text() for each in clients]
    assert texts[0] is texts[1] is texts[2]
    assert orjson.loads(texts[0] or "") == {
        "seq": 1,
        "set": {"station/s": {"id": "s", "reserve": 1}},
        "del": [],
    }


def test_whoever_is_behind_by_the_same_messages_sends_the_same_merged_text() -> None:
    hub = Hub()
    clients = [hub.join(DESK)[0] for _ in range(2)]
    for seq in (1, 2, 3):
        hub.publish(seq, {"station/s": {"id": "s", "reserve": seq}})
    merged = []
    for each in clients:
        first, second, third = waiting(each)
        merged.append(first.then(second).then(third))
    assert merged[0] is merged[1]
    assert merged[0]["set"] == {"station/s": {"id": "s", "reserve": 3}} and merged[0]["seq"] == 3
    assert merged[0].then(Told({"seq": 4})) is not merged[0].then(Told({"seq": 5})), (
        "another message, another merge"
    )


def test_a_message_that_was_merged_still_says_what_it_said() -> None:
    first, then = (
        Told({"seq": 1, "set": {"a": {"id": 1}}, "del": ["b"]}),
        Told({"seq": 2, "set": {"b": {}}, "del": ["a"]}),
    )
    before = first.text()
    assert first.then(then) == {"seq": 2, "set": {"b": {}}, "del": ["a"]} == merge(first, then)
    assert first.text() == before and dict(first) == {"seq": 1, "set": {"a": {"id": 1}}, "del": ["b"]}


def test_rows_for_those_who_come_in_are_written_once_until_they_change() -> None:
    hub = Hub()
    hub.publish(1, {"station/s": {"id": "s", "reserve": 1}})
    (_, first), (_, second) = hub.join(DESK), hub.join(DESK)
    assert isinstance(first["set"], Rows) and first["set"] is second["set"]
    assert first["set"].written() is second["set"].written()
    first["locked"], second["locked"] = True, False  # what is each client's own stands beside them
    assert [orjson.loads(Told(each).text() or "")["locked"] for each in (first, second)] == [True, False]
    hub.publish(2, {"station/s": {"id": "s", "reserve": 2}})
    _, third = hub.join(DESK)
    assert third["set"] == {"station/s": {"id": "s", "reserve": 2}} == hub.snapshot(DESK)["set"]
    assert first["set"] == {"station/s": {"id": "s", "reserve": 1}}, (
        "who came in earlier was told what was then"
    )


def test_whoever_comes_in_after_a_share_ended_does_not_hide_that_from_the_others() -> None:
    """The end of a share is noticed by whoever looks next; those who look already hear it."""
    at_s = [0.0]
    hub = Hub(lambda: at_s[0])
    hub.open_to(Tree({"city": None, "north": "city", "south": "city"}), [Share("x", "north", "south", 10.0)])
    hub.publish(1, {"incident/1": {"id": "1", "district": "north", "responders": []}})
    south = Audience("dispatcher", district="south")
    early, first = hub.join(south)
    assert set(first["set"]) == {"incident/1"}
    at_s[0] = 11.0
    _, late = hub.join(south)
    assert late["set"] == {}
    assert [each["del"] for each in waiting(early)] == [["incident/1"]]


def test_positions_go_as_bytes_to_those_who_asked_and_nothing_else_is_said_then() -> None:
    hub = Hub()
    client, _ = hub.join(DESK)
    hub.move({"u": (1.0, 2.0, 3.0)})
    hub.move({"u": (1.5, 2.0, 4.0)})
    first, second = waiting(client)
    assert orjson.loads(first.text(packed=True) or "") == {"seq": 0, "slots": {"u": 0}}
    assert second.text(packed=True) is None and "positions" in (second.text() or "")
