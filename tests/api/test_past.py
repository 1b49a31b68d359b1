"""The time slider over HTTP: what the live feed showed then is what is told of it afterwards, to the same eyes, within bounds, and on record."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from firstminute.app.secrets import Tokens
from firstminute.model.envelope import Actor
from tests.support.histories import Desk
from tests.support.service import Running, wait_until

PLACED = (
    "lon", "lat", "radius_m", "place_kind", "place_text", "place_source", "place_known_s", "floor", "said", "chat", "answers", "attachments", "posts",
)  # fmt: skip
"""What of an incident is hidden once it is closed: words, and the place beyond its cell."""
OF_CALL = ("text", "has_caller", "promises", "told", "lon", "lat", "district", "station_id", "attachments")
MOVES = ("lon", "lat", "fix_s")
"""Where a crew is, is no fact."""
Rows = dict[str, Any]


@pytest.fixture
def commander(service: Running) -> Iterator[httpx.Client]:
    with service.client("commander") as client:
        client.timeout = httpx.Timeout(60.0)
        yield client


def _past(client: httpx.Client, at_s: float, span_s: float = 3600.0, **more: str) -> dict[str, Any]:
    answer = client.get("/past", params={"at_s": at_s, "span_s": span_s, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _plain(rows: Rows, open_now: set[str]) -> Rows:
    """Rows as they can be compared: without what moves, what is made beside the desk, and what was hidden since."""
    made = json.loads(json.dumps({key: row for key, row in rows.items() if not key.startswith("coverage/")}))
    for key, row in made.items():
        sort = key.partition("/")[0]
        if sort == "unit":
            row.update(dict.fromkeys(MOVES))
        if sort == "call" and key not in open_now:
            row.update(dict.fromkeys(OF_CALL))
        if sort != "incident":
            continue
        row.pop("callers_shown", None)
        for candidate in (row["recommendation"] or {}).get("candidates", ()):
            if candidate["kind"] == "unit":
                candidate.update(lon=None, lat=None)
        if key not in open_now:
            row.update(dict.fromkeys(PLACED))
            row["spoken"]["params"].pop("place")
            for call in row["calls"]:
                call.update(dict.fromkeys(OF_CALL))
    return dict(made)


def _read_now(now: Rows, before: list[Rows]) -> set[str]:
    """Keys of rows whose words are read of their past too: not those of what was closed before the past was told, not of what is restricted, and not of an
    incident that once held a call which has since gone to another and been closed with it: its place may be that call's.
    """
    calls = {
        call["call_id"] for key, row in now.items() if key.startswith("incident/") for call in row["calls"]
    }
    calls |= {row["id"] for key, row in now.items() if key.startswith("call/")}
    shut = {
        key
        for rows in (*before, now)
        for key, row in rows.items()
        if key.startswith("incident/")
        and (row["restricted"] or not calls.issuperset(call["call_id"] for call in row["calls"]))
    }
    return set(now) - shut


def _apart(then: Rows, told: Rows) -> dict[str, Any]:
    """Field by field, where two sets of rows differ."""
    found: dict[str, Any] = {}
    for key in then.keys() | told.keys():
        a, b = then.get(key), told.get(key)
        if a != b and a and b:
            found[key] = {
                name: (a.get(name), b.get(name)) for name in a.keys() | b.keys() if a.get(name) != b.get(name)
            }
        elif a != b:
            found[key] = (a, b)
    return found


def _live(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/feed/snapshot").json()
    return found


@pytest.mark.parametrize("seed", [11])
def test_rows_of_the_past_are_the_rows_that_the_live_feed_had(
    service: Running, commander: httpx.Client, seed: int
) -> None:
    began_s = time.time()
    desk, kept = Desk(service, seed), list[dict[str, Any]]()
    try:
        for act in (
            desk.call,
            desk.roll,
            desk.call,
            desk.answer,
            desk.crew,
            desk.word,
            desk.move,
            desk.rename,
            desk.part,
            desk.close,
            desk.call,
            desk.word,
        ):
            act()
            kept.append(_live(commander))
    finally:
        for client in (desk.dispatcher, desk.commander, desk.admin):
            client.close()
    found = _past(commander, began_s)
    assert found["complete"] and found["steps"]
    told_seq = found["steps"][-1]["seq"]
    assert wait_until(lambda: _live(commander)["seq"] >= told_seq)
    open_now = _read_now(_live(commander)["set"], [live["set"] for live in kept])
    rows, steps = dict(found["set"]), list(found["steps"])
    moments = dict[int, float]()
    for live in kept:
        while steps and steps[0]["seq"] <= live["seq"]:
            step = steps.pop(0)
            assert step["set"] or step["del"], "a step that shows nothing is none"
            rows.update(step["set"])
            for key in step["del"]:
                rows.pop(key)
            moments[step["seq"]] = step["at_s"]
        assert _apart(_plain(live["set"], open_now), _plain(rows, open_now)) == {}, live["seq"]
    # and from each moment itself, folded anew
    later = {step["seq"]: step["at_s"] for step in found["steps"]}
    checked = 0
    for live in kept[2::3]:
        at_s = max(at for seq, at in moments.items() if seq <= live["seq"])
        if any(seq > live["seq"] and at <= at_s for seq, at in later.items()):
            continue  # something else was recorded in the same instant
        told, checked = _past(commander, at_s, 0.0), checked + 1
        assert _apart(_plain(live["set"], open_now), _plain(told["set"], open_now)) == {}, at_s
    assert checked


def test_words_of_what_is_closed_stay_shut_and_those_of_what_is_open_are_read(
    service: Running, commander: httpx.Client
) -> None:
    began_s = time.time()
    place = {"lon": 113.3123456, "lat": 23.1345678}
    ids = [
        commander.post("/calls", json={"text": text, "type_code": "theft", "place": {**place, "lat": place["lat"] + 0.02 * n}}).json()["incident_id"]
        for n, text in enumerate(("词语甲在此", "词语乙在此"))
    ]  # fmt: skip
    assert commander.post(f"/incidents/{ids[0]}/note", json={"note": "便条丙在此"}).status_code == 200
    assert commander.post(f"/incidents/{ids[0]}/close", json={"outcome": "resolved"}).status_code == 200
    assert wait_until(lambda: f"incident/{ids[0]}" not in _live(commander)["set"])
    answer = commander.get("/past", params={"at_s": began_s, "span_s": 600})
    assert "词语乙在此" in answer.text and "词语甲在此" not in answer.text and "便条丙在此" not in answer.text
    shown = [step["set"].get(f"incident/{ids[0]}") for step in answer.json()["steps"]]
    row = next(each for each in shown if each is not None)
    assert row["place_text"] is None and abs(row["lon"] - place["lon"]) < 0.002 and row["lon"] != place["lon"]
    assert all(each["callers_shown"] is False for each in shown if each)


def test_crews_are_followed_for_a_purpose_and_only_while_they_are_on_duty(
    service: Running, commander: httpx.Client
) -> None:
    began_s = time.time()
    units: Any = service.city.registers["units"]
    on, off = (each.unit_id for each in units[2:4])
    assert commander.post(f"/units/{on}/on-duty", json={"shift": "day"}).status_code in (200, 409)
    commander.post(f"/units/{off}/off-duty", json={})
    time.sleep(0.1)
    with service.client("device") as device:
        now_s = time.time()
        fixes = [{"unit_id": each, "lon": 113.31, "lat": 23.11, "fix_s": now_s} for each in (on, off)]
        assert device.post("/positions", json=fixes).json()["kept"] == 2
    wait_until(lambda: time.time() > now_s + 0.2)
    assert _past(commander, began_s)["tracks"] == {}
    tracks = _past(commander, began_s, purpose="review")["tracks"]
    assert off not in tracks
    assert [round(now_s, 1), 113.31, 23.11] in tracks[on]
    refused = commander.get("/past", params={"at_s": began_s, "purpose": "respond"})
    assert (refused.status_code, refused.json()["code"]) == (403, "unknown_purpose")
    assert commander.get("/past", params={"at_s": began_s, "purpose": "audit"}).status_code == 403


def test_each_look_back_is_a_fact_before_anything_is_shown(service: Running, commander: httpx.Client) -> None:
    at_s = time.time() - 7200.0 * 3
    for _ in range(2):
        _past(commander, at_s, 60.0, purpose="review")
    with service.client("auditor") as auditor:
        said = auditor.post("/audit/search", json={"kinds": ["RecordRead"], "most": 200}).json()["facts"]
    mine = [
        each["body"]
        for each in said
        if each["body"]["what"] == "past" and each["body"]["since_s"] <= at_s < each["body"]["until_s"]
    ]
    assert [(each["purpose"], each["subject_id"]) for each in mine] == [("review", None)]


def test_a_desk_of_one_station_sees_the_past_of_its_own(service: Running, commander: httpx.Client) -> None:
    began_s = time.time()
    registered: Any = service.city.registers["venues"]
    venues = {each.station_id: each for each in registered if each.station_id}
    place = min(venues)
    ids = {
        station: commander.post("/calls", json={"type_code": "theft", "venue_id": venue.venue_id}).json()[
            "incident_id"
        ]
        for station, venue in sorted(venues.items())[:2]
    }
    token = Tokens(service.data).add(Actor(id="of-one", role="dispatcher", seat="one", district=place))
    with httpx.Client(
        base_url=service.address, headers={"authorization": f"Bearer {token}"}, timeout=60
    ) as mine:
        assert wait_until(lambda: mine.get("/me").status_code == 200)
        live, told = _live(mine)["set"], _past(mine, began_s, incident_id=ids[place])
        asked = {"at_s": began_s, "incident_id": next(each for each in ids.values() if each != ids[place])}
        assert mine.get("/past", params=asked).status_code == 404
    keys = {*told["set"], *(key for step in told["steps"] for key in step["set"])}
    whole = _past(commander, began_s)
    everything = {*whole["set"], *(key for step in whole["steps"] for key in step["set"])}
    assert keys < everything and f"incident/{ids[place]}" in keys
    assert not keys & {f"incident/{each}" for station, each in ids.items() if station != place}
    assert {key for key in live if not key.startswith("coverage/")} <= keys
    shown = [row for rows in (told["set"], *(step["set"] for step in told["steps"])) for row in rows.values()]
    strangers = [
        row for row in shown if row.get("station_id") not in (None, place) and row.get("serves") is None
    ]
    assert strangers == []
    named = {fact["incident_id"] for step in told["steps"] for fact in step["facts"]} - {None}
    assert {f"incident/{each}" for each in named} <= keys


@pytest.mark.parametrize("role", ["patrol", "lead", "member", "auditor", "admin", "device", "partner"])
def test_the_rooms_past_is_for_the_room_alone(service: Running, role: str) -> None:
    with service.client(role) as client:
        assert client.get("/past", params={"at_s": time.time()}).status_code == 403
    assert httpx.get(f"{service.address}/past?at_s=1").status_code == 401


@pytest.mark.parametrize(
    "asked",
    [{"at_s": "x"}, {"at_s": -1}, {"at_s": 9e9}, {"at_s": 1, "span_s": 3601}, {"at_s": 1, "span_s": -1}, {}],
)
def test_spans_have_bounds(commander: httpx.Client, asked: dict[str, Any]) -> None:
    assert commander.get("/past", params=asked).status_code == 422


def test_before_the_record_began_there_is_nothing_and_the_future_is_now(commander: httpx.Client) -> None:
    assert set(_past(commander, 1_000_000.0)["set"]) == {"desk/now"}
    found = _past(commander, 3.9e9, 60.0)
    live = _live(commander)["set"]
    assert found["steps"] == [] and found["from_s"] <= time.time() + 1
    assert {key for key in live if not key.startswith("coverage/")} == set(found["set"])
