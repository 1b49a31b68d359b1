"""Two zones over real HTTP, real queue files and real folders, with a carrier that is late: judged by when it happened, told honestly, alerted once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import orjson
import pytest
from websockets.sync.client import connect

from firstminute.api.bounds import Said
from firstminute.api.hub import Hub
from firstminute.app.border.alone import Alone
from firstminute.app.border.outside import Outside
from firstminute.app.border.pages import Pages, part_for
from firstminute.command.picture import Audience
from firstminute.store.border_out import Letter, about
from firstminute.store.border_wire import read_batch
from scripts.draw_zones import FOLDER, WORDS, drawing
from tests.support.desk import do
from tests.support.zones import PEOPLE, SECRET, Zones, zones

SLOW_STEP_S = 20.0


@contextmanager
def page_of(client: httpx.Client) -> Iterator[Any]:
    """A member's open page: the live feed over a socket."""
    address = str(client.base_url).replace("http", "ws").rstrip("/") + "/feed"
    with connect(address, additional_headers={"authorization": client.headers["authorization"]}) as socket:
        yield socket


def messages(socket: Any) -> list[dict[str, Any]]:
    """The letters that a page has been handed."""
    found: list[dict[str, Any]] = []
    while True:
        try:
            found += json.loads(socket.recv(0.3)).get("messages", ())
        except TimeoutError:
            return found


@pytest.mark.parametrize("delay_s", [0.0, 30.0, 600.0])
def test_a_call_kept_outside_is_an_incident_inside_whose_clocks_count_from_when_it_was_kept(
    tmp_path: Path, delay_s: float
) -> None:
    step_s = 1.0 if delay_s < 100 else SLOW_STEP_S
    with zones(tmp_path, delay_s=delay_s) as z, z.client() as caller:
        z.pass_s(3)
        kept_s = z.hands.wall_s
        receipt = z.call(caller, text="有人打架", caller_phone="13900000001", key="one")
        assert receipt["read_inside"] is False and "尚未读到" in receipt["banner"]["zh-CN"]
        assert z.call(caller, text="有人打架", caller_phone="13900000001", key="one") == receipt
        assert z.incidents() == []
        z.pass_s(delay_s + 3 * step_s, step_s)
        (incident,) = z.incidents()
        assert incident.started_s == pytest.approx(kept_s, abs=0.01)
        assert delay_s <= incident.kept_outside_s <= delay_s + 3 * step_s
        (fact,) = z.facts("CallReceived")
        assert (fact.origin, fact.time_source) == ("public", "outside")
        assert fact.occurred_s == pytest.approx(kept_s, abs=0.01)
        zone_clock = incident.clocks["reinforcement"]
        assert zone_clock.due_s == pytest.approx(kept_s + zone_clock.target_s, abs=0.01)
        z.pass_s(delay_s + 8 * step_s, step_s)
        told = caller.get(f"/receipts/{receipt['command_id']}").json()
        assert told["read_inside"] and told["status"] == "done"
        assert told["reply"]["incident_id"] == incident.incident_id


def test_an_alert_reaches_a_page_outside_and_the_yes_binds_by_when_it_was_said(tmp_path: Path) -> None:
    with zones(tmp_path, delay_s=3.0) as z, z.client() as caller, z.member() as member:
        z.pass_s(20)
        with page_of(member) as page:
            z.call(caller, type_code="cardiac_arrest", venue_id="V")
            z.pass_s(10)
            (letter,) = messages(page)
            assert letter["reason"] == "alert" and letter["to"] == "M1" and "东门商场" in letter["text"]
            said_s = z.hands.wall_s
            answer = member.post(f"/alerts/{letter['about']}/accept", json={})
            assert answer.status_code == 202 and answer.json()["read_inside"] is False
            z.pass_s(6)
        (yes,) = z.facts("AlertAccepted")
        assert yes.occurred_s == pytest.approx(said_s, abs=0.01) and yes.time_source == "outside"
        assert [fact.body.responder_id for fact in z.facts("Assigned")] == ["M1"]
        assert "M1" in {f.actor for f in z.facts("AlertDelivered")}


