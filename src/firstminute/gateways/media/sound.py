"""Voice notes: Ogg Opus and WAV, whole and without their labels.

Source: RFC 3533 (pages of Ogg and their checksum), RFC 7845 (Opus in Ogg: the second packet holds the labels), Microsoft's RIFF.
Limits: one stream; the labels' packet must fit into one page, as every recorder writes it.
"""

from __future__ import annotations

from struct import Struct, pack

from firstminute.gateways.media.broken import Broken

PAGE = Struct("<4sBBqIIIB")
TAGS = b"OpusTags"
PAGES_MOST, CHUNKS_MOST = 200_000, 1_000
POLYNOMIAL = 0x04C11DB7


def _steps() -> tuple[int, ...]:
    made = []
    for value in range(256):
        rest = value << 24
        for _ in range(8):
            rest = (rest << 1 ^ POLYNOMIAL if rest & 0x80000000 else rest << 1) & 0xFFFFFFFF
        made.append(rest)
    return tuple(made)


_STEPS = _steps()


def checksum(data: bytes) -> int:
    """The checksum of an Ogg page whose own four bytes are zero."""
    rest = 0
    for each in data:
        rest = (rest << 8) & 0xFFFFFFFF ^ _STEPS[rest >> 24 ^ each]
    return rest


def opus(data: bytes) -> bytes:
    """The same recording with empty labels. Raises Broken."""
    made, at, page, stream = bytearray(data), 0, 0, -1
    last = 0
    while at < len(data):
        if len(data) - at < PAGE.size:
            raise Broken("cut_off")
        mark, version, flags, _, serial, _, _, segments = PAGE.unpack_from(data, at)
        body = at + PAGE.size + segments
        end = body + sum(data[at + PAGE.size : body])
        if mark != b"OggS" or version or end > len(data) or body > len(data):
            raise Broken("cut_off")
        if page and serial != stream:
            raise Broken("several_streams")
        if page == 1:
            _empty_labels(made, at, body, end)
        stream, last, at, page = serial, flags, end, page + 1
        if page > PAGES_MOST:
            raise Broken("too_many_parts")
    if page < 3 or not last & 4:
        raise Broken("not_whole")
    return bytes(made)


def _empty_labels(made: bytearray, start: int, body: int, end: int) -> None:
    if made[body : body + 8] != TAGS or end - body < 16 or made[body - 1] == 255:
        raise Broken("labels_unreadable")
    made[body + 8 : end] = bytes(end - body - 8)  # no maker, no label, the rest is padding
    made[start + 22 : start + 26] = bytes(4)
    made[start + 22 : start + 26] = pack("<I", checksum(bytes(made[start:end])))


def wave(data: bytes) -> bytes:
    """Format and sound alone. Raises Broken."""
    if len(data) < 12 or int.from_bytes(data[4:8], "little") + 8 != len(data):
        raise Broken("cut_off")
    kept: dict[bytes, bytes] = {}
    at = 12
    for _ in range(CHUNKS_MOST):
        if at == len(data):
            break
        if len(data) - at < 8:
            raise Broken("cut_off")
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + size
        if end > len(data):
            raise Broken("cut_off")
        kind = data[at : at + 4]
        if kind in (b"fmt ", b"data") and kind not in kept:
            kept[kind] = data[at:end] + b"\0" * (size % 2)
        at = min(len(data), end + size % 2)
    else:
        raise Broken("too_many_parts")
    if len(kept) != 2 or len(kept[b"fmt "]) < 24:
        raise Broken("not_whole")
    inside = b"WAVE" + kept[b"fmt "] + kept[b"data"]
    return b"RIFF" + len(inside).to_bytes(4, "little") + inside
