"""Photos, voice notes and films at the real edge: whatever comes, the words of the call stay, and nothing that came is run, believed or left lying open."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from firstminute.api.body import LARGE_AT_ONCE
from firstminute.app.secrets import Tokens
from firstminute.model.envelope import Actor
from firstminute.store.attachments import FOLDER
from tests.support import media
from tests.support.service import Running, running, wait_until

WORDS = "桥下有人落水"
NAMES = (
    "n" * 900,
    "CON",
    ".htaccess",
    "../../etc/passwd",
    "photo\u202egpj.exe",
    "a\r\nx-evil: 1",
    "<img src=x onerror=alert(1)>",
    "\x00.jpg",
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service of its own: its bounds are reached, its people erased."""
    kept = {"FIRSTMINUTE_ATTACHMENT_MEGABYTES": "2", "FIRSTMINUTE_ATTACHMENT_MEGABYTES_A_DAY": "6"}
    os.environ.update(kept)
    try:
        with running(tmp_path_factory.mktemp("attachments"), with_ground=False) as found:
            yield found
    finally:
        for name in kept:
            del os.environ[name]


def call(service: Running, role: str = "dispatcher", **said: Any) -> dict[str, Any]:
    with service.client(role) as client:
        answer = client.post(
            "/calls", json={"text": WORDS, "type_code": "fight", "place": {"lon": 113.3, "lat": 23.1}, **said}
        )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def attach(
    service: Running,
    path: str,
    data: bytes,
    role: str = "dispatcher",
    *,
    key: str | None = None,
    **query: str,
) -> httpx.Response:
    with service.client(role, **({"idempotency-key": key} if key else {})) as client:
        answer = client.post(
            f"{path}/attachments",
            content=data,
            params=query,
            headers={"content-type": "image/jpeg"},
            timeout=60.0,
        )
    assert answer.status_code < 500 or answer.status_code == 503, answer.text
    return answer


@contextmanager
def somebody(service: Running, actor: Actor) -> Iterator[httpx.Client]:
    """A client of one more person."""
    token = Tokens(service.data).add(actor)
    with httpx.Client(
        base_url=service.address, headers={"authorization": f"Bearer {token}"}, timeout=10.0
    ) as client:
        assert wait_until(lambda: client.get("/health").status_code == 200, 5.0)
        yield client


def facts_about(service: Running, kind: str, about: str) -> list[dict[str, Any]]:
    """The open parts of facts of a kind that name a subject, as they stand in the file."""
    with closing(sqlite3.connect(f"file:{service.data / 'desk.db'}?mode=ro", uri=True)) as record:
        rows = record.execute("SELECT body FROM facts WHERE kind = ? ORDER BY seq", (kind,)).fetchall()
    return [body for (text,) in rows if about in (body := json.loads(text)).values()]


def words_of(service: Running, call_id: str) -> str:
    with service.client() as client:
        return json.dumps(client.get(f"/calls/{call_id}").raise_for_status().json(), ensure_ascii=False)


def test_a_photo_is_kept_shown_harmlessly_and_told_on_the_feed(service: Running) -> None:
    said = call(service)
    kept = attach(service, f"/incidents/{said['incident_id']}", media.picture_with_place(), name="桥.jpg")
    assert kept.status_code == 201, kept.text
    path = f"/incidents/{said['incident_id']}/attachments/{kept.json()['attachment_id']}"
    with service.client() as client:
        shown = client.get(path)
        row = client.get(f"/incidents/{said['incident_id']}").json()
    assert shown.status_code == 200 and shown.headers["content-type"] == "image/jpeg"
    assert b"CANARY" not in shown.content and shown.content.startswith(b"\xff\xd8\xff")
    assert shown.headers["content-disposition"].startswith("attachment;")
    assert (
        shown.headers["x-content-type-options"] == "nosniff" and shown.headers["cache-control"] == "no-store"
    )
    assert shown.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    (told,) = row["attachments"]
    assert (
        told["attachment_id"] == kept.json()["attachment_id"]
        and told["name"] == "桥.jpg"
        and told["of"] == "incidents"
    )


@pytest.mark.parametrize("kind", sorted(media.SMALL))
def test_every_kind_that_is_taken_comes_back(service: Running, kind: str) -> None:
    said = call(service)
    kept = attach(service, f"/calls/{said['call_id']}", media.SMALL[kind])
    assert kept.status_code == 201, kept.text
    with service.client() as client:
        shown = client.get(f"/calls/{said['call_id']}/attachments/{kept.json()['attachment_id']}")
    assert shown.headers["content-type"] == ("image/jpeg" if kind.startswith("image/") else kind)
    assert media.PLACE not in shown.content


