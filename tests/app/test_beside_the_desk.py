"""Housekeeping and deliveries: bounded, repeatable, and nothing expired ever leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from firstminute.app import outgoing as app_outgoing
from firstminute.app.desk import Desk
from firstminute.app.housekeeping import Housekeeping
from firstminute.app.outgoing import Outgoing
from firstminute.app.ports import JournalReader, RegisterFiles
from firstminute.app.settings import Settings
from firstminute.flow.state import State
from firstminute.model.facts.desk import MessageQueued
from firstminute.store import outbox
from firstminute.store.store import DATABASE, Store
from tests.support.desk import ADMIN, Hands, desk_at, do, receive
from tests.support.play import PLACES, town_ground
from tests.support.record import facts_of

IDS = (f"{n:032x}" for n in range(10_000))


def _queue(
    folder: Path, expires_s: float, channel: str = "sms", *, reason: str = "drill_report", count: int = 1
) -> None:
    store = Store(folder)
    store.begin()
    rows = [
        MessageQueued(
            message_id=f"m{k}",
            channel=channel,
            recipient=f"u{k}",
            reason=reason,
            reason_id="a1",
            expires_s=expires_s,
        )
        for k in range(1, count + 1)
    ]
    store.append({"live": facts_of(rows, at_s=1_699_999_000.0)})
    store.close()


class Page:
    """A live feed that remembers what it was handed."""

    def __init__(self, names: tuple[str, ...] = (), teams: tuple[str, ...] = (), desk: bool = False) -> None:
        self.names, self.teams, self.desk = frozenset({*names, *teams}), frozenset(teams), desk
        self.shown: list[dict[str, Any]] = []

    def present(self) -> tuple[frozenset[str], frozenset[str], bool]:
        return self.names, self.teams, self.desk

    def show(self, recipients: Sequence[str], message: Mapping[str, Any], *, at_desk: bool) -> bool:
        there = bool({*recipients} & (self.names | self.teams)) or (at_desk and self.desk)
        if there:
            self.shown.append(dict(message))
        return there


def _outgoing(desk: Desk, folder: Path | None, page: Page | None = None) -> Outgoing:
    return Outgoing(desk.store, desk, page or Page(), lambda: next(IDS), folder=folder, language="en")


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

        def killed(delivery: object, *more: object) -> str:
            raise KeyboardInterrupt

        monkeypatch.setattr(outgoing, "_try", killed)
        with pytest.raises(KeyboardInterrupt):
            outgoing.carry()
        with desk.store.reading() as connection:
            assert outbox.due(connection, "city", desk.now_s()) == []
            assert [each.attempts for each in outbox.due(connection, "city", desk.now_s() + 60)] == [1]


def test_a_desk_too_busy_to_write_a_letter_costs_the_message_no_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen while ten thousand terminals came back: text messages had to wait twice as long each time although nothing was tried."""
    _queue(tmp_path / "record", 1_800_000_000.0)
    with desk_at(tmp_path / "record") as desk:
        outgoing = _outgoing(desk, tmp_path / "out")
        with monkeypatch.context() as busy:
            busy.setattr(desk, "ask", lambda *_: Future())
            busy.setattr(app_outgoing, "ANSWER_S", 0.01)
            with pytest.raises(TimeoutError):
                outgoing.carry()
        assert outgoing.carry() == 1
        assert _outcomes(desk) == ["delivered"]


def test_a_page_message_waits_until_somebody_has_the_page_open(tmp_path: Path) -> None:
    _queue(tmp_path, 1_800_000_000.0, channel="page")
    with desk_at(tmp_path) as desk:
        _outgoing(desk, None, Page(("somebody_else",), desk=True)).carry()
        assert _outcomes(desk) == [], "that others look at the page does not deliver it"
        page = Page(("u1",))
        _outgoing(desk, None, page).carry()
        assert [shown["to"] for shown in page.shown] == ["u1"]
    with desk_at(tmp_path) as desk:
        assert "delivered" in _outcomes(desk)


def test_pages_that_nobody_has_open_keep_no_other_message_waiting(tmp_path: Path) -> None:
    """Three hundred people are chased on their pages; the one text message behind them leaves at once."""
    _queue(tmp_path / "record", 1_800_000_000.0, channel="page", count=300)
    with desk_at(tmp_path / "record") as desk:
        agency = {"incident_id": receive(desk, 1).reply["incident_id"], "agency": "120"}
        assert do(desk, "ask_agency", agency, "ask").done
        assert _outgoing(desk, tmp_path / "out").carry() == 1
    [left] = [json.loads(path.read_text()) for path in (tmp_path / "out").iterdir()]
    assert (left["channel"], left["to"], left["data"]["type"]) == ("agency", "120", "fight")
    assert not {"caller_name", "caller_phone", "text"} & set(left["data"])


def test_a_message_for_the_desk_is_shown_to_whoever_sits_there(tmp_path: Path) -> None:
    """A seat that nobody has taken, a duty officer without an account: the desk sees it."""
    _queue(tmp_path, 1_800_000_000.0, channel="desk")
    with desk_at(tmp_path) as desk:
        _outgoing(desk, None, Page(("u7",))).carry()
        assert _outcomes(desk) == []
        page = Page(desk=True)
        _outgoing(desk, None, page).carry()
        assert page.shown[0]["reason"] == "drill_report" and page.shown[0]["to"] == "u1"
        assert "delivered" in _outcomes(desk)


