"""What terminals say and what is answered: register, authenticate, one position, a batch of positions.

Idea: `decode(bytes) → reports` on the bodies of messages. A position that cannot be is left out and counted, never mended: no fix, off the earth, of the
future, older than a week, faster than a train. Times are Beijing time in BCD; that is the protocol's, whatever the city.
Source: JT/T 808-2013 and -2019, chapter 8 (0x0100, 0x0102, 0x0200, 0x0704, 0x8001, 0x8100).
Limits: alarms, fuel and the other extras behind a position are not read.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from math import cos, hypot, radians
from struct import Struct
from typing import NamedTuple

from firstminute.gateways.jt808.codec import Message

REGISTER, AUTHENTICATE, BEAT, LEAVE, POSITION, BATCH = 0x0100, 0x0102, 0x0002, 0x0003, 0x0200, 0x0704
GENERAL, REGISTERED = 0x8001, 0x8100
DONE, FAILED, WRONG, UNKNOWN = 0, 1, 2, 3
"""Results of a general answer."""
TAKEN, NO_TERMINAL = 3, 4
"""Results of a registration that fails: somebody else's, or nobody's."""
BEIJING = timezone(timedelta(hours=8))
POSITIONED, SOUTH, WEST = 0x2, 0x4, 0x8
AHEAD_S, OLDEST_S = 300.0, 7 * 86_400.0
FASTEST_M_S = 110.0
"""A train; a patrol car is slower."""
BATCH_MOST = 1_000
METRES = 111_195.0
_FIX = Struct(">IIIIHHH6s")


class Fix(NamedTuple):
    """One position: degrees in WGS-84, seconds since 1970, metres a second, degrees from north."""

    lon: float
    lat: float
    fix_s: float
    speed_m_s: float
    heading_deg: float


class Asked(NamedTuple):
    """A registration: which terminal, in which vehicle."""

    terminal: bytes
    plate: bytes


def position(body: bytes, now_s: float) -> Fix | None:
    """The fix in the body of a 0x0200, None where there is none that could be one."""
    if len(body) < _FIX.size:
        return None
    _, status, lat, lon, _, speed, heading, when = _FIX.unpack_from(body)
    fix_s = _time(when)
    if not status & POSITIONED or fix_s is None or not now_s - OLDEST_S <= fix_s <= now_s + AHEAD_S:
        return None
    found = Fix(
        -lon / 1e6 if status & WEST else lon / 1e6, -lat / 1e6 if status & SOUTH else lat / 1e6, fix_s, speed / 36.0, float(heading % 360)
    )  # fmt: skip
    good = abs(found.lon) <= 180 and abs(found.lat) <= 90 and (lon or lat) and found.speed_m_s <= FASTEST_M_S
    return found if good else None


def batch(body: bytes, now_s: float) -> list[Fix | None]:
    """The fixes in the body of a 0x0704, None for each that is none; what stands behind a wrong length is not read."""
    if len(body) < 3:
        return [None]
    count, at = int.from_bytes(body[:2], "big"), 3
    found: list[Fix | None] = []
    for _ in range(min(count, BATCH_MOST)):
        length = int.from_bytes(body[at : at + 2], "big")
        if at + 2 + length > len(body) or length < _FIX.size:
            return [*found, None]
        found.append(position(body[at + 2 : at + 2 + length], now_s))
        at += 2 + length
    return found


def follows(before: Fix | None, fix: Fix) -> bool:
    """Whether somebody could have come from one fix to the next: five hundred kilometres in a second is another terminal, or a lie."""
    if before is None:
        return True
    east = (fix.lon - before.lon + 180.0) % 360.0 - 180.0
    moved_m = hypot(east * cos(radians(fix.lat)), fix.lat - before.lat) * METRES
    return moved_m <= 200.0 + FASTEST_M_S * abs(fix.fix_s - before.fix_s)


def registration(message: Message) -> Asked | None:
    """Who registers; None where the body is too short."""
    maker, terminal = (11, 30) if message.v2019 else (5, 7)
    model = 30 if message.v2019 else 20
    start = 4 + maker + model
    if len(message.body) < start + terminal + 1:
        return None
    return Asked(
        message.body[start : start + terminal].rstrip(b"\0 "),
        message.body[start + terminal + 1 :][:64].rstrip(b"\0 "),
    )


def code_of(message: Message) -> bytes:
    """The authentication code in a 0x0102."""
    if not message.v2019:
        return message.body
    return message.body[1 : 1 + message.body[0]] if message.body else b""


def general(message: Message, result: int, serial: int) -> Message:
    """The general answer to a message."""
    body = message.serial.to_bytes(2, "big") + message.kind.to_bytes(2, "big") + bytes([result])
    return Message(GENERAL, message.phone, serial, body, v2019=message.v2019)


def registered(message: Message, result: int, serial: int, code: bytes = b"") -> Message:
    """The answer to a registration; with the authentication code where it is granted."""
    body = message.serial.to_bytes(2, "big") + bytes([result]) + code
    return Message(REGISTERED, message.phone, serial, body, v2019=message.v2019)


def _time(packed: bytes) -> float | None:
    said = packed.hex()
    if not said.isdecimal():
        return None
    try:
        return (
            datetime.strptime(f"20{said}", "%Y%m%d%H%M%S").replace(tzinfo=BEIJING).astimezone(UTC).timestamp()
        )
    except ValueError:
        return None
