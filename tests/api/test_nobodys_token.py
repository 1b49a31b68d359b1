"""The tokens of the first start that name no unit and no team: they open the door and speak for nobody."""

from __future__ import annotations

import time

import httpx
import pytest

from firstminute.app.secrets import Tokens
from firstminute.model.envelope import Actor
from tests.support.service import Running, wait_until


def _unit(service: Running, number: int = 0) -> str:
    return str(service.city.registers["units"][number].unit_id)  # type: ignore[union-attr]


@pytest.mark.parametrize("role", ["patrol", "lead", "member"])
def test_they_see_nothing_of_incidents_venues_and_positions(service: Running, role: str) -> None:
    with service.client("dispatcher") as desk:
        place = {"lon": 113.31, "lat": 23.11}
        assert (
            desk.post("/calls", json={"text": "x", "type_code": "fight", "place": place}).status_code == 201
        )
    with service.client(role) as client:
        assert client.get("/incidents").json()["incidents"] == []
        keys = client.get("/feed/snapshot").json()["set"]
        assert {key.split("/")[0] for key in keys} <= {"desk", "zone", "station"}


def test_a_patrols_token_reports_no_position_and_a_devices_sets_no_duty(service: Running) -> None:
    fix = {"unit_id": _unit(service), "lon": 113.3, "lat": 23.1, "fix_s": time.time()}
    with service.client("patrol", **{"accept-language": "zh-CN"}) as client:
        answer = client.post("/positions", json=fix)
        assert (
            answer.status_code == 403
            and answer.json()["code"] == "not_yours"
            and "只有本单位" in answer.json()["title"]
        )
        assert (
            client.get("/osmand", params={"id": _unit(service), "lat": 23.1, "lon": 113.3}).status_code == 403
        )
    with service.client("device") as gateway:
        assert gateway.post("/positions", json=fix).status_code == 202
        refused = gateway.post(f"/units/{_unit(service)}/on-duty", json={"shift": "day"})
        assert refused.status_code == 403 and refused.json()["code"] == "not_yours"


def test_a_token_that_is_made_beside_the_service_speaks_for_its_own_unit_until_it_is_taken_away(
    service: Running,
) -> None:
    own, other = _unit(service, 3), _unit(service, 4)
    tokens = Tokens(service.data)
    token = tokens.add(Actor(id="crew-3", role="patrol", unit_id=own))
    with httpx.Client(
        base_url=service.address, headers={"authorization": f"Bearer {token}"}, timeout=10.0
    ) as crew:
        assert wait_until(lambda: crew.get("/health").status_code == 200, 5.0)
        assert crew.post(f"/units/{own}/on-duty", json={"shift": "day"}).status_code == 200
        assert crew.post(f"/units/{other}/on-duty", json={"shift": "day"}).status_code == 403
        assert tokens.revoke("crew-3") == 1
        assert wait_until(lambda: crew.get("/health").status_code == 401, 5.0)
