"""Nothing is spoken in plain text but on loopback: certificates, what may listen where, and the whole service over TLS, its own door for calls included."""

from __future__ import annotations

import json
import os
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from click.testing import CliRunner
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from firstminute.app import certificates
from firstminute.app.cli import main
from firstminute.app.settings import Settings
from firstminute.app.transport import Transport, TransportRefused, empty_context, is_loopback
from tests.support.service import VENUES, Running, drawn, start, wait_until

DAY_S = 86_400.0


def written(folder: Path, *names: str, days: int = 90) -> tuple[Path, Path]:
    """A pair of files in a folder."""
    return certificates.write(folder, *certificates.make(names or ("localhost",), days, datetime.now(UTC)))


def secured(folder: Path, **more: Any) -> Settings:
    """Settings that name the pair of a folder."""
    pair = {"tls_certificate": folder / certificates.CERTIFICATE, "tls_key": folder / certificates.KEY}
    return Settings(data_dir=folder, **{**pair, **more})


# --- certificates ---------------------------------------------------------------------------------------------------------------


def test_a_certificate_names_hosts_and_addresses_and_its_key_is_the_owners_alone(tmp_path: Path) -> None:
    certificate, key = written(tmp_path, "desk.example", "10.0.0.7", "::1", "bücher.example")
    found = certificates.about(certificate.read_bytes())
    assert set(found.names) == {"desk.example", "10.0.0.7", "::1", "xn--bcher-kva.example"}
    assert key.stat().st_mode & 0o777 == 0o600
    assert found.from_s < time.time() - 3_000 and 89 * DAY_S < found.until_s - time.time() < 91 * DAY_S


@pytest.mark.parametrize(("names", "days"), [((), 90), (("x",), 0), (("x",), 398), (("a..b",), 90)])
def test_a_certificate_that_no_browser_takes_is_not_made(names: tuple[str, ...], days: int) -> None:
    with pytest.raises((ValueError, UnicodeError)):
        certificates.make(names, days, datetime.now(UTC))


def test_the_command_line_makes_a_pair_once_and_says_what_it_is(tmp_path: Path) -> None:
    def run(*words: str) -> Any:
        return CliRunner().invoke(main, ["certificate", *words, "--lang", "en"])

    made = run("make", "localhost", "127.0.0.1", "--data", str(tmp_path))
    assert made.exit_code == 0, made.output
    again = run("make", "localhost", "--data", str(tmp_path))
    assert again.exit_code == 1 and "--replace" in again.output
    before = certificates.about((tmp_path / certificates.CERTIFICATE).read_bytes()).fingerprint
    assert before in made.output and before in run("show", str(tmp_path / certificates.CERTIFICATE)).output
    assert run("make", "localhost", "--replace", "--data", str(tmp_path)).exit_code == 0
    assert certificates.about((tmp_path / certificates.CERTIFICATE).read_bytes()).fingerprint != before
    assert run("show", str(tmp_path / certificates.KEY)).exit_code == 1
    assert run("make", "a..b", "--data", str(tmp_path / "other")).exit_code == 2


