"""Frames of a vehicle terminal, as it would send them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from struct import pack

from firstminute.gateways.jt808 import messages
from firstminute.gateways.jt808.codec import Message, encode

PHONE = "13800001111"


def frame(
    kind: int,
    body: bytes = b"",
    *,
    phone: str = PHONE,
    serial: int = 1,
    v2019: bool = False,
    part: tuple[int, int] | None = None,
) -> bytes:
    """A message as bytes."""
    return encode(Message(kind, phone, serial, body, part, v2019))


def place(
    at_s: float,
    lon: float = 113.26,
    lat: float = 23.13,
    *,
    speed: int = 360,
    status: int = 0x3,
    hours: int = 8,
    when: bytes | None = None,
) -> bytes:
    """The body of a position; `speed` in tenths of km/h, `hours` before UTC of the clock that it was written with."""
    local = datetime.fromtimestamp(at_s, timezone(timedelta(hours=hours)))
    said = when if when is not None else bytes.fromhex(local.strftime("%y%m%d%H%M%S"))
    return pack(">IIIIHHH6s", 0, status, round(abs(lat) * 1e6), round(abs(lon) * 1e6), 20, speed, 90, said)


def batch(*bodies: bytes) -> bytes:
    """The body of a batch."""
    return pack(">HB", len(bodies), 1) + b"".join(pack(">H", len(each)) + each for each in bodies)


def asks(terminal: bytes = b"T1", plate: bytes = b"A12345", *, v2019: bool = False) -> bytes:
    """The body of a registration."""
    maker, model, name = (11, 30, 30) if v2019 else (5, 20, 7)
    return pack(">HH", 44, 100) + b"M" * maker + b"m" * model + terminal.ljust(name, b"\0") + b"\x02" + plate


def code(text: str, *, v2019: bool = False) -> bytes:
    """The body of an authentication."""
    said = text.encode()
    return bytes([len(said)]) + said if v2019 else said


KINDS = messages