BAD = {
    "nothing": (b"", 422, "attachment_empty"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 415, "attachment_kind"),
    "html": (b"<html><script>alert(1)</script>", 415, "attachment_kind"),
    "zip": (b"PK\x03\x04" + bytes(99), 415, "attachment_kind"),
    "program": (b"\x7fELF" + bytes(99), 415, "attachment_kind"),
    "60,000 x 60,000": (media.bomb(), 422, "attachment_pixels"),
    "half a JPEG": (media.picture("JPEG", (800, 800))[:900], 422, "attachment_broken"),
    "half a film": (media.film()[:-9], 422, "attachment_broken"),
    "film and page": (media.film() + b"<script>alert(1)</script>", 422, "attachment_broken"),
    "half a voice note": (media.voice()[:-4], 422, "attachment_broken"),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(BAD))
def test_38_a_bad_file_is_refused_with_a_reason_and_the_words_of_the_call_stay(
    service: Running, what: str
) -> None:
    data, status, code = BAD[what]
    said = call(service)
    refused = attach(service, f"/calls/{said['call_id']}", data)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert not refused.json()["title"].startswith("refused.")
    assert WORDS in words_of(service, said["call_id"])
    good = attach(service, f"/calls/{said['call_id']}", media.picture())
    assert good.status_code == 201  # and the next one is taken


def test_38_a_picture_that_is_a_page_as_well_is_shown_as_a_picture_alone(service: Running) -> None:
    said = call(service)
    both = (
        media.picture("JPEG", comment=b"<script>alert(1)</script>")
        + b"<html><script>alert(2)</script></html>"
    )
    kept = attach(service, f"/calls/{said['call_id']}", both)
    with service.client() as client:
        shown = client.get(f"/calls/{said['call_id']}/attachments/{kept.json()['attachment_id']}")
    assert b"script" not in shown.content


@pytest.mark.parametrize("name", NAMES)
def test_38_what_a_sender_calls_a_file_never_becomes_a_path(service: Running, name: str) -> None:
    said = call(service)
    kept = attach(service, f"/incidents/{said['incident_id']}", media.picture(), name=name)
    assert kept.status_code == 201, kept.text
    with service.client() as client:
        shown = client.get(f"/incidents/{said['incident_id']}/attachments/{kept.json()['attachment_id']}")
    assert "x-evil" not in shown.headers and "exe" not in shown.headers["content-disposition"]
    files = [
        path.relative_to(service.data / FOLDER).as_posix() for path in (service.data / FOLDER).glob("*/*")
    ]
    assert files and all(set(each) <= set("0123456789abcdef/.originalshown-") for each in files)


def test_nothing_of_a_photo_lies_open_on_the_disk(service: Running) -> None:
    said = call(service)
    raw = media.picture("PNG", (64, 64)) + b"CANARY-IN-THE-OPEN"
    attach(service, f"/calls/{said['call_id']}", raw, name="金丝雀照片.png")
    for path in service.data.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"CANARY-IN-THE-OPEN" not in data and "金丝雀照片".encode() not in data, path
            if FOLDER in path.parts:
                assert path.stat().st_mode & 0o77 == 0 and b"\x89PNG" not in data


def test_the_original_is_for_a_commander_with_a_purpose_and_that_is_a_fact(service: Running) -> None:
    said, whole = call(service), media.picture_with_place()
    kept = attach(service, f"/incidents/{said['incident_id']}", whole)
    path = f"/incidents/{said['incident_id']}/attachments/{kept.json()['attachment_id']}/original"
    with service.client("dispatcher") as client:
        assert client.post(path, json={"purpose": "case", "file_id": "A-2026-17"}).status_code == 403
    with service.client("commander") as client:
        for wrong, code in (
            ({}, "purpose_missing"),
            ({"purpose": "curiosity"}, "unknown_purpose"),
            ({"purpose": "case"}, "file_missing"),
            ({"purpose": "review"}, "incident_missing"),
        ):
            refused = client.post(path, json=wrong)
            assert (refused.status_code, refused.json()["code"]) == (403, code)
        assert (
            client.post(path, json={"purpose": "case", "file_id": "A-2026-17", "exercise": True}).status_code
            == 422
        )
        opened = client.post(path, json={"purpose": "case", "file_id": "A-2026-17"})
        told = client.get(f"/incidents/{said['incident_id']}/timeline").json()["facts"]
    assert opened.content == whole and opened.headers["content-type"] == "application/octet-stream"
    assert opened.headers["content-disposition"].startswith("attachment;")
    (fact,) = [each for each in told if each["body"].get("attachment_id") == kept.json()["attachment_id"]]
    assert fact["sealed"]["digest"] == hashlib.sha256(whole).hexdigest() and "digest" not in fact["body"]
    found = facts_about(service, "DataOpened", said["incident_id"])
    (access,) = [each for each in found if each["how"] == "opening"]  # the timeline is a look
    assert (access["account_id"], access["purpose"], access["file_id"]) == ("commander", "case", "A-2026-17")
    refusals = facts_about(service, "DataRefused", said["incident_id"])
    assert [each["why"] for each in refusals] == [
        "purpose_missing",
        "unknown_purpose",
        "file_missing",
        "incident_missing",
    ]


