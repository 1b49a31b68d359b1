"""One day of positions in one append-only file: frames that are whole or not there.

Idea: a header, then frames `(sort, count, length, crc32)` + payload. `NAME` frames say which number stands for which unit in this file,
`FIX` frames are packed rows of `FIX`. A frame torn by a crash fails its checksum; readers stop before it and the next writer cuts it off.
So a file is sound without any other file.
Limits: degrees are kept to 1e-7 (about 1 cm), speed to 1 cm/s, heading to 0.01 degrees; unknown speed, heading or accuracy is 65535.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
import orjson
from numpy.typing import NDArray

MAGIC = b"FMTRACK1"
FRAME = struct.Struct("<4sIII")
NAME_FRAME, FIX_FRAME = b"NAME", b"FIX1"
UNKNOWN = 65_535
DEGREE = 1e7

FIX = np.dtype(
    [("unit", "<u4"), ("fix_s", "<f8"), ("received_s", "<f8"), ("lon", "<i4"), ("lat", "<i4"), ("speed", "<u2"), ("heading", "<u2"),
     ("accuracy", "<u2"), ("spare", "<u2")]
)  # fmt: skip
Fixes: TypeAlias = NDArray[Any]


def frame(sort: bytes, count: int, payload: bytes) -> bytes:
    """One frame as it is written."""
    return FRAME.pack(sort, count, len(payload), zlib.crc32(payload)) + payload


def names_frame(names: dict[str, int]) -> bytes:
    """The frame that gives units their numbers."""
    return frame(NAME_FRAME, len(names), orjson.dumps(names))


def fixes_frame(rows: Fixes) -> bytes:
    """The frame of some rows."""
    return frame(FIX_FRAME, len(rows), rows.tobytes())


def pack(unit: NDArray[np.uint32], received_s: float, columns: Sequence[Any]) -> Fixes:
    """Rows of `FIX` out of one array a column (lon, lat, fix_s, speed_m_s, heading_deg, accuracy_m or None), NaN where unknown."""
    lon, lat, fix_s, speed_m_s, heading_deg, accuracy_m = columns
    rows = np.zeros(len(unit), FIX)
    rows["unit"], rows["fix_s"], rows["received_s"] = unit, fix_s, received_s
    rows["lon"], rows["lat"] = np.rint(np.multiply(lon, DEGREE)), np.rint(np.multiply(lat, DEGREE))
    rows["speed"] = _small(speed_m_s, 100.0)
    rows["heading"] = _small(np.mod(heading_deg, 360.0), 100.0)
    rows["accuracy"] = _small(accuracy_m, 10.0) if accuracy_m is not None else UNKNOWN
    return rows


def _small(values: Any, scale: float) -> NDArray[np.uint16]:
    scaled = np.rint(np.asarray(values, float) * scale)
    kept: NDArray[np.uint16] = np.where(np.isfinite(scaled), np.clip(scaled, 0, UNKNOWN - 1), UNKNOWN).astype(
        np.uint16
    )
    return kept


def frames(file: IO[bytes]) -> Iterator[tuple[bytes, bytes, int]]:
    """(sort, payload, end offset) of every whole frame."""
    if file.read(len(MAGIC)) != MAGIC:
        return
    end = len(MAGIC)
    while len(head := file.read(FRAME.size)) == FRAME.size:
        sort, _, length, check = FRAME.unpack(head)
        payload = file.read(length)
        if len(payload) < length or zlib.crc32(payload) != check:
            return
        end += FRAME.size + length
        yield sort, payload, end


def survey(path: Path) -> tuple[dict[str, int], int]:
    """The numbers given so far in a file, and where its last whole frame ends."""
    names: dict[str, int] = {}
    end = len(MAGIC)
    with path.open("rb") as file:
        for sort, payload, reached in frames(file):
            end = reached
            if sort == NAME_FRAME:
                names.update(orjson.loads(payload))
    return names, end


def rows_of(path: Path, unit_id: str | None = None) -> Iterator[tuple[dict[int, str], Fixes]]:
    """(number → unit, rows) frame by frame, of one unit or of all."""
    names: dict[int, str] = {}
    with path.open("rb") as file:
        for sort, payload, _ in frames(file):
            if sort == NAME_FRAME:
                names.update({number: name for name, number in orjson.loads(payload).items()})
            elif sort == FIX_FRAME:
                rows = np.frombuffer(payload, FIX)
                if unit_id is not None:
                    wanted = [number for number, name in names.items() if name == unit_id]
                    rows = rows[np.isin(rows["unit"], wanted)]
                if len(rows):
                    yield names, rows


def rows_between(path: Path, from_s: float, to_s: float) -> Iterator[tuple[dict[int, str], Fixes]]:
    """(number → unit, rows) of the frames received from `from_s` to before `to_s`; of the others only the first row is read."""
    names: dict[int, str] = {}
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        if file.read(len(MAGIC)) != MAGIC:
            return
        while len(head := file.read(FRAME.size)) == FRAME.size:
            sort, _, length, check = FRAME.unpack(head)
            if file.tell() + length > size:
                return
            first = file.read(FIX.itemsize) if sort == FIX_FRAME and length >= FIX.itemsize else b""
            if first and not from_s <= np.frombuffer(first, FIX)["received_s"][0] < to_s:
                file.seek(length - len(first), 1)
                continue
            payload = first + file.read(length - len(first))
            if len(payload) < length or zlib.crc32(payload) != check:
                return
            if sort == NAME_FRAME:
                names.update({number: name for name, number in orjson.loads(payload).items()})
            elif sort == FIX_FRAME:
                yield names, np.frombuffer(payload, FIX)
