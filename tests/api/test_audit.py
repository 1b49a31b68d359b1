"""The auditor's view over HTTP: searched by who, what, about whom and when; each fact proved; each read on record; nobody else comes in."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from firstminute.store.merkle import Tree, hashes_of, included
from tests.support.service import Running


def _search(client: httpx.Client, **wanted: Any) -> dict[str, Any]:
    answer = client.post("/audit/search", json=wanted)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _call(service: Running, text: str) -> tuple[str, str]:
    with service.client("dispatcher") as desk:
        said = desk.post(
            "/calls", json={"text": text, "type_code": "noise", "caller_phone": "13855550000"}
        ).json()
        return said["call_id"], said["incident_id"]


def test_facts_are_found_by_actor_subject_kind_and_time_a_page_at_a_time(service: Running) -> None:
    began = datetime.now(UTC) - timedelta(seconds=2)
    call_id, _ = _call(service, "楼下太吵")
    with service.client("auditor") as auditor:
        (received,) = _search(auditor, subject_id=call_id, kinds=["CallReceived"])["facts"]
        assert received["kind"] == "CallReceived" and "text" not in received["body"], (
            "what is sealed stays sealed"
        )
        actor = received["actor"]
        since = began.isoformat()
        mine = _search(auditor, actor=actor, since=since, most=200)["facts"]
        assert received["seq"] in {each["seq"] for each in mine} and {each["actor"] for each in mine} == {
            actor
        }
        assert _search(auditor, actor=actor, until=since, subject_id=call_id)["facts"] == []
        seen: list[int] = []
        page = _search(auditor, since=since, most=2, after=received["seq"] - 9)
        while page["next"] is not None and len(seen) < 40:
            seen += [each["seq"] for each in page["facts"]]
            page = _search(auditor, since=since, most=2, after=page["next"])
        assert seen == sorted(set(seen)) and received["seq"] in seen
        assert "楼下太吵" not in auditor.post("/audit/search", json={"subject_id": call_id}).text


def test_every_read_is_a_fact_that_says_what_was_looked_for(service: Running) -> None:
    call_id, _ = _call(service, "x")
    with service.client("auditor") as auditor:
        read = _search(auditor, subject_id=call_id, kinds=["CallReceived"])["read"]
        (noted,) = _search(auditor, kinds=["RecordRead"], after=read - 1, most=1)["facts"]
        assert (
            noted["seq"] == read
            and noted["body"]["subject_id"] == call_id
            and noted["body"]["kinds"] == ["CallReceived"]
        )


def test_a_proof_leads_from_each_fact_to_the_root(service: Running) -> None:
    call_id, _ = _call(service, "y")
    with service.client("auditor") as auditor:
        auditor.timeout = httpx.Timeout(120.0)  # a walk over the whole journal, in a process of its own
        found = _search(auditor, subject_id=call_id, proofs=True)
    root = found["root"]
    assert root["sound"] and found["facts"]
    tree = Tree(bytes.fromhex(root["tree"]), root["facts"])
    hashes = hashes_of({})
    for fact in found["facts"]:
        proof = fact["proof"]
        way = [bytes.fromhex(each) for each in proof["proof"]]
        leaf = bytes.fromhex(proof["leaf"])
        assert proof["included"] and included(tree, fact["seq"] - 1, leaf, way, hashes)
        assert not included(tree, fact["seq"], leaf, way, hashes), "and not from another place"


@pytest.mark.parametrize(
    "role", ["dispatcher", "commander", "patrol", "member", "resident", "partner", "admin"]
)
def test_nobody_but_an_auditor_searches_the_record(service: Running, role: str) -> None:
    with service.client(role) as client:
        assert client.post("/audit/search", json={}).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"most": 201},
        {"most": 0},
        {"after": -1},
        {"kinds": ["x; DROP"]},
        {"since": "yesterday"},
        {"order": "desc"},
    ],
)
def test_a_search_is_bounded_and_typed(service: Running, wrong: dict[str, Any]) -> None:
    with service.client("auditor") as auditor:
        assert auditor.post("/audit/search", json=wrong).status_code == 422


def test_the_oversight_report_is_read_over_http_by_auditor_and_commander(service: Running) -> None:
    month = time.strftime("%Y-%m", time.gmtime(time.time() + 8 * 3600))
    with service.client("auditor", **{"accept-language": "zh-CN"}) as auditor:
        made = auditor.get("/oversight", params={"period": month}).json()
        assert made["report"]["period"]["name"] == month and len(made["digest"]) == 64
        page = auditor.get("/oversight", params={"period": month, "form": "html"})
        assert page.headers["content-type"].startswith("text/html") and "监督报告" in page.text
        year, week, _ = (datetime.now(UTC) + timedelta(hours=8)).isocalendar()
        looked = auditor.get("/oversight", params={"period": f"{year}-W{week:02}"}).json()
        assert looked["report"]["form"] == "firstminute-access-1"
        wrong = auditor.get("/oversight", params={"period": "2026-13"})
        assert wrong.status_code == 422 and wrong.json()["code"] == "unknown_period"
    with service.client("commander") as commander:
        assert commander.get("/oversight", params={"period": month}).status_code == 200
    with service.client("dispatcher") as desk:
        assert desk.get("/oversight", params={"period": month}).status_code == 403
