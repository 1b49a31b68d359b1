"""Warnings and positions in XML that mean harm: no part of the service reads XML (`tests/test_no_way_out.py`), so they are words of a call, or refused.

The numbers are those of the project's list of bad inputs. Limits: whoever adds a reader of CAP or CoT adds what it must refuse by itself.
"""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator

import pytest

from tests.support.service import Running

HANG_S = 10.0
"""A hang limit, not a timing: tests share a busy machine."""
OVER = {"cleared", "stood_down", "transferred", "closed"}
LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
CAP = "<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><identifier>{id}</identifier><sender>{sender}</sender><sent>{sent}</sent><status>{status}</status>"
CAP += "<msgType>{kind}</msgType><scope>Public</scope><references>{about}</references><info><headline>whatever the headline says</headline></info></alert>"
EVENT = (
    "<event version='2.0' uid='{uid}' type='{kind}' time='{time}' start='{start}' stale='{stale}' how='m-g'>"
)
EVENT += "<point lat='23.1' lon='113.3' hae='0' ce='9' le='9'/></event>"


@pytest.fixture(scope="module")
def asked() -> Iterator[list[str]]:
    """What was fetched from a server that documents point to, whose port is the first entry."""
    found: list[str] = []

    class Bait(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.append(self.path)
            self.send_response(200)
            self.end_headers()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bait)
    found.append(str(server.server_port))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()


def _shown(service: Running) -> tuple[set[str], dict[str, tuple[object, object]]]:
    """The incidents that go on, and where the units are."""
    with service.client("dispatcher") as client:
        rows = client.get("/feed/snapshot").json()["set"]
    going_on = {key for key, row in rows.items() if key.startswith("incident/") and row["status"] not in OVER}
    units = {key: (row["lon"], row["lat"]) for key, row in rows.items() if key.startswith("unit/")}
    return going_on, units


def is_kept_unread(service: Running, body: bytes, content_type: str = "application/xml") -> None:
    """It is a call that nobody could read, or words; what it describes was not done. As positions it is refused."""
    before, stood = _shown(service)
    began = time.monotonic()
    with service.client("dispatcher", **{"content-type": content_type}) as client:
        answer = client.post("/calls", content=body)
    assert answer.status_code in {201, 202} and answer.json()["call_id"], answer.text
    with service.client("device", **{"content-type": content_type}) as client:
        assert client.post("/positions", content=body).status_code in {413, 415, 422}
    assert time.monotonic() - began < HANG_S
    after, stand = _shown(service)
    assert before <= after and stand == stood and stood


def test_25_a_billion_laughs_are_so_many_bytes(service: Running) -> None:
    is_kept_unread(service, f"<!DOCTYPE a [<!ENTITY l0 'ha'>{LAUGHS}]><a>&l9;</a>".encode())


@pytest.mark.parametrize("where", ["file:///etc/passwd", "http://127.0.0.1:{port}/latest/meta-data"])
def test_26_an_entity_from_outside_is_not_fetched(service: Running, asked: list[str], where: str) -> None:
    url = where.format(port=asked[0])
    is_kept_unread(service, f"<!DOCTYPE a [<!ENTITY x SYSTEM '{url}'>]><a>&x;</a>".encode())
    assert len(asked) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-7", "utf-16"])
def test_27_a_foreign_grammar_an_inclusion_and_other_alphabets_are_not_followed(
    service: Running, asked: list[str], encoding: str
) -> None:
    url = f"http://127.0.0.1:{asked[0]}"
    text = f"<?xml version='1.0' encoding='{encoding}'?><!DOCTYPE a SYSTEM '{url}/a.dtd'>"
    text += f"<a xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='{url}/b'/></a>"
    is_kept_unread(service, text.encode(encoding))
    assert len(asked) == 1


def test_27_an_attribute_without_end_is_cut_and_its_beginning_kept(service: Running) -> None:
    with service.client("dispatcher", **{"content-type": "application/xml"}) as client:
        answer = client.post("/calls", content=b"<a b='" + b"x" * 3_000_000)
    assert answer.status_code == 413 and answer.json()["code"]


@pytest.mark.parametrize(
    ("kind", "status", "sent"),
    [
        ("Cancel", "Actual", "2026-11-28T10:00:00+08:00"),
        ("Update", "Actual", "2026-11-28T10:00:00+08:00"),
        ("Alert", "Exercise", "2026-11-28T10:00:00+08:00"),
        ("Alert", "Actual", "2016-11-28T10:00:00+08:00"),
    ],
)
def test_28_a_warning_that_nobody_signed_cancels_changes_and_warns_of_nothing(
    service: Running, kind: str, status: str, sent: str
) -> None:
    with service.client("dispatcher") as client:
        told = {"text": "smoke", "type_code": "fire", "place": {"lon": 113.3, "lat": 23.1}}
        call = client.post("/calls", json=told).json()
        about = f"elsewhere,{call['call_id']},{sent}"
        before = client.get(f"/calls/{call['call_id']}").json()["facts"]
    document = CAP.format(
        id=call["call_id"], sender="elsewhere", sent=sent, status=status, kind=kind, about=about
    )
    is_kept_unread(service, document.encode(), "application/cap+xml")
    with service.client("dispatcher") as client:
        assert client.get(f"/calls/{call['call_id']}").json()["facts"][: len(before)] == before


@pytest.mark.parametrize("kind", ["a-f-G-U-C", "a-h-G"])
def test_29_an_event_in_another_units_name_moves_nobody(service: Running, kind: str) -> None:
    unit = service.city.registers["units"][0].unit_id  # type: ignore[union-attr]
    document = EVENT.format(
        uid=unit,
        kind=kind,
        time="2026-11-28T10:00:00Z",
        start="2026-11-28T10:00:00Z",
        stale="2026-11-28T09:00:00Z",
    )
    is_kept_unread(service, document.encode())