def test_an_alert_that_comes_too_late_is_not_shown(tmp_path: Path) -> None:
    with zones(tmp_path, delay_s=30.0) as z, z.member() as member:
        z.pass_s(70)
        with page_of(member) as page:
            assert do(z.desk, "receive_call", {"type_code": "cardiac_arrest", "venue_id": "V"}, "inside").done
            z.pass_s(40)
            assert z.alerts() and [m for m in messages(page) if m["reason"] == "alert"] == []
        assert z.outer.link.into.refused()["expired"] >= 3


def test_a_yes_said_in_time_counts_though_it_is_read_after_the_alert_was_over_here(tmp_path: Path) -> None:
    with zones(tmp_path) as z, z.member() as member:
        z.pass_s(20)
        with page_of(member) as page:
            assert do(z.desk, "receive_call", {"type_code": "cardiac_arrest", "venue_id": "V"}, "inside").done
            z.pass_s(20)
            (letter,) = messages(page)
            z.inward.delay_s = 60.0
            assert member.post(f"/alerts/{letter['about']}/accept", json={}).status_code == 202
            z.pass_s(45)
            assert {a.responder_id: a.state for a in z.alerts()}["M1"] == "expired"
            z.pass_s(20)
        assert {a.responder_id: a.state for a in z.alerts()}["M1"] == "accepted"


def test_with_the_link_cut_a_venue_is_helped_alone_and_nobody_is_alerted_twice(tmp_path: Path) -> None:
    with zones(tmp_path) as z, z.client("B", "device") as button, z.member() as member:
        z.pass_s(8)
        z.inward.cut = z.outbound.cut = True
        z.pass_s(12)
        with page_of(member) as page:
            pressed_s = z.hands.wall_s
            receipt = z.call(button, device_id="B", channel="sos")
            assert receipt["team_alerted"] is True
            z.pass_s(1)
            (letter,) = messages(page)
            assert letter["alone"] and letter["to"] == "M1" and "东门商场" in letter["text"]
            z.pass_s(4)
            assert member.post(f"/alerts/{letter['about']}/accept", json={}).status_code == 202
            z.pass_s(20)
            touch = member.post(f"/assignments/alert:{letter['about']}/arrived", json={"evidence": "qr"})
            assert touch.status_code == 202, touch.text
            arrived_s = z.hands.wall_s
            z.pass_s(300, SLOW_STEP_S)
            assert "没有收到内区消息" in z.call(button, text="还在等")["banner"]["zh-CN"]
            z.inward.cut = z.outbound.cut = False
            z.pass_s(70, 2.0)
            assert [m for m in messages(page) if m["reason"] == "alert"] == []
        sent = z.facts("AlertSent")
        mine = [fact for fact in sent if fact.body.responder_id == "M1"]
        assert [fact.body.alert_id for fact in mine] == [letter["about"]]
        assert mine[0].body.sent_s == pytest.approx(pressed_s, abs=0.01)
        assert sorted(f.body.responder_id for f in sent if f.body.responder_id in PEOPLE) == list(PEOPLE)
        queued = [
            f for f in z.facts("MessageQueued") if f.body.reason == "alert" and f.body.recipient in PEOPLE
        ]
        assert queued == []
        (arrived,) = z.facts("Arrived")
        assert arrived.occurred_s == pytest.approx(arrived_s, abs=0.01)
        met = [f.body for f in z.facts("ClockMet") if f.body.clock == "self_rescue"]
        assert [m.since_call_s for m in met] == [pytest.approx(arrived_s - pressed_s, abs=0.1)]
        assert [f for f in z.facts("ClockBreached") if f.body.clock == "self_rescue"] == []


