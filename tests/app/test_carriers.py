"""From the fact to the phone: a real desk and outbox, real sockets; a push that only the phone opens, text, telephone, robot, and what follows a failure."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import b64encode
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firstminute.api.errors import Problem
from firstminute.app.carriers import ATTEMPTS_MOST, ROBOT_MOST, Carriers, hook_key
from firstminute.app.desk import Desk
from firstminute.app.ids import new_id
from firstminute.app.people import Book, Duty
from firstminute.app.settings import Settings
from firstminute.model.encoding import encode
from firstminute.model.envelope import Actor
from firstminute.model.records import District, Member, Record, Team, Venue
from firstminute.store.import_export import change_of
from tests.support.browser_push import Browser, opened
from tests.support.desk import ADMIN, Hands, desk_at, do
from tests.support.listener import OK, Listener, listening, saying

LEAD = Actor(id="L", role="lead", team_id="T")
PHONE, ROBOT = "13800001111", "ROBOT-KEY-1"


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


def register(desk: Desk, table: str, *rows: Record) -> None:
    assert do(desk, "change_register", change_of(table, [encode(row) for row in rows]), new_id(), ADMIN).done


def carriers(desk: Desk, there: Listener, **more: Any) -> Carriers:
    """All ways lead to one listener on this machine, which counts as a network of the house."""
    at = f"http://127.0.0.1:{there.port}"
    settings = Settings(
        push_hosts=f"127.0.0.1:{there.port}", push_contact="mailto:desk@city.example", sms_url=f"{at}/sms", voice_url=f"{at}/voice",
        wecom_url=f"{at}/robot", webhook_networks="127.0.0.0/8", language="en", **more,
    )  # fmt: skip
    return Carriers(desk.store, desk, Book(desk.store), settings, new_id)


def team(desk: Desk, *channels: str, push: bytes | None = None, phone: str | None = PHONE) -> None:
    """One venue with one person on duty, reached on these ways."""
    register(desk, "districts", District(district_id="D", name="D"))
    register(
        desk,
        "venues",
        Venue(venue_id="V", name="Fuhua Station", category="metro", lon=113.3, lat=23.1, district="D"),
    )
    register(desk, "teams", Team(team_id="T", venue_id="V", name="T", minimum=1, kit=("shield",), bot=ROBOT))
    said = push.decode() if push is not None else None
    register(
        desk,
        "members",
        Member(
            member_id="M", team_id="T", channels=channels, phone=phone, push=said, trained=("cpr", "restrain")
        ),
    )
    assert do(
        desk, "take_roll", {"team_id": "T", "shift": "day", "on_duty": 1, "member_ids": ["M"]}, new_id(), LEAD
    ).done


def alert(desk: Desk, type_code: str = "medical", **more: Any) -> str:
    """A call from the venue; the incident."""
    said = {
        "channel": "phone",
        "text": "王小明在三楼晕倒",
        "caller_phone": "13900000000",
        "type_code": type_code,
        "venue_id": "V",
        **more,
    }
    return str(do(desk, "receive_call", said, new_id()).reply["incident_id"])


def facts(desk: Desk, *kinds: str) -> list[Any]:
    with desk.store.reading() as connection:
        return [fact.body for fact in desk.store.journal.read(connection, "live", 0, kinds=kinds)]


def carry(carrier: Carriers) -> list[str | None]:
    return [carrier.carry(row) for row in carrier.due()]


def until(check: Any) -> None:
    """The desk's own clock turns on a thread of its own."""
    end = time.monotonic() + 20.0
    while not check() and time.monotonic() < end:
        time.sleep(0.02)
    assert check()


def test_a_push_says_kind_group_and_place_to_the_phone_alone_and_is_handed_not_delivered(
    desk: Desk, there: Listener
) -> None:
    phone = Browser(f"http://127.0.0.1:{there.port}/push/abc")
    team(desk, "push", "sms", push=phone.subscription)
    alert(desk)
    assert carry(carriers(desk, there)) == ["handed"]
    body = there.bodies()[0]
    said = json.loads(opened(phone, body))
    assert said["text"] == "Somebody is unwell: Fuhua Station. Open the page to answer."
    assert b"Fuhua" not in there.heard[0] and "晕倒" not in said["text"] and "三楼" not in said["text"]
    assert there.header(0, "content-encoding") == "aes128gcm" and there.header(0, "authorization").startswith(
        "vapid t="
    )
    assert [(o.channel, o.outcome) for o in facts(desk, "MessageOutcome")] == [("push", "handed")]
    assert facts(desk, "AlertDelivered") == []


