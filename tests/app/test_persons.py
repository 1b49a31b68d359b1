"""A person's own data on request: everything is in the export, a correction stands beside what was said, both are facts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from firstminute.app.cli import main
from firstminute.app.desk import Desk
from firstminute.app.persons import Persons
from firstminute.app.ports import JournalReader
from firstminute.model.encoding import encode
from firstminute.model.facts import KINDS
from firstminute.model.records import Member, Team, Venue
from firstminute.store.import_export import change_of
from tests.support.desk import ADMIN, Hands, desk_at, do, receive

SHIFT_S = 8 * 3600.0
NAME, PHONE, WORDS = "王小明", "13900001111", "三楼有人打架"


def _town(desk: Desk) -> None:
    venue = Venue(venue_id="V", name="mall", category="mall", lon=113.0, lat=23.0, district="D")
    team, member = (
        Team(team_id="T", venue_id="V", name="m"),
        Member(member_id="M", team_id="T", name=NAME, phone=PHONE),
    )
    other = Member(member_id="N", team_id="T", name="别人", phone="13811112222")
    for table, rows in (("venues", [venue]), ("teams", [team]), ("members", [member, other])):
        change = change_of(table, [encode(row) for row in rows])
        assert do(desk, "change_register", change, table, ADMIN).done
    roll = {"team_id": "T", "shift": "s", "on_duty": 1, "member_ids": ["M"]}
    assert do(desk, "take_roll", roll, "roll").done


def _correct(desk: Desk, subject: str, key: str = "c", **values: str) -> tuple[str, str | None]:
    asked = {"subject_id": subject, "values": values, "reason": "document", "note": "身份证"}
    ack = do(desk, "correct_data", asked, key, ADMIN)
    return ack.status, ack.code


def test_an_export_holds_rows_facts_and_mentions_and_nobody_else(tmp_path: Path) -> None:
    with desk_at(tmp_path, Hands()) as desk:
        _town(desk)
        assert _correct(desk, "members/M", name="王晓明") == ("done", None)
        found = Persons(desk.store).export("members/M")
        assert [row["row"]["name"] for row in found["rows"]] == [NAME]
        assert [fact["kind"] for fact in found["facts"]] == ["DataCorrected"]
        assert [fact["body"]["member_ids"] for fact in found["mentions"]] == [["M"]]
        assert "别人" not in json.dumps(found, ensure_ascii=False)
        assert Persons(desk.store).export("members/nobody")["rows"] == []


def test_a_correction_is_sealed_and_stands_beside_what_was_said(tmp_path: Path) -> None:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        said = receive(desk, 1, WORDS).reply
        assert _correct(desk, said["call_id"], caller_name=NAME) == ("refused", "subject_in_use")
        close = {"incident_id": said["incident_id"], "outcome": "resolved"}
        assert do(desk, "close_incident", close, "close").done
        hands.pass_s(SHIFT_S + 60)
        assert _correct(desk, said["call_id"], "d", caller_name=NAME) == ("done", None)
        told = repr(JournalReader(desk.store).after(0))
        assert WORDS in told and NAME in told and "身份证" in told
        assert not any(
            word.encode() in path.read_bytes() for path in tmp_path.glob("desk.db*") for word in (NAME, WORDS)
        )
        assert _correct(desk, said["call_id"], "e", age="40") == ("refused", "unknown_field")
        assert _correct(desk, said["call_id"], "f") == ("refused", "unknown_field")
        assert _correct(desk, said["call_id"], "g", text="x" * 2001) == ("refused", "value_too_long")
        assert _correct(desk, "nobody", "h", text="x") == ("refused", "nothing_sealed")
        erase = {"subject_ids": [said["call_id"], said["incident_id"]], "reason": "request_of_person"}
        assert do(desk, "erase_subjects", erase, "erase", ADMIN).done
        assert NAME not in repr(JournalReader(desk.store).after(0))


def test_the_command_line_exports_to_a_file_of_ones_own_and_corrects_a_row(tmp_path: Path) -> None:
    record, out = tmp_path / "record", tmp_path / "out.json"
    with desk_at(record, Hands()) as desk:
        _town(desk)
    words = ["person", "export", "members/M", "--out", str(out), "--data", str(record), "--lang", "en"]
    asked = CliRunner().invoke(main, words)
    assert asked.exit_code == 0 and not out.exists(), asked.output
    confirm = [
        "person",
        "confirm",
        asked.output.split("confirm ")[1].split()[0],
        "--data",
        str(record),
        "--lang",
        "en",
    ]
    own = CliRunner().invoke(main, confirm)
    assert own.exit_code == 1 and not out.exists(), own.output
    assert CliRunner().invoke(main, [*confirm, "--by", "li"]).exit_code == 0
    other = CliRunner().invoke(main, [*words, "--by", "li"])
    assert "Proposed" in other.output and not out.exists(), "whoever confirmed takes nothing out"
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0 and "0 facts, 1 rows and 1 mentions" in done.output, done.output
    assert NAME not in done.output and out.stat().st_mode & 0o077 == 0
    assert json.loads(out.read_text())["rows"][0]["row"]["phone"] == PHONE
    again = CliRunner().invoke(main, words)
    assert again.exit_code == 1 and "there already" in again.output
    wrong = CliRunner().invoke(main, [*_correcting(record), "-"], input='{"phone": 1}')
    assert wrong.exit_code == 1 and "JSON object" in wrong.output
    right = CliRunner().invoke(main, [*_correcting(record), "-"], input='{"phone": "13700007777"}')
    assert right.exit_code == 0 and "13700007777" not in right.output, right.output
    with desk_at(record, Hands()) as desk:
        found = Persons(desk.store).export("members/M")
        assert [row["row"]["phone"] for row in found["rows"]] == [PHONE, "13700007777"]
        assert [row["row"]["name"] for row in found["rows"]] == [NAME, NAME]
        kinds = [(fact.kind, fact.actor) for fact in JournalReader(desk.store).after(0)]
        assert kinds.count(("DataOpened", "command-line:li")) == 1
        opened = [fact.body for fact in JournalReader(desk.store).after(0) if fact.kind == "DataOpened"]
        assert [(each.account_id, each.confirmed_by) for each in opened] == [
            ("command-line", "command-line:li")
        ]  # type: ignore[attr-defined]
        assert kinds.count(("DataCorrected", "command-line")) == 1


def _correcting(record: Path) -> list[str]:
    return ["person", "correct", "--reason", "document", "--data", str(record), "--lang", "en", "members/M"]


@pytest.mark.parametrize(
    "name", [name for name, kind in KINDS.items() if kind.SEALED & {"member_id", "member_ids"}]
)
def test_a_kind_that_names_members_is_looked_through_for_mentions(name: str) -> None:
    from firstminute.app.persons import NAMING

    assert name in NAMING
