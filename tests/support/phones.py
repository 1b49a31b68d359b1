"""Members with phones of their own before a running service: a lead opens the team's code, phones join by it."""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import httpx

from firstminute.model.records import Team
from tests.support.person import Person, person, signed
from tests.support.service import Running


@dataclass
class Crew:
    """One team of the city: its lead, and how its phones join."""

    service: Running
    team: Team
    lead: Person
    token: str

    def link(self) -> str:
        """A fresh link that the lead shows."""
        with signed(self.service, self.token) as client:
            answer = client.post(f"/teams/{self.team.team_id}/enrolment", json={})
            assert answer.status_code == 201, answer.text
            return str(answer.json()["link"])

    def phone(self, name: str = "王强", pin: str | None = None) -> httpx.Client:
        """A phone that joined, as an HTTP client."""
        code = self.link().partition("join=")[2]
        body = {"code": code, "label": name, **({"pin": pin} if pin else {})}
        joined = httpx.post(f"{self.service.address}/enrolment", json=body, timeout=10.0)
        assert joined.status_code == 201, joined.text
        return signed(self.service, joined.json()["token"])

    def call(self, type_code: str = "medical", **more: Any) -> dict[str, Any]:
        """Somebody calls from the team's own venue; what the desk answered."""
        with self.service.client() as desk:
            answer = desk.post(
                "/calls",
                json={"text": "有人需要帮助", "type_code": type_code, "venue_id": self.team.venue_id, **more},
            )
            assert answer.status_code == 201, answer.text
            return dict(answer.json())


def crew(service: Running, nth: int = 0) -> Crew:
    """The n-th team of the city with a lead who signed in."""
    team = service.city.registers["teams"][nth]
    assert isinstance(team, Team)
    lead = person(service, f"lead {token_hex(4)}", "lead", team_id=team.team_id)
    return Crew(service, team, lead, lead.sign_in()["token"])


def on_duty(phone: httpx.Client, team: Team) -> dict[str, Any]:
    """Enter, check in and hear the test; the view afterwards."""
    assert phone.put("/me/duty/ways", json={}).status_code == 200
    me = phone.get("/me/duty").json()["member_id"]
    for path, body in (
        (f"/muster/teams/{team.team_id}/check-in", {"member_id": me, "method": "button"}),
        (f"/muster/teams/{team.team_id}/heard", {"member_id": me}),
    ):
        answer = phone.post(path, json=body)
        assert answer.status_code == 200, answer.text
    return dict(phone.get("/me/duty").json())
