"""Must-visit points ticked by position: near, in time, on duty, meant for the crew, and once."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from firstminute.api.hub import Hub
from firstminute.app.passing import Passing
from firstminute.respond.fleet import Fleet

NOON = 20_371 * 86_400.0 + (12 - 8) * 3600.0
"""12:00 in the city."""
METRE = 1 / 111_195.0


class Heard:
    """What the desk was told."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, float]] = []
        self.answers: list[Future[Any]] = []

    def submit(
        self, name: str, given: dict[str, Any], *rest: Any, occurred_s: float, time_source: str
    ) -> Future[Any]:
        assert name == "visit_point" and given["evidence"] == "fix" and time_source == "device"
        self.said.append((given["point_id"], given["unit_id"], occurred_s))
        self.answers.append(Future())
        return self.answers[-1]


def point(**more: Any) -> dict[str, Any]:
    given = {
        "id": "p",
        "lon": 113.0,
        "lat": 23.0,
        "crews": ["u1"],
        "from_min": 660,
        "until_min": 780,
        "until_s": None,
        "state": "open",
    }
    return {**given, **more}


@pytest.fixture
def watched() -> tuple[Passing, Heard, Hub]:
    heard, hub = Heard(), Hub()
    hub.publish(1, {"unit/u1": {"on_duty": True}, "unit/u2": {"on_duty": True}, "point/p": point()})
    return Passing(heard, hub, lambda: "0" * 32), heard, hub  # type: ignore[arg-type]


def fleet(north_m: float, fix_s: float, ids: tuple[str, ...] = ("u2", "u1")) -> Fleet:
    """`u1` north of the point by so many metres; `u2` was never seen."""
    lon, lat, at = np.full(len(ids), np.nan), np.full(len(ids), np.nan), np.full(len(ids), -np.inf)
    k = ids.index("u1")
    lon[k], lat[k], at[k] = 113.0, 23.0 + north_m * METRE, fix_s
    return Fleet(ids=ids, row={name: row for row, name in enumerate(ids)}, lon=lon, lat=lat, fix_s=at)


def test_a_crew_that_passes_in_the_window_is_said_once(watched: tuple[Passing, Heard, Hub]) -> None:
    passing, heard, hub = watched
    for north_m, fix_s in (
        (500.0, NOON),
        (61.0, NOON + 1),
        (59.0, NOON + 2),
        (0.0, NOON + 3),
        (59.0, NOON + 4),
    ):
        passing.look(fleet(north_m, fix_s))
    assert heard.said == [("p", "u1", NOON + 2)]
    hub.publish(2, {"point/p": point(state="visited", until_s=NOON - 3600.0 + 86_400.0)})
    passing.look(fleet(0.0, NOON + 86_400.0))
    assert heard.said[1:] == [("p", "u1", NOON + 86_400.0)]


@pytest.mark.parametrize(
    ("rows", "fix_s"),
    [
        ({}, NOON + 3600.0),
        ({}, NOON - 3601.0),
        ({"unit/u1": {"on_duty": False}}, NOON),
        ({"unit/u1": None}, NOON),
        ({"point/p": None}, NOON),
        ({"point/p": point(crews=["u2"])}, NOON),
        ({"point/p": point(lon=113.01)}, NOON),
        ({"point/p": point(state="visited", until_s=NOON - 3600.0 + 86_400.0)}, NOON),
        ({"point/p": point(state="left_out", until_s=NOON - 3600.0 + 2 * 86_400.0)}, NOON),
    ],
)
def test_out_of_time_off_duty_not_meant_far_or_known_already(
    watched: tuple[Passing, Heard, Hub], rows: dict[str, Any], fix_s: float
) -> None:
    passing, heard, hub = watched
    hub.publish(2, rows)
    passing.look(fleet(0.0, fix_s))
    assert heard.said == []


def test_a_point_that_was_left_out_is_passed_after_all(watched: tuple[Passing, Heard, Hub]) -> None:
    passing, heard, hub = watched
    hub.publish(2, {"point/p": point(state="left_out", until_s=NOON - 3600.0 + 86_400.0)})
    passing.look(fleet(0.0, NOON))
    assert len(heard.said) == 1


def test_an_old_fix_says_nothing_again_also_when_units_come_and_go(
    watched: tuple[Passing, Heard, Hub],
) -> None:
    passing, heard, hub = watched
    hub.publish(2, {"unit/u1": {"on_duty": False}})
    passing.look(fleet(0.0, NOON))
    hub.publish(3, {"unit/u1": {"on_duty": True}})
    passing.look(fleet(0.0, NOON))
    passing.look(fleet(0.0, NOON, ("u1", "u3")))
    assert heard.said == []
    passing.look(fleet(0.0, NOON + 5, ("u1", "u3")))
    assert heard.said == [("p", "u1", NOON + 5)]


def test_what_the_desk_had_no_time_for_is_said_by_the_next_fix(watched: tuple[Passing, Heard, Hub]) -> None:
    passing, heard, _ = watched
    passing.look(fleet(0.0, NOON))
    heard.answers[0].set_result(SimpleNamespace(status="busy"))
    passing.look(fleet(0.0, NOON + 1))
    heard.answers[1].set_result(SimpleNamespace(status="done"))
    passing.look(fleet(0.0, NOON + 2))
    assert len(heard.said) == 2
