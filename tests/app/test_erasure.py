"""Erasing a person: an admin's command, a fact, and nothing sealed about them is ever read again, from wherever."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from firstminute.app.cli import main
from firstminute.app.desk import Desk
from firstminute.app.ports import JournalReader
from firstminute.flow.acks import Ack
from firstminute.model.encoding import encode
from firstminute.model.records import Member, Team, Venue
from firstminute.store.import_export import change_of
from firstminute.store.store import Store
from firstminute.store.verify import verify
from tests.support.desk import ADMIN, SECOND, Hands, desk_at, do, receive

pytestmark = pytest.mark.usefixtures("engine")

SHIFT_S = 8 * 3600.0
SECRET = "王小明的话"


def _erase(desk: Desk, *subjects: str, key: str = "erase", reason: str = "request_of_person") -> Ack:
    return do(desk, "erase_subjects", {"subject_ids": list(subjects), "reason": reason}, key, ADMIN)


def _change(desk: Desk, table: str, rows: list[Any], removed: tuple[str, ...] = ()) -> None:
    assert do(
        desk,
        "change_register",
        change_of(table, [encode(row) for row in rows], removed),
        f"{table}-{len(rows)}",
        ADMIN,
    ).done


def _lived(desk: Desk, hands: Hands) -> tuple[str, str]:
    """A call and its incident, over since more than a shift."""
    said = receive(desk, 1, SECRET).reply
    assert do(
        desk, "close_incident", {"incident_id": said["incident_id"], "outcome": "resolved"}, "close"
    ).done
    hands.pass_s(SHIFT_S + 60)
    return said["call_id"], said["incident_id"]


def _told(desk: Desk) -> str:
    return repr(JournalReader(desk.store).after(0))


def test_an_erased_call_is_read_nowhere_any_more_and_the_chain_stays_sound(tmp_path: Path) -> None:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        call_id, incident_id = _lived(desk, hands)
        assert SECRET in _told(desk)
        ack = _erase(desk, call_id, incident_id)
        assert ack.done, ack
        facts = JournalReader(desk.store).after(0)
        made = [(fact.subject, fact.actor) for fact in facts if fact.kind == "SubjectErased"]
        assert made == [(call_id, SECOND.id), (incident_id, SECOND.id)]
        assert [fact.actor for fact in facts if fact.kind == "ActProposed"] == [ADMIN.id]
        assert SECRET not in _told(desk) and "1390000" not in _told(desk)
        assert SECRET not in repr(desk.ask(lambda state: (state.respond, state.desk)).result(10))
        assert _erase(desk, call_id, incident_id).again
        assert _erase(desk, call_id, key="other").code == "nothing_sealed"
        with desk.store.reading() as connection:
            assert all(each.sound for each in verify(connection))
        assert receive(desk, 2).done


@pytest.mark.parametrize("with_snapshot", [True, False])
def test_a_desk_folds_and_starts_with_erased_facts(tmp_path: Path, with_snapshot: bool) -> None:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        call_id, incident_id = _lived(desk, hands)
        receive(desk, 5)
        assert _erase(desk, call_id, incident_id).done
        before = desk.ask(_whole).result(10)
    assert (tmp_path / "snapshot-live.bin").exists()
    if not with_snapshot:
        (tmp_path / "snapshot-live.bin").unlink()
    with desk_at(tmp_path, hands) as desk:
        assert desk.ask(_whole).result(10) == before


def test_a_snapshot_from_before_an_erasure_is_not_used(tmp_path: Path) -> None:
    hands, kept = Hands(), tmp_path / "kept"
    with desk_at(tmp_path / "record", hands) as desk:
        call_id, incident_id = _lived(desk, hands)
    shutil.copy(tmp_path / "record" / "snapshot-live.bin", kept)
    with desk_at(tmp_path / "record", hands) as desk:
        assert _erase(desk, call_id, incident_id).done
        assert not list((tmp_path / "record").glob("snapshot-*"))
    shutil.copy(kept, tmp_path / "record" / "snapshot-live.bin")
    with desk_at(tmp_path / "record", hands) as desk:
        assert SECRET not in repr(desk.ask(lambda state: (state.respond, state.desk)).result(10))


def test_whom_the_desk_still_works_with_is_not_erased(tmp_path: Path) -> None:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        venue = Venue(venue_id="V", name="mall", category="mall", lon=113.0, lat=23.0, district="D")
        _change(desk, "venues", [venue])
        _change(desk, "teams", [Team(team_id="T", venue_id="V", name="mall")])
        _change(desk, "members", [Member(member_id="M", team_id="T", name=SECRET)])
        assert do(
            desk, "take_roll", {"team_id": "T", "shift": "s", "on_duty": 1, "member_ids": ["M"]}, "roll"
        ).done
        roll = desk.ask(lambda state: state.muster.rolls["T"].roll_id).result(10)
        said = receive(desk, 1).reply
        wanted = {"call": said["call_id"], "incident": said["incident_id"], "roll": roll, "row": "members/M"}
        for name, subject in wanted.items():
            ack = _erase(desk, subject, key=f"erase-{name}")
            assert (ack.status, ack.code, ack.params) == ("refused", "subject_in_use", {"subject": subject})
        close = {"incident_id": said["incident_id"], "outcome": "resolved"}
        assert do(desk, "close_incident", close, "close").done
        hands.pass_s(SHIFT_S - 60)
        assert _erase(desk, said["call_id"], key="early").code == "subject_in_use"
        hands.pass_s(120)
        assert do(desk, "end_roll", {"team_id": "T"}, "end").status in (
            "done",
            "refused",
        )  # its time may have ended it
        _change(desk, "members", [], removed=("M",))
        assert _erase(desk, *wanted.values(), key="late").done
        assert SECRET not in _told(desk)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"subject_ids": [], "reason": "retention"}, "erase_count"),
        ({"subject_ids": [f"c{n}" for n in range(51)], "reason": "retention"}, "erase_count"),
        ({"subject_ids": ["c1"], "reason": "because 王小明 asked"}, "unknown_erase_reason"),
        ({"subject_ids": ["nobody"], "reason": "retention"}, "nothing_sealed"),
    ],
)
def test_an_erasure_that_makes_no_sense_is_refused_whole(
    tmp_path: Path, arguments: Mapping[str, Any], code: str
) -> None:
    with desk_at(tmp_path) as desk:
        ack = do(desk, "erase_subjects", arguments, "e", ADMIN)
        assert (ack.status, ack.code) == ("refused", code)
        assert "SubjectErased" not in _told(desk)


def test_one_subject_that_may_not_go_keeps_all_of_them(tmp_path: Path) -> None:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        call_id, _ = _lived(desk, hands)
        open_call = receive(desk, 2).reply["call_id"]
        assert _erase(desk, call_id, open_call).code == "subject_in_use"
        assert SECRET in _told(desk)


def test_the_command_line_erases_and_fires_no_timer(tmp_path: Path) -> None:
    with desk_at(tmp_path, Hands()) as desk:  # long ago: every timer of it is due by now
        said = receive(desk, 1, SECRET).reply
        assert do(
            desk, "close_incident", {"incident_id": said["incident_id"], "outcome": "resolved"}, "close"
        ).done
        receive(desk, 2)
        pending = desk.ask(lambda state: len(state.timers.pending)).result(10)
        assert pending
    words = [
        "erase",
        said["call_id"],
        said["incident_id"],
        "--reason",
        "retention",
        "--data",
        str(tmp_path),
        "--lang",
        "en",
    ]
    asked = CliRunner().invoke(main, words, input="n\n")
    assert asked.exit_code == 1 and "for ever" in asked.output
    proposed = CliRunner().invoke(main, [*words, "--yes", "--by", "li"])
    assert proposed.exit_code == 0 and "second person" in proposed.output, proposed.output
    assert SECRET in _recorded(tmp_path), "nothing has happened yet"
    key = proposed.output.split("--confirm ")[1].split()[0]
    confirm = ["erase", "--confirm", key, "--data", str(tmp_path), "--lang", "en"]
    alone = CliRunner().invoke(main, [*confirm, "--by", "li"])
    assert alone.exit_code == 1 and "Somebody else" in alone.output
    done = CliRunner().invoke(main, [*confirm, "--by", "zhao"])
    assert done.exit_code == 0 and "2 subjects erased" in done.output, done.output
    again = CliRunner().invoke(main, [*words[:-1], "zh-CN", "--yes"])
    assert again.exit_code == 1 and "没有关于" in again.output
    checked = CliRunner().invoke(main, ["verify", "--data", str(tmp_path), "--json"])
    assert json.loads(checked.output)["sound"]
    told = _recorded(tmp_path)
    assert SECRET not in told and "SubjectErased" in told and "TimerFired" not in told


def _recorded(folder: Path) -> str:
    """Everything in the journal, opened where it can be."""
    store = Store(folder)
    try:
        return repr(JournalReader(store).after(0))
    finally:
        store.close()


def _whole(state: Any) -> str:
    return repr((state.seq, state.respond, sorted(state.timers.pending.items()), state.desk))