def test_a_call_just_after_the_cut_is_helped_alone_and_crossing_alerts_are_one(tmp_path: Path) -> None:
    with zones(tmp_path) as z, z.client() as caller, z.member() as member:
        z.pass_s(8)
        z.outbound.cut = True  # what we say arrives, what we would hear does not
        with page_of(member) as page:
            receipt = z.call(caller, type_code="cardiac_arrest", venue_id="V")
            assert receipt["team_alerted"] is False
            z.pass_s(14)
            (letter,) = messages(page)
            assert letter["alone"]
            assert z.alerts() != []  # the inside has alerted as well, and cannot be heard
            z.pass_s(2)
            assert member.post(f"/alerts/{letter['about']}/accept", json={}).status_code == 202
            z.outbound.cut = False
            z.pass_s(6)
            assert [m for m in messages(page) if m["reason"] == "alert"] == []
        assert z.outer.core.counts["merged"] >= 1
        assert [f.body.responder_id for f in z.facts("AlertAccepted")] == ["M1"]
        assert len([a for a in z.alerts() if a.responder_id == "M1"]) == 1


def test_alone_too_violence_is_told_only_to_those_trained_and_equipped_and_they_choose(
    tmp_path: Path,
) -> None:
    with zones(tmp_path) as z, z.client() as caller, z.member(1) as first, z.member(3) as third:
        z.pass_s(8)
        z.inward.cut = z.outbound.cut = True
        z.pass_s(12)
        with page_of(first) as trained, page_of(third) as untrained:
            z.call(caller, type_code="fight", venue_id="V")
            z.pass_s(2)
            (letter,) = messages(trained)
            assert "advice.protect_separate_evacuate" in letter["more"]
            assert (
                letter["texts"][letter["language"]]
                == letter["text"]
                != letter["texts"]["en" if letter["language"] == "zh-CN" else "zh-CN"]
            )
            (notice,) = messages(untrained)
            assert (notice["reason"], notice["to"]) == ("keep_away", "M3")
            assert "advice.keep_line_open" not in {*letter["more"], *notice["more"]}
            receipt = z.call(caller, type_code="fight", venue_id="V", text="还在打")
            assert receipt["team_alerted"] is True
            z.pass_s(12)
            assert messages(trained) == []  # the same thing at the same place rings once
        asked = z.outer.link.out.file.read("SELECT responder_id FROM alone")
        assert sorted(row[0] for row in asked) == ["M1", "M2"]


def _crossed(z: Zones) -> list[Any]:
    """Everything that went out so far, opened with the outer zone's own keys."""
    found = []
    for data in z.outbound.carried:
        for message in read_batch(data).messages:
            if message.body is not None:
                opened = z.outer.link.keys.open(message.body, about(message.stream, message.kind))
                assert opened is not None
                found.append(orjson.loads(opened))
    return found


def test_nothing_of_a_caller_of_a_member_or_of_where_police_are_goes_out(tmp_path: Path) -> None:
    name, phone, words = SECRET
    with zones(tmp_path) as z, z.client() as caller, z.member() as member:
        z.pass_s(8)
        do(z.desk, "unit_on_duty", {"unit_id": "U", "crew": 2}, "duty")
        z.call(
            caller, text=words, caller_name=name, caller_phone=phone, type_code="cardiac_arrest", venue_id="V",
            place={"lon": 113.0001, "lat": 23.0001, "address": "鸟笼路九号七零一", "private": True},
        )  # fmt: skip
        z.pass_s(4)
        incident = z.incidents()[0].incident_id
        assert do(
            z.desk,
            "dispatch",
            {"incident_id": incident, "responder_ids": ["U"], "reason_code": "nearer"},
            "d",
        ).status in ("done", "refused")
        z.hub.publish(99, {"unit/U": {"id": "U", "lon": 113.123456, "lat": 23.654321, "call_sign": "东01"}})
        z.hub.move({"U": (113.123456, 23.654321, 1.0)})
        with page_of(member) as page:
            z.pass_s(2)
            for letter in messages(page):
                member.post(f"/alerts/{letter['about']}/accept", json={})
        z.pass_s(6)
        crossed = _crossed(z)
        text = json.dumps(crossed, ensure_ascii=False)
        assert "东门商场" in text and len(crossed) > 3
        for canary in (
            name,
            phone,
            words,
            "队员名",
            "13700000001",
            "4711",
            "113.123456",
            "23.654321",
            "东01",
            "caller",
            '"calls_total"',
            "recommendation",
            "travel_s",
        ):
            assert canary not in text, canary
        raw = b"".join(z.outbound.carried + z.inward.carried)
        for canary in (name, phone, words, "东门商场"):
            assert canary.encode() not in raw and json.dumps(canary)[1:-1].encode() not in raw
        z.turn()
        for path in (tmp_path / "out").rglob("*"):
            data = path.read_bytes() if path.is_file() else b""
            assert not any(canary.encode() in data for canary in (name, phone, words)), path


