"""Positions as bytes: the same places as in words, numbered once, also for whoever joins later or lags behind."""

from __future__ import annotations

import struct
from typing import Any

from firstminute.api.feed import text_of
from firstminute.api.hub import Hub
from firstminute.api.told import merge
from firstminute.command.picture import Audience

DESK = Audience("dispatcher")


def unpack(data: bytes, slots: dict[str, int]) -> dict[str, tuple[float, float, int]]:
    """Places by unit, as a client reads them."""
    count = len(data) // 16
    columns = [struct.unpack_from(f"<{count}{kind}", data, 4 * count * k) for k, kind in enumerate("IiiI")]
    names = {slot: unit_id for unit_id, slot in slots.items()}
    return {
        names[slot]: (lon / 1e7, lat / 1e7, fix_s) for slot, lon, lat, fix_s in zip(*columns, strict=True)
    }


def heard(client: Any) -> list[dict[str, Any]]:
    """What waits for a client."""
    return [client.queue.get_nowait() for _ in range(client.queue.qsize())]


def test_a_batch_as_bytes_says_what_it_says_in_words() -> None:
    hub = Hub()
    client, _ = hub.join(DESK)
    hub.move({"u1": (113.2644001, -23.1291, 1_700_000_000.7), "u2": (-8.61, 41.15, 0.0)})
    (message,) = heard(client)
    assert unpack(message["positions"].packed(), message["slots"]) == {
        "u1": (113.2644001, -23.1291, 1_700_000_000),
        "u2": (-8.61, 41.15, 0),
    }
    assert message["positions"].packed() is message["positions"].packed()


def test_a_slot_is_told_once_and_whoever_joins_later_is_told_all() -> None:
    hub = Hub()
    client, _ = hub.join(DESK)
    hub.move({"u1": (1.0, 2.0, 3.0)})
    hub.move({"u1": (1.5, 2.0, 4.0), "u2": (1.0, 2.0, 3.0)})
    hub.move({"u2": (1.5, 2.0, 4.0)})
    first, second, third = heard(client)
    assert (first["slots"], second["slots"], "slots" in third) == ({"u1": 0}, {"u2": 1}, False)
    _, snapshot = hub.join(DESK)
    assert snapshot["slots"] == {"u1": 0, "u2": 1}
    assert set(unpack(snapshot["positions"].packed(), snapshot["slots"])) == {"u1", "u2"}


def test_two_batches_that_waited_are_one_with_the_later_places() -> None:
    hub = Hub()
    client, _ = hub.join(DESK)
    hub.move({"u1": (1.0, 2.0, 3.0), "u2": (1.0, 2.0, 3.0)})
    hub.move({"u2": (1.5, 2.0, 4.0), "u3": (9.0, 9.0, 9.0)})
    message = merge(*heard(client))
    places = unpack(message["positions"].packed(), message["slots"])
    assert places == {"u1": (1.0, 2.0, 3), "u2": (1.5, 2.0, 4), "u3": (9.0, 9.0, 9)}


def test_a_desk_of_a_place_is_told_slots_of_its_own_units_only() -> None:
    hub = Hub()
    hub.publish(1, {"unit/u1": {"id": "u1", "district": "a"}, "unit/u2": {"id": "u2", "district": "b"}})
    client, _ = hub.join(Audience("dispatcher", district="a"))
    hub.move({"u1": (1.0, 2.0, 3.0), "u2": (1.0, 2.0, 3.0)})
    (message,) = heard(client)
    assert set(message["slots"]) == {"u1"}
    assert len(message["positions"].packed()) == 16


def test_readers_of_text_hear_no_slots() -> None:
    hub = Hub()
    client, _ = hub.join(DESK)
    hub.move({"u1": (1.0, 2.0, 3.0)})
    assert text_of(heard(client)[0]) == b'{"seq":0,"positions":{"u1":[1.0,2.0,3.0]}}'
