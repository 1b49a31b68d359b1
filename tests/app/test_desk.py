"""The desk: nothing is answered before it is durable, nothing is done twice, and one broken part never takes a call with it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from concurrent.futures import wait
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from firstminute.app import desk_loop
from firstminute.app.desk import Desk
from firstminute.app.desk_loop import Committed
from firstminute.flow import step
from firstminute.flow.reactions import REACTIONS, TIMERS
from firstminute.flow.state import State
from firstminute.model.encoding import encode
from firstminute.model.envelope import Act, Actor, Body, Fact
from firstminute.model.facts import KINDS
from firstminute.model.facts.call import CallReceived
from firstminute.model.facts.desk import GradeSwitched
from firstminute.model.records import Device, District, Member, Team
from firstminute.store.errors import HeadLost, StorageRefused, Unreadable
from firstminute.store.import_export import change_of
from firstminute.store.store import Store
from firstminute.store.verify import verify
from tests.support.desk import ADMIN, DISPATCHER, Hands, call, desk_at, do, receive
from tests.support.record import NoLock, facts_of, incidents

pytestmark = pytest.mark.usefixtures("engine")
of_a_file = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
"""What only a file can suffer: that its folder goes, or its lock."""


def _kinds(desk: Desk, world: Any = "live") -> list[str]:
    with desk.store.reading() as connection:
        return [fact.kind for fact in desk.store.journal.read(connection, world)]


def _districts(desk: Desk, *names: str) -> None:
    rows = [encode(District(district_id=name, name=name)) for name in names]
    assert do(
        desk, "change_register", change_of("districts", rows), f"districts-{'-'.join(names)}", ADMIN
    ).done


def test_an_accepted_call_is_in_the_journal_when_its_answer_arrives(tmp_path: Path) -> None:
    with desk_at(tmp_path) as desk:
        ack = receive(desk, 1)
        assert ack.done and ack.reply["call_id"] and ack.reply["incident_id"]
        assert _kinds(desk)[:2] == ["CallReceived", "IncidentOpened"]
        with desk.store.reading() as connection:
            assert desk.store.journal.about(connection, "live", ack.reply["call_id"])[0].body.text == "打架"  # type: ignore[attr-defined]


def test_nothing_leaves_the_desk_before_the_commit(tmp_path: Path) -> None:
    hands, seen, held, go = Hands(), [], threading.Event(), threading.Event()

    def slow_disk() -> None:
        held.set()
        assert go.wait(10)

    with desk_at(tmp_path, hands) as desk:
        desk.listen(lambda run: seen.append(run.state.seq))
        hands.fails = slow_disk
        future = desk.submit("receive_call", call(1), DISPATCHER, "c1")
        assert held.wait(10)
        assert not future.done() and seen == []
        hands.fails = lambda: None
        go.set()
        assert future.result(10).done and seen


def test_what_waits_is_committed_together_and_a_lone_command_waits_for_nobody(tmp_path: Path) -> None:
    hands, commits, go = Hands(), [], threading.Event()
    with desk_at(tmp_path, hands) as desk:
        hands.fails = lambda: (commits.append(1), go.wait(10))[0]  # type: ignore[func-returns-value]
        futures = [desk.submit("receive_call", call(n), DISPATCHER, f"c{n}") for n in range(40)]
        go.set()
        wait(futures, 20)
        assert all(future.result().done for future in futures)
        assert len(commits) <= 3


def test_the_same_command_again_gets_the_same_answer_and_has_no_second_effect(tmp_path: Path) -> None:
    with desk_at(tmp_path) as desk:
        first, second = receive(desk, 1), receive(desk, 1)
        assert second.again and (second.seq, second.reply) == (first.seq, first.reply)
        conflict = do(desk, "receive_call", call(2), "call-1")
        assert (conflict.status, conflict.code) == ("refused", "idempotency_conflict")
        count = _kinds(desk).count("CallReceived")
    with desk_at(tmp_path) as desk:
        assert receive(desk, 1).reply == first.reply
        assert _kinds(desk).count("CallReceived") == count == 1


def test_fifty_at_once_under_one_id_have_one_effect(tmp_path: Path) -> None:
    with desk_at(tmp_path) as desk:
        futures = [desk.submit("receive_call", call(1), DISPATCHER, "same") for _ in range(50)]
        replies = [future.result(20).reply for future in futures]
        assert all(reply == replies[0] for reply in replies)
        assert _kinds(desk).count("CallReceived") == 1


def test_a_refusal_is_remembered_like_any_answer(tmp_path: Path) -> None:
    with desk_at(tmp_path) as desk:
        refused = do(
            desk, "switch_grade", {"grade": "heightened", "reason": "exercise", "district": "d1"}, "g1"
        )
        assert (refused.status, refused.code, refused.params) == (
            "refused",
            "unknown_district",
            {"district": "d1"},
        )
        _districts(desk, "d1")
        again = do(
            desk, "switch_grade", {"grade": "heightened", "reason": "exercise", "district": "d1"}, "g1"
        )
        assert again.again and again.code == "unknown_district"
        assert do(
            desk, "switch_grade", {"grade": "heightened", "reason": "exercise", "district": "d1"}, "g2"
        ).done


def test_arguments_that_do_not_fit_are_invalid_at_once_without_repeating_what_was_sent(
    tmp_path: Path,
) -> None:
    with desk_at(tmp_path) as desk:
        for name, arguments in (
            ("no_such", {}),
            ("switch_grade", {}),
            ("switch_grade", {"grade": [1], "reason": "138000"}),
        ):
            ack = do(desk, name, arguments, "x")
            assert ack.status == "invalid" and "138000" not in str(ack.params)
        ack = do(
            desk, "change_register", change_of("districts", [{"district_id": "", "name": 3}]), "y", ADMIN
        )
        assert ack.status == "invalid"


DEVICE = Actor(id="button", role="device")
ALL_REACTIONS = sorted(
    (name, n)
    for name, those in ({cls.__name__: those for cls, those in REACTIONS.items()} | TIMERS).items()
    for n in range(len(those))
)
"""Kind of fact, or stem of a timer's name, and which of the reactions to it."""


