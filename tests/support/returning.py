"""Thousands of vehicle terminals that come back at the same moment, as after a gap in the telephone network, while somebody calls (bad input 35).

Idea: every terminal connects, authenticates and says where it is; it sends again what was not answered and connects again where it was cut, as terminals do.
Limits: they all speak from this machine, which also runs the service.
"""

from __future__ import annotations

import asyncio
import resource
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from firstminute.app.terminals import code_of
from firstminute.gateways.jt808.codec import Framer, decode
from firstminute.model.encoding import encode
from firstminute.model.records import Unit
from firstminute.store.onlooker import Onlooker
from firstminute.store.track_file import rows_of
from tests.support.service import Running, free_port, running
from tests.support.terminals import code, frame, place

AGAIN_S, AGAIN_MOST = 15.0, 6
LINES_MOST = 4
CALLS_EVERY_S = 0.2
Figures = dict[str, float]


def come_back(folder: Path, count: int) -> Figures:
    """Let `count` terminals come back at once: how many were told that their place is kept, how many places are, and how long calls took meanwhile."""
    port = free_port()
    with (
        many_files(2 * count + 1_000),
        running(folder, with_ground=False, env={"FIRSTMINUTE_JT808_PORT": str(port)}) as service,
    ):
        enrol(service, count)
        with Onlooker(service.data, "city") as record:
            codes = [code_of(record.vault, phone_of(number)) for number in range(count)]
        stop, began = threading.Event(), time.monotonic()
        with ThreadPoolExecutor(1) as beside:
            calling = beside.submit(_call_on, service, stop)
            told = sum(asyncio.run(_all(port, codes)))
            took_s = time.monotonic() - began
            stop.set()
            calls_s = calling.result()
        with service.client("admin") as admin:
            kept = admin.get("/health").json()["terminals"]["kept"]
    paths = (folder / "data" / "tracks").glob("*.track")
    stored = {
        names[number] for path in paths for names, rows in rows_of(path) for number in rows["unit"].tolist()
    }
    assert len(stored) >= told, f"{told} were told that they are kept, {len(stored)} are"
    return {
        "terminals": count, "kept": told, "fixes": kept, "took_s": round(took_s, 1), "calls": len(calls_s),
        "call_ms": round(max(calls_s) * 1000, 1),
    }  # fmt: skip


def phone_of(number: int) -> str:
    """The number of a terminal."""
    return str(13_000_000_000 + number)


def enrol(service: Running, count: int) -> None:
    """A unit for each terminal, in one import."""
    units = [
        Unit(
            unit_id=f"v{number}",
            call_sign=f"V{number}",
            kind="car",
            mode="car",
            station_id="s",
            district="d",
            device_id=phone_of(number),
        )
        for number in range(count)
    ]
    with service.client("admin") as admin:
        answer = admin.put("/registers/units", json=[encode(unit) for unit in units], timeout=300.0)
        assert answer.status_code == 200, answer.text


@contextmanager
def many_files(wanted: int) -> Iterator[None]:
    """Room for so many connections in this process, as far as the machine allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, wanted), hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _call_on(service: Running, stop: threading.Event) -> list[float]:
    """Calls in a thread of their own until told to stop; how long each took."""
    calls_s: list[float] = []
    with service.client() as client:
        while not stop.wait(CALLS_EVERY_S):
            began = time.monotonic()
            answer = client.post("/calls", json={"text": "x"}, timeout=60.0)
            calls_s.append(time.monotonic() - began)
            assert answer.status_code == 201, answer.text
    return calls_s


async def _all(port: int, codes: Sequence[str]) -> list[bool]:
    return await asyncio.gather(*(_terminal(port, number, said) for number, said in enumerate(codes)))


async def _terminal(port: int, number: int, said: str) -> bool:
    """Until its place is kept, or it has tried often enough."""
    phone, here = phone_of(number), place(time.time(), 113.0 + number / 1e5)
    for _ in range(LINES_MOST):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(AGAIN_S / LINES_MOST)
            continue
        try:
            if await _answered(reader, writer, 0x0102, frame(0x0102, code(said), phone=phone)):
                return await _answered(reader, writer, 0x0200, frame(0x0200, here, phone=phone))
        except OSError:
            continue  # it was cut, and comes back
        finally:
            writer.close()
    return False


async def _answered(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kind: int, data: bytes
) -> bool:
    """Send a message, and again where no answer to its kind comes; whether it was taken. Raises ConnectionError where the line was cut."""
    framer = Framer()
    for _ in range(AGAIN_MOST):
        writer.write(data)
        until = time.monotonic() + AGAIN_S
        try:
            while True:
                got = await asyncio.wait_for(reader.read(4096), until - time.monotonic())
                if not got:
                    raise ConnectionError("cut")
                bodies = [decode(each).body for each in framer.feed(got) if each is not None]
                said = [body[4] for body in bodies if int.from_bytes(body[2:4], "big") == kind]
                if said:
                    return said[0] == 0
        except TimeoutError:
            continue
    return False
