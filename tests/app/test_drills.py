"""The one message between the worlds: a live alert ends a team's drill task."""

from __future__ import annotations

import time
from itertools import count
from pathlib import Path

from firstminute.app.drills import leave_drills
from firstminute.model.envelope import Actor
from firstminute.model.records import Member, Team, Venue
from firstminute.store.import_export import change_of
from firstminute.store.registers import plain_record
from tests.support.desk import ADMIN, desk_at, do

COMMANDER = Actor(id="c", role="commander")


def test_a_live_alert_takes_the_team_out_of_its_drill(tmp_path: Path) -> None:
    """The drill runs in the exercise world; a cardiac arrest at the venue ends it within the next groups."""
    numbers = count()
    with desk_at(tmp_path) as desk:
        desk.listen(leave_drills(desk, lambda: f"leave-{next(numbers)}"))
        venue = Venue(venue_id="V", name="mall", category="mall", lon=113.0, lat=23.0, district="D")
        team = Team(team_id="T", venue_id="V", name="mall", trained=("cpr",), kit=("aed",))
        member = Member(member_id="M", team_id="T")
        for table, record in (("venues", venue), ("teams", team), ("members", member)):
            ack = do(
                desk, "change_register", change_of(table, [plain_record(record)]), f"register-{table}", ADMIN
            )
            assert ack.status == "done", ack
        do(desk, "take_roll", {"team_id": "T", "shift": "s", "on_duty": 1, "member_ids": ["M"]}, "roll")
        do(
            desk,
            "start_pull_test",
            {"team_ids": ["T"], "drill_id": "d"},
            "drill",
            COMMANDER,
            world="exercise",
        )
        assert desk.ask(lambda state: list(state.muster.drills), "exercise").result(5) == ["d"]
        do(desk, "receive_call", {"type_code": "cardiac_arrest", "venue_id": "V"}, "call")
        for _ in range(200):
            if not desk.ask(lambda state: list(state.muster.drills), "exercise").result(5):
                break
            time.sleep(0.01)
        assert desk.ask(lambda state: list(state.muster.drills), "exercise").result(5) == []
        assert desk.ask(lambda state: len(state.respond.alerts), "exercise").result(5) == 0
