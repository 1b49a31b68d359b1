"""MP4, MOV, M4A and 3GP: nested boxes, each with its length first.

Idea: walk the boxes to the very end of the file; one that reaches beyond it, or bytes that belong to none, make the file broken. What tells about place,
maker and edits (`udta`, `meta`, `uuid`, free space) becomes empty space of the same length, so that no offset changes. Tracks that are neither
picture nor sound (a camera's own record of places) are emptied with all their samples.
Source: ISO/IEC 14496-12 (box structure, sample tables).
Limits: pictures and sound themselves are not decoded; fragments (`moof`) with tracks of another kind are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from firstminute.gateways.media.broken import Broken

MEDIA = frozenset({"video/mp4", "audio/mp4"})
SOUND_BRANDS = frozenset({b"M4A ", b"M4B "})
FILM_BRANDS = frozenset(
    (b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"M4VP", b"qt  ", b"MSNV", b"dash")
)  # fmt: skip
TELLING = frozenset({b"udta", b"meta", b"uuid", b"free", b"skip", b"wide", b"pnot"})
CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"})
SHOWN = frozenset({b"vide", b"soun"})
BOXES_MOST, DEEPEST, SAMPLES_MOST = 4_000, 8, 200_000
_U32, _U64 = Struct(">I"), Struct(">Q")


class Box(NamedTuple):
    """One box: its kind, where it begins, where its content begins, where it ends."""

    kind: bytes
    start: int
    inside: int
    end: int


def media_of(brand: bytes) -> str | None:
    """By the brand in `ftyp`; None for those that hold pictures (HEIC, AVIF) or nothing we know."""
    if brand in SOUND_BRANDS:
        return "audio/mp4"
    return "video/mp4" if brand in FILM_BRANDS or brand[:3] == b"3gp" else None


def emptied(data: bytes) -> bytes:
    """The same file without what tells where and by whom it was made. Raises Broken."""
    made, left = bytearray(data), [BOXES_MOST]
    whole = list(_boxes(data, 0, len(data), left))
    kinds = [box.kind for box in whole]
    if kinds[:1] != [b"ftyp"] or kinds.count(b"moov") != 1 or not {b"mdat", b"moof"} & set(kinds):
        raise Broken("not_whole")
    for box in whole:
        _empty(made, data, box, 0, left)
        if box.kind == b"moov":
            _without_other_tracks(made, data, box, left, fragments=b"moof" in kinds)
    return bytes(made)


def _boxes(data: bytes, start: int, end: int, left: list[int]) -> Iterator[Box]:
    at = start
    while at < end:
        left[0] -= 1
        if left[0] < 0:
            raise Broken("too_many_parts")
        if end - at < 8:
            raise Broken("cut_off")
        size, inside = _U32.unpack_from(data, at)[0], at + 8
        if size == 1:
            if end - at < 16:
                raise Broken("cut_off")
            size, inside = _U64.unpack_from(data, inside)[0], at + 16
        elif size == 0:
            size = end - at
        if size < inside - at or at + size > end:
            raise Broken("cut_off")
        yield Box(bytes(data[at + 4 : at + 8]), at, inside, at + size)
        at += size


def _empty(made: bytearray, data: bytes, box: Box, depth: int, left: list[int]) -> None:
    if depth > DEEPEST:
        raise Broken("too_deep")
    if box.kind in TELLING:
        _blank(made, box)
    elif box.kind in CONTAINERS:
        for each in _boxes(data, box.inside, box.end, left):
            _empty(made, data, each, depth + 1, left)


def _blank(made: bytearray, box: Box) -> None:
    made[box.start + 4 : box.start + 8] = b"free"
    made[box.inside : box.end] = bytes(box.end - box.inside)


def _without_other_tracks(
    made: bytearray, data: bytes, moov: Box, left: list[int], *, fragments: bool
) -> None:
    for track in _boxes(data, moov.inside, moov.end, left):
        if track.kind != b"trak":
            continue
        handler = _within(data, track, (b"mdia", b"hdlr"), left)
        if handler is None or handler.end - handler.inside < 12:
            raise Broken("track_without_kind")
        if data[handler.inside + 8 : handler.inside + 12] in SHOWN:
            continue
        if fragments:
            raise Broken("track_of_another_kind")
        for start, end in _samples(data, track, left):
            made[start:end] = bytes(end - start)
        _blank(made, track)


def _within(data: bytes, box: Box, path: tuple[bytes, ...], left: list[int]) -> Box | None:
    found: Box | None = box
    for kind in path:
        assert found is not None
        found = next(
            (each for each in _boxes(data, found.inside, found.end, left) if each.kind == kind), None
        )
        if found is None:
            return None
    return found


def _table(data: bytes, box: Box | None, head: int, width: int) -> list[tuple[int, ...]]:
    """Rows of a sample table: full-box header, `head` bytes of which the last four count the rows, rows of `width` words."""
    if box is None:
        return []
    first = box.inside + 4 + head
    if first > box.end:
        raise Broken("cut_off")
    count = _U32.unpack_from(data, first - 4)[0]
    if count > SAMPLES_MOST or first + 4 * width * count > box.end:
        raise Broken("cut_off")
    row = Struct(f">{width}I")
    return list(row.iter_unpack(data[first : first + row.size * count]))


def _samples(data: bytes, track: Box, left: list[int]) -> Iterator[tuple[int, int]]:
    """Where the samples of a track lie in the file, chunk by chunk."""
    tables = _within(data, track, (b"mdia", b"minf", b"stbl"), left)
    if tables is None:
        return
    parts = {box.kind: box for box in _boxes(data, tables.inside, tables.end, left)}
    runs = _table(data, parts.get(b"stsc"), 4, 3)
    if b"co64" in parts:
        offsets = [high << 32 | low for high, low in _table(data, parts[b"co64"], 4, 2)]
    else:
        offsets = [row[0] for row in _table(data, parts.get(b"stco"), 4, 1)]
    sizes = parts.get(b"stsz")
    if sizes is None or sizes.end - sizes.inside < 12:
        raise Broken("track_without_sizes")
    same = _U32.unpack_from(data, sizes.inside + 4)[0]
    each = [] if same else [row[0] for row in _table(data, sizes, 8, 1)]
    run, done = 0, 0
    for chunk, start in enumerate(offsets, 1):
        while run + 1 < len(runs) and runs[run + 1][0] <= chunk:
            run += 1
        count = runs[run][1] if runs else 0
        length = same * count if same else sum(each[done : done + count])
        done += count
        if start + length > len(data):
            raise Broken("cut_off")
        yield start, start + length