def test_each_side_says_how_late_the_other_is(tmp_path: Path) -> None:
    with (
        zones(tmp_path, delay_s=30.0) as z,
        z.client() as caller,
        z.client("a", "auditor") as auditor,
        z.member() as member,
    ):
        z.pass_s(100)
        said = auditor.get("/health").json()["border"]
        assert 30.0 <= said["delay_s"] <= 45.0 and 60.0 <= said["round_s"] <= 80.0 and not said["cut"]
        figures = dict(line.split(" ") for line in auditor.get("/metrics").text.splitlines())
        assert 30.0 <= float(figures["firstminute_border_delay_s"]) <= 45.0
        inside = z.link.health()
        assert 30.0 <= inside["delay_s"] <= 45.0
        snapshot = member.get("/feed/snapshot").json()["set"]
        assert set(snapshot) >= {"venue/V", "desk/now"} and snapshot["venue/V"]["team_id"] == "T"
        assert not any(key.startswith(("standing/", "device/", "type/")) for key in snapshot)
        with z.client("x", "member", "other") as stranger:
            assert "venue/V" not in stranger.get("/feed/snapshot").json()["set"]
        assert "秒前的" in z.call(caller, text="x")["banner"]["zh-CN"]


def test_what_may_not_be_said_from_outside_is_refused_there_and_once_more_inside(tmp_path: Path) -> None:
    with zones(tmp_path) as z, z.client() as resident, z.member() as member:
        assert resident.post("/muster/teams/T/check-in", json={"member_id": "M1"}).status_code == 403
        assert member.post("/alerts/nobody/withdraw", json={}).status_code in (404, 405)
        forged = {
            "name": "stand_down", "arguments": {}, "command_id": "c1", "occurred_s": 1.0, "world": "live",
            "actor": {"id": "boss", "role": "commander", "unit_id": None, "team_id": None},
        }  # fmt: skip
        z.outer.link.out.put(
            Letter(kind="command", body=forged),
            Letter(kind="command", body={**forged, "name": "receive_call"}),
        )
        z.pass_s(3)
        assert z.link.into.refused()["odd"] == 2 and z.link.into.place.seq == 2
        assert z.incidents() == []


def test_what_is_said_outside_in_anothers_name_is_judged_inside_like_everybodys_word(tmp_path: Path) -> None:
    """The outer machine may say who its callers are; whoever it names may do inside what that person could, and no more."""
    with zones(tmp_path) as z:
        z.pass_s(20)
        assert do(z.desk, "receive_call", {"type_code": "cardiac_arrest", "venue_id": "V"}, "inside").done
        z.pass_s(5)
        alert_id = next(each.alert_id for each in z.alerts() if each.responder_id == "M1")

        def said(number: int, who: str, team: str | None) -> Letter:
            actor = {"id": who, "role": "member", "unit_id": None, "team_id": team}
            body = {
                "name": "accept_alert", "arguments": {"alert_id": alert_id}, "command_id": f"said-{number}", "occurred_s": z.hands.wall_s, "world": "live",
                "actor": actor,
            }  # fmt: skip
            return Letter(kind="command", body=body)

        z.outer.link.out.put(said(1, "stranger", "T9"), said(2, "nobody", None))
        z.pass_s(5)
        assert {a.responder_id: a.state for a in z.alerts()}["M1"] != "accepted"
        z.outer.link.out.put(said(3, "M1", "T"))
        z.pass_s(5)
        assert {a.responder_id: a.state for a in z.alerts()}["M1"] == "accepted"


