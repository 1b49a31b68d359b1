"""Webhooks from the fact to the machine that hears it: a real desk, a real outbox, real sockets; and what comes of it when nobody hears."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from firstminute.app.cli import main
from firstminute.app.desk import Desk
from firstminute.app.ids import new_id
from firstminute.app.settings import Settings
from firstminute.app.webhooks import ATTEMPTS_MOST, Webhooks, key_of, line_of
from firstminute.model.encoding import encode
from firstminute.model.envelope import Actor, World
from firstminute.model.records import Receiver
from firstminute.store import outbox
from firstminute.store.import_export import change_of, read_rows
from tests.support.desk import ADMIN, Hands, call, desk_at, do, receive
from tests.support.listener import OK, Listener, listening, saying

SECRET_WORDS = "隔壁王小明在打人"


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def desk(tmp_path: Path, hands: Hands) -> Iterator[Desk]:
    with desk_at(tmp_path, hands) as found:
        yield found


@pytest.fixture
def there() -> Iterator[Listener]:
    with listening() as found:
        yield found


def register(desk: Desk, port: int, **more: Any) -> Receiver:
    """A receiver at a port of this machine."""
    row = Receiver(
        **{
            "receiver_id": "traffic",
            "name": "Traffic centre",
            "url": f"http://127.0.0.1:{port}/in?t=URLSECRET",
            **more,
        }
    )
    assert do(desk, "change_register", change_of("receivers", [encode(row)]), new_id(), ADMIN).done
    return row


def hooks(desk: Desk, *ports: int, networks: str = "127.0.0.0/8") -> Webhooks:
    settings = Settings(
        webhook_hosts=",".join(f"127.0.0.1:{each}" for each in ports), webhook_networks=networks
    )
    return Webhooks(desk.store, desk, line_of(settings), new_id)


def carry(carrier: Webhooks) -> int:
    """One pass, one receiver after the other; how many arrived."""
    return sum(carrier.carry(key, rows) for key, rows in carrier.due().items())


def outcomes(desk: Desk) -> list[str]:
    with desk.store.reading() as connection:
        found = desk.store.journal.read(connection, "live", 0, kinds=("MessageOutcome",))
        return [fact.body.outcome for fact in found if fact.body.channel == "webhook"]  # type: ignore[attr-defined]


def test_who_hears_of_incidents_is_said_by_whoever_answers_for_the_whole_city(desk: Desk) -> None:
    row = Receiver(
        receiver_id="traffic", name="Traffic centre", url="https://traffic.example/in", districts=("north",)
    )
    change = change_of("receivers", [encode(row)])
    for who in (
        Actor(id="north", role="admin", district="north"),
        Actor(id="desk", role="dispatcher"),
        Actor(id="boss", role="commander"),
    ):
        assert not do(desk, "change_register", change, new_id(), who).done, who
    assert do(desk, "change_register", change, new_id(), ADMIN).done
    gone = change_of("receivers", [], removed=[row.receiver_id])
    assert not do(
        desk, "change_register", gone, new_id(), Actor(id="north", role="admin", district="north")
    ).done


def test_an_incident_that_opens_and_ends_is_told_signed_and_without_any_person(
    desk: Desk, there: Listener
) -> None:
    row, carrier = register(desk, there.port), hooks(desk, there.port)
    said = do(
        desk, "receive_call", {**call(1, SECRET_WORDS), "caller_name": "王小明", "type_code": "fight"}, "c1"
    ).reply
    assert do(
        desk,
        "close_incident",
        {"incident_id": said["incident_id"], "outcome": "resolved", "note": SECRET_WORDS},
        "close",
    ).done
    assert carry(carrier) == 2 and carry(carrier) == 0
    bodies = [json.loads(each) for each in there.bodies()]
    assert {each["event"] for each in bodies} == {"incident_opened", "incident_closed"}
    assert all(each["data"]["status"] == "closed" and each["data"]["type"] == "fight" for each in bodies)
    for number, body in enumerate(there.bodies()):
        key = key_of(desk.store.vault, row)
        signing = (
            f"{there.header(number, 'webhook-id')}.{there.header(number, 'webhook-timestamp')}.".encode()
            + body
        )
        expected = base64.b64encode(hmac.new(key, signing, hashlib.sha256).digest()).decode()
        assert there.header(number, "webhook-signature") == f"v1,{expected}"
        told = json.dumps(json.loads(body), ensure_ascii=False)
        assert not any(
            each in told for each in (SECRET_WORDS, "王小明", "1390000", "caller", "phone", "address")
        )
    assert outcomes(desk) == ["delivered", "delivered"]


def test_of_a_restricted_or_silent_incident_only_that_help_was_needed_is_told(
    desk: Desk, there: Listener
) -> None:
    register(desk, there.port)
    place = {"kind": "point", "points": ((113.26, 23.13),)}
    do(desk, "receive_call", {**call(1), "type_code": "domestic_violence", "place": place}, "c1")
    do(
        desk,
        "receive_call",
        {
            **call(2),
            "type_code": "fight",
            "silent": True,
            "place": {"kind": "point", "points": ((113.9, 23.9),)},
        },
        "c2",
    )
    assert carry(hooks(desk, there.port)) == 2
    for data in (json.loads(each)["data"] for each in there.bodies()):
        assert (data["type"], data["lon"], data["lat"]) == ("help_needed", None, None)


def test_a_receiver_hears_its_own_events_and_districts_and_drills_are_told_to_nobody(
    desk: Desk, there: Listener
) -> None:
    register(desk, there.port, events=("incident_closed",))
    register(desk, there.port, receiver_id="elsewhere", districts=("d9",))
    receive(desk, 1)
    world: World = "exercise"
    do(desk, "change_register", change_of("receivers", []), "x", ADMIN)
    do(desk, "receive_call", call(3), "drill", world=world)
    assert carry(hooks(desk, there.port)) == 0 and there.knocks == 0


def test_what_does_not_arrive_is_tried_again_with_the_same_id_and_ends_after_so_many_attempts(
    desk: Desk, hands: Hands
) -> None:
    with listening(saying(b"HTTP/1.1 503 x\r\n\r\n")) as there:
        register(desk, there.port)
        receive(desk, 1)
        carrier = hooks(desk, there.port)
        for _ in range(30):
            carrier._resting.clear()
            carry(carrier)
            hands.pass_s(1_000.0)
        assert outcomes(desk) in (["failed"], ["expired"]) and there.knocks <= ATTEMPTS_MOST
        assert len({there.header(number, "webhook-id") for number in range(there.knocks)}) == 1
        assert carrier.sent == 0 and carrier.failed == there.knocks


def test_an_attempt_is_written_down_before_anything_is_sent(desk: Desk, there: Listener) -> None:
    register(desk, there.port)
    receive(desk, 1)
    seen: list[int] = []

    def look(line: Any, _: int) -> None:
        with desk.store.reading() as connection:
            found = (
                connection.exec_driver_sql("SELECT attempts FROM outbox WHERE channel = 'webhook'")
                .scalars()
                .all()
            )
        seen.extend(found)
        line.sendall(OK)

    there.answer = look
    assert carry(hooks(desk, there.port)) == 1
    assert seen == [1]


def test_an_expired_message_is_never_sent(desk: Desk, hands: Hands, there: Listener) -> None:
    register(desk, there.port)
    receive(desk, 1)
    hands.pass_s(6 * 3600.0 + 1)
    carry(hooks(desk, there.port))
    assert there.knocks == 0 and outcomes(desk) == ["expired"]


def test_44_a_receiver_at_an_inner_address_is_never_reached(desk: Desk, there: Listener) -> None:
    """The row names loopback, and the operator named the host by mistake, but no network of the house."""
    register(desk, there.port)
    receive(desk, 1)
    carrier = hooks(desk, there.port, networks="")
    assert carry(carrier) == 0 and carrier.failed == 1 and there.knocks == 0
    assert (
        carry(hooks(desk, networks="127.0.0.0/8")) == 0 and there.knocks == 0
    )  # no host is named: nothing leaves


def test_one_that_hangs_keeps_no_other_and_no_call_waiting(desk: Desk, there: Listener) -> None:
    with listening(lambda *_: time.sleep(8)) as hanging:
        register(desk, hanging.port, receiver_id="hangs")
        register(desk, there.port, receiver_id="listens")
        carrier = hooks(desk, hanging.port, there.port)

        async def run() -> float:
            running = asyncio.create_task(carrier.run())
            began = time.monotonic()
            await asyncio.to_thread(receive, desk, 1)
            while there.heard == []:
                assert time.monotonic() - began < 5
                await asyncio.sleep(0.05)
            running.cancel()
            return time.monotonic() - began

        assert asyncio.run(run()) < 5


def test_a_receiver_that_is_gone_or_has_no_address_ends_its_messages(desk: Desk, there: Listener) -> None:
    row = register(desk, there.port)
    receive(desk, 1)
    assert do(
        desk, "change_register", change_of("receivers", [], removed=[row.receiver_id]), "gone", ADMIN
    ).done
    carry(hooks(desk, there.port))
    assert outcomes(desk) == ["moot"] and there.knocks == 0


def test_neither_the_address_nor_the_secret_of_a_receiver_lies_open_or_is_logged(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    row = register(desk, 9)
    receive(desk, 1)
    with desk.store.reading() as connection:
        assert outbox.due_on(connection, desk.store.desk, desk.now_s(), "webhook")
    carry(hooks(desk, 9))
    key = key_of(desk.store.vault, row)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"URLSECRET" not in data and key not in data and base64.b64encode(key) not in data, path
    assert "URLSECRET" not in caplog.text and "did not arrive" in caplog.text


def test_events_that_nobody_knows_are_refused_on_import() -> None:
    rows, errors = read_rows(
        "receivers",
        "json",
        json.dumps([{"receiver_id": "a", "name": "A", "events": ["everything"]}]).encode(),
    )
    assert rows == [] and errors[0].problem.startswith("not_one_of:incident_opened")


Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("FIRSTMINUTE_WEBHOOK_NETWORKS", "127.0.0.0/8")
    return lambda *words: CliRunner().invoke(
        main, ["webhook", *words, "--data", str(tmp_path), "--lang", "en"]
    )


def test_the_command_line_lists_shows_the_secret_and_tries_a_receiver(
    tmp_path: Path, run: Run, there: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk_at(tmp_path) as desk:
        row = register(desk, there.port)
        key = key_of(desk.store.vault, row)
    assert "traffic" in run("list").output and "URLSECRET" not in run("list").output
    assert json.loads(run("list", "--json").output)[0]["receiver_id"] == "traffic"
    secret = run("secret", "traffic").output.strip()
    assert secret == "whsec_" + base64.b64encode(key).decode()
    refused = run("test", "traffic")
    assert refused.exit_code == 1 and "host_not_named" in refused.output
    monkeypatch.setenv("FIRSTMINUTE_WEBHOOK_HOSTS", f"127.0.0.1:{there.port}")
    tried = run("test", "traffic", "--json")
    assert tried.exit_code == 0 and json.loads(tried.output) == {
        "receiver_id": "traffic",
        "sent": True,
        "status": 204,
    }
    assert json.loads(there.bodies()[0])["event"] == "test"
    assert run("secret", "nobody").exit_code == 1
