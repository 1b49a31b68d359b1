"""The public page as an old phone uses it: a form of HTML over HTTP, no script, no account; and what others may and may not learn from it."""

from __future__ import annotations

import hmac
import re
import socket
import time
from collections.abc import Iterator
from html import unescape
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from firstminute.api import reports
from firstminute.api.report_codes import LENGTH, LETTERS, code_for, plain, report_of
from tests.support import media
from tests.support.service import Running, running, wait_until

ROOT = Path(__file__).resolve().parents[2]
BOUNDARY = "----an-old-phone"
ADDRESSES = count(1)
MOST_BEFORE_THE_MAP = 100_000
PHOTO = media.picture()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service of its own: its budgets are spent here."""
    with running(tmp_path_factory.mktemp("public"), env={"FIRSTMINUTE_BEHIND_PROXY": "1"}) as found:
        yield found


@pytest.fixture
def phone(desk: Running) -> Iterator[httpx.Client]:
    """A browser without script, from an address of its own."""
    headers = {"accept-language": "en", "x-forwarded-for": f"10.0.0.{next(ADDRESSES)}"}
    with httpx.Client(base_url=desk.address, headers=headers, timeout=60.0) as found:
        yield found


def once(page: str) -> str:
    return re.findall(r'name="once" value="([0-9a-f]{32})"', page)[0]


def code_of(page: str) -> str:
    return re.findall(r"<code>([A-Z2-9-]{14})</code>", page)[0]


def send(phone: httpx.Client, text: str = "", **said: str) -> httpx.Response:
    fields = {"once": once(phone.get("/report").text), "text": text, **said}
    return phone.post("/report", data=fields, files={"photo": ("", b"", "application/octet-stream")})


def rows(desk: Running, sort: str, role: str = "dispatcher", **more: str) -> list[dict[str, Any]]:
    with desk.client(role, **more) as client:
        found = client.get("/feed/snapshot").json()["set"]
    return [row for key, row in found.items() if key.startswith(f"{sort}/")]


def incident_with(desk: Running, text: str) -> dict[str, Any]:
    """The one incident with a call that says this; where many call, it is decided a moment later."""
    found: list[dict[str, Any]] = []

    def look() -> bool:
        found[:] = [r for r in rows(desk, "incident") if any(text in (c["text"] or "") for c in r["calls"])]
        return bool(found)

    assert wait_until(look) and len(found) == 1, text
    return found[0]


def by_hand(desk: Running, body: bytes, kind: str = f"multipart/form-data; boundary={BOUNDARY}") -> str:
    """What a very old browser sends, byte for byte, and what comes back."""
    where = urlsplit(desk.address)
    head = (
        f"POST /report HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        "Accept-Language: zh-CN\r\nUser-Agent: old\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((where.hostname or "", where.port or 0), 30) as line:
        line.sendall(head.encode() + body)
        parts = []
        while part := line.recv(65_536):
            parts.append(part)
    return b"".join(parts).decode()


def part(name: str, value: bytes, file: str | None = None) -> bytes:
    more = f'; filename="{file}"\r\nContent-Type: image/jpeg' if file is not None else ""
    return (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode()
        + value
        + b"\r\n"
    )


END = f"--{BOUNDARY}--\r\n".encode()


def test_the_page_names_the_number_first_and_says_who_reads_it_and_who_never_does(desk: Running) -> None:
    english = (
        "police duty desk",
        "around the clock",
        "not shown to the place",
        "If they should help at once, write so",
    )
    chinese = ("指挥席", "二十四小时", "绝不转给", "如需场所马上协助，请写明")
    for language, words in (("en", english), ("zh-CN", chinese)):
        answer = httpx.get(f"{desk.address}/report", headers={"accept-language": language})
        text = re.sub(r"<[^>]+>", " ", answer.text.split("<body>")[1])
        assert answer.status_code == 200 and text.split()[0] == "110"
        assert all(word in text for word in words)
        assert 'href="tel:110"' in answer.text
        for path in ("/report/follow", "/report/notices"):
            assert httpx.get(f"{desk.address}{path}").text.index("tel:110") < 1_200


def test_a_form_written_by_hand_becomes_a_call_on_the_web_channel_with_its_photo(desk: Running) -> None:
    body = (
        part("text", "楼道里堆满了箱子".encode())
        + part("address", "南门".encode("gb18030"))
        + part("photo", PHOTO, "a.jpg")
        + END
    )
    answer = by_hand(desk, body)
    assert answer.startswith("HTTP/1.1 201") and "已收到" in answer
    found = incident_with(desk, "楼道里堆满了箱子")
    assert found["calls"][0]["channel"] == "web" and found["calls"][0]["text"].endswith("@ 南门")
    assert [each["media"] for each in found["attachments"]] == ["image/jpeg"]


@pytest.mark.parametrize("encoding", ["application/x-www-form-urlencoded", "APPLICATION/X-WWW-FORM-URLENCODED; charset=utf-8"])  # fmt: skip
def test_a_browser_that_cannot_send_files_sends_the_words(desk: Running, encoding: str) -> None:
    said = f"着火了{len(encoding)}"
    assert by_hand(desk, urlencode({"text": said, "address": "gate 2"}).encode(), encoding).startswith(
        "HTTP/1.1 201"
    )
    assert incident_with(desk, said)["calls"][0]["text"] == f"{said}\n@ gate 2"


@pytest.mark.parametrize(
    ("name", "photo", "ends"),
    [("no-picture", b"<svg onload=alert(1)>", END), ("broken", PHOTO[:200], END), ("cut", PHOTO, b"")],
)
def test_a_bad_photo_costs_the_photo_alone(desk: Running, name: str, photo: bytes, ends: bytes) -> None:
    answer = by_hand(desk, part("text", f"words of {name}".encode()) + part("photo", photo, "a.jpg") + ends)
    if ends:
        assert answer.startswith("HTTP/1.1 201") and "文字已保存" in answer
    assert incident_with(desk, f"words of {name}")["attachments"] == []


def test_a_form_that_breaks_off_or_is_too_large_keeps_its_words(desk: Running, phone: httpx.Client) -> None:
    where = urlsplit(desk.address)
    with socket.create_connection((where.hostname or "", where.port or 0), 30) as line:
        head = f"POST /report HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: 900000\r\n\r\n"
        line.sendall(head.encode() + part("text", b"the line broke") + part("photo", PHOTO[:100], "a.jpg"))
    assert wait_until(
        lambda: any("the line broke" in (c["text"] or "") for r in rows(desk, "incident") for c in r["calls"])
    )
    large = {"photo": ("a.jpg", b"\xff\xd8\xff" + b"x" * (reports.FORM_MOST + 10), "image/jpeg")}
    answer = phone.post("/report", data={"text": "a film of an hour"}, files=large)
    assert answer.status_code == 201 and "did not arrive to its end" in answer.text
    assert incident_with(desk, "a film of an hour")["attachments"] == []


def test_what_could_not_be_kept_is_added_with_the_code(desk: Running, phone: httpx.Client) -> None:
    answer = phone.post(
        "/report", data={"text": "later a photo"}, files={"photo": ("x", b"nothing", "image/jpeg")}
    )
    code = code_of(answer.text)
    again = phone.post("/report/files", data={"code": code}, files={"photo": ("x.jpg", PHOTO, "image/jpeg")})
    assert again.status_code == 201 and code_of(again.text) == code
    assert len(incident_with(desk, "later a photo")["attachments"]) == 1
    wrong = phone.post(
        "/report/files", data={"code": "2222-2222-2222"}, files={"photo": ("x.jpg", PHOTO, "image/jpeg")}
    )
    assert wrong.status_code == 201 and "could not be taken" in wrong.text


def test_sent_twice_is_one_report_and_other_words_are_another(desk: Running, phone: httpx.Client) -> None:
    number = once(phone.get("/report").text)
    first, again, other = (
        phone.post("/report", data={"once": number, "text": words}) for words in ("a bin burns", "a bin burns", "a bin burns, and a tree")
    )  # fmt: skip
    assert code_of(first.text) == code_of(again.text) != code_of(other.text)
    said = [
        c["text"] for r in rows(desk, "incident") for c in r["calls"] if "a bin burns" in (c["text"] or "")
    ]
    assert sorted(said) == ["a bin burns", "a bin burns, and a tree"]


def test_whoever_holds_the_code_follows_the_answer_and_nobody_else(
    desk: Running, phone: httpx.Client
) -> None:
    receipt = send(phone, "a lamp is out", caller_phone="").text
    assert "The desk reads your report" in receipt and "without this code nobody, not even we" in receipt
    code = code_of(receipt)
    page = phone.post("/report/follow", data={"code": f" {code.lower()} "}).text
    assert "Nobody has read it yet" in page
    about = incident_with(desk, "a lamp is out")
    call_id = about["calls"][0]["call_id"]
    with desk.client() as dispatcher:
        assert dispatcher.post(f"/incidents/{about['id']}/claim", json={"seat": "S1"}).status_code == 200
        assert "state read" in phone.post("/report/follow", data={"code": code}).text
        assert (
            dispatcher.post(f"/calls/{call_id}/reply", json={"answer": "It is <b>repaired</b>."}).status_code
            == 200
        )
        assert dispatcher.post(f"/calls/{call_id}/reply", json={"answer": "  "}).status_code == 409
        closing = dispatcher.post(f"/incidents/{about['id']}/close", json={"outcome": "resolved"})
        assert closing.status_code == 200, closing.text
    page = phone.post("/report/follow", data={"code": code}).text
    assert "state done" in page and "It is <b>repaired</b>." in unescape(page) and "<b>repaired" not in page
    assert call_id not in page and about["id"] not in page


def test_a_code_that_is_none_is_answered_alike_and_trying_many_is_slowed_down(tmp_path: Path) -> None:
    with (
        running(tmp_path, with_ground=False) as desk,
        httpx.Client(base_url=desk.address, headers={"accept-language": "en"}) as phone,
    ):
        code = code_of(phone.post("/report", data={"text": "one"}).text)
        right = phone.post("/report/follow", data={"code": code})
        wrong = [
            phone.post("/report/follow", data={"code": each})
            for each in ("AAAA-AAAA-AAAA", "x", "' OR 1=1 --", "")
        ]
        assert {answer.status_code for answer in (right, *wrong)} == {200}
        assert {tuple(sorted(answer.headers)) for answer in (right, *wrong)} == {tuple(sorted(right.headers))}
        shape = [tuple(re.findall(r"<(\w+)", answer.text)) for answer in (right, *wrong)]
        drop = {"time", "dt", "dd", "div"}
        assert len({tuple(tag for tag in tags if tag not in drop) for tags in shape}) == 1
        often = [
            phone.post("/report/follow", data={"code": code}) for _ in range(2 * reports.FOLLOWS_AT_ONCE)
        ]
        assert {answer.status_code for answer in often} == {200}, (
            "who holds a code looks as often as they like"
        )
        answers = [
            phone.post("/report/follow", data={"code": "AAAA-AAAA-AAAA"})
            for _ in range(reports.FOLLOWS_AT_ONCE)
        ]
        assert answers[-1].status_code == 429 and int(answers[-1].headers["retry-after"]) > 0
        assert phone.post("/report", data={"text": "words pass all the same"}).status_code == 201


def test_many_reports_from_one_address_are_kept_and_only_their_photos_are_left_out(tmp_path: Path) -> None:
    with (
        running(tmp_path, with_ground=False) as desk,
        httpx.Client(base_url=desk.address, timeout=60.0) as phone,
    ):
        many = reports.REPORTS_AT_ONCE + 2
        for number in range(many):
            answer = phone.post(
                "/report", data={"text": f"number {number}"}, files={"photo": ("a.jpg", PHOTO, "image/jpeg")}
            )
            assert answer.status_code == 201
        calls = [call for row in rows(desk, "incident") for call in row["calls"]]
        assert len(calls) == many
        assert sum(call["attachments"] for call in calls) == reports.REPORTS_AT_ONCE


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_form_of_another_site_is_shown_again_and_not_sent(
    desk: Running, phone: httpx.Client, headers: dict[str, str]
) -> None:
    words = f"forged {sorted(headers.items())}"
    answer = phone.post("/report", data={"text": words, "address": '"><script>'}, headers=headers)
    assert (
        answer.status_code == 403
        and words in unescape(answer.text)
        and "<script>" not in answer.text.split("<main>")[1]
    )
    assert not [c for r in rows(desk, "incident") for c in r["calls"] if words in (c["text"] or "")]
    assert phone.post("/report/files", data={"code": "x"}, headers=headers).status_code == 403
    own = {"origin": desk.address, "sec-fetch-site": "same-origin"}
    assert phone.post("/report", data={"text": f"own {words}"}, headers=own).status_code == 201


def test_nothing_said_is_nothing_sent(desk: Running, phone: httpx.Client) -> None:
    before = len(rows(desk, "incident"))
    answer = send(phone, "   ")
    assert answer.status_code == 422 and "Nothing has been said yet" in answer.text
    assert len(rows(desk, "incident")) == before


def test_a_report_about_a_venue_reaches_nobody_of_that_venue(desk: Running, phone: httpx.Client) -> None:
    """The same words by telephone ask the venue's own team at once; from the public page the desk alone learns them."""
    teams = {team.venue_id: team for team in desk.city.registers["teams"]}  # type: ignore[attr-defined]
    venues = [venue for venue in desk.city.registers["venues"] if venue.venue_id in teams]  # type: ignore[attr-defined]
    reported, called = venues[3], venues[9]
    with desk.client() as dispatcher:
        until_s = time.time() + 3_600
        for venue in (reported, called):
            roll = {
                "team_id": teams[venue.venue_id].team_id,
                "shift": "day",
                "on_duty": 4,
                "reachable": 4,
                "until_s": until_s,
            }
            assert dispatcher.post("/muster/rolls", json=roll).status_code == 201
        said = {"text": "a quarrel at the counter", "type_code": "quarrel", "venue_id": called.venue_id}
        assert dispatcher.post("/calls", json=said).status_code == 201
    page = phone.get("/report", params={"at": reported.venue_id}).text
    assert (reported.name_en or reported.name) in unescape(page)
    number = once(page)
    assert (
        phone.post(
            "/report",
            data={"once": number, "text": "打架 the guards beat people", "venue_id": reported.venue_id},
        ).status_code
        == 201
    )
    heard = incident_with(desk, "a quarrel at the counter")
    assert [each["team_id"] for each in heard["responders"] if each["kind"] in ("team", "member")] == [
        teams[called.venue_id].team_id
    ]
    kept = incident_with(desk, "the guards beat people")
    team_id = teams[reported.venue_id].team_id
    assert kept["confidential"] and kept["venue_id"] == reported.venue_id and kept["type"] == "fight"
    assert kept["responders"] == [] and "automatic" not in kept["rings"].values()
    assert "stay_away" in kept["advice"] and "keep_line_open" not in kept["advice"], "nobody is on a line"
    assert team_id not in {each["responder_id"] for each in kept["recommendation"]["candidates"]}
    with desk.client() as dispatcher:
        facts = dispatcher.get(f"/incidents/{kept['id']}").json()
        warned = dispatcher.post(
            f"/incidents/{kept['id']}/dispatch", json={"responder_ids": [], "reason": "x"}
        )
    assert "KeepAwaySent" not in str(facts) and "AlertSent" not in str(facts) and warned.status_code != 500


