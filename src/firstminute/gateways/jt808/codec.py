"""JT/T 808 frames, 2013 and 2019: bytes in, messages out, no socket and no clock.

Idea: a frame stands between two 0x7e, with 0x7d escaped; its last byte is the exclusive or of all before. The header says id, length, whose it is (a telephone
number in BCD) and a serial number; a long message comes in parts. Everything has a bound: a frame, the parts of a message, the messages on their way. What
is wrong is said by a code and costs that frame alone.
Source: JT/T 808-2013 and -2019, chapters 4 and 8.
Limits: encrypted bodies (RSA) are refused; multimedia is not asked for, so it is not taken.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from operator import xor
from struct import Struct

MARK, ESCAPE = 0x7E, 0x7D
FRAME_MOST = 2_400
"""A body of 1023 bytes, every one of them escaped, and its header."""
PARTS_MOST, ON_THEIR_WAY_MOST, PARTS_WITHIN_S = 64, 4, 60.0
LENGTH, ENCRYPTED, IN_PARTS, VERSION_2019 = 0x03FF, 0x1C00, 0x2000, 0x4000
_U16, _U16_2 = Struct(">H"), Struct(">HH")


class Broken(ValueError):
    """A frame that is none. The text is a code: escape, checksum, length, phone, encrypted, short, parts, too_long."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message or one part of one. `part`: total and number from 1; `v2019`: how its header is laid out."""

    kind: int
    phone: str
    serial: int
    body: bytes
    part: tuple[int, int] | None = None
    v2019: bool = False


class Framer:
    """Cuts a stream into frames. Bytes outside of frames are skipped; a frame without end is forgotten once it is too long."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._inside = False

    def feed(self, data: bytes) -> Iterator[bytes | None]:
        """The frames that end in `data`, still escaped, without their marks; None for each that does not end."""
        for number, piece in enumerate(data.split(b"\x7e")):
            if number:
                whole, self._inside = bytes(self._held), True
                self._held.clear()  # before it is handed out: whoever takes one frame and goes leaves no other
                if whole:
                    yield whole
            if self._inside:
                self._held += piece
                if len(self._held) > FRAME_MOST:
                    self._held.clear()
                    self._inside = False
                    yield None


def decode(frame: bytes) -> Message:
    """The message in a frame (without its marks). Raises Broken."""
    plain = _unescaped(frame)
    if len(plain) < 13:
        raise Broken("short")
    if reduce(xor, plain[:-1]) != plain[-1]:
        raise Broken("checksum")
    kind, properties = _U16_2.unpack_from(plain)
    v2019 = bool(properties & VERSION_2019)
    if properties & ENCRYPTED:
        raise Broken("encrypted")
    start, digits = (5, 10) if v2019 else (4, 6)
    at = start + digits
    if len(plain) < at + 3:
        raise Broken("short")
    phone, serial = _digits(plain[start:at]), _U16.unpack_from(plain, at)[0]
    at += 2
    part = None
    if properties & IN_PARTS:
        if len(plain) < at + 5:
            raise Broken("short")
        part = _U16_2.unpack_from(plain, at)
        at += 4
        if not 1 <= part[1] <= part[0] <= PARTS_MOST:
            raise Broken("parts")
    body = plain[at:-1]
    if len(body) != properties & LENGTH:
        raise Broken("length")
    return Message(kind, phone, serial, bytes(body), part, v2019)


def _unescaped(frame: bytes) -> bytes:
    if len(frame) > FRAME_MOST:
        raise Broken("too_long")
    made, at = bytearray(), 0
    while (found := frame.find(ESCAPE, at)) >= 0:
        meant = {1: ESCAPE, 2: MARK}.get(frame[found + 1] if found + 1 < len(frame) else 0)
        if meant is None:
            raise Broken("escape")
        made += frame[at:found]
        made.append(meant)
        at = found + 2
    return bytes(made + frame[at:])


def _digits(packed: bytes) -> str:
    said = packed.hex()
    if not said.isdecimal():
        raise Broken("phone")
    found = said.lstrip("0")
    if not found:
        raise Broken("phone")
    return found


def encode(message: Message) -> bytes:
    """The bytes of a message, marks included."""
    digits = 20 if message.v2019 else 12
    properties = (
        len(message.body) | (VERSION_2019 if message.v2019 else 0) | (IN_PARTS if message.part else 0)
    )
    head = _U16_2.pack(message.kind, properties) + (b"\x01" if message.v2019 else b"")
    head += bytes.fromhex(message.phone.rjust(digits, "0")) + _U16.pack(message.serial)
    plain = head + (_U16_2.pack(*message.part) if message.part else b"") + message.body
    plain += bytes([reduce(xor, plain)])
    return b"\x7e" + plain.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02") + b"\x7e"


class Parts:
    """Puts long messages of one terminal together; those that stay unfinished are forgotten."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[tuple[int, int, int], tuple[float, dict[int, bytes]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Message, at_s: float) -> Message | None:
        """The whole message once its last part is there, None before; one that comes alone at once. A part that comes twice counts once."""
        if message.part is None:
            return message
        total, number = message.part
        key = (message.kind, (message.serial - number + 1) & 0xFFFF, total)
        for old in [each for each, (since_s, _) in self._waiting.items() if at_s - since_s > PARTS_WITHIN_S]:
            del self._waiting[old]
        _, found = self._waiting.setdefault(key, (at_s, {}))
        found.setdefault(number, message.body)
        if len(found) == total:
            del self._waiting[key]
            return replace(message, part=None, body=b"".join(found[each] for each in range(1, total + 1)))
        while len(self._waiting) > ON_THEIR_WAY_MOST:
            self._waiting.popitem(last=False)
        return None
