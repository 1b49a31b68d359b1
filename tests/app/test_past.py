"""The past beside the desk: the bounds of folding it, and what is folded where something was open for long."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firstminute.api.errors import Problem
from firstminute.api.hub import Hub
from firstminute.app import past
from firstminute.app.desk import Desk
from firstminute.app.housekeeping import Housekeeping
from firstminute.app.settings import Settings
from firstminute.command.picture import Audience
from firstminute.flow import views
from tests.support.desk import Hands, desk_at, do, receive

HOUR_S = 3600.0
EVERYBODY = Audience("commander")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[Desk, Hands, past.Past]]:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        found = past.Past(desk.store, Hub(desk.now_s), tmp_path / "tracks", desk)
        yield desk, hands, found
        found.close()


def _show(found: past.Past, from_s: float, span_s: float = 0.0) -> dict[str, Any]:
    said = asyncio.run(found.show(EVERYBODY, from_s, from_s + span_s, followed=False))
    made: dict[str, Any] = json.loads(said)
    return made


def _rows(desk: Desk) -> dict[str, Any]:
    rows = desk.ask(lambda state: views.render(state, views.all_keys(state))).result(5)
    plain: dict[str, Any] = json.loads(json.dumps(rows))
    return plain


def test_what_was_opened_days_before_and_closed_since_is_there_with_its_calls(
    house: tuple[Desk, Hands, past.Past], tmp_path: Path
) -> None:
    desk, hands, found = house
    ack = receive(desk, 1)
    incident_id = str(ack.reply["incident_id"])
    do(desk, "switch_grade", {"district": "d", "grade": "heightened", "reason": "order"}, "grade")
    hands.pass_s(70 * HOUR_S)
    do(desk, "add_note", {"incident_id": incident_id, "note": "still"}, "note")
    then_s, then = desk.now_s(), _rows(desk)
    hands.pass_s(50 * HOUR_S)
    do(desk, "close_incident", {"incident_id": incident_id, "outcome": "resolved"}, "close")
    do(desk, "switch_grade", {"district": "d", "grade": "normal", "reason": "order"}, "grade2")
    hands.pass_s(20 * HOUR_S)
    keeping = Housekeeping(desk.store, desk, Settings(data_dir=tmp_path))
    while keeping.follow():
        pass
    told = _show(found, then_s)["set"]
    key = f"incident/{incident_id}"
    assert set(told) == set(then)
    shut = ("said", "calls", "callers_shown")
    assert {k: v for k, v in told[key].items() if k not in shut} == {
        k: v for k, v in then[key].items() if k not in shut
    }
    assert [call["call_id"] for call in told[key]["calls"]] == [
        call["call_id"] for call in then[key]["calls"]
    ]
    assert told[key]["calls"][0]["text"] is None and then[key]["calls"][0]["text"]
    assert told["desk/now"] == then["desk/now"]


def test_too_much_is_refused_and_an_answer_that_grew_too_large_says_until_when_it_goes(
    house: tuple[Desk, Hands, past.Past], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, hands, found = house
    began_s = desk.now_s()
    for number in range(4):
        hands.pass_s(10.0)
        receive(desk, number)
    monkeypatch.setattr(past, "BYTES_MOST", 1)
    hands.pass_s(10.0)
    at_s, rows, turns = began_s, dict[str, Any](), 0
    while True:
        told = _show(found, at_s, HOUR_S)
        rows, turns = dict(told["set"]), turns + 1
        for step in told["steps"]:
            rows |= step["set"]
        if told["complete"]:
            break
        assert told["until_s"] > at_s
        at_s = told["until_s"]
    assert turns > 2 and set(rows) == set(_rows(desk))
    monkeypatch.setattr(past, "FACTS_MOST", 1)
    with pytest.raises(Problem, match="past_too_long"):
        _show(found, desk.now_s())
    monkeypatch.setattr(past, "FACTS_MOST", 10_000)
    monkeypatch.setattr(past, "WITHIN_S", -1.0)
    with pytest.raises(Problem, match="past_too_long"):
        _show(found, desk.now_s())


def test_so_many_wait_and_the_next_is_told_to_come_again(house: tuple[Desk, Hands, past.Past]) -> None:
    desk, _, found = house

    async def crowd() -> list[Any]:
        asked = [
            found.show(EVERYBODY, desk.now_s(), desk.now_s(), followed=False)
            for _ in range(past.MOST_WAITING + 2)
        ]
        return list(await asyncio.gather(*asked, return_exceptions=True))

    said = asyncio.run(crowd())
    busy = [each for each in said if isinstance(each, Problem)]
    assert len(busy) == 2 and all(each.code == "past_busy" for each in busy)
    assert sum(isinstance(each, bytes) for each in said) == past.MOST_WAITING
    assert isinstance(_show(found, desk.now_s())["set"], dict)


def test_the_desk_goes_first(house: tuple[Desk, Hands, past.Past]) -> None:
    _ = house
    asked = list[int]()

    def wanted() -> bool:
        asked.append(1)
        return len(asked) % 3 != 0

    patience = past.Patience(wanted)
    assert list(patience.each(range(200))) == list(range(200))
    assert len(asked) == 3 * (200 // past.GIVE_WAY_EVERY)