REGISTERS = {
    "venues": "venue_id,name,category,lon,lat,district\nv1,Mall,mall,{},{},d1\n".format(
        *PLACES["h"]
    ).encode(),
    "teams": b"team_id,venue_id,name\nt1,v1,Guards\n",
    "members": b"member_id,team_id,channels,language\nm1,t1,page;sms,zh-CN\nm2,t1,page,\n",
}


def _on_streets(world: Any) -> State:
    return State(world=world, ground=town_ground())


def _town(desk: Desk) -> str:
    """A mall whose guards are on duty, and somebody there who needs help; the incident."""
    for table, data in REGISTERS.items():
        change, errors = RegisterFiles(desk.store).prepare(table, "csv", data)
        assert change is not None and not errors, errors
        assert do(desk, "change_register", change, table, ADMIN).done
    rolled = {
        "team_id": "t1",
        "shift": "day",
        "on_duty": 2,
        "member_ids": ["m1", "m2"],
        "until_s": desk.now_s() + 9_000,
    }
    assert do(desk, "take_roll", rolled, "roll").done
    call = {"channel": "phone", "type_code": "cardiac_arrest", "venue_id": "v1"}
    return str(do(desk, "receive_call", call, "call").reply["incident_id"])


def test_a_message_is_written_in_its_recipients_language_and_shown_on_the_teams_page(tmp_path: Path) -> None:
    """One guard reads Chinese, the other what the city speaks; both stand before the same screen."""
    with desk_at(tmp_path, make_state=_on_streets) as desk:
        _town(desk)
        page = Page(teams=("t1",))
        _outgoing(desk, None, page).carry()
        said = {shown["to"]: shown for shown in page.shown if shown["reason"] == "alert"}
        assert "心脏骤停" in said["m1"]["text"] and "Mall" in said["m1"]["text"]
        assert "Cardiac arrest" in said["m2"]["text"] and "Start chest compressions." in said["m2"]["text"]
        for each in (
            said.values()
        ):  # a page takes the words of the language that it is read in, whoever the message is for
            assert each["texts"][each["language"]] == each["text"] and sorted(each["texts"]) == [
                "en",
                "zh-CN",
            ]
            assert "Cardiac arrest" in each["texts"]["en"] and "心脏骤停" in each["texts"]["zh-CN"]
        receive(desk, 2)
        states = desk.ask(
            lambda state: {a.responder_id: a.state for a in state.respond.alerts.values()}
        ).result(10)
        assert states["m1"] == states["m2"] == "delivered"


def test_who_is_not_before_the_page_is_tried_on_the_next_way_and_called_off_on_all(tmp_path: Path) -> None:
    """After five seconds the alert goes out by text; when everybody is stood down the word goes out on both ways."""
    hands = Hands()
    with desk_at(tmp_path / "record", hands, _on_streets) as desk:
        incident = _town(desk)
        outgoing = _outgoing(desk, tmp_path / "out")
        assert outgoing.carry() == 0
        hands.pass_s(6)
        outgoing.carry()
        receive(desk, 2)
        outgoing.carry()
        [by_text] = [json.loads(p.read_text()) for p in (tmp_path / "out").iterdir()]
        assert (by_text["to"], by_text["channel"], by_text["reason"]) == ("m1", "sms", "alert")
        assert do(desk, "stand_down", {"incident_id": incident, "reason": "settled"}, "stop").done
        page = Page(("m1",))
        _outgoing(desk, tmp_path / "out", page).carry()
        said = [json.loads(p.read_text()) for p in (tmp_path / "out").iterdir()]
        assert [each["to"] for each in said if each["reason"] == "stand_down"] == ["m1"]
        assert [shown["reason"] for shown in page.shown] == ["stand_down"]


def test_an_alert_that_was_taken_back_is_never_delivered_afterwards(tmp_path: Path) -> None:
    """Its message waits in the outbox and is moot when somebody opens the page."""
    with desk_at(tmp_path, make_state=_on_streets) as desk:
        incident = _town(desk)
        assert do(desk, "close_incident", {"incident_id": incident, "outcome": "resolved"}, "close").done
        page = Page(teams=("t1",))
        _outgoing(desk, None, page).carry()
        assert {shown["reason"] for shown in page.shown} == {"withdrawn"}
        assert sorted(_outcomes(desk)).count("moot") == 2


def test_what_becomes_of_an_exercises_message_is_no_fact_of_live(tmp_path: Path) -> None:
    """Drills never mix with live, their deliveries neither."""
    with desk_at(tmp_path, make_state=_on_streets) as desk:
        _town(desk)
        assert do(desk, "start_pull_test", {"team_ids": ["t1"]}, "pull", world="exercise").done
        page = Page(teams=("t1",))
        _outgoing(desk, None, page).carry()
        drill = next(shown for shown in page.shown if shown["reason"] == "drill")
        assert drill["exercise"] and "not in earnest" in drill["text"]
        receive(desk, 2)
        live = [f.body.message_id for f in JournalReader(desk.store).after(0) if f.kind == "MessageOutcome"]  # type: ignore[attr-defined]
        assert live and drill["id"] not in live


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