# --- what may listen ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "desk.example", ""])
def test_without_tls_nothing_but_loopback_is_listened_on(tmp_path: Path, host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(TransportRefused) as refused:
        Transport(Settings(data_dir=tmp_path, host=host))
    assert refused.value.code == "open_network"
    assert Transport(Settings(data_dir=tmp_path, host=host, behind_proxy=True)).secure
    written(tmp_path)
    assert Transport(secured(tmp_path, host=host)).secure


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_on_loopback_plain_http_is_spoken_and_nothing_is_promised(tmp_path: Path, host: str) -> None:
    found = Transport(Settings(data_dir=tmp_path, host=host))
    assert found.context is None and not found.secure and found.health() == {"ends": "nowhere"}


def test_the_command_refuses_an_open_network_in_both_languages_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for lang, words in (("en_GB.UTF-8", "without encryption"), ("zh_CN.UTF-8", "未加密")):
        monkeypatch.setenv("LC_ALL", lang)
        place = tmp_path / lang
        said = CliRunner().invoke(main, ["serve", "--data", str(place), "--host", "0.0.0.0", "--port", "0"])
        assert said.exit_code == 1 and words in said.output and not place.exists()


def test_files_that_do_not_serve_are_refused_each_with_its_reason(tmp_path: Path) -> None:
    written(tmp_path / "a")
    written(tmp_path / "b")
    a, b = secured(tmp_path / "a"), secured(tmp_path / "b")
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("half_a_pair", {"tls_certificate": a.tls_certificate}),
        ("half_a_pair", {"tls_key": a.tls_key}),
        ("no_file", {"tls_certificate": tmp_path / "none.pem", "tls_key": a.tls_key}),
        ("no_pair", {"tls_certificate": a.tls_certificate, "tls_key": b.tls_key}),
        ("no_pair", {"tls_certificate": a.tls_key, "tls_key": a.tls_key}),
    ]
    for code, given in wrong:
        with pytest.raises(TransportRefused) as refused:
            Transport(Settings(data_dir=tmp_path, **given))
        assert refused.value.code == code, given
    assert b.tls_key is not None
    b.tls_key.chmod(0o644)
    with pytest.raises(TransportRefused, match="key_is_open"):
        Transport(b)


# --- renewal --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "left", "soon"), [(90, 15, False), (90, 13, True), (6, 3, False), (6, 1.5, True), (90, -1, True)])  # fmt: skip
def test_a_certificate_that_ends_soon_is_said_in_health_and_once_a_day_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, days: int, left: float, soon: bool
) -> None:
    written(tmp_path, days=days)
    clock = [0.0]
    found = Transport(secured(tmp_path), now=lambda: clock[0])
    clock[0] = found.health()["until_s"] - left * DAY_S
    for _ in range(3):
        found.look()
    assert found.health()["renew_now"] is soon and found.health()["days_left"] == left
    assert len([line for line in caplog.messages if "must be renewed" in line]) == soon


def test_a_renewed_pair_is_used_without_a_restart_and_a_broken_one_leaves_the_old_in_use(
    tmp_path: Path,
) -> None:
    written(tmp_path, days=10)
    found = Transport(secured(tmp_path))
    before = found.health()["until_s"]
    other = certificates.make(("localhost",), 90, datetime.now(UTC))
    (tmp_path / certificates.CERTIFICATE).write_bytes(
        other[0]
    )  # as a renewal that was cut off half way leaves it
    found.look()
    assert found.health()["problem"] == "no_pair" and found.health()["until_s"] == before
    (tmp_path / certificates.KEY).write_bytes(other[1])
    found.look()
    assert found.health()["problem"] is None and found.health()["until_s"] > before + 70 * DAY_S
    (tmp_path / certificates.KEY).unlink()
    found.look()
    assert found.health()["problem"] == "no_file"


def test_old_protocols_and_ciphers_without_forward_secrecy_are_not_offered() -> None:
    context = empty_context()
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    names = {each["name"] for each in context.get_ciphers()}
    assert names and all(name.startswith(("ECDHE-", "TLS_")) for name in names)
    assert not any(word in name for name in names for word in ("CBC", "SHA-", "RC4", "3DES", "NULL"))


# --- the service over TLS -------------------------------------------------------------------------------------------------------


@dataclass
class Secured:
    """A service that speaks HTTPS, and a client's trust in it."""

    running: Running
    trust: ssl.SSLContext

    def client(self, role: str) -> httpx.Client:
        headers = {"authorization": f"Bearer {self.running.tokens[role]}"}
        return httpx.Client(base_url=self.running.address, headers=headers, verify=self.trust, timeout=10.0)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = written(folder, "127.0.0.1", "localhost")
    given = {"FIRSTMINUTE_TLS_CERTIFICATE": str(certificate), "FIRSTMINUTE_TLS_KEY": str(key)}
    os.environ.update(given)
    try:
        running = start(folder / "data", None, drawn(VENUES)[0])
    finally:
        for name in given:
            del os.environ[name]
    try:
        yield Secured(running, ssl.create_default_context(cafile=str(certificate)))
    finally:
        running.stop()


