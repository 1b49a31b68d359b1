"""Opening personal data over HTTP: who called, at once and on record; a purpose for everything else; a refusal that stays; glass broken and reviewed."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import httpx

from firstminute.app.secrets import Tokens
from firstminute.model.envelope import Actor
from firstminute.store.store import DATABASE
from tests.support.service import Running, wait_until

NAME, PHONE, WORDS = "金丝雀丙", "139123401", "她把自己锁在屋里"
NUMBERS = count(10)
"""Each call has a number of its own, or it would be about the incident before."""


def _call(service: Running, code: str = "fight", role: str = "dispatcher", **more: Any) -> tuple[str, str]:
    with service.client(role) as client:
        said = {
            "text": WORDS,
            "type_code": code,
            "caller_name": NAME,
            "caller_phone": f"{PHONE}{next(NUMBERS):02}",
            **more,
        }
        answer = client.post("/calls", json=said).raise_for_status().json()
        if "incident_id" not in answer:
            answer["incident_id"] = None
        return answer["incident_id"], answer["call_id"]


@contextmanager
def _client(service: Running, actor: Actor) -> Iterator[httpx.Client]:
    token = Tokens(service.data).add(actor)
    with httpx.Client(
        base_url=service.address, headers={"authorization": f"Bearer {token}"}, timeout=10.0
    ) as client:
        assert wait_until(lambda: client.get("/health").status_code == 200, 5.0)
        yield client


def _facts(service: Running, kind: str, about: str) -> list[dict[str, Any]]:
    """The open parts of facts of a kind that name a subject, as they stand in the file."""
    with sqlite3.connect(f"file:{service.data / DATABASE}?mode=ro", uri=True) as base:
        rows = base.execute("SELECT actor, body FROM facts WHERE kind = ? ORDER BY seq", (kind,)).fetchall()
    found = [{"actor": actor, **json.loads(body)} for actor, body in rows]
    return [each for each in found if about in each.values()]


def test_who_called_is_seen_at_once_by_those_who_have_it_and_each_look_is_one_fact_an_hour(
    service: Running,
) -> None:
    incident_id, _ = _call(service)
    with service.client("dispatcher") as desk, service.client("commander") as commander:
        for _ in range(5):
            found = desk.get(f"/incidents/{incident_id}/callers").raise_for_status().json()["callers"]
        assert [(each["name"], each["phone"][:9]) for each in found] == [(NAME, PHONE)]
        assert commander.get(f"/incidents/{incident_id}/callers").status_code == 200
        row = desk.get(f"/incidents/{incident_id}").json()
        assert (
            row["calls"][0]["has_caller"]
            and PHONE not in json.dumps(row)
            and NAME not in json.dumps(row, ensure_ascii=False)
        )
        looks = _facts(service, "DataOpened", incident_id)
        assert Counter(each["account_id"] for each in looks) == {row["holder"]: 1, looks[1]["account_id"]: 1}
        assert {(each["how"], each["purpose"]) for each in looks} == {("look", "respond")}
        with _client(service, Actor(id="d-other", role="dispatcher", seat="Q7")) as other:
            for _ in range(3):
                hidden = other.get(f"/incidents/{incident_id}/callers", headers={"accept-language": "zh-CN"})
                assert (
                    hidden.status_code == 403
                    and hidden.json()["code"] == "caller_hidden"
                    and "报警人" in hidden.json()["title"]
                )
        assert len(_facts(service, "DataRefused", incident_id)) == 1
        desk.post(f"/incidents/{incident_id}/close", json={"outcome": "resolved"}).raise_for_status()
        assert desk.get(f"/incidents/{incident_id}/callers").status_code == 403
        told = desk.get(f"/incidents/{incident_id}/timeline").raise_for_status()
        assert not told.json()["opened"] and WORDS not in told.text and PHONE not in told.text


def test_without_a_purpose_nothing_is_read_and_the_refusal_stands_in_the_record(service: Running) -> None:
    incident_id, call_id = _call(service)
    with service.client("dispatcher") as desk:
        for said, code in (
            ({}, "purpose_missing"),
            ({"purpose": "curious"}, "unknown_purpose"),
            ({"purpose": "respond"}, "incident_missing"),
        ):
            answer = desk.post("/openings", json={"subject_id": call_id, **said})
            assert answer.status_code == 403 and answer.json()["code"] == code, answer.text
            assert PHONE not in answer.text
        assert {each["why"] for each in _facts(service, "DataRefused", call_id)} == {
            "purpose_missing",
            "unknown_purpose",
            "incident_missing",
        }
        opened = desk.post(
            "/openings", json={"subject_id": call_id, "purpose": "respond", "incident_id": incident_id}
        )
        assert opened.status_code == 200 and PHONE in opened.text and WORDS in opened.text
        assert [each["how"] for each in _facts(service, "DataOpened", call_id)] == ["opening"]
        desk.post(f"/incidents/{incident_id}/close", json={"outcome": "resolved"}).raise_for_status()
        asked = {"subject_id": call_id, "incident_id": incident_id}
        closed = desk.post("/openings", json={**asked, "purpose": "review"})
        assert closed.status_code == 202 and PHONE not in closed.text and closed.json()["proposal_id"]
        for wrong in (
            {"subject_id": PHONE},
            {"subject_id": NAME},
            {"exercise": True},
            {"file_id": "王五的案子"},
        ):
            said = {**asked, "purpose": "respond", **wrong}
            assert desk.post("/openings", json=said).status_code == 422, (
                "what stands openly in a fact is an id, and nothing is practised on people's data"
            )
        with service.client("admin") as admin:
            assert admin.post("/exports", json={"subject_id": call_id, "exercise": True}).status_code == 422
        for forged in ({"confirmed_by": "somebody"}, {"access_id": "0" * 32}):
            said = {**asked, "purpose": "review", **forged}
            assert desk.post("/openings", json=said).status_code == 422, (
                "who agreed is never taken from a body"
            )
        assert desk.post("/openings", json={**asked, "purpose": "call_back"}).status_code == 200


def test_purposes_are_told_in_both_languages_with_those_that_are_mine(service: Running) -> None:
    with service.client("dispatcher") as desk:
        found = {each["code"]: each for each in desk.get("/purposes").json()["purposes"]}
    assert found["respond"]["mine"] and not found["audit"]["mine"]
    assert found["case"]["words"] == {"zh-CN": "办理案件", "en": "for an investigation"}


def test_a_restricted_incident_is_listed_without_text_until_it_is_claimed(service: Running) -> None:
    incident_id, _ = _call(service, "suicide_threat", "resident")
    assert incident_id is not None
    key = f"incident/{incident_id}"
    with service.client("dispatcher") as desk:
        for row in (
            desk.get(f"/incidents/{incident_id}").json(),
            desk.get("/feed/snapshot").json()["set"][key],
        ):
            assert (
                row["restricted"]
                and row["type"] == "suicide_threat"
                and WORDS not in json.dumps(row, ensure_ascii=False)
            )
        assert desk.get(f"/incidents/{incident_id}/callers").status_code == 403
        assert WORDS not in desk.get(f"/incidents/{incident_id}/timeline").text
        desk.post(f"/incidents/{incident_id}/claim", json={"seat": "Z1"}).raise_for_status()
        assert WORDS in json.dumps(desk.get(f"/incidents/{incident_id}").json(), ensure_ascii=False)
        assert desk.get(f"/incidents/{incident_id}/callers").json()["callers"][0]["phone"].startswith(PHONE)
    with service.client("commander") as commander:
        row = commander.get("/feed/snapshot").json()["set"][key]
        assert WORDS not in json.dumps(row, ensure_ascii=False)


def test_members_residents_and_partners_reach_no_caller_by_any_of_these_doors(service: Running) -> None:
    incident_id, call_id = _call(service, "domestic_violence")
    team = service.city.registers["teams"][0].team_id  # type: ignore[union-attr]
    with _client(service, Actor(id="m-snoop", role="member", team_id=team)) as member:
        answers = [
            member.get(f"/incidents/{incident_id}/callers"), member.get(f"/calls/{call_id}"), member.get(f"/incidents/{incident_id}/timeline"),
            member.post("/openings", json={"subject_id": call_id, "purpose": "respond", "incident_id": incident_id}),
            member.post("/break-glass", json={"subject_id": call_id, "reason": "life_at_risk"}), member.get("/desk/callbacks"),
        ]  # fmt: skip
        assert {answer.status_code for answer in answers} == {403}
        for path in ("/incidents", "/feed/snapshot"):
            assert not {NAME, PHONE, WORDS} & {
                word for word in (NAME, PHONE, WORDS) if word in member.get(path).text
            }


def test_glass_is_broken_with_a_reason_and_a_second_person_looks_at_it(service: Running) -> None:
    venue = service.city.registers["venues"][0]
    incident_id, call_id = _call(service, venue_id=venue.venue_id)  # type: ignore[union-attr]
    with service.client("dispatcher") as desk:
        district = desk.get(f"/incidents/{incident_id}").json()["district"]
    crew = Actor(id="p-break", role="patrol", unit_id="U-none", district=district)
    with _client(service, crew) as patrol:
        denied = patrol.post("/break-glass", json={"subject_id": call_id, "reason": "curious"})
        assert denied.status_code == 409 and PHONE not in denied.text
        opened = patrol.post(
            "/break-glass",
            json={
                "subject_id": call_id,
                "incident_id": incident_id,
                "reason": "life_at_risk",
                "note": "他在门口",
            },
        ).raise_for_status()
        access_id = opened.json()["access_id"]
        assert PHONE in opened.text
        assert (
            patrol.post(f"/break-glass/{access_id}/review", json={"result": "justified"}).status_code == 403
        )
    with service.client("auditor") as auditor:
        assert access_id in {each["access_id"] for each in auditor.get("/break-glass").json()["waiting"]}
        assert (
            auditor.post(f"/break-glass/{access_id}/review", json={"result": "justified"}).status_code == 200
        )
        assert access_id not in {each["access_id"] for each in auditor.get("/break-glass").json()["waiting"]}
    (broken,) = _facts(service, "GlassBroken", access_id)
    assert broken["reason"] == "life_at_risk" and "note" not in broken and broken["on_duty"] is False


def test_a_complaint_is_recorded_listed_without_its_words_and_answered(service: Running) -> None:
    incident_id, _ = _call(service)
    with service.client("dispatcher") as desk, service.client("commander") as commander:
        made = desk.post(
            "/complaints", json={"about": "slow", "incident_id": incident_id, "note": "等了一小时"}
        )
        assert made.status_code == 201
        complaint_id = made.json()["complaint_id"]
        listed = desk.get("/complaints")
        assert complaint_id in listed.text and "等了一小时" not in listed.text
        words = commander.post(
            "/openings", json={"subject_id": complaint_id, "purpose": "complaint", "file_id": complaint_id}
        )
        assert words.status_code == 200 and "等了一小时" in words.text
        done = commander.post(f"/complaints/{complaint_id}/answer", json={"result": "upheld"})
        assert done.status_code == 200 and complaint_id not in desk.get("/complaints").text
