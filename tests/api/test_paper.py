"""What a desk prints, as the service gives it: numbers of forms, phones for the muster, codes for a venue's poster."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx

from firstminute.model.records import Member, Team, Venue
from tests.support.service import Running

Row = TypeVar("Row", Venue, Team, Member)


def rows(service: Running, kind: type[Row]) -> list[Row]:
    """The rows of a sort that the city began with."""
    return [row for table in service.city.registers.values() for row in table if isinstance(row, kind)]


def opened(service: Running) -> list[dict[str, Any]]:
    """What was opened for a muster, as the record says it."""
    with service.client("auditor") as auditor:
        found = auditor.post("/audit/search", json={"kinds": ["DataOpened"], "most": 200}).raise_for_status()
        bodies = [fact["body"] for fact in found.json()["facts"]]
    return [body for body in bodies if body["purpose"] == "muster"]


def test_numbers_are_given_once_and_a_call_names_its_form(service: Running) -> None:
    with service.client("dispatcher") as desk:
        first = desk.post(
            "/desk/forms", json={"seat": "A", "count": 3}, headers={"idempotency-key": "forms-1"}
        )
        again = desk.post(
            "/desk/forms", json={"seat": "A", "count": 3}, headers={"idempotency-key": "forms-1"}
        )
        more = desk.post("/desk/forms", json={"seat": "A", "count": 3})
        assert first.status_code == 201 and first.json()["forms"] == again.json()["forms"]
        assert not set(first.json()["forms"]) & set(more.json()["forms"])
        form = first.json()["forms"][0]
        then = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        said = {
            "channel": "paper",
            "type_code": "theft",
            "occurred_at": then,
            "place": {"lon": 113.3, "lat": 23.1},
        }
        call = desk.post("/calls", json={**said, "form": form}).raise_for_status().json()
        shown = desk.get("/feed/snapshot").json()["set"]
        lines = [line for key, row in shown.items() if key.startswith("incident/") for line in row["calls"]]
        assert [line["form"] for line in lines if line["call_id"] == call["call_id"]] == [form]
        misread = desk.post("/calls", json={**said, "form": f"{form[:-1]}{(int(form[-1]) + 1) % 10}"})
        assert misread.status_code == 201 and misread.json()["problems"] == ["form:misread"]
    for role in ("resident", "partner", "auditor"):
        with service.client(role) as client:
            assert client.post("/desk/forms", json={"seat": "A", "count": 1}).status_code == 403


def test_phones_of_a_station_are_opened_for_the_muster_and_that_is_on_record(service: Running) -> None:
    teams = {team.team_id: team for team in rows(service, Team)}
    venues = {venue.venue_id: venue for venue in rows(service, Venue)}
    station = next(venues[team.venue_id].station_id for team in teams.values())
    wanted = {
        key: team.lead_phone for key, team in teams.items() if venues[team.venue_id].station_id == station
    }
    with service.client("dispatcher") as desk:
        assert not any(str(phone) in desk.get("/muster").text for phone in wanted.values())
        before = len(opened(service))
        said = desk.post("/muster/phones", json={"station_id": station}).raise_for_status().json()
        assert {each["team_id"]: each["phone"] for each in said["phones"]} == wanted
        now = opened(service)
        assert len(now) == before + 1 and now[-1]["subject_id"] == f"stations/{station}"
        assert (
            desk.post("/muster/phones", json={"station_id": "nowhere"}).json()["code"] == "not_about_subject"
        )
        # The purpose opens stations alone: it is no door to anybody's row.
        member = rows(service, Member)[0].member_id
        other = desk.post("/openings", json={"subject_id": f"members/{member}", "purpose": "muster"})
        assert (other.status_code, other.json()["code"]) == (403, "not_about_subject")
    with service.client("auditor") as auditor:
        assert auditor.post("/muster/phones", json={"station_id": station}).status_code == 403


def test_a_venues_poster_leads_to_the_public_page_and_to_its_team(service: Running) -> None:
    team = rows(service, Team)[0]
    with service.client("dispatcher") as desk:
        codes = desk.get(f"/venues/{team.venue_id}/codes").raise_for_status().json()
        assert desk.get("/venues/nothing/codes").status_code == 404
    page = httpx.get(codes["report"]["link"], headers={"accept-language": "zh-CN"})
    name = next(v.name for v in rows(service, Venue) if v.venue_id == team.venue_id)
    assert page.status_code == 200 and name in page.text and f"at={team.venue_id}" in codes["report"]["link"]
    code = codes["team"]["link"].partition("#at=")[2]
    assert code.startswith(f"{team.venue_id}.") and codes["number"] == "110"
    assert len(codes["report"]["qr"]) == len(codes["report"]["qr"][0]) > 20
