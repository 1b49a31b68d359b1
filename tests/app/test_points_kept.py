"""The last word of each must-visit point outlives the process: from a snapshot, and from the record alone however long ago it was said."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstminute.model.encoding import encode
from firstminute.model.records import MustVisit, Unit
from firstminute.store.import_export import change_of
from tests.support.desk import ADMIN, Hands, desk_at, do

DAY_S = 86_400.0
UNIT = Unit(unit_id="u1", call_sign="12", kind="car", mode="car", station_id="s", district="d")


@pytest.mark.parametrize("snapshot", [True, False])
def test_what_was_said_of_a_point_is_known_after_a_restart(tmp_path: Path, snapshot: bool) -> None:
    hands = Hands()
    points = [
        MustVisit(
            point_id=key,
            name=key,
            lon=113.0,
            lat=23.0,
            district="d",
            station_id="s",
            from_min=0,
            until_min=1440,
        )
        for key in ("p", "q")
    ]
    with desk_at(tmp_path, hands) as desk:
        for table, rows in (("units", [UNIT]), ("must_visits", points)):
            assert do(
                desk, "change_register", change_of(table, [encode(row) for row in rows]), table, ADMIN
            ).done  # type: ignore[arg-type]
        assert do(desk, "visit_point", {"point_id": "p", "unit_id": "u1"}, "v1").done
        hands.pass_s(2 * DAY_S)
        assert do(
            desk, "leave_out_point", {"point_id": "p", "reason": "other", "note": "路面开挖"}, "l1"
        ).done
        assert do(desk, "visit_point", {"point_id": "q", "unit_id": "u1"}, "v2").done
        before = desk.ask(lambda state: dict(state.points.last)).result(10.0)
    assert {key: word.state for key, word in before.items()} == {"p": "left_out", "q": "visited"}
    kept = list(tmp_path.glob("snapshot-*.bin"))
    assert kept, "the desk keeps one when it stops"
    for path in kept if not snapshot else ():
        path.unlink()
    hands.pass_s(2 * DAY_S)
    with desk_at(tmp_path, hands) as desk:
        assert desk.ask(lambda state: dict(state.points.last)).result(10.0) == before