def test_what_the_phone_does_not_show_in_eight_seconds_goes_out_as_a_text_message(
    desk: Desk, hands: Hands, there: Listener
) -> None:
    phone = Browser(f"http://127.0.0.1:{there.port}/push/abc")
    team(desk, "push", "sms", push=phone.subscription)
    alert(desk)
    carrier = carriers(desk, there, public_url="https://duty.example")
    carry(carrier)
    hands.pass_s(7.5)
    assert carry(carrier) == []
    hands.pass_s(0.6)
    until(lambda: carrier.due())
    assert carry(carrier) == ["delivered"]
    said = json.loads(there.bodies()[1])
    assert (said["to"], said["channel"]) == (PHONE, "sms")
    assert (
        said["text"]
        == "Somebody is unwell: Fuhua Station. Open the page to answer. https://duty.example/responder/"
    )
    assert [(f.channel, f.problem) for f in facts(desk, "AlertFailed")] == [("push", "not_in_time")]
    assert [d.channel for d in facts(desk, "AlertDelivered")] == ["sms"]


def test_the_phone_that_showed_it_says_so_and_nothing_else_is_tried(
    desk: Desk, hands: Hands, there: Listener
) -> None:
    team(desk, "push", "sms", push=Browser(f"http://127.0.0.1:{there.port}/push/abc").subscription)
    alert(desk)
    carrier = carriers(desk, there)
    carry(carrier)
    about = next(a.alert_id for a in facts(desk, "AlertSent") if a.responder_id == "M")
    shown = do(
        desk,
        "alert_delivered",
        {"alert_id": about, "channel": "push"},
        new_id(),
        Actor(id="M", role="member", team_id="T"),
    )
    assert shown.done
    hands.pass_s(20.0)
    until(lambda: facts(desk, "TimerFired"))
    assert carrier.due() == [] and facts(desk, "AlertFailed") == []


def test_a_way_that_refuses_is_followed_by_the_next_at_once_down_to_the_last(
    desk: Desk, there: Listener
) -> None:
    team(desk, "push", "wecom", "sms", "voice", push=None)
    alert(desk)
    answers = {
        0: b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"errcode":45009}',
        1: b"HTTP/1.1 500 No\r\n\r\n",
        2: OK,
    }
    there.answer = lambda line, number: line.sendall(answers[number])
    carrier = carriers(desk, there)
    outcomes = [outcome for _ in range(4) for outcome in carry(carrier)]
    assert outcomes == ["failed", "failed", "failed", "delivered"]
    assert [row.split(b" ")[1].split(b"?")[0] for row in there.heard] == [b"/robot", b"/sms", b"/voice"]
    assert [f.channel for f in facts(desk, "AlertFailed")] == ["push", "wecom", "sms"]
    assert [d.channel for d in facts(desk, "AlertDelivered")] == ["voice"]


def test_a_robot_is_believed_by_what_stands_in_its_answer_and_calls_the_person(
    desk: Desk, there: Listener
) -> None:
    team(desk, "wecom", "page")
    alert(desk, "fire")
    there.answer = saying(
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n{"errcode":0}\r\n0\r\n\r\n'
    )
    assert carry(carriers(desk, there)) == ["delivered"]
    assert f"/robot?key={ROBOT} ".encode() in there.heard[0]
    said = json.loads(there.bodies()[0])
    assert said["text"]["mentioned_mobile_list"] == [PHONE] and said["text"]["content"].startswith(
        "Fire or accident: Fuhua Station."
    )


def test_a_robot_takes_twenty_a_minute_and_the_next_way_takes_the_rest(desk: Desk, there: Listener) -> None:
    team(desk, "wecom", "sms")
    carrier = carriers(desk, there)
    carrier._robots.setdefault(ROBOT, deque(maxlen=ROBOT_MOST)).extend([time.monotonic()] * ROBOT_MOST)
    alert(desk)
    assert carry(carrier) == ["failed"]
    assert [row.channel for row in carrier.due()] == ["sms"]


