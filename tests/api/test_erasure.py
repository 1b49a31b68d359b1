"""Erasing over HTTP: proposed by an admin, confirmed by somebody else, a row removed first, the same key again the same answer."""

from __future__ import annotations

import httpx

from tests.support.service import Running

ROW = [{"member_id": "m-erase", "team_id": "t-erase", "name": "王小明", "phone": "13900009999"}]


def _erase(client: httpx.Client, subject: str, key: str, reason: str = "request_of_person") -> httpx.Response:
    body = {"subject_ids": [subject], "reason": reason}
    return client.post("/erasures", json=body, headers={"idempotency-key": key})


def test_a_member_who_left_is_erased_by_an_admin_and_a_second_person_and_by_nobody_else(
    service: Running,
) -> None:
    with service.client("admin", **{"accept-language": "zh-CN"}) as admin:
        assert admin.put("/registers/members", json=ROW).status_code == 200
        early = _erase(admin, "members/m-erase", "erase-early")
        assert early.status_code == 409 and early.json()["code"] == "subject_in_use"
        assert "指挥席仍在使用" in early.json()["title"]
        assert admin.delete("/registers/members/nobody").status_code == 404
        assert admin.delete("/registers/nothing/m-erase").status_code == 404
        assert admin.delete("/registers/members/m-erase").status_code == 200
        assert admin.delete("/registers/members/m-erase").status_code == 404
        for role in ("dispatcher", "commander", "auditor", "member", "device"):
            with service.client(role) as other:
                assert _erase(other, "members/m-erase", "erase-other").status_code == 403
                assert other.delete("/registers/members/m-erase").status_code == 403
        done = _erase(admin, "members/m-erase", "erase-done")
        assert done.status_code == 202, done.text
        again = _erase(admin, "members/m-erase", "erase-done")
        assert again.status_code == 202 and again.json() == done.json()
        history = admin.get("/registers/members/m-erase/history").json()["versions"]
        assert len(history) == 1, "nothing has happened yet"
        way = f"/proposals/{done.json()['proposal_id']}"
        assert admin.post(f"{way}/confirm").json()["code"] == "second_person_is_first"
        with service.client("commander") as second:
            asked = second.get(way).json()
            assert (asked["command"], asked["arguments"]["subject_ids"]) == (
                "erase_subjects",
                ["members/m-erase"],
            )
            assert done.json()["proposal_id"] in [
                p["proposal_id"] for p in second.get("/proposals").json()["proposals"]
            ]
            for role in ("dispatcher", "auditor", "member"):
                with service.client(role) as other:
                    assert other.post(f"{way}/confirm").status_code == 403
            confirmed = second.post(f"{way}/confirm")
            assert confirmed.status_code == 200 and confirmed.json()["erased"] == 1, confirmed.text
            assert second.get(way).status_code == 404
        gone = _erase(admin, "members/m-erase", "erase-new")
        assert gone.status_code == 404 and gone.json()["code"] == "nothing_sealed"
        history = admin.get("/registers/members/m-erase/history").json()["versions"]
        assert [version["row"]["name"] for version in history] == [None] and history[0][
            "valid_to_s"
        ] is not None


def test_an_erasure_without_a_subject_or_a_known_reason_is_invalid(service: Running) -> None:
    with service.client("admin") as admin:
        assert _erase(admin, "", "erase-a").status_code == 422
        assert _erase(admin, "members/x", "erase-b", reason="he asked").status_code == 422
        assert admin.post("/erasures", json={"subject_ids": [], "reason": "retention"}).status_code == 422
        assert (
            admin.post("/erasures", json={"subject_ids": ["x"] * 51, "reason": "retention"}).status_code
            == 422
        )
