"""Anchoring over HTTP: an administrator alone, with the file as it was written; auditors see what stands here."""

from __future__ import annotations

from pathlib import Path

from firstminute.store.head_key import HeadKey
from firstminute.store.heads import SignedHead
from tests.support.service import Running


def _head(folder: Path, seq: int = 12, **other: str) -> dict[str, object]:
    named = {"desk": "harbour", "world": "live", "tree": "aa" * 32, **other}
    head = SignedHead(
        seq=seq, chain="bb" * 32, at_s=1_700_000_000, hashes="1:sha256", key_id="", **named
    )  # fmt: skip
    return HeadKey(folder).sign(head).plain()


def test_an_admin_anchors_a_head_nobody_else_does_and_auditors_see_it(
    service: Running, tmp_path: Path
) -> None:
    head = _head(tmp_path)
    for role in ("dispatcher", "commander", "auditor", "member", "device", "resident"):
        with service.client(role) as other:
            assert other.post("/heads", json=head).status_code == 403
    with service.client("admin", **{"accept-language": "zh-CN"}) as admin:
        done = admin.post("/heads", json=head, headers={"idempotency-key": "head-1"})
        assert done.status_code == 201, done.text
        assert admin.post("/heads", json=head, headers={"idempotency-key": "head-1"}).json() == done.json()
        again = admin.post("/heads", json=head)
        assert again.status_code == 409 and again.json()["code"] == "head_already"
        bent = admin.post("/heads", json={**head, "seq": 13})
        assert bent.status_code == 409 and "签名" in bent.json()["title"]
        second = admin.post("/heads", json=_head(tmp_path, tree="cc" * 32))
        assert second.status_code == 201 and second.json()["contradicts"] == "aa" * 32
        for wrong in (
            {**head, "tree": "AA" * 32},
            {**head, "more": 1},
            {**head, "hashes": ""},
            {"seq": 1},
            [head],
        ):
            assert admin.post("/heads", json=wrong).status_code in (409, 422)
    with service.client("auditor") as auditor:
        (shown,) = [
            each for each in auditor.get("/heads").json()["heads"] if each["stream"] == "harbour/live"
        ]
        assert shown["tree"] == "cc" * 32 and shown["contradicts"] == "aa" * 32
    with service.client("dispatcher") as other:
        assert other.get("/heads").status_code == 403