def test_a_check_in_outside_stands_inside_and_comes_back_as_a_row(tmp_path: Path) -> None:
    with zones(tmp_path) as z, z.member() as member:
        z.pass_s(4)
        assert member.post("/muster/teams/T/check-out", json={"member_id": "M1"}).status_code == 202
        z.pass_s(4)
        rows = member.get("/feed/snapshot").json()["set"]
        assert rows["venue/V"]["on_duty"] == 2
        order = z.outer.core.alone.rows["standing/V"]["*"]
        assert [person["id"] for person in order["people"]] == ["M2", "M3"]


def test_a_new_round_of_the_picture_replaces_the_old_one_only_when_it_is_whole(tmp_path: Path) -> None:
    with zones(tmp_path) as z, z.member() as member:
        z.pass_s(4)
        assert "venue/V" in member.get("/feed/snapshot").json()["set"]
        z.hub.publish(50, {"venue/old": {"id": "old", "team_id": "T"}})
        z.pass_s(3)
        assert "venue/old" in member.get("/feed/snapshot").json()["set"]
        z.outbound.cut = True
        del z.hub.rows["venue/old"]
        z.outward._fresh = True  # as after a start of the inside
        z.pass_s(5)
        assert "venue/V" in member.get("/feed/snapshot").json()["set"]
        z.outbound.cut = False
        z.pass_s(70, 2.0)
        rows = member.get("/feed/snapshot").json()["set"]
        assert "venue/V" in rows and "venue/old" not in rows


def test_nobody_inside_may_claim_that_something_was_kept_outside() -> None:
    with pytest.raises(ValueError, match="time_source"):
        Said(time_source="outside")  # type: ignore[arg-type]


def test_after_a_restart_the_outer_zone_shows_what_it_knew_and_alerts_whom_it_said_it_would(
    tmp_path: Path,
) -> None:
    with zones(tmp_path) as z, z.client() as caller:
        z.pass_s(6)
        z.inward.cut = z.outbound.cut = True
        z.pass_s(12)
        z.outer.core.on_alone = lambda letters: (
            None
        )  # killed between keeping the call and writing its letters
        assert z.call(caller, type_code="cardiac_arrest", venue_id="V")["team_alerted"]
        assert z.outer.link.into.file.read("SELECT * FROM letters") == []
        again = Pages(Outside(z.outer.link, Alone(z.outer.link, "en")), hub := Hub(part=part_for))
        assert again and "venue/V" in hub.snapshot(Audience("member", team_id="T"))["set"]
        assert [
            row["recipient"] for row in z.outer.link.into.file.read("SELECT * FROM letters ORDER BY 2")
        ] == list(PEOPLE)


def test_the_picture_of_the_two_zones_is_the_one_that_the_script_draws() -> None:
    for language in WORDS:
        shown = (FOLDER / f"two-zones-{language}.svg").read_text(encoding="utf-8")
        assert shown == drawing(language) and ET.fromstring(shown).tag.endswith("svg")


def test_an_outer_zone_that_is_lost_keeps_nobody_but_the_own_team_from_being_asked(tmp_path: Path) -> None:
    with zones(tmp_path) as z:
        z.pass_s(3)
        lie = {
            "alert_id": "lie", "responder_id": "U", "responder_kind": "unit", "team_id": "T", "task": "respond", "sent_s": 0.0, "expires_s": 1e10,
        }  # fmt: skip
        lies = [lie, {**lie, "alert_id": "l2", "responder_id": "M2"}]
        said = {
            "name": "receive_call", "command_id": "c9", "occurred_s": z.hands.wall_s, "world": "live",
            "arguments": {"type_code": "cardiac_arrest", "venue_id": "V", "call_id": "c9", "asked_outside": lies},
            "actor": {"id": "r", "role": "resident", "unit_id": None, "team_id": None},
        }  # fmt: skip
        z.outer.link.out.put(Letter(kind="command", body=said))
        z.pass_s(3)
        sent = {f.body.responder_id: f.body for f in z.facts("AlertSent")}
        assert sent["M2"].alert_id == "l2" and sent["M2"].expires_s <= 300.0
        assert sent["M1"].alert_id not in ("lie", "l2") and "U" not in {
            r for r, b in sent.items() if b.alert_id == "lie"
        }
        assert "U" not in z.incidents()[0].asked or sent["U"].alert_id != "lie"