def test_the_door_takes_calls_under_tls_whole_in_pieces_and_in_a_row(service: Secured) -> None:
    parts = urlsplit(service.running.address)
    assert parts.scheme == "https" and parts.hostname and parts.port
    body = json.dumps({"text": "over TLS, 加密"}).encode()
    head = (
        f"POST /calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.running.tokens['dispatcher']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    ).encode()
    with (
        socket.create_connection((parts.hostname, parts.port), timeout=8) as plain,
        service.trust.wrap_socket(plain, server_hostname="127.0.0.1") as line,
        line.makefile("rb") as reader,
    ):
        assert line.version() in ("TLSv1.2", "TLSv1.3")
        line.sendall(head + b"\r\n" + body + head + b"\r\n" + body)
        data = head + b"Connection: close\r\n\r\n" + body
        for place in range(0, len(data), 37):
            line.sendall(data[place : place + 37])
        answers = reader.read()
    assert answers.count(b"HTTP/1.1 201 ") == 3 and answers.count(b'"call_id"') == 3
    assert answers.count(b"strict-transport-security: max-age=31536000\r\n") == 3


def test_every_answer_over_tls_says_that_only_tls_may_be_spoken(service: Secured) -> None:
    with service.client("dispatcher") as client:
        answers = [
            client.get("/health"), client.get("/nothing"), client.get("/incidents"), client.post("/calls", content=b""),
            client.post("/calls", json={"text": "x"}), client.get("/incidents", headers={"authorization": "none"}),
        ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 404, 200, 422, 201, 401]
    assert all(answer.headers["strict-transport-security"] == "max-age=31536000" for answer in answers)
    assert answers[0].json()["tls"]["ends"] == "here" and answers[0].json()["tls"]["renew_now"] is False


def test_the_feed_runs_over_tls_and_refuses_a_page_that_came_in_plain_text(service: Secured) -> None:
    address = service.running.address.replace("https", "wss") + "/feed"
    origin = service.running.address
    with connect(address, ssl=service.trust, origin=origin, max_size=None) as line:  # type: ignore[arg-type]
        line.send(json.dumps({"token": service.running.tokens["dispatcher"]}))
        assert json.loads(line.recv(timeout=8))["snapshot"] is True
    for foreign in (origin.replace("https", "http"), "https://evil.example", "null"):
        with pytest.raises(InvalidStatus):
            connect(address, ssl=service.trust, origin=foreign)  # type: ignore[arg-type]


def test_plain_text_and_old_protocols_get_no_answer(service: Secured) -> None:
    parts = urlsplit(service.running.address)
    place = (parts.hostname or "", parts.port or 0)
    with socket.create_connection(place, timeout=8) as line:
        line.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"HTTP/1" not in line.recv(4096)
    with pytest.raises(httpx.ConnectError, match=r"(?i)certificate"), httpx.Client() as stranger:
        stranger.get(service.running.address + "/openapi.json")
    with service.client("dispatcher") as client:
        assert client.post("/calls", json={"text": "still here"}).status_code == 201


def test_handshakes_that_never_end_keep_nobody_out(service: Secured) -> None:
    parts = urlsplit(service.running.address)
    place = (parts.hostname or "", parts.port or 0)
    idle = [socket.create_connection(place, timeout=8) for _ in range(50)]
    try:
        for line in idle:
            line.sendall(b"\x16\x03\x01")
        with service.client("dispatcher") as client:
            assert wait_until(lambda: client.post("/calls", json={"text": "among them"}).status_code == 201)
    finally:
        for line in idle:
            line.close()
