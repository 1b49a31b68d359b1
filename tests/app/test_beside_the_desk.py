"""Housekeeping and deliveries: bounded, repeatable, and nothing expired ever leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from firstminute.app.desk import Desk
from firstminute.app.housekeeping import Housekeeping
from firstminute.app.outgoing import Outgoing
from firstminute.app.ports import JournalReader, RegisterFiles
from firstminute.app.settings import Settings
from firstminute.model.facts.desk import MessageQueued
from firstminute.store import outbox
from firstminute.store.store import DATABASE, Store
from tests.support.desk import ADMIN, Hands, desk_at, do, receive
from tests.support.record import facts_of

IDS = (f"{n:032x}" for n in range(10_000))


def _queue(folder: Path, expires_s: float, channel: str = "sms") -> None:
    store = Store(folder)
    store.begin()
    message = MessageQueued(
        message_id="m1", channel=channel, recipient="u1", reason="alert", reason_id="a1", expires_s=expires_s
    )
    store.append({"live": facts_of([message], at_s=1_699_999_000.0)})
    store.close()


def _outgoing(desk: Desk, folder: Path | None, present: bool = True) -> Outgoing:
    return Outgoing(desk.store, desk, lambda recipient: present, lambda: next(IDS), folder)


def _outcomes(desk: Desk) -> list[str]:
    receive(desk, 0)  # one more group, so that what was submitted before it is done
    return [fact.body.outcome for fact in JournalReader(desk.store).after(0) if fact.kind == "MessageOutcome"]  # type: ignore[attr-defined]


def test_a_message_is_carried_once_and_its_outcome_is_a_fact(tmp_path: Path) -> None:
    _queue(tmp_path / "record", 1_800_000_000.0)
    with desk_at(tmp_path / "record") as desk:
        outgoing = _outgoing(desk, tmp_path / "out")
        assert outgoing.carry() == 1
        assert _outcomes(desk) == ["delivered"]
        sent = tmp_path / "out" / "m1.json"
        assert json.loads(sent.read_text())["id"] == "m1"
        sent.unlink()
        outgoing.carry()
        assert not sent.exists()


def test_an_expired_message_is_never_sent_also_after_a_restart(tmp_path: Path) -> None:
    hands = Hands()
    _queue(tmp_path / "record", hands.wall_s + 5)
    hands.pass_s(60)
    with desk_at(tmp_path / "record", hands) as desk:
        assert _outgoing(desk, tmp_path / "out").carry() == 1
        assert _outcomes(desk) == ["expired"]
    assert not (tmp_path / "out").exists()


def test_the_attempt_is_on_disk_before_the_message_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _queue(tmp_path / "record", 1_800_000_000.0)
    with desk_at(tmp_path / "record") as desk:
        outgoing = _outgoing(desk, tmp_path / "out")

        def killed(delivery: object) -> str:
            raise KeyboardInterrupt

        monkeypatch.setattr(outgoing, "_try", killed)
        with pytest.raises(KeyboardInterrupt):
            outgoing.carry()
        with desk.store.reading() as connection:
            assert outbox.due(connection, "city", desk.now_s()) == []
            assert [each.attempts for each in outbox.due(connection, "city", desk.now_s() + 60)] == [1]


def test_a_page_message_waits_until_somebody_has_the_page_open(tmp_path: Path) -> None:
    _queue(tmp_path, 1_800_000_000.0, channel="page")
    with desk_at(tmp_path) as desk:
        _outgoing(desk, None, present=False).carry()
        assert _outcomes(desk) == []
        _outgoing(desk, None, present=True).carry()
    with desk_at(tmp_path) as desk:
        assert "delivered" in _outcomes(desk)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[Housekeeping, Desk, Hands]]:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        yield Housekeeping(desk.store, desk, Settings(data_dir=tmp_path, vault_backups=2)), desk, hands


def test_pruning_takes_old_answers_and_closed_subjects_and_leaves_the_facts(
    house: tuple[Housekeeping, Desk, Hands],
) -> None:
    keeping, desk, hands = house
    incident = receive(desk, 1).reply["incident_id"]
    assert do(desk, "close_incident", {"incident_id": incident, "outcome": "resolved"}, "close").done
    before = len(JournalReader(desk.store).after(0))
    assert keeping.prune() == 0
    hands.pass_s(8 * 86_400)
    assert keeping.prune() >= 3
    assert len(JournalReader(desk.store).after(0)) >= before


def test_the_key_file_is_backed_up_daily_and_only_the_last_days_are_kept(
    house: tuple[Housekeeping, Desk, Hands],
) -> None:
    keeping, _, hands = house
    for _ in range(4):
        assert keeping.back_up_vault() == keeping.back_up_vault()
        hands.pass_s(86_400)
    folder = keeping._settings.data_dir / "vault-backups"
    assert len(list(folder.iterdir())) == 2 and folder.stat().st_mode & 0o077 == 0


def test_a_job_that_fails_is_counted_and_the_others_go_on(house: tuple[Housekeeping, Desk, Hands]) -> None:
    keeping, _, _ = house

    def broken() -> None:
        raise OSError("disk")

    keeping._try(broken)
    assert keeping.failures == 1


def test_the_read_models_follow_in_bites(house: tuple[Housekeeping, Desk, Hands]) -> None:
    keeping, desk, _ = house
    receive(desk, 1)
    assert keeping.follow() >= 2
    assert keeping.follow() == 0


def test_registers_come_out_as_they_went_in_and_tell_their_history(tmp_path: Path) -> None:
    with desk_at(tmp_path) as desk:
        files = RegisterFiles(desk.store)
        for name in ("天河", "越秀"):
            change, errors = files.prepare("districts", "csv", f"district_id,name\nd1,{name}".encode())
            assert change is not None and not errors
            assert do(desk, "change_register", change, name, ADMIN).done
        data, media_type = files.export("districts", "csv")
        assert "d1,越秀" in data.decode("utf-8-sig") and media_type.startswith("text/csv")
        history = files.history("districts", "d1")
        assert [each["row"]["name"] for each in history] == ["越秀", "天河"] and history[0][
            "valid_to_s"
        ] is None
        assert files.prepare("districts", "json", b"[]") == (
            None,
            [{"row": 0, "field": "", "problem": "no_rows"}],
        )


def test_the_journal_is_read_beside_the_desk(tmp_path: Path) -> None:
    with desk_at(tmp_path) as desk:
        ack = receive(desk, 1)
        reader = JournalReader(desk.store)
        assert reader.of_subject(ack.reply["call_id"])[0].kind == "CallReceived"
        assert len(reader.after(0, most=2)) == 2
        assert reader.between(0, 9e9, kinds=["CallReceived"])[0].seq == 1
    assert (tmp_path / DATABASE).exists()
