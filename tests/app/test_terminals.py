"""Vehicle terminals on real sockets: from the first frame to the unit on the map, and what strangers, thieves and crowds get."""

from __future__ import annotations

import json
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from firstminute.app.cli import main
from firstminute.app.positions import MOST_WAITING
from firstminute.app.serve import FILES_MOST
from firstminute.app.services import assemble
from firstminute.app.settings import Settings
from firstminute.app.terminals import BINDINGS, code_of, digits_of
from firstminute.app.transport import TransportRefused
from firstminute.gateways.jt808.codec import Framer, Message, decode
from firstminute.store.onlooker import Onlooker
from tests.support.returning import come_back
from tests.support.service import Running, free_port, running, wait_until
from tests.support.terminals import PHONE, asks, code, frame, place

SECOND = "13900002222"


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Running]:
    """A service that listens for terminals; two units carry one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRSTMINUTE_JT808_PORT", str(port))
        with running(tmp_path_factory.mktemp("terminals"), with_ground=False) as found:
            with found.client("admin") as admin:
                rows = admin.get("/registers/units").json()[:2]
                rows = [
                    {**row, "device_id": number}
                    for row, number in zip(rows, (f"0{PHONE}", SECOND), strict=True)
                ]
                assert admin.put("/registers/units", json=rows).status_code == 200
            yield found


class Line:
    """A terminal's connection. `source`: from which address of this machine."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self.line = socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(source, 0))
        self.framer = Framer()

    def say(self, data: bytes) -> Message | None:
        """Send, and wait for one answer; None where the line is closed."""
        self.line.sendall(data)
        while True:
            got = self.line.recv(4096)
            if not got:
                return None
            for each in self.framer.feed(got):
                if each is not None:
                    return decode(each)

    def close(self) -> None:
        self.line.close()


def unit_row(service: Running, device_id: str) -> dict[str, object]:
    """The row of the unit that carries a terminal."""
    with service.client("admin") as admin:
        (key,) = [
            each["unit_id"] for each in admin.get("/registers/units").json() if each["device_id"] == device_id
        ]
    with service.client() as client:
        found: dict[str, object] = client.get("/feed/snapshot").json()["set"][f"unit/{key}"]
        return found


def authentication(service: Running, phone: str) -> str:
    with Onlooker(service.data, "city") as record:
        return code_of(record.vault, phone)


def test_a_terminal_registers_authenticates_and_its_unit_stands_on_the_map(
    service: Running, port: int
) -> None:
    line = Line(port)
    registered = line.say(frame(0x0100, asks()))
    assert registered is not None and registered.body[2] == 0
    said = registered.body[3:].decode()
    assert said == authentication(service, PHONE)
    answer = line.say(frame(0x0102, code(said)))
    assert answer is not None and answer.body[4] == 0
    answer = line.say(frame(0x0200, place(time.time(), 113.301, 23.101)))
    assert answer is not None and answer.body[4] == 0
    assert wait_until(lambda: unit_row(service, f"0{PHONE}")["lon"] == pytest.approx(113.301))
    with service.client() as client:
        assert client.get("/health").json()["terminals"]["kept"] >= 1
    thief = Line(port, "127.0.0.2")
    answer = thief.say(frame(0x0102, code(said)))
    assert answer is not None and answer.body[4] == 1  # the code, replayed from another address
    stolen = thief.say(frame(0x0100, asks(terminal=b"T9")))
    assert stolen is not None and stolen.body[2] == 3 and said.encode() not in stolen.body
    line.close()
    thief.close()


def test_32_36_strangers_get_no_code_and_a_number_is_never_a_path(service: Running, port: int) -> None:
    before = {path for path in service.data.rglob("*") if path.is_file()}
    line = Line(port)
    answer = line.say(frame(0x0100, asks(terminal=b"../../etc/passwd"[:7]), phone="99999999999"))
    assert answer is not None and answer.body[2] == 4 and len(answer.body) == 3
    for _ in range(3):
        line.say(frame(0x0200, place(0.0)))
    assert line.say(frame(0x0200, place(0.0))) is None or line.say(frame(0x0002)) is None
    after = {path for path in service.data.rglob("*") if path.is_file()}
    assert not [path for path in after - before if "passwd" in path.name]


def test_30_garbage_closes_its_own_line_and_no_other(service: Running, port: int) -> None:
    good, bad = Line(port), Line(port)
    said = authentication(service, SECOND)
    answer = good.say(frame(0x0102, code(said), phone=SECOND))
    assert answer is not None and answer.body[4] == 0
    bad.line.sendall(b"\x7e\x00\x01\x7e" * 2_000 + b"\x7e" + b"x" * 60_000)
    bad.line.settimeout(20)
    try:
        assert bad.line.recv(10) == b""
    except ConnectionError:
        pass
    answer = good.say(frame(0x0002, phone=SECOND))
    assert answer is not None and answer.body[4] == 0


def test_35_three_hundred_that_come_back_at_once_are_all_answered_and_calls_are_taken(
    service: Running, port: int
) -> None:
    lines = [Line(port) for _ in range(300)]
    for line in lines:
        line.line.sendall(frame(0x0102, code("wrong")))
    with service.client() as client:
        assert client.post("/calls", json={"text": "x"}).status_code == 201
    for line in lines:
        found = [decode(each) for each in line.framer.feed(line.line.recv(4096)) if each]
        assert [each.body[4] for each in found] == [1]
        line.close()


def test_35_more_than_wait_for_the_disk_at_once_are_told_the_first_time_that_their_place_is_kept(
    tmp_path: Path,
) -> None:
    found = come_back(tmp_path, 2 * MOST_WAITING)
    assert found["kept"] == found["fixes"] == 2 * MOST_WAITING and found["calls"] > 0


def test_the_service_raises_its_own_bound_of_open_files(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        with running(tmp_path, with_ground=False) as found:
            raised = resource.prlimit(found.process.pid, resource.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert raised == (min(hard, FILES_MOST) if hard != resource.RLIM_INFINITY else FILES_MOST, hard)


def test_the_listener_stands_on_no_open_network(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "8.8.8.8", "desk.example"):
        with pytest.raises(TransportRefused, match="terminals"):
            assemble(Settings(data_dir=tmp_path / "record", jt808_port=9, jt808_host=host))
    assert not (tmp_path / "record").exists()


def test_the_command_line_tells_a_code_and_frees_a_number(service: Running) -> None:
    def run(*words: str) -> str:
        found = CliRunner().invoke(main, ["terminal", *words, "--data", str(service.data), "--lang", "en"])
        assert found.exit_code == 0, found.output
        return found.output.strip()

    assert run("code", f"0{PHONE}") == authentication(service, PHONE)
    bindings = service.data / BINDINGS
    assert wait_until(lambda: bindings.exists() and PHONE in json.loads(bindings.read_text()))
    assert (service.data / BINDINGS).stat().st_mode & 0o77 == 0
    assert json.loads(run("free", PHONE, "--json")) == {"number": PHONE, "freed": True}
    assert json.loads(run("free", PHONE, "--json"))["freed"] is False
    assert CliRunner().invoke(main, ["terminal", "code", "12a", "--data", str(service.data)]).exit_code == 1
    assert (digits_of("0138"), digits_of("unit-1"), digits_of("０１")) == ("138", "", "")
