"""Registers at the edge: they describe themselves, a change of one field loses no other, a history names its authors, an example imports as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from firstminute.model import examples
from firstminute.model.records import KEYS, TABLES
from tests.support.service import Running, running

ORDER = ("districts", "stations", "zones", "venues", "teams", "members", "units", "must_visits")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service of its own: its registers are changed here."""
    with running(tmp_path_factory.mktemp("registers")) as found:
        yield found


@pytest.fixture
def admin(desk: Running) -> Iterator[httpx.Client]:
    with desk.client("admin") as client:
        yield client


def put(admin: httpx.Client, table: str, *rows: dict[str, Any], **query: str) -> httpx.Response:
    return admin.put(
        f"/registers/{table}",
        content=json.dumps(rows),
        headers={"content-type": "application/json"},
        params=query,
    )


def test_every_register_and_field_is_described_in_both_languages(desk: Running) -> None:
    for language in ("en", "zh-CN"):
        with desk.client(
            "system_admin" if "system_admin" in desk.tokens else "admin", **{"accept-language": language}
        ) as client:
            found = client.get("/registers").json()
        assert [table["name"] for table in found["tables"]] == list(TABLES) and found["map"]["junctions"] > 0
        for table in found["tables"]:
            assert (
                table["key"] == KEYS[table["name"]]
                and not table["label"].startswith("register.")
                and not table["help"].startswith("register.")
            )
            assert not [each["name"] for each in table["fields"] if each["label"].startswith("field.")]
            assert {each["kind"] for each in table["fields"]} <= {
                "text",
                "whole",
                "number",
                "flag",
                "words",
                "json",
            }
    venues = next(table for table in found["tables"] if table["name"] == "venues")
    assert venues["count"] == len(desk.city.registers["venues"])


def test_rows_come_a_page_at_a_time_and_are_found_by_what_is_open(desk: Running, admin: httpx.Client) -> None:
    keys: list[str] = []
    while True:
        page = admin.get(
            "/registers/venues/rows", params={"most": 25, "after": keys[-1] if keys else ""}
        ).json()
        keys += [row["venue_id"] for row in page["rows"]]
        if len(page["rows"]) < 25:
            break
    assert keys == sorted(str(row.venue_id) for row in desk.city.registers["venues"])  # type: ignore[attr-defined]
    one = desk.city.registers["venues"][7]
    found = admin.get("/registers/venues/rows", params={"words": one.name}).json()  # type: ignore[attr-defined]
    assert one.venue_id in {row["venue_id"] for row in found["rows"]} and found["found"] >= 1  # type: ignore[attr-defined]
    assert (
        put(
            admin, "members", {"member_id": "m-1", "team_id": "t", "name": "Unseen Name", "phone": "+86 138"}
        ).status_code
        == 200
    )
    assert admin.get("/registers/members/rows", params={"words": "Unseen"}).json()["found"] == 0
    row = admin.get("/registers/members/rows", params={"words": "m-1"}).json()["rows"][0]
    assert not {"name", "phone"} & row.keys()


def test_a_change_of_one_field_keeps_the_sealed_ones_and_names_its_author(
    desk: Running, admin: httpx.Client
) -> None:
    assert (
        put(
            admin, "members", {"member_id": "m-2", "team_id": "t", "name": "王", "phone": "+86 139"}
        ).status_code
        == 200
    )
    assert admin.patch("/registers/members/m-2", json={"language": "en"}).status_code == 200
    with desk.client("admin") as client:
        versions = client.get("/registers/members/m-2/history").json()["versions"]
    assert [each["row"]["language"] for each in versions] == ["en", None] and all(
        each["by"] for each in versions
    )
    kept = admin.post("/registers/members/m-2", json={})
    assert kept.status_code == 405
    assert admin.delete("/registers/members/m-2").status_code == 200
    last = admin.get("/registers/members/m-2/history").json()["versions"][0]
    assert last["removed_by"] == last["by"] and last["valid_to_s"]


@pytest.mark.parametrize(
    ("changed", "status", "problem"),
    [
        ({"lon": 900}, 422, "outside_the_world"), ({"colour": "red"}, 422, "unknown_field"), ({"lon": "east"}, 422, "float_parsing"),
        ({"station_id": "S-new"}, 200, ""),
    ],
)  # fmt: skip
def test_a_changed_row_is_checked_like_a_row_of_a_file(
    changed: dict[str, Any], status: int, problem: str, desk: Running, admin: httpx.Client
) -> None:
    key = desk.city.registers["stations"][0].station_id  # type: ignore[attr-defined]
    answer = admin.patch(f"/registers/stations/{key}", json=changed)
    assert answer.status_code == status, answer.text
    assert problem in answer.text
    if status == 200:  # a key never changes: the path says which row it is
        assert admin.get("/registers/stations/rows", params={"words": "S-new"}).json()["found"] == 0
    assert admin.patch("/registers/stations/nowhere", json=changed).status_code in (404, 422)


def test_a_preview_warns_of_rows_that_point_nowhere(admin: httpx.Client) -> None:
    row = {
        "unit_id": "u",
        "call_sign": "9",
        "kind": "car",
        "mode": "car",
        "station_id": "lost",
        "district": "gone",
    }
    answer = put(admin, "units", row, preview="true").json()
    assert answer["rows"] == 1
    assert {(each["row"], each["field"], each["problem"]) for each in answer["warnings"]} == {
        (1, "station_id", "not_in:stations"), (1, "district", "not_in:districts"),
    }  # fmt: skip
    assert admin.get("/registers/units/rows", params={"words": "lost"}).json()["found"] == 0


@pytest.mark.parametrize("form", ["csv", "json", "geojson"])
def test_the_examples_import_in_order_and_point_at_each_other(form: str, admin: httpx.Client) -> None:
    kinds = {"csv": "text/csv", "json": "application/json", "geojson": "application/geo+json"}
    for table in ORDER:
        example = admin.get(f"/registers/{table}/example", params={"form": form})
        assert (
            example.status_code == 200 and f"example-{table}.{form}" in example.headers["content-disposition"]
        )
        for preview in ("true", "false"):
            answer = admin.put(
                f"/registers/{table}",
                content=example.content,
                headers={"content-type": kinds[form]},
                params={"preview": preview},
            )
            assert answer.status_code == 200, (table, answer.text)
            assert answer.json().get("warnings", []) == [], table
    assert admin.get("/registers/plans/example").status_code == 404


def test_who_may_not_write_reads_and_who_may_not_read_does_not(desk: Running) -> None:
    for role, reads in (("commander", 200), ("auditor", 200), ("resident", 403), ("member", 403)):
        if role in desk.tokens:
            with desk.client(role) as client:
                assert client.get("/registers").status_code == reads, role
                assert client.patch("/registers/stations/x", json={"name": "y"}).status_code == 403, role


def test_examples_lie_around_the_point_that_is_given() -> None:
    for table in ORDER:
        for row in examples.rows_for(table, 113.3, 23.1):
            lon = getattr(row, "lon", None)
            assert lon is None or abs(lon - 113.3) < 0.02