def _planted(monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> str:
    """An exception in one reaction, which is also called at once by a fact of its kind."""
    table, key = _place_of(name)
    those = list(table[key])

    def planted(state: State, fact: Fact, act: Act) -> list[Body]:
        raise ZeroDivisionError("planted")

    planted.__name__ = those[number].__name__
    those[number] = planted
    monkeypatch.setitem(table, key, tuple(those))
    return planted.__name__


def _place_of(name: str) -> tuple[dict[Any, Any], Any]:
    """The table that a reaction stands in, and under what."""
    return (TIMERS, name) if name in TIMERS else (REACTIONS, KINDS[name])


@pytest.mark.parametrize(("name", "number"), ALL_REACTIONS)
def test_a_planted_exception_in_any_reaction_loses_only_that_reactions_facts(
    monkeypatch: pytest.MonkeyPatch, name: str, number: int
) -> None:
    planted = _planted(monkeypatch, name, number)
    table, key = _place_of(name)
    body = _least("TimerFired" if table is TIMERS else name)
    state = State()
    act = next(_acts())
    found = [
        said
        for reaction in table[key]
        for said in desk_loop.guard(reaction, state, _fact_of(body), act)
        if said.NAME == "ReactionFailed"
    ]
    assert [failed.problem for failed in found if failed.reaction == planted] == [
        "ZeroDivisionError: planted"
    ]  # type: ignore[attr-defined]


def test_a_call_whose_every_reaction_raises_is_still_accepted_and_the_desk_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, number in ALL_REACTIONS:
        _planted(monkeypatch, name, number)
    with desk_at(tmp_path) as desk:
        assert receive(desk, 1).done
        kinds = _kinds(desk)
        assert kinds[0] == "CallReceived"
        assert kinds.count("ReactionFailed") == desk.metrics()["reactions_failed"] > 0
        assert receive(desk, 2).done


def test_a_failed_commit_answers_not_durable_leaves_nothing_and_the_desk_goes_on(tmp_path: Path) -> None:
    hands, seen = Hands(), list[Committed]()
    with desk_at(tmp_path, hands) as desk:
        desk.listen(seen.append)
        first = receive(desk, 1)
        before = desk.ask(_summary).result(10)

        def full() -> None:
            hands.fails = lambda: None
            raise OSError("disk full")

        hands.fails = full
        lost = receive(desk, 2)
        assert (lost.status, lost.code) == ("not_durable", "not_durable")
        assert desk.ask(_summary).result(10) == before
        assert len(seen) == 1
        retried = receive(desk, 2)
        assert retried.done and not retried.again and retried.seq > first.seq
        assert _kinds(desk).count("CallReceived") == 2
        with desk.store.reading() as connection:
            assert all(each.sound for each in verify(connection))


def test_a_disk_that_stays_broken_makes_the_desk_read_only_until_it_works_and_everybody_hears_it(
    tmp_path: Path,
) -> None:
    hands, seen = Hands(), list[Committed]()

    def broken() -> None:
        raise OSError("input/output error")

    with desk_at(tmp_path, hands) as desk:
        desk.listen(seen.append)
        first = receive(desk, 1)
        before = desk.ask(_summary).result(10)
        hands.fails = broken
        acks = [
            future.result(20)
            for future in [desk.submit("receive_call", call(n), DISPATCHER, f"c{n}") for n in range(20)]
        ]
        assert {ack.status for ack in acks} == {"not_durable"}
        assert (receive(desk, 98).status, receive(desk, 99).code) == ("not_durable", "read_only")
        health = desk.health()
        assert health["running"] and not health["accepting"] and not health["durable"]
        assert health["read_only"]["problem"] == "input/output error"
        assert desk.ask(_summary).result(10) == before, "what stands is still shown, and nothing else"
        assert desk.metrics()["read_only"] == 1
        hands.fails = lambda: None
        while not (ack := receive(desk, 99)).done:
            assert ack.code == "read_only"
        assert ack.seq > first.seq and desk.health()["read_only"] is None
        assert _kinds(desk).count("CallReceived") == 2 and _kinds(desk).count("RecordResumed") == 1
        assert [each.seq for run in seen for each in run.facts] == list(range(1, len(_kinds(desk)) + 1))


def test_a_record_that_cannot_even_be_read_shows_nothing_rather_than_what_was_never_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = Hands()

    def broken() -> None:
        raise OSError("input/output error")

    with desk_at(tmp_path, hands) as desk:
        assert receive(desk, 1).done
        with monkeypatch.context() as patch:
            patch.setattr(desk_loop.Loop, "look_again", lambda loop: False)
            hands.fails = broken
            assert receive(desk, 2).status == "not_durable"
            while not desk.pause.on:
                pass
            with pytest.raises(Unreadable):
                desk.ask(_summary).result(10)
            hands.fails = lambda: None
            while not receive(desk, 2).done:
                pass
        assert desk.ask(_summary).result(10)


def test_a_desk_that_lost_its_head_to_another_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firstminute.store.engine.Lock", NoLock)
    monkeypatch.setattr("firstminute.store.lease.Lease.take", lambda lease: lease._lead())
    with desk_at(tmp_path) as old:
        assert receive(old, 1).done
        with desk_at(tmp_path) as new:
            assert receive(old, 2).status == "not_durable"
            assert receive(new, 3).done
            old.stop()
            assert "another desk has taken over" in old.health()["problem"]
            assert receive(new, 4).done


def test_a_second_desk_on_the_same_folder_is_refused_and_the_first_goes_on_unharmed(tmp_path: Path) -> None:
    with desk_at(tmp_path) as first:
        assert receive(first, 1).done
        epoch = first.health()["epoch"]
        with pytest.raises(
            StorageRefused, match=f"another process .pid {os.getpid()}. is writing {tmp_path}"
        ):
            Store(tmp_path)
        assert receive(first, 2).done
        assert first.health()["epoch"] == epoch
    with desk_at(tmp_path) as again:
        assert receive(again, 3).done


@of_a_file
@pytest.mark.parametrize("put_back", [False, True])
def test_a_desk_whose_folder_was_deleted_under_it_accepts_nothing_more_and_leaves_its_successor_alone(
    tmp_path: Path, put_back: bool
) -> None:
    folder, hands = tmp_path / "record", Hands()
    with desk_at(folder, hands) as old:
        assert receive(old, 1).done
        shutil.rmtree(folder)
        if not put_back:
            assert receive(old, 2).status == "not_durable"
            assert "deleted, moved or put back" in _stopped(old)
            return
        with desk_at(folder) as new:
            assert receive(new, 3).done
            assert receive(old, 4).status == "not_durable"
            assert "deleted, moved or put back" in _stopped(old)
            assert receive(new, 5).done
            epoch = new.health()["epoch"]
        assert epoch == 1
    with desk_at(folder) as again:
        assert _kinds(again).count("CallReceived") == 2


@of_a_file
def test_an_old_desk_whose_commit_fails_does_not_take_the_record_that_was_put_in_its_place(
    tmp_path: Path,
) -> None:
    folder, hands = tmp_path / "record", Hands()
    with desk_at(folder, hands) as old:
        assert receive(old, 1).done
        shutil.rmtree(folder)
        with desk_at(folder) as new:

            def once() -> None:
                hands.fails = lambda: None
                raise OSError("disk")

            hands.fails = once
            assert receive(old, 2).status == "not_durable"
            assert "deleted, moved or put back" in _stopped(old)
            assert receive(new, 3).done
            assert new.health()["epoch"] == 1 and new.running


@of_a_file
@pytest.mark.parametrize("quiet_s", [0.0, 0.2])
def test_a_lock_that_was_deleted_is_noticed_before_two_can_write(tmp_path: Path, quiet_s: float) -> None:
    with desk_at(tmp_path) as desk:
        assert receive(desk, 1).done
        time.sleep(quiet_s)
        assert receive(desk, 2).done
        (tmp_path / "desk.lock").unlink()
        assert receive(desk, 3).status == "not_durable"
        assert not desk.running
        with pytest.raises(HeadLost):
            desk.store.database.assert_in_place()


def _stopped(desk: Desk) -> str:
    """Why a desk has stopped, once it has."""
    desk._thread.join(20)
    assert not desk.running
    return str(desk.health()["problem"])


def test_a_command_that_breaks_a_fold_is_refused_alone_and_its_group_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fold_breaking(slice_: Any, fact: Fact, body: CallReceived) -> None:
        if body.text == "break":
            raise KeyError("fold")

    monkeypatch.setitem(step.FOLDS, CallReceived, [*step.FOLDS[CallReceived], ("muster", fold_breaking)])
    with desk_at(tmp_path) as desk:
        futures = [
            desk.submit("receive_call", call(n, "break" if n == 3 else "打架"), DISPATCHER, f"c{n}")
            for n in range(6)
        ]
        acks = [future.result(20) for future in futures]
        assert [ack.status for ack in acks] == ["done"] * 3 + ["refused"] + ["done"] * 2
        assert acks[3].code == "command_failed"
        assert _kinds(desk).count("CallReceived") == 5


def test_a_command_whose_decision_raises_is_refused_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from firstminute.flow.commands import COMMAND_BY_NAME, Command

    def bad(state: State, arguments: object, act: Act) -> list[Body]:
        raise RuntimeError("a bug")

    there = COMMAND_BY_NAME["confirm_clock"]
    monkeypatch.setitem(
        COMMAND_BY_NAME, "confirm_clock", Command(there.name, bad, there.policy, there.schema)
    )
    with desk_at(tmp_path) as desk:
        ack = do(desk, "confirm_clock", {"desk": "city"}, "c")
        assert (ack.status, ack.code) == ("refused", "command_failed")
        assert receive(desk, 1).done


def test_a_full_queue_says_busy_at_once_and_keeps_room_for_calls(tmp_path: Path) -> None:
    hands, held, go = Hands(), threading.Event(), threading.Event()
    with desk_at(tmp_path, hands, most_waiting=16) as desk:
        hands.fails = lambda: (held.set(), go.wait(10))[0]  # type: ignore[func-returns-value]
        futures = [desk.submit("receive_call", call(0), DISPATCHER, "first")]
        assert held.wait(10)
        other = {"grade": "normal", "reason": "exercise"}
        futures += [desk.submit("switch_grade", other, DISPATCHER, f"g{n}") for n in range(12)]
        busy = desk.submit("switch_grade", other, DISPATCHER, "g12").result(0)
        assert (busy.status, busy.code) == ("busy", "desk_busy")
        futures += [desk.submit("receive_call", call(n), DISPATCHER, f"c{n}") for n in range(1, 5)]
        assert desk.submit("receive_call", call(5), DISPATCHER, "c5").result(0).status == "busy"
        go.set()
        assert all(future.result(20).status in ("done", "refused") for future in futures)


def test_a_listener_that_raises_never_brakes_the_desk(tmp_path: Path) -> None:
    def broken(run: Committed) -> None:
        raise RuntimeError("no reader")

    with desk_at(tmp_path) as desk:
        desk.listen(broken)
        assert receive(desk, 1).done and receive(desk, 2).done
        desk.ask(lambda state: None).result(10)  # listeners hear of a commit after its answers went out
        assert desk.metrics()["listeners_failed"] == 2


def test_a_drill_is_a_world_of_its_own_and_registers_are_shared(tmp_path: Path) -> None:
    with desk_at(tmp_path) as desk:
        _districts(desk, "d1")
        assert do(
            desk, "switch_grade", {"grade": "emergency", "reason": "exercise"}, "g", world="exercise"
        ).done
        assert desk.ask(lambda state: state.desk.grades, "exercise").result(10) == {"d1": "emergency"}
        assert desk.ask(lambda state: state.desk.grades).result(10) == {}
        assert _kinds(desk, "exercise") == ["GradeSwitched"]
        refused = do(
            desk,
            "change_register",
            change_of("districts", [encode(District(district_id="d2", name="x"))]),
            "r",
            ADMIN,
            world="exercise",
        )
        assert refused.code == "registers_are_live"


@pytest.mark.parametrize("with_snapshot", [True, False])
@pytest.mark.parametrize(("pin", "duress"), [("12", False), ("13", True), ("99", True)])
def test_a_duress_pin_still_looks_like_a_cancel_and_is_none_after_a_restart(
    tmp_path: Path, with_snapshot: bool, pin: str, duress: bool
) -> None:
    button = Device(device_id="B", kind="sos_button", type_code="sos", cancel_pin="12", duress_pin="13")
    with desk_at(tmp_path) as desk:
        assert do(desk, "change_register", change_of("devices", [encode(button)]), "devices", ADMIN).done
        said = do(desk, "receive_call", {"channel": "sos", "device_id": "B"}, "sos", DEVICE).reply
    if not with_snapshot:
        for path in tmp_path.glob("snapshot-*"):
            path.unlink()
    with desk_at(tmp_path) as desk:
        asked = {"incident_id": said["incident_id"], "by": "device", "pin": pin}
        assert do(desk, "request_cancel", asked, "cancel", DEVICE).done
        with desk.store.reading() as connection:
            found = list(desk.store.journal.read(connection, "live", kinds=["CancelRequested"]))
        assert [fact.body.duress for fact in found] == [duress]  # type: ignore[attr-defined]


def test_registers_in_memory_are_the_same_before_and_after_a_restart_and_hold_no_names(
    tmp_path: Path,
) -> None:
    member = Member(member_id="m", team_id="t", name="王小明", phone="13900000000")
    team = Team(team_id="t", venue_id="v", name="队", lead_phone="13900000001")
    with desk_at(tmp_path) as desk:
        for table, row in (("members", member), ("teams", team)):
            assert do(desk, "change_register", change_of(table, [encode(row)]), table, ADMIN).done
        before = desk.ask(lambda state: deepcopy(state.registers)).result(10)
    assert "王小明" not in repr(before) and "1390000000" not in repr(before)
    with desk_at(tmp_path) as desk:
        assert desk.ask(lambda state: state.registers).result(10) == before


@pytest.mark.parametrize("with_snapshot", [True, False])
def test_a_restarted_desk_knows_what_is_open_as_the_stopped_one_did(
    tmp_path: Path, with_snapshot: bool
) -> None:
    with desk_at(tmp_path) as desk:
        _districts(desk, "d1", "d2")
        for number in range(6):
            receive(desk, number)
        incident = receive(desk, 9).reply["incident_id"]
        closed = do(desk, "close_incident", {"incident_id": incident, "outcome": "resolved"}, "close")
        assert closed.done, closed
        do(desk, "switch_grade", {"grade": "heightened", "reason": "exercise", "district": "d2"}, "g")
        before = desk.ask(_whole).result(10)
    if not with_snapshot:
        for path in tmp_path.glob("snapshot-*"):
            path.unlink()
    with desk_at(tmp_path) as desk:
        assert desk.ask(_whole).result(10) == before


def test_a_snapshot_of_another_release_or_another_journal_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk_at(tmp_path) as desk:
        receive(desk, 1)
        before = desk.ask(_whole).result(10)
    kept = (tmp_path / "snapshot-live.bin").read_bytes()
    monkeypatch.setattr("firstminute.app.desk_state._shapes", lambda: {"respond": b"other"})
    with desk_at(tmp_path) as desk:
        assert desk.ask(_whole).result(10) == before
        receive(desk, 2)
    monkeypatch.undo()
    (tmp_path / "snapshot-live.bin").write_bytes(kept[:-1] + b"?")
    with desk_at(tmp_path) as desk:
        assert desk.ask(_summary).result(10)[0] == 2


def test_a_journal_with_every_vault_key_destroyed_folds(tmp_path: Path) -> None:
    with desk_at(tmp_path) as desk:
        for number in range(3):
            receive(desk, number)
        before = desk.ask(_summary).result(10)
        desk.store.vault.destroy(range(1, 5000), 1)
    for path in tmp_path.glob("snapshot-*"):
        path.unlink()
    with desk_at(tmp_path) as desk:
        assert desk.ask(_summary).result(10) == before
        assert receive(desk, 7).done


def test_a_state_folded_from_any_facts_of_any_kind_never_raises(tmp_path: Path) -> None:
    state = State()
    for fact in facts_of([_least(name) for name in sorted(KINDS)]):
        step.fold(state, fact)
    for fact in facts_of(list(incidents(2)), after=state.seq):
        step.fold(state, fact)


def test_health_says_what_an_operator_must_know(tmp_path: Path, engine: str) -> None:
    with desk_at(tmp_path) as desk:
        health = desk.health()
        assert (health["running"], health["durable"], health["accepting"], health["clock"]) == (
            True,
            True,
            True,
            "together",
        )
        durable = {
            "sqlite": {"synchronous": "FULL", "journal_mode": "wal"},
            "postgresql": {"synchronous_commit": "on", "fsync": "on", "full_page_writes": "on"},
        }
        assert durable[engine].items() <= health["storage"].items()


def test_a_store_that_cannot_be_opened_says_so_at_start(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.begin()
    store.append({"live": facts_of([GradeSwitched(district="d", grade="normal", reason="")])})
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE facts SET kind = 'MoonLanded'")
    with pytest.raises(ValueError, match="newer than this release"):
        Desk(store).start()
    store.close()


def _summary(state: State) -> tuple[int, int, int]:
    return len(state.respond.calls), len(state.respond.incidents), len(state.timers.pending)


def _whole(state: State) -> str:
    return repr(
        (
            state.seq,
            state.respond,
            state.muster,
            sorted(state.timers.pending.items()),
            state.desk,
            state.registers.districts,
        )
    )


def _least(name: str) -> Body:
    from firstminute.model.encoding import decode_body

    return decode_body(name, 1, {})


def _fact_of(body: Body) -> Fact:
    return facts_of([body])[0]


def _acts() -> Any:
    ids = iter(str(n) for n in range(1000))
    while True:
        yield Act(at_s=1000.0, actor=DISPATCHER, command_id="c", ids=ids)