def test_a_look_at_a_photo_is_a_fact_once_an_hour_and_only_for_who_has_the_open_incident(
    service: Running,
) -> None:
    said = call(service, "resident", place={"lon": 113.32, "lat": 23.12})
    path = f"/incidents/{said['incident_id']}"
    with service.client() as client:
        client.post(f"{path}/claim", json={"seat": "A1"}).raise_for_status()
    kept = attach(service, f"/calls/{said['call_id']}", media.picture(), "resident").json()["attachment_id"]
    photo = f"/calls/{said['call_id']}/attachments/{kept}"
    with service.client() as client:
        assert [client.get(photo).status_code for _ in range(3)] == [200] * 3
    (look,) = facts_about(service, "DataOpened", said["incident_id"])
    assert (look["account_id"], look["how"], look["purpose"]) == ("dispatcher", "look", "respond")
    with somebody(service, Actor(id="d-other", role="dispatcher", seat="Q7")) as other:
        hidden = other.get(photo)
        assert (hidden.status_code, hidden.json()["code"]) == (403, "caller_hidden")
    (refusal,) = facts_about(service, "DataRefused", said["call_id"])
    assert (refusal["account_id"], refusal["why"]) == ("d-other", "caller_hidden")
    with service.client("resident") as client:
        assert client.get(photo).status_code == 403  # not even one's own: it was given


def test_a_photo_of_a_restricted_incident_is_for_who_has_it_alone(service: Running) -> None:
    said = call(service, "resident", type_code="suicide_threat", place={"lon": 113.34, "lat": 23.14})
    kept = attach(service, f"/calls/{said['call_id']}", media.picture(), "resident").json()["attachment_id"]
    photo = f"/calls/{said['call_id']}/attachments/{kept}"
    with service.client("commander") as commander, service.client() as desk:
        assert commander.get(photo).json()["code"] == "caller_hidden" == desk.get(photo).json()["code"]
        desk.post(f"/incidents/{said['incident_id']}/claim", json={"seat": "A1"}).raise_for_status()
        assert desk.get(photo).status_code == 200 and commander.get(photo).status_code == 403


def test_a_photo_of_what_is_closed_is_read_by_whom_a_second_person_lets_and_nobody_else(
    service: Running,
) -> None:
    said, whole = call(service, place={"lon": 113.28, "lat": 23.08}), media.picture_with_place()
    incident = f"/incidents/{said['incident_id']}"
    kept = attach(service, incident, whole).json()["attachment_id"]
    photo = f"{incident}/attachments/{kept}"
    asked = {"purpose": "review", "incident_id": said["incident_id"]}
    with service.client() as desk, service.client("commander") as commander:
        desk.post(f"{incident}/close", json={"outcome": "resolved"}).raise_for_status()
        assert desk.get(photo).json()["code"] == "caller_hidden" == commander.get(photo).json()["code"]
        waits = commander.post(f"{photo}/original", json=asked)
        assert waits.status_code == 202 and waits.headers["content-type"] == "application/json"
        way = f"/proposals/{waits.json()['proposal_id']}/confirm"
        assert commander.post(way).status_code == 403  # nobody is the own second person
        assert commander.get(photo).status_code == 403
        with somebody(service, Actor(id="c-second", role="commander")) as second:
            assert second.post(way).status_code == 200
            assert second.get(photo).status_code == 403  # whoever said yes reads nothing by it
        assert commander.post(f"{photo}/original", json=asked).content == whole
        assert commander.get(photo).content.startswith(b"\xff\xd8\xff") and desk.get(photo).status_code == 403
        of_call = f"/calls/{said['call_id']}/attachments/{kept}"
        assert commander.get(of_call).status_code == 403  # what was agreed to is one subject
    opened = [
        each for each in facts_about(service, "DataOpened", said["incident_id"]) if each["how"] == "opening"
    ]
    assert [(each["account_id"], each["confirmed_by"]) for each in opened] == [("commander", "c-second")]