@pytest.mark.parametrize("channel", ["voice", "wecom"])
def test_what_must_stay_silent_rings_no_telephone_and_no_group(
    desk: Desk, there: Listener, channel: str
) -> None:
    team(desk, channel, "sms")
    alert(desk, silent=True)
    carrier = carriers(desk, there)
    assert carry(carrier) == ["failed"] and there.heard == []


def test_an_adaptor_can_check_who_sends_and_hears_no_name(desk: Desk, there: Listener) -> None:
    team(desk, "voice", "page")
    alert(desk)
    carry(carriers(desk, there))
    body, key = there.bodies()[0], hook_key(desk.store, "voice")
    said = b".".join(
        [there.header(0, "webhook-id").encode(), there.header(0, "webhook-timestamp").encode(), body]
    )
    assert (
        there.header(0, "webhook-signature")
        == "v1," + b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    )
    assert "王小明" not in body.decode("unicode_escape", "ignore") and b"13900000000" not in body


def test_of_a_restricted_incident_a_locked_screen_names_help_alone(desk: Desk, there: Listener) -> None:
    team(desk, "sms", "page")
    incident = alert(desk)
    assert do(desk, "amend_incident", {"incident_id": incident, "type_code": "suicide"}, new_id()).done
    carry(carriers(desk, there))
    for body in there.bodies():
        assert json.loads(body)["text"].startswith("Help is needed"), body


def test_other_messages_are_tried_three_times_and_an_expired_one_never(
    desk: Desk, hands: Hands, there: Listener
) -> None:
    team(desk, "sms")
    me = Actor(id="M", role="member", team_id="T")
    assert do(desk, "end_roll", {"team_id": "T"}, new_id(), LEAD).done
    assert do(desk, "check_in", {"team_id": "T", "member_id": "M", "method": "button"}, new_id(), me).done
    there.answer = saying(b"HTTP/1.1 503 No\r\n\r\n")
    carrier = carriers(desk, there)
    outcomes = []
    for _ in range(ATTEMPTS_MOST):
        outcomes += carry(carrier)
        hands.pass_s(10.0)
    assert outcomes == [None, None, "failed"] and len(there.heard) == ATTEMPTS_MOST


def test_without_a_named_host_nothing_is_pushed_and_no_way_exists(desk: Desk) -> None:
    carrier = Carriers(desk.store, desk, Book(desk.store), Settings(), new_id)
    assert carrier.ways.named == () and carrier.push_key is None


def test_a_subscription_that_leads_elsewhere_is_refused_at_the_door(desk: Desk, there: Listener) -> None:
    carrier = carriers(desk, there)
    duty = Duty(desk.store, carrier.push_key, carrier.line.allowed)
    duty.check_push(Browser(f"http://127.0.0.1:{there.port}/x").subscription.decode())
    for wrong in (Browser("https://169.254.169.254/latest").subscription.decode(), "{}", "x"):
        with pytest.raises(Problem):
            duty.check_push(wrong)


def test_the_code_of_a_place_is_worth_nothing_at_another_and_cannot_be_made_up(
    desk: Desk, there: Listener
) -> None:
    duty = Duty(desk.store, None, carriers(desk, there).line.allowed)
    code = duty.code_of("V0001")
    assert duty.venue_of(code) == "V0001"
    for wrong in (
        code.replace("V0001", "V0002"),
        code[:-1],
        "V0001.",
        "V0001",
        ".",
        "",
        code + "x",
        "V0001.\u4e00",
    ):
        assert duty.venue_of(wrong) is None, wrong


def test_phone_push_address_and_robot_lie_sealed(desk: Desk, there: Listener, tmp_path: Path) -> None:
    phone = Browser(f"http://127.0.0.1:{there.port}/push/SECRETENDPOINT")
    team(desk, "push", push=phone.subscription)
    desk.store.database.rest()
    lying = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (b"SECRETENDPOINT", PHONE.encode(), ROBOT.encode()):
        assert secret not in lying
