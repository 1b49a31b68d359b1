"""A locked desk over HTTP and on its live feed: everything is seen and heard, nothing is done, a call is still saved, and it opens within two seconds."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from firstminute.store.store import DATABASE
from tests.support.accounts import PASSWORD
from tests.support.person import Person, person, signed
from tests.support.service import Running, running, wait_until

NEXT = iter(range(1000))
PIN = "2580"
LOCK_S = 3.0


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service whose desks lock after three seconds."""
    settings = {"FIRSTMINUTE_LOCK_AFTER_MIN": str(LOCK_S / 60), "FIRSTMINUTE_SELF_REGISTRATION": "true"}
    with running(tmp_path_factory.mktemp("quick"), with_ground=False, env=settings) as found:
        yield found


@pytest.fixture
def wang(quick: Running) -> Person:
    """A dispatcher."""
    number = next(NEXT)
    return person(quick, f"wang {number}", "dispatcher", seat=f"seat-{number}")


def _feed(service: Running, token: str) -> ClientConnection:
    where = service.address.replace("http", "ws") + "/feed"
    return connect(where, max_size=None, additional_headers={"authorization": f"Bearer {token}"})


def _until(feed: ClientConnection, wanted: Any, within_s: float = 10.0) -> dict[str, Any]:
    """The first message that is wanted."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        message: dict[str, Any] = json.loads(feed.recv(timeout=within_s))
        if wanted(message):
            return message
    raise AssertionError("it never came")


def test_an_idle_desk_locks_tells_its_page_goes_on_showing_and_refuses_acts(
    quick: Running, wang: Person
) -> None:
    token = wang.sign_in()["token"]
    with signed(quick, token) as desk, _feed(quick, token) as feed:
        assert json.loads(feed.recv())["locked"] is False
        assert desk.put("/me/pin", json={"pin": PIN, "password": PASSWORD}).status_code == 204
        assert _until(feed, lambda m: "locked" in m)["locked"] is True
        assert desk.get("/incidents").status_code == 200 and desk.get("/feed/snapshot").status_code == 200
        assert desk.get("/me").json()["session"]["locked"] == "idle"
        with quick.client("commander") as other:
            made = other.post("/calls", json={"text": "fire", "type_code": "fire"}).json()
        shown = _until(feed, lambda m: f"incident/{made['incident_id']}" in m.get("set", {}))
        assert shown, "what happens is shown at a locked desk"
        incident = f"/incidents/{made['incident_id']}"
        refused = desk.post(f"{incident}/note", json={"note": "x", "about": "other"})
        assert refused.status_code == 423 and refused.json()["code"] == "desk_locked"
        assert desk.post(f"{incident}/claim").status_code == 423
        assert desk.put("/me/pin", json={"pin": "1470", "password": PASSWORD}).status_code == 423
        saved = desk.post("/calls", json={"text": "smoke", "type_code": "fire"})
        assert saved.status_code == 201, "no lock costs a call"
        wrong = desk.post("/session/unlock", json={"pin": "9999"})
        assert (wrong.status_code, wrong.json()["code"]) == (403, "unlock_failed")
        began = time.monotonic()
        assert desk.post("/session/unlock", json={"pin": PIN}).status_code == 204
        assert time.monotonic() - began < 2.0
        assert _until(feed, lambda m: "locked" in m)["locked"] is False
        assert desk.post(f"{incident}/claim").status_code == 200


def test_a_desk_that_holds_an_incident_does_not_lock_and_its_holder_may_lock_it(
    quick: Running, wang: Person
) -> None:
    with wang.client() as desk:
        made = desk.post("/calls", json={"text": "fire", "type_code": "fire"}).json()
        assert wait_until(lambda: desk.post(f"/incidents/{made['incident_id']}/claim").status_code == 200)
        time.sleep(LOCK_S + 1.0)
        assert desk.get("/me").json()["session"]["locked"] is None
        assert desk.post("/session/lock").status_code == 204
        assert desk.get("/me").json()["session"]["locked"] == "hand"
        assert desk.post("/session/unlock", json={"password": PASSWORD}).status_code == 204


def test_an_account_without_a_seat_is_kept_open_by_the_seat_that_its_page_claims_for(quick: Running) -> None:
    with person(quick, f"nowhere {next(NEXT)}", "dispatcher").client() as desk:
        assert desk.post("/session/here", json={"seat": "corner"}).status_code == 204
        made = desk.post("/calls", json={"text": "fire", "type_code": "fire"}).json()
        claim = f"/incidents/{made['incident_id']}/claim"
        assert wait_until(lambda: desk.post(claim, json={"seat": "corner"}).status_code == 200)
        time.sleep(LOCK_S + 1.0)
        assert desk.get("/me").json()["session"]["locked"] is None


def test_who_sits_there_says_so_and_reading_alone_does_not(quick: Running, wang: Person) -> None:
    with wang.client() as desk:
        for _ in range(4):
            time.sleep(LOCK_S / 3)
            assert desk.post("/session/here").status_code == 204
        assert desk.get("/me").json()["session"]["locked"] is None
        assert wait_until(lambda: desk.get("/me").json()["session"]["locked"] == "idle", LOCK_S + 3.0)
        assert desk.post("/session/here").status_code == 204
        assert desk.get("/me").json()["session"]["locked"] == "idle", "it opens no desk"


def test_a_supervisor_opens_it_from_his_own_desk_and_on_the_spot(quick: Running, wang: Person) -> None:
    zhang = person(quick, f"zhang {next(NEXT)}", "commander")
    with wang.client() as desk, zhang.client() as commander:
        assert commander.put("/me/pin", json={"pin": "1357", "password": PASSWORD}).status_code == 204
        desk.post("/session/lock")
        rows = [row for row in commander.get("/desks/locked").json()["desks"] if row["name"] == wang.name]
        assert [(row["how"], row["role"]) for row in rows] == [("hand", "dispatcher")]
        assert desk.post(f"/desks/{rows[0]['session_id']}/unlock").status_code == 403
        assert commander.post(f"/desks/{rows[0]['session_id']}/unlock").status_code == 204
        assert desk.get("/me").json()["session"]["locked"] is None
        desk.post("/session/lock")
        assert desk.post("/session/unlock", json={"by": zhang.name, "pin": "1357"}).status_code == 204
    with person(quick, f"audit {next(NEXT)}", "auditor").client() as auditor:
        at = f"/accounts/{wang.account_id}/timeline"

        def told() -> list[str]:
            facts = auditor.get(at).json().get("facts", [])
            return [fact["actor"] for fact in facts if fact["kind"] == "DeskUnlocked"]

        assert wait_until(lambda: told() == [zhang.account_id] * 2), told()


def test_an_unlock_does_not_stand_behind_a_storm_of_sign_ins(quick: Running, wang: Person) -> None:
    turned_away: list[int] = []

    def storm(number: int) -> None:
        body = {"name": f"nobody {number}", "password": "x" * 64}
        answer = httpx.post(f"{quick.address}/session", json=body, timeout=120.0)
        turned_away.append(answer.status_code)

    with wang.client() as desk:
        desk.put("/me/pin", json={"pin": PIN, "password": PASSWORD})
        desk.post("/session/lock")
        threads = [threading.Thread(target=storm, args=(n,)) for n in range(30)]
        for thread in threads:
            thread.start()
        assert desk.post("/session/unlock", json={"pin": PIN}, timeout=60.0).status_code == 204
        before = turned_away.count(401)
        for thread in threads:
            thread.join()
    assert before < 20, "it has a thread of its own and shares the cores alone"


def test_a_posts_phone_is_shared_and_every_act_is_signed_by_a_person(quick: Running) -> None:
    team = quick.city.registers["teams"][0].team_id  # type: ignore[union-attr]
    with person(quick, f"lead {next(NEXT)}", "lead", team_id=team).client() as lead:
        shown = lead.post(f"/teams/{team}/enrolment").json()
        assert shown["link"].startswith(f"{quick.address}/responder/#join=") and len(shown["qr"]) == len(
            shown["qr"][0]
        )

        def join(label: str, pin: str | None) -> dict[str, Any]:
            body = {"code": shown["code"], "label": label, **({"pin": pin} if pin else {})}
            found: dict[str, Any] = httpx.post(f"{quick.address}/enrolment", json=body).json()
            return found

        liu, phone = join("Liu", PIN), join("Post phone", None)
        assert join("Zhao", "1234")["code"] == "pin_unfit"
        assert lead.post(f"/teams/{team}/enrolled/{phone['account_id']}/share").status_code == 204
        rows = {row["label"]: row for row in lead.get(f"/teams/{team}/enrolled").json()["enrolled"]}
        assert rows["post phone"]["shared"] and rows["liu"]["pin"] and not rows["liu"]["shared"]
        with signed(quick, phone["token"]) as table:
            assert table.get("/incidents").status_code == 200
            member = next(row for row in quick.city.registers["members"] if row.team_id == team)  # type: ignore[union-attr]
            at, body = f"/muster/teams/{team}/check-in", {"member_id": member.member_id}  # type: ignore[union-attr]
            assert table.post(at, json=body).json()["code"] == "desk_locked"
            people = table.get("/session/people").json()["people"]
            assert people == [{"account_id": liu["account_id"], "label": "liu"}]
            taken = table.post("/session/switch", json={"account_id": liu["account_id"], "pin": PIN})
            assert taken.status_code == 201 and taken.json()["account_id"] == liu["account_id"]
            shown = lead.post(f"/teams/{team}/enrolled/{liu['account_id']}/badge").json()
            assert set("".join(shown["qr"])) == {"0", "1"}
            for wrong in (
                {"badge": "x" * 22},
                {"badge": shown["badge"], "pin": PIN},
                {"account_id": "x"},
                {},
            ):
                assert table.post("/session/switch", json=wrong).status_code in (403, 422)
            taken = table.post("/session/switch", json={"badge": shown["badge"]})
            assert taken.status_code == 201 and taken.json()["account_id"] == liu["account_id"]
            with signed(quick, taken.json()["token"]) as hers:
                done = hers.post(at, json=body)
                assert done.status_code == 200, done.text
                with sqlite3.connect(f"file:{quick.data / DATABASE}?mode=ro", uri=True) as record:
                    found = record.execute("SELECT actor FROM facts WHERE seq = ?", (done.json()["seq"],))
                    assert found.fetchone() == (liu["account_id"],), "signed by her, not by the phone"
                assert hers.get("/me").json()["account_id"] == liu["account_id"]
                lead.delete(f"/teams/{team}/enrolled/{phone['account_id']}")
                assert hers.get("/me").status_code == 401 and table.get("/me").status_code == 401


def test_whoever_asks_to_be_let_in_is_let_in_by_the_right_person_alone(quick: Running) -> None:
    team, other = (row.team_id for row in quick.city.registers["teams"][:2])  # type: ignore[union-attr]
    at = f"{quick.address}/registrations"
    asked = httpx.post(at, json={"kind": "volunteer", "label": "Xiao Chen", "team_id": team})
    unknown = httpx.post(at, json={"kind": "volunteer", "label": "Xiao Chen", "team_id": "no such team"})
    assert (
        (asked.status_code, set(asked.json()))
        == (unknown.status_code, set(unknown.json()))
        == (202, {"claim"})
    )
    resident = httpx.post(at, json={"kind": "resident", "label": "Auntie Wu"}).json()
    claim, claims = asked.json(), f"{at}/claim"
    assert httpx.post(claims, json=claim).json() == {"state": "waiting"}
    assert httpx.post(claims, json={"claim": "never asked at all"}).json() == {"state": "waiting"}
    for body in (
        {"kind": "dispatcher", "label": "x y"},
        {"kind": "resident", "label": "x y", "role": "commander"},
    ):
        assert httpx.post(at, json=body).status_code == 422
    assert httpx.post(at, json={"kind": "volunteer", "label": "x y"}).json()["code"] == "registration_unfit"
    with (
        person(quick, f"lead {next(NEXT)}", "lead", team_id=team).client() as lead,
        person(quick, f"lead {next(NEXT)}", "lead", team_id=other).client() as stranger,
        quick.client("commander") as officer,
    ):
        row = lead.get("/registrations").json()["waiting"][0]
        assert (row["label"], row["role"], row["team_id"]) == ("xiao chen", "member", team)
        assert stranger.get("/registrations").json()["waiting"] == []
        for nobody in (stranger, officer):
            assert (
                nobody.post(f"/registrations/{row['registration_id']}", json={"approved": True}).status_code
                == 404
            )
        assert (
            lead.post(f"/registrations/{row['registration_id']}", json={"approved": True}).status_code == 204
        )
        wu = officer.get("/registrations").json()["waiting"]
        assert [each["label"] for each in wu] == ["auntie wu"]
        officer.post(f"/registrations/{wu[0]['registration_id']}", json={"approved": False})
    done = httpx.post(claims, json=claim)
    assert done.status_code == 201
    with signed(quick, done.json()["token"]) as phone:
        me = phone.get("/me").json()
        assert (me["role"], me["team_id"]) == ("member", team)
    assert httpx.post(claims, json=claim).json() == {"state": "waiting"}, "a claim is good once"
    assert httpx.post(claims, json=resident).json() == {"state": "waiting"}, "no answer says no"


def test_an_address_that_asks_again_and_again_is_told_to_wait(quick: Running) -> None:
    at = f"{quick.address}/registrations"
    answers = [httpx.post(at, json={"kind": "resident", "label": f"many {n}"}) for n in range(12)]
    assert answers[-1].status_code == 429 and int(answers[-1].headers["retry-after"]) > 60


def test_where_the_operator_did_not_ask_for_it_nobody_registers(service: Running) -> None:
    answer = httpx.post(f"{service.address}/registrations", json={"kind": "resident", "label": "x y"})
    assert answer.status_code == 404 and answer.json()["code"] == "no_registration"
    assert httpx.get(f"{service.address}/session/ways").json() == {
        "sso": None, "card": False, "passkey_first": False, "registration": False, "passkeys": False
    }  # fmt: skip
