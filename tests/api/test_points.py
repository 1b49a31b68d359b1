"""Must-visit points at the edge: imported with row errors, ticked by a crew's token and by its position, with a history, and nobody else's to see."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from firstminute.app.secrets import Tokens
from firstminute.model.envelope import Actor
from tests.support.service import Running, wait_until

KEYS = ("T-all", "T-other", "T-position")


@pytest.fixture(scope="module")
def unit(service: Running) -> dict[str, Any]:
    """A crew on duty and another of its station."""
    with service.client() as client:
        units = [
            row for key, row in client.get("/feed/snapshot").json()["set"].items() if key.startswith("unit/")
        ]
        station = units[0]["station_id"]
        mine, other = [row for row in units if row["station_id"] == station][:2]
        client.post(f"/units/{mine['id']}/on-duty", json={"shift": "points"}).raise_for_status()
    return {**mine, "other": other["id"]}


@pytest.fixture(scope="module", autouse=True)
def rows(service: Running, unit: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Three points whose window is the whole day, taken away afterwards."""
    lon, lat = service.city.registers["venues"][0].lon, service.city.registers["venues"][0].lat  # type: ignore[attr-defined]
    common = {
        "lon": lon,
        "lat": lat,
        "district": unit["district"],
        "station_id": unit["station_id"],
        "from_min": 0,
        "until_min": 1440,
    }
    made = [{"point_id": key, "name": key, **common, "unit_ids": unit["id"]} for key in KEYS]
    made[1]["unit_ids"], made[2]["lat"] = unit["other"], lat + 0.01
    with service.client("admin") as admin:
        put(admin, made).raise_for_status()
        yield made
        for key in KEYS:
            admin.delete(f"/registers/must_visits/{key}").raise_for_status()


@pytest.fixture
def crew(service: Running, unit: dict[str, Any]) -> Iterator[httpx.Client]:
    token = Tokens(service.data).add(Actor(id=f"crew-{unit['id']}", role="patrol", unit_id=unit["id"]))
    with httpx.Client(
        base_url=service.address, headers={"authorization": f"Bearer {token}"}, timeout=10.0
    ) as client:
        assert wait_until(lambda: client.get("/me").status_code == 200), (
            "the service reads new tokens within a second"
        )
        yield client


def put(admin: httpx.Client, made: list[dict[str, Any]], **query: str) -> httpx.Response:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(made[0]))
    writer.writeheader()
    writer.writerows(made)
    return admin.put(
        "/registers/must_visits", content=out.getvalue(), headers={"content-type": "text/csv"}, params=query
    )


def shown(client: httpx.Client, key: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = client.get("/feed/snapshot").json()["set"].get(f"point/{key}")
    return found


def test_a_file_is_taken_whole_or_every_bad_row_is_named(
    service: Running, rows: list[dict[str, Any]]
) -> None:
    bad = [
        {**rows[0], "from_min": 1440},
        {**rows[1], "until_min": 0},
        {**rows[2], "lon": 999, "until_min": "noon"},
    ]
    with service.client("admin") as admin:
        answer = put(admin, bad)
        warned = put(admin, [{**rows[0], "unit_ids": "nobody;none"}], preview="true").json()["warnings"]
        whole = admin.get("/registers/must_visits", params={"form": "csv"}).text
    problems = {(each["row"], each["field"], each["problem"]) for each in answer.json()["errors"]}
    assert answer.status_code == 422
    assert {
        (1, "from_min", "no_minute_of_the_day"),
        (2, "until_min", "no_minute_of_the_day"),
        (3, "until_min", "int_parsing"),
    } <= problems
    assert warned == [{"row": 1, "field": "unit_ids", "problem": "not_in:units"}] * 2
    assert "T-all" in whole and len(whole.splitlines()) == 1 + len(
        service.city.registers["must_visits"]
    ) + len(KEYS)


def test_a_crew_ticks_its_own_point_and_nobody_elses(
    service: Running, crew: httpx.Client, unit: dict[str, Any]
) -> None:
    before = shown(crew, "T-all")
    assert before is not None and (before["state"], before["crews"]) == ("open", [unit["id"]])
    assert crew.post("/points/T-all/left-out", json={"reason": "other"}).json()["code"] == "note_missing"
    crew.post("/points/T-all/left-out", json={"reason": "cannot_pass"}).raise_for_status()
    crew.post("/points/T-all/visited").raise_for_status()
    for path, body, code in (
        ("/points/T-other/visited", None, "not_yours"),
        ("/points/T-all/visited", {"unit_id": unit["other"]}, "not_yours"),
        ("/points/T-all/visited", {"evidence": "fix"}, "unknown_evidence"),
        ("/points/none/visited", None, "unknown_point"),
    ):
        assert crew.post(path, json=body).json()["code"] == code, path
    with service.client() as desk:
        row = shown(desk, "T-all")
        assert row is not None and (row["state"], row["unit_id"], row["evidence"]) == (
            "visited",
            unit["id"],
            "touch",
        )
        desk.post("/points/T-other/left-out", json={"reason": "unsafe"}).raise_for_status()
    for role in ("resident", "partner", "device", "auditor"):
        with service.client(role) as client:
            assert client.post("/points/T-all/visited", json={"unit_id": unit["id"]}).status_code == 403
            answer = client.get("/feed/snapshot")
            assert answer.status_code != 200 or "point/" not in answer.text


def test_a_fix_near_a_point_ticks_it_once(
    service: Running, crew: httpx.Client, unit: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    lon, lat = rows[2]["lon"], rows[2]["lat"]
    for north in (0.002, 0.0004, 0.0):
        crew.post(
            "/positions", json=[{"unit_id": unit["id"], "lon": lon, "lat": lat + north}]
        ).raise_for_status()
        wait_until(lambda: False, 0.4)
    assert wait_until(lambda: (shown(crew, "T-position") or {})["state"] == "visited")
    row = shown(crew, "T-position")
    assert row is not None and (row["unit_id"], row["evidence"]) == (unit["id"], "fix")
    with service.client("auditor") as client:
        answer = client.post("/audit/search", json={"kinds": ["PointVisited"], "subject_id": "T-position"})
    assert len(answer.raise_for_status().json()["facts"]) == 1