def test_who_has_nothing_to_do_with_it_neither_adds_nor_sees(service: Running) -> None:
    said = call(service)
    kept = attach(service, f"/incidents/{said['incident_id']}", media.picture()).json()["attachment_id"]
    for role, status in {
        "resident": 403, "partner": 403, "device": 403, "member": 403, "lead": 403, "auditor": 404, "admin": 404, "patrol": 404,
    }.items():  # fmt: skip
        with service.client(role) as client:
            assert client.get(f"/incidents/{said['incident_id']}/attachments/{kept}").status_code == status, (
                role
            )
            assert client.get(f"/calls/{said['call_id']}/attachments/{kept}").status_code == status, role
    for role in ("resident", "member", "lead", "patrol"):
        assert (
            attach(service, f"/calls/{said['call_id']}", media.picture(), role).json()["code"] == "not_yours"
        ), role
    for role in ("member", "lead", "patrol"):
        assert (
            attach(service, f"/incidents/{said['incident_id']}", media.picture(), role).status_code == 403
        ), role
    with service.client() as client:
        assert (
            client.get(f"/calls/{said['call_id']}/attachments/{kept}").status_code == 404
        )  # it hangs on the incident


def test_whoever_made_a_call_adds_a_photo_to_it_and_the_desk_sees_it_with_the_incident(
    service: Running,
) -> None:
    said = call(service, "resident")
    kept = attach(service, f"/calls/{said['call_id']}", media.picture(), "resident")
    assert kept.status_code == 201
    with service.client() as client:
        row = client.get(f"/incidents/{said['incident_id']}").json()
    (told,) = [each for each in row["attachments"] if each["attachment_id"] == kept.json()["attachment_id"]]
    assert (told["of"], told["subject_id"]) == ("calls", said["call_id"])


def test_the_same_key_is_the_same_photo_and_another_photo_under_it_a_conflict(service: Running) -> None:
    path = f"/calls/{call(service)['call_id']}"
    first = attach(service, path, media.picture(), key="photo-1")
    with ThreadPoolExecutor(4) as pool:
        again = list(pool.map(lambda _: attach(service, path, media.picture(), key="photo-1"), range(4)))
    assert {each.json()["attachment_id"] for each in again} == {first.json()["attachment_id"]}
    other = attach(service, path, media.picture("PNG"), key="photo-1")
    assert other.status_code == 409 and other.json()["code"] == "idempotency_conflict"
    with service.client() as client:
        shown = client.get(f"{path}/attachments/{first.json()['attachment_id']}")
    assert shown.status_code == 200


def test_too_large_a_file_and_too_much_in_a_day_are_refused_and_words_are_still_taken(small: Running) -> None:
    path = f"/incidents/{call(small)['incident_id']}"
    large = attach(small, path, b"\xff\xd8\xff" + bytes(2_100_000))
    assert large.status_code == 413
    noise = media.tone(label=b"")
    block = (
        noise[:4]
        + (1_900_000 + 36).to_bytes(4, "little")
        + noise[8:40]
        + (1_900_000).to_bytes(4, "little")
        + bytes(1_900_000)
    )
    told = [attach(small, path, block).status_code for _ in range(4)]
    assert told == [201, 201, 201, 429]
    assert attach(small, path, media.picture(), "commander").status_code == 201  # others are not held by it
    assert call(small)["call_id"]


def test_no_more_than_there_is_room_for_hang_on_one_call(small: Running) -> None:
    path = f"/calls/{call(small, 'commander')['call_id']}"
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: attach(small, path, media.tone(), "commander").status_code, range(63)))
    assert sorted(told) == [201] * 60 + [409] * 3


def test_whoever_is_not_known_sends_no_large_body(small: Running) -> None:
    began = time.monotonic()
    with httpx.Client(base_url=small.address, headers={"authorization": "Bearer " + "x" * 40}) as client:
        refused = client.post("/calls/x/attachments", content=bytes(1_500_000))
    assert refused.status_code == 413 and time.monotonic() - began < 10


def test_of_large_bodies_a_few_are_read_at_a_time_and_calls_are_taken_meanwhile(small: Running) -> None:
    parts = urlsplit(small.address)
    head = (
        f"POST /calls/x/attachments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {small.tokens['commander']}\r\n"
        "Content-Length: 1500000\r\n\r\n"
    )
    lines = [
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10)
        for _ in range(LARGE_AT_ONCE)
    ]
    try:
        for line in lines:
            line.sendall(head.encode() + bytes(1_000))
        path = f"/calls/{call(small, 'commander')['call_id']}"
        assert wait_until(lambda: attach(small, path, media.tone(), "commander").status_code == 429)
        assert call(small)["call_id"]
    finally:
        for line in lines:
            line.close()
    assert wait_until(lambda: attach(small, path, media.tone(), "commander").status_code == 201)


def test_health_says_how_much_room_attachments_take(service: Running) -> None:
    with service.client() as client:
        found = client.get("/health").json()["attachments"]
    taken = sum(path.stat().st_size for path in Path(service.data / FOLDER).glob("*/*"))
    assert found["bytes"] == taken and found["most"] == 20_000_000_000 and found["alarm"] is False