def test_a_report_and_a_call_for_help_about_one_place_stay_apart(desk: Running, phone: httpx.Client) -> None:
    venue = desk.city.registers["venues"][20]  # type: ignore[attr-defined]
    place = {"lon": f"{venue.lon:.6f}", "lat": f"{venue.lat:.6f}"}
    for words in ("smoke from a window", "much smoke here"):
        assert send(phone, words, **place).status_code == 201
    about = incident_with(desk, "much smoke here")
    assert about["calls_total"] == 2 and about["confidential"]
    with desk.client() as dispatcher:
        said = {"text": "it burns, help", "type_code": "fire", "place": {"lon": venue.lon, "lat": venue.lat}}
        answer = dispatcher.post("/calls", json=said).json()
        assert answer["incident_id"] != about["id"]
        merged = dispatcher.post(
            f"/calls/{about['calls'][0]['call_id']}/attach", json={"incident_id": answer["incident_id"]}
        )
        assert merged.status_code == 200
    rest = incident_with(desk, "it burns, help")
    assert not rest["confidential"] and rest["calls_total"] == 2


def test_a_commanders_notice_is_public_until_it_is_lifted(desk: Running, phone: httpx.Client) -> None:
    assert "No notice stands now" in phone.get("/report/notices").text
    venue = desk.city.registers["venues"][3]  # type: ignore[attr-defined]
    with desk.client("commander") as commander:
        said = {"text": "gas smells", "type_code": "gas_leak", "venue_id": venue.venue_id}
        incident_id = commander.post("/calls", json=said).json()["incident_id"]
        warned = commander.post(
            f"/incidents/{incident_id}/keep-away", json={"radius_m": 3_000, "reason": "gas"}
        )
        assert warned.status_code == 200, warned.text
        time.sleep(2.1)
        page = unescape(phone.get("/report/notices").text)
        assert (venue.name_en or venue.name) in page and "1 notice(s) stand now" in phone.get("/report").text
        assert (
            commander.post(f"/incidents/{incident_id}/stand-down", json={"reason": "over"}).status_code == 200
        )
        time.sleep(2.1)
    assert "No notice stands now" in phone.get("/report/notices").text


