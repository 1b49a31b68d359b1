"""Many calls at once: all are saved first, each has its turn soon, and no kill, stop or broken reaction takes a turn away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from firstminute.app import turns
from firstminute.app.desk import Desk
from firstminute.flow.acks import Ack
from firstminute.flow.reactions import REACTIONS
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.call import CallTakenUp
from tests.support.desk import DISPATCHER, Hands, call, desk_at, do

WITHIN_S = 20.0
LULL_S = turns.LULL_S


@contextmanager
def waiting_together(desk: Desk, hands: Hands) -> Iterator[None]:
    """Whatever is submitted inside waits behind a commit that takes as long as the block, so that it becomes one group."""
    held, go = threading.Event(), threading.Event()

    def slow_disk() -> None:
        held.set()
        assert go.wait(WITHIN_S)

    hands.fails = slow_disk
    first = desk.submit(
        "switch_grade", {"grade": "normal", "reason": "x", "district": "none"}, DISPATCHER, "first"
    )
    assert held.wait(WITHIN_S)
    hands.fails = lambda: None
    yield
    go.set()
    first.result(WITHIN_S)


def together(desk: Desk, hands: Hands, calls: list[dict[str, Any]]) -> list[Ack]:
    """The answers to calls that came at once."""
    with waiting_together(desk, hands):
        futures = [desk.submit("receive_call", each, DISPATCHER, f"call-{n}") for n, each in enumerate(calls)]
    return [future.result(WITHIN_S) for future in futures]


def until(desk: Desk, view: Callable[[State], bool]) -> None:
    """Wait until the desk's own state looks so, asking seldom: a question is no lull."""
    end_s = time.monotonic() + WITHIN_S
    while not desk.ask(view).result(WITHIN_S):
        assert time.monotonic() < end_s
        time.sleep(10 * LULL_S)


def kinds(desk: Desk) -> list[str]:
    """The kinds of all facts so far, in order."""
    with desk.store.reading() as connection:
        return [fact.kind for fact in desk.store.journal.read(connection, "live")]


def quiet(state: State) -> bool:
    """True where nobody waits for a turn."""
    return not state.respond.deferred


def test_calls_that_come_at_once_are_all_saved_before_any_is_taken_up(tmp_path: Path) -> None:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        answers = together(desk, hands, [call(n) for n in range(12)])
        assert all(ack.done and ack.reply["call_id"] and "incident_id" not in ack.reply for ack in answers)
        until(desk, quiet)
        found = kinds(desk)
        assert found.count("CallReceived") == found.count("CallTakenUp") == 12
        assert max(k for k, kind in enumerate(found) if kind == "CallReceived") < found.index(
            "IncidentOpened"
        )
        assert desk.ask(lambda state: all(c.incident_id for c in state.respond.calls.values())).result(
            WITHIN_S
        )


def test_a_lone_call_is_taken_up_in_its_own_group(tmp_path: Path) -> None:
    with desk_at(tmp_path) as desk:
        assert do(desk, "receive_call", call(1), "c1").reply["incident_id"]
        assert "CallTakenUp" not in kinds(desk)


def test_a_button_and_a_crew_never_wait_for_a_turn(tmp_path: Path) -> None:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        button, crew = {"channel": "sos", "text": "!"}, {"channel": "radio", "unit_id": "u1"}
        answers = together(desk, hands, [call(1), button, crew, call(2)])
        assert ["incident_id" in ack.reply for ack in answers] == [False, True, True, False]


def test_the_urgent_are_taken_up_first_and_the_others_in_the_order_they_came(tmp_path: Path) -> None:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        types = ["lost_property", "noise", "cardiac_arrest", "noise", "armed_attack"]
        answers = together(desk, hands, [{**call(n), "type_code": code} for n, code in enumerate(types)])
        until(desk, quiet)
        with desk.store.reading() as connection:
            order = [f.subject for f in desk.store.journal.read(connection, "live", kinds=["CallTakenUp"])]
        rank = [order.index(ack.reply["call_id"]) for ack in answers]
        assert max(rank[2], rank[4]) < min(rank[0], rank[1], rank[3]) and rank[1] < rank[3]


def test_a_telephone_that_calls_again_and_again_stands_behind_all_that_called_once(tmp_path: Path) -> None:
    """Shaping after storing: every call is kept and taken up, but nobody waits behind a prankster."""
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        phones = ["1391", "1391", "1391", "1391", "1392", "", "1393", "1392"]
        made = [
            {**call(n), "type_code": "noise", "caller_phone": each or None} for n, each in enumerate(phones)
        ]
        answers = together(desk, hands, made)
        assert all(ack.done for ack in answers)
        until(desk, quiet)
        with desk.store.reading() as connection:
            order = [f.subject for f in desk.store.journal.read(connection, "live", kinds=["CallTakenUp"])]
        rank = [order.index(ack.reply["call_id"]) for ack in answers]
        assert sorted(range(8), key=rank.__getitem__) == [0, 4, 5, 6, 1, 7, 2, 3]


def test_who_has_waited_long_gets_a_turn_although_calls_never_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = Hands()
    monkeypatch.setattr(turns, "LULL_S", 60.0)
    with desk_at(tmp_path, hands) as desk:
        together(desk, hands, [call(n) for n in range(4)])
        hands.pass_s(turns.PATIENCE_S)
        for n in range(4):
            assert do(desk, "receive_call", call(100 + n), f"later-{n}").done
        taken = [fact for fact in kinds(desk) if fact == "CallTakenUp"]
        assert len(taken) == 4


def test_later_words_of_a_deferred_call_open_its_incident_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = Hands()
    monkeypatch.setattr(turns, "LULL_S", 60.0)
    with desk_at(tmp_path, hands) as desk:
        first, _ = together(desk, hands, [call(1), call(2)])
        ack = do(desk, "amend_call", {"call_id": first.reply["call_id"], "type_code": "fire"}, "a1")
        assert ack.reply["incident_id"]
        assert desk.ask(lambda state: len(state.respond.deferred)).result(WITHIN_S) == 1


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_no_turn_is_lost_when_the_desk_goes_away_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    hands = Hands()
    with monkeypatch.context() as patched:
        patched.setattr(turns, "LULL_S", 60.0)
        with desk_at(tmp_path, hands) as desk:
            answers = together(desk, hands, [call(n) for n in range(5)])
    if how == "killed":
        for snapshot in tmp_path.glob("snapshot-*"):
            snapshot.unlink()
    with desk_at(tmp_path, hands) as desk:
        until(desk, quiet)
        for ack in answers:
            found = desk.ask(lambda state, k=ack.reply["call_id"]: state.respond.calls[k].incident_id)  # type: ignore[misc]
            assert found.result(WITHIN_S)


def test_a_turn_whose_reaction_raises_is_over_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(state: State, fact: Fact, act: Act) -> list[Body]:
        raise ValueError("planted")

    hands = Hands()
    monkeypatch.setitem(REACTIONS, CallTakenUp, (broken,))
    with desk_at(tmp_path, hands) as desk:
        together(desk, hands, [call(1), call(2)])
        until(desk, quiet)
        assert kinds(desk).count("ReactionFailed") == 2
        assert (
            desk.ask(lambda state: len(state.respond.loose)).result(WITHIN_S) == 2
        )  # in front of a dispatcher still
        assert do(desk, "receive_call", call(3), "c3").done
