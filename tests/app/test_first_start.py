"""The first start knows nobody: it prints a link that works once, a later start another one, and there is no password to guess."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.support.person import book_of, signed, use_link
from tests.support.service import VENUES, drawn, start

GUESSED = (
    "admin",
    "administrator",
    "root",
    "firstminute",
    "dispatcher",
    "system_admin",
    "auditor",
    "demo",
    "test",
    "guest",
)


def test_a_start_prints_a_link_until_somebody_has_used_one_and_no_name_and_password_open_anything(
    tmp_path: Path,
) -> None:
    city = drawn(VENUES)[0]
    first = start(tmp_path / "data", None, city, script=True)
    assert first.setup is not None and first.setup.startswith(f"{first.address}/#setup=")
    assert book_of(first).everybody() == []
    for name in GUESSED:
        for password in (name, "", "admin", "password"):
            answer = httpx.post(f"{first.address}/session", json={"name": name, "password": password})
            assert answer.status_code == 401, (name, password)
    first.stop()
    second = start(tmp_path / "data", None, city, script=True)
    assert second.setup is not None
    older, link = (each.partition("=")[2] for each in (first.setup, second.setup))
    try:
        with second.client("dispatcher") as desk:
            kinds = {each["code"] for each in desk.get("/catalogue").json()["types"]}
        assert "fight" in kinds, "before a city has a catalogue of its own there are the default kinds"
        assert httpx.post(f"{second.address}/setup", json={"link": older}).json()["code"] == "link_unknown"
        chen = use_link(second, "Chen", link)
        with signed(second, chen.sign_in()["token"]) as client:
            assert client.get("/me").json()["role"] == "system_admin"
        assert httpx.post(f"{second.address}/setup", json={"link": link}).json()["code"] == "link_unknown"
    finally:
        second.stop()
    third = start(tmp_path / "data", None, city, script=True)
    third.stop()
    assert third.setup is None
    kept = b"".join(
        path.read_bytes() for path in (tmp_path / "data").iterdir() if path.name.startswith("accounts")
    )
    assert link.encode() not in kept and older.encode() not in kept
