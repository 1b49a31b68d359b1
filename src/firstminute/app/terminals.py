"""Vehicle terminals: a listener for JT/T 808 whose fixes go the way of all positions.

Idea: a shell around `gateways.jt808`: it owns sockets, time and the file of bindings. A message is answered once its fixes are on the disk; where they could
not be kept nothing is answered, so that the terminal sends them again. Connections, waiting and silence have bounds. Of ten thousand terminals that come back
at once some hundreds are read at a time, so that calls come in between; what they say goes to the disk together, and the next group while that is written.
Limits: the protocol has no encryption. The listener refuses to stand on an address that the whole world may reach; a VPN or the carrier's own network belongs
before it.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import json
import logging
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from firstminute.api.ports import PositionsNotKept
from firstminute.gateways.jt808.messages import Asked, Fix
from firstminute.gateways.jt808.session import Session
from firstminute.model.records import Unit

LOG = logging.getLogger("firstminute.terminals")
BINDINGS = "jt808.json"
MOST = 12_000
BACKLOG = 2_048
UNKNOWN_WITHIN_S, SILENT_MOST_S = 30.0, 600.0
ELSEWHERE_S = 60.0
"""So long after its last word a number may not speak from another address."""
AT_ONCE = 256
"""So many lines are worked on at a time; the others wait with what they sent, each with a piece at most."""
PIECE = 4_096
KEEP_EVERY_S = 1.0
Take = Callable[[Callable[[], tuple[Sequence[str], NDArray[np.float64]]]], Awaitable[int]]


class Stamping(Protocol):
    """A vault, as far as it is needed here."""

    def stamp(self, data: bytes) -> bytes:
        """A keyed digest."""


def code_of(vault: Stamping, phone: str) -> str:
    """The authentication code of a terminal: made of a secret of ours and its number, stored nowhere.

    Parameters
    ----------
    phone : digits, without leading zeros
    """
    return vault.stamp(f"jt808\0{phone}".encode()).hex()[:16]


def digits_of(device_id: str) -> str:
    """A terminal's number as it is compared: digits without leading zeros, '' where it is none."""
    return device_id.lstrip("0") if device_id.isascii() and device_id.isdecimal() else ""


def private(host: str) -> bool:
    """Whether an address is of this machine or a private network: nothing in clear is listened for elsewhere.

    >>> private("127.0.0.1"), private("10.8.0.1"), private("0.0.0.0"), private("8.8.8.8"), private("desk.example")
    (True, True, False, False, False)
    """
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return False
    return found.is_private and not found.is_unspecified


