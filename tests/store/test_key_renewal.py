"""A subject with several keys: each part opens with its own, and an erasure destroys them all."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from firstminute.app.desk import Desk
from firstminute.app.ports import JournalReader
from firstminute.model.encoding import encode
from firstminute.model.records import Member, Team, Venue
from firstminute.store.import_export import change_of
from firstminute.store.registers import current
from firstminute.store.schema import erased_keys, facts, register_rows
from firstminute.store.store import Store
from firstminute.store.verify import verify
from tests.support.desk import ADMIN, Hands, desk_at, do, receive

pytestmark = pytest.mark.usefixtures("engine")

SHIFT_S = 8 * 3600.0


def _renew(desk: Desk, *subjects: str, key: str = "renew") -> None:
    ack = do(desk, "renew_keys", {"subject_ids": list(subjects), "reason": "routine"}, key, ADMIN)
    assert ack.done, ack


def _keys_of(desk: Desk, subject: str) -> list[int]:
    """The numbers under which facts about a subject are sealed, in order."""
    with desk.store.reading() as connection:
        rows = connection.execute(facts.select().where(facts.c.subject == subject).order_by(facts.c.seq))
        return list(dict.fromkeys(row.key_id for row in rows if row.key_id is not None))


def _told(desk: Desk) -> str:
    return repr(JournalReader(desk.store).after(0))


def _amend(desk: Desk, call_id: str, name: str, key: str) -> None:
    assert do(desk, "amend_call", {"call_id": call_id, "caller_name": name}, key).done


def test_new_facts_use_the_fresh_key_and_old_ones_stay_readable_also_after_a_restart(tmp_path: Path) -> None:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        call_id = receive(desk, 1, "甲").reply["call_id"]
        _renew(desk, call_id)
        _amend(desk, call_id, "乙", "a")
    with desk_at(tmp_path, hands) as desk:
        _renew(desk, call_id, key="again")
        _amend(desk, call_id, "丙", "b")
        assert len(_keys_of(desk, call_id)) == 3
        assert all(word in _told(desk) for word in "甲乙丙")


def test_an_erasure_destroys_every_key_a_subject_ever_had(tmp_path: Path) -> None:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        said = receive(desk, 1, "甲乙丙的话").reply
        call_id, incident_id = said["call_id"], said["incident_id"]
        for number in range(3):
            _renew(desk, call_id, incident_id, key=f"renew-{number}")
            _amend(desk, call_id, f"王{number}明", f"amend-{number}")
        close = {"incident_id": incident_id, "outcome": "resolved"}
        assert do(desk, "close_incident", close, "close").done
        hands.pass_s(SHIFT_S + 60)
        had = _keys_of(desk, call_id)
        assert len(had) == 4
        erase = {"subject_ids": [call_id, incident_id], "reason": "request_of_person"}
        assert do(desk, "erase_subjects", erase, "erase", ADMIN).done
        assert [number for number in had if desk.store.vault.has(number)] == []
        with desk.store.reading() as connection:
            assert set(had) <= set(connection.execute(erased_keys.select()).scalars())
            assert all(each.sound for each in verify(connection))
        told = _told(desk)
        assert "甲乙丙的话" not in told and not any(f"王{number}明" in told for number in range(3))


def _rows(desk: Desk, row: Member, key: str) -> None:
    assert do(desk, "change_register", change_of("members", [encode(row)]), key, ADMIN).done


def test_rows_of_a_member_that_were_sealed_before_and_after_go_together(tmp_path: Path) -> None:
    with desk_at(tmp_path, Hands()) as desk:
        venue = Venue(venue_id="V", name="mall", category="mall", lon=113.0, lat=23.0, district="D")
        for table, row in (("venues", venue), ("teams", Team(team_id="T", venue_id="V", name="mall"))):
            assert do(desk, "change_register", change_of(table, [encode(row)]), table, ADMIN).done
        _rows(desk, Member(member_id="M", team_id="T", name="王小明"), "one")
        _renew(desk, "members/M")
        _rows(desk, Member(member_id="M", team_id="T", name="王大明"), "two")
        with desk.store.reading() as connection:
            names = [
                row.name for _, _, row in current(connection, desk.store.desk, "members", desk.store.keys)
            ]
            query = register_rows.select().where(register_rows.c.register == "members")
            numbers = {row.key_id for row in connection.execute(query)}
        assert names == ["王大明"] and len(numbers) == 2
        assert do(desk, "change_register", change_of("members", [], ["M"]), "gone", ADMIN).done
        assert do(
            desk, "erase_subjects", {"subject_ids": ["members/M"], "reason": "retention"}, "e", ADMIN
        ).done
        assert [number for number in numbers if desk.store.vault.has(number)] == []


def test_a_key_file_put_back_loses_earlier_keys_again_too(tmp_path: Path) -> None:
    hands, kept = Hands(), tmp_path / "kept.db"
    with desk_at(tmp_path / "record", hands) as desk:
        said = receive(desk, 1, "甲乙丙的话").reply
        _renew(desk, said["call_id"])
        _amend(desk, said["call_id"], "王小明", "a")
        assert do(
            desk, "close_incident", {"incident_id": said["incident_id"], "outcome": "resolved"}, "c"
        ).done
        desk.store.vault.back_up(kept)
        hands.pass_s(SHIFT_S + 60)
        had = _keys_of(desk, said["call_id"])
        erase = {"subject_ids": [said["call_id"], said["incident_id"]], "reason": "request_of_person"}
        assert do(desk, "erase_subjects", erase, "erase", ADMIN).done
    for path in (tmp_path / "record").glob("vault.db*"):
        path.unlink()
    kept.rename(tmp_path / "record" / "vault.db")
    with desk_at(tmp_path / "record", hands) as desk:
        assert [number for number in had if desk.store.vault.has(number)] == []


def test_whom_nothing_is_sealed_about_gets_no_key(tmp_path: Path) -> None:
    with desk_at(tmp_path) as desk:
        for subjects, code in (
            (["nobody"], "nothing_sealed"),
            ([], "erase_count"),
            (["x"] * 51, "nothing_sealed"),
        ):
            ack = do(
                desk, "renew_keys", {"subject_ids": subjects, "reason": "routine"}, f"{len(subjects)}", ADMIN
            )
            assert (ack.status, ack.code) == ("refused", code)


def test_a_renewal_whose_commit_failed_leaves_the_key_as_it_was(tmp_path: Path) -> None:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        call_id = receive(desk, 1, "甲").reply["call_id"]

        def fail() -> None:
            raise OSError("disk full")

        hands.fails = fail
        ack = do(desk, "renew_keys", {"subject_ids": [call_id], "reason": "leaked"}, "r", ADMIN)
        assert ack.status == "not_durable"
        hands.fails = lambda: None
        while desk.pause.on:
            time.sleep(0.05)
        _amend(desk, call_id, "乙", "a")
        assert len(_keys_of(desk, call_id)) == 1
    store = Store(tmp_path)
    assert "乙" in repr(JournalReader(store).after(0))
    store.close()
