"""A seat over HTTP: one call's whole life with radio words alone, then the call-back list and the sheet."""

from __future__ import annotations

from tests.support.service import Running


def test_a_call_lived_by_radio_words_ends_on_the_callback_list(service: Running) -> None:
    """Received, claimed, closed, called back; what is open stands on the sheet of its seat."""
    with service.client("dispatcher") as desk:
        taken = desk.post(
            "/calls",
            json={
                "text": "电动车被偷",
                "type_code": "ebike_theft",
                "caller_phone": "13900001111",
                "seat": "Z9",
            },
        )
        call_id, incident_id = taken.json()["call_id"], taken.json()["incident_id"]
        promised = desk.post(f"/calls/{call_id}/promise", json={"what": "call_back", "within_s": 900})
        sheet = desk.get("/desk/sheet", params={"seat": "Z9"}).json()
        assert sheet["incidents"] == [incident_id] and sheet["promises"][0][:2] == [
            promised.json()["promise_id"],
            call_id,
        ]
        wrong = desk.post(
            f"/incidents/{incident_id}/words",
            json={"line": "12 perhaps"},
            headers={"accept-language": "zh-CN"},
        )
        assert (wrong.status_code, wrong.json()["code"]) == (
            409,
            "words_not_understood",
        ) and "12 perhaps" in wrong.json()["title"]
        assert desk.post(f"/incidents/{incident_id}/close", json={"outcome": "resolved"}).status_code == 200
        assert desk.get("/desk/sheet", params={"seat": "Z9"}).json()["callbacks"] == [call_id]
        listed = {row["call_id"]: row for row in desk.get("/desk/callbacks").json()["callbacks"]}
        assert listed[call_id]["has_number"] and "13900001111" not in str(listed)
        asked = {"subject_id": call_id, "purpose": "call_back", "incident_id": incident_id}
        assert "13900001111" in desk.post("/openings", json=asked).raise_for_status().text
        back = desk.post(f"/calls/{call_id}/callback", json={"result": "satisfied", "keeps_all": True})
        assert back.status_code == 200
        assert call_id not in {row["call_id"] for row in desk.get("/desk/callbacks").json()["callbacks"]}
    with service.client("resident") as resident:
        assert resident.get("/desk/callbacks").status_code == 403