class Terminals:
    """The listener of one service.

    Attributes
    ----------
    kept, refused : fixes since start
    """

    def __init__(self, folder: Path, vault: Stamping, take: Take, now_s: Callable[[], float]) -> None:
        self._path, self._vault, self._take, self.now_s = folder / BINDINGS, vault, take, now_s
        self._units: dict[str, str] = {}
        self._bound: dict[str, str] = json.loads(self._path.read_text()) if self._path.exists() else {}
        self._speaking: dict[str, tuple[_Line, float]] = {}
        self._open, self._fresh = 0, False
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._carrier: asyncio.Task[None] | None = None
        self._waiting: list[tuple[str, Sequence[Fix], asyncio.Future[None]]] = []
        self.kept = self.refused = 0

    def register(self, units: Mapping[str, Unit]) -> None:
        """Follow the register of units: whose terminal is which."""
        self._units = {
            digits_of(unit.device_id): unit_id for unit_id, unit in units.items() if unit.device_id
        }
        self._units.pop("", None)

    def unit_of(self, phone: str) -> str | None:
        """The unit that carries a terminal."""
        return self._units.get(phone)

    def code(self, phone: str) -> str:
        """The authentication code of a number."""
        return code_of(self._vault, phone)

    def bind(self, phone: str, asked: Asked) -> bool:
        """Bind a number to its first terminal and plate; False where it is bound to another one."""
        said = hashlib.sha256(asked.terminal + b"\0" + asked.plate).hexdigest()
        if phone not in self._bound:
            self._bound[phone], self._fresh = said, True
        return self._bound[phone] == said

    async def keep(self) -> None:
        """Write new bindings down within a second, beside the event loop, until cancelled: ten thousand terminals may register at once."""
        try:
            while True:
                await asyncio.sleep(KEEP_EVERY_S)
                if self._fresh:
                    await asyncio.to_thread(self._write)
        finally:
            if self._fresh:
                self._write()

    def _write(self) -> None:
        self._fresh = False
        data, fresh = json.dumps(self._bound.copy()), self._path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)

    def enter(self, phone: str, line: _Line) -> bool:
        """This line speaks for a number; False where another address does so now."""
        other = self._speaking.get(phone)
        if other is not None and other[0].address != line.address and self.now_s() - other[1] < ELSEWHERE_S:
            LOG.warning("a terminal's number speaks from two addresses; the second one is refused")
            return False
        self._speaking[phone] = (line, self.now_s())
        return True

    def heard(self, phone: str, line: _Line) -> bool:
        """A number spoke; False where another line has taken its place."""
        now = self._speaking.get(phone)
        if now is None or now[0] is not line:
            return False
        self._speaking[phone] = (line, self.now_s())
        return True

    def health(self) -> dict[str, int]:
        """What `/health` says: lines that are open, fixes kept and refused since start."""
        return {"open": self._open, "kept": self.kept, "refused": self.refused}

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Begin to listen. Raises OSError."""
        assert private(host), host
        return await asyncio.start_server(self._serve, host, port, backlog=BACKLOG, limit=PIECE)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._open >= MOST:
            writer.close()
            return
        self._open += 1
        try:
            await self._converse(reader, writer, str(writer.get_extra_info("peername", ("",))[0]))
        except (OSError, TimeoutError):
            pass  # it went away, or was silent for too long
        except Exception:
            LOG.exception("a terminal's line broke; the others go on")
        finally:
            self._open -= 1
            writer.close()

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str
    ) -> None:
        line = _Line(self, address)
        session = Session(line, self.now_s)
        while not session.closed:
            within_s = SILENT_MOST_S if session.phone else UNKNOWN_WITHIN_S
            data = await asyncio.wait_for(reader.read(PIECE), within_s)
            if not data or (session.phone and not self.heard(session.phone, line)):
                return
            async with self._turns:
                await asyncio.sleep(0)  # whoever else waits for the event loop comes first
                answers = await self._hear(session, data)
            writer.write(answers)
            await asyncio.wait_for(writer.drain(), UNKNOWN_WITHIN_S)

    async def _hear(self, session: Session, data: bytes) -> bytes:
        """What is answered to a piece, once the fixes in it are kept; nothing where they cannot be: then they are sent again."""
        before = session.refused
        answers, fixes = session.receive(data)
        self.refused += session.refused - before
        unit_id = self.unit_of(session.phone or "")
        if fixes and unit_id is not None:
            try:
                await self._kept(unit_id, fixes)
            except PositionsNotKept:
                return b""
        return answers

    async def _kept(self, unit_id: str, fixes: Sequence[Fix]) -> None:
        """Return once these fixes are on the disk, with those of all lines that came while the last ones were written. Raises PositionsNotKept."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((unit_id, fixes, done))
        if self._carrier is None or self._carrier.done():
            self._carrier = asyncio.create_task(self._carry())
        await done

    async def _carry(self) -> None:
        """Take what waits to the disk, group by group, until nothing waits."""
        while self._waiting:
            group, self._waiting = self._waiting, []
            problem: PositionsNotKept | None = PositionsNotKept("not_durable")
            try:
                self.kept += await self._take(_reading([(unit_id, fixes) for unit_id, fixes, _ in group]))
                problem = None
            except PositionsNotKept as refused:
                problem = refused
            except Exception:
                LOG.exception("fixes of terminals broke on their way; they are sent again")
            finally:
                _tell([done for _, _, done in group], problem)


class _Line:
    """One connection, as its session asks of it. Implements `session.Registry`."""

    def __init__(self, terminals: Terminals, address: str) -> None:
        self._terminals, self.address = terminals, address

    def known(self, phone: str) -> bool:
        """Whether a unit carries this terminal."""
        return self._terminals.unit_of(phone) is not None

    def code(self, phone: str) -> str:
        """The authentication code of a number."""
        return self._terminals.code(phone)

    def bind(self, phone: str, asked: Asked) -> bool:
        """Bind a number to a terminal and a plate."""
        return self._terminals.bind(phone, asked)

    def enter(self, phone: str, session: object) -> bool:
        """This line speaks for the number from now on."""
        return self._terminals.enter(phone, self)


def _tell(lines: Sequence[asyncio.Future[None]], problem: PositionsNotKept | None) -> None:
    for done in lines:
        if done.cancelled():
            continue  # its line is gone
        if problem is None:
            done.set_result(None)
        else:
            done.set_exception(problem)


def _reading(
    said: Sequence[tuple[str, Sequence[Fix]]],
) -> Callable[[], tuple[Sequence[str], NDArray[np.float64]]]:
    ids = [unit_id for unit_id, fixes in said for _ in fixes]
    columns = np.array([tuple(fix) for _, fixes in said for fix in fixes], np.float64)
    return lambda: (ids, columns)