def test_the_page_and_all_it_needs_before_the_map_is_small(desk: Running) -> None:
    """Bytes as sent, uncompressed; the map is fetched only when somebody asks for it."""
    total = 0
    with httpx.Client(base_url=desk.address, headers={"accept-encoding": "identity"}) as phone:
        page = phone.get("/report?lang=zh-CN")
        total += len(page.content)
        waiting = re.findall(r'(?:src|href)="(/[^"?]+\.(?:css|js|svg))"', page.text)
        for (
            path
        ) in waiting:  # grows by what a script brings with it; what it may fetch later is an `import(…)`
            answer = phone.get(path)
            assert answer.status_code == 200, f"{path}: build the page first"
            total += len(answer.content)
            brought = re.findall(r"(?:from|import)\s*[\"'`]\.(/assets/[^\"'`]+)", answer.text)
            waiting += [each for each in brought if each not in waiting]

    assert total <= MOST_BEFORE_THE_MAP
    assert not re.search(r"<script(?![^>]*\ssrc=)|\son\w+=|<style|\sstyle=", page.text)


def test_codes_are_long_unlike_and_made_by_the_record_alone() -> None:
    def stamp(data: bytes, key: bytes = b"k") -> bytes:
        return hmac.digest(key, data, "sha256")

    codes = {code_for(stamp, f"{number:032x}") for number in range(2_000)}
    assert len(codes) == 2_000 and all(len(each) == LENGTH and set(each) <= set(LETTERS) for each in codes)
    code = code_for(stamp, "0" * 32)
    assert plain(code) == code and report_of(stamp, code) == report_of(stamp, code)
    other = report_of(lambda data: stamp(data, b"another"), code)
    assert other.call_id != report_of(stamp, code).call_id and code not in str(report_of(stamp, code)[1:])
    assert len({report_of(stamp, each).actor.id for each in codes}) == len(codes)
