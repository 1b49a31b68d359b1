"""Ten thousand vehicle terminals that come back at the same moment (bad input 35), while somebody calls."""

from __future__ import annotations

import asyncio
import resource
import time
from pathlib import Path

import pytest

from firstminute.app.terminals import code_of
from firstminute.gateways.jt808.codec import Framer, decode
from firstminute.model.encoding import encode
from firstminute.model.records import Unit
from firstminute.store.onlooker import Onlooker
from tests.app.test_terminals import free_port
from tests.support.service import running
from tests.support.terminals import code, frame, place

TERMINALS = 10_000
FILES = 25_000
AGAIN_S, AGAIN_MOST = 15.0, 12


def phone_of(number: int) -> str:
    return str(13_000_000_000 + number)


async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes) -> bool:
    """Send a message, and again where no answer comes, as terminals do; whether it was taken."""
    framer = Framer()
    for _ in range(AGAIN_MOST):
        writer.write(data)
        found: list[bytes | None] = []
        try:
            while not found:
                got = await asyncio.wait_for(reader.read(4096), AGAIN_S)
                if not got:
                    return False
                found = list(framer.feed(got))
        except TimeoutError:
            continue
        return decode(found[0] or b"").body[4] == 0
    return False


async def come_back(port: int, codes: list[str]) -> int:
    """Every terminal connects, authenticates and says where it is; how many were told that it is kept."""

    async def one(number: int, said: str) -> bool:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            phone, at = phone_of(number), place(time.time(), 113.0 + number / 1e5)
            return await answered(reader, writer, frame(0x0102, code(said), phone=phone)) and await answered(
                reader, writer, frame(0x0200, at, phone=phone)
            )
        finally:
            writer.close()

    return sum(await asyncio.gather(*(one(number, said) for number, said in enumerate(codes))))


def test_35_ten_thousand_terminals_that_come_back_at_once_are_all_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))
    port = free_port()
    monkeypatch.setenv("FIRSTMINUTE_JT808_PORT", str(port))
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
        for number in range(TERMINALS)
    ]
    try:
        with running(tmp_path, with_ground=False) as service, service.client("admin") as admin:
            answer = admin.put("/registers/units", json=[encode(unit) for unit in units], timeout=120.0)
            assert answer.status_code == 200, answer.text
            with Onlooker(service.data, "city") as record:
                codes = [code_of(record.vault, phone_of(number)) for number in range(TERMINALS)]

            async def both() -> tuple[int, float]:
                coming = asyncio.create_task(come_back(port, codes))
                await asyncio.sleep(0.2)
                began = time.monotonic()
                with service.client() as client:
                    taken = await asyncio.to_thread(
                        lambda: client.post("/calls", json={"text": "x"}, timeout=30.0)
                    )
                assert taken.status_code == 201
                waited_s = time.monotonic() - began
                return await coming, waited_s

            kept, waited_s = asyncio.run(both())
            assert kept == TERMINALS
            assert waited_s < 10.0
            assert admin.get("/health").json()["terminals"]["kept"] >= TERMINALS
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
