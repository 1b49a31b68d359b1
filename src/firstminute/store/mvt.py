"""Vector tiles in bytes: a small encoder of the Mapbox Vector Tile 2.1 protobuf, geometry in numba.

Idea: a tile is layers, a layer features that share keys and values by number, a feature a list of zig-zag steps of a pen (MoveTo, LineTo, ClosePath).
Only what a base map needs: strings and integers as values, points, lines and polygons. Source: Mapbox Vector Tile Specification 2.1 and
the Protocol Buffers encoding guide. Limits: no ids, no floats; the caller clips, simplifies and orders rings (outer clockwise on screen).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numba import njit
from numpy.typing import NDArray

EXTENT = 4096
POINT, LINE, POLYGON = 1, 2, 3
Value = str | int

_VARINT, _BYTES = 0, 2


def varint(value: int) -> bytes:
    """An unsigned integer in base 128, low digits first.

    >>> varint(300).hex()
    'ac02'
    """
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(tag: int, value: int) -> bytes:
    return varint(tag << 3 | _VARINT) + varint(value)


def _chunk(tag: int, data: bytes) -> bytes:
    return varint(tag << 3 | _BYTES) + varint(len(data)) + data


@dataclass(slots=True)
class Layer:
    """A layer under construction: features are added, then `encode` gives its bytes."""

    name: str
    features: list[bytes] = field(default_factory=list)
    keys: dict[str, int] = field(default_factory=dict)
    values: dict[Value, int] = field(default_factory=dict)

    def add(self, kind: int, geometry: bytes, tags: Mapping[str, Value]) -> None:
        """Add one feature: POINT, LINE or POLYGON, its pen steps, and its properties."""
        if not geometry:
            return
        numbers = b"".join(
            varint(self.keys.setdefault(key, len(self.keys)))
            + varint(self.values.setdefault(value, len(self.values)))
            for key, value in tags.items()
        )
        self.features.append(
            (_chunk(2, numbers) if numbers else b"") + _number(3, kind) + _chunk(4, geometry)
        )

    def encode(self) -> bytes:
        """The layer as a field of a tile, b"" where it has no feature."""
        if not self.features:
            return b""
        parts = [_number(15, 2), _chunk(1, self.name.encode())]
        parts += [_chunk(2, feature) for feature in self.features]
        parts += [_chunk(3, key.encode()) for key in self.keys]
        for value in self.values:
            body = _chunk(1, value.encode()) if isinstance(value, str) else _number(5, value)
            parts.append(_chunk(4, body))
        parts.append(_number(5, EXTENT))
        return _chunk(3, b"".join(parts))


def encode_tile(layers: Sequence[Layer]) -> bytes:
    """A tile of its layers, those without features left out."""
    return b"".join(layer.encode() for layer in layers)


def pen(x: NDArray[np.int32], y: NDArray[np.int32], start: NDArray[np.int64], kind: int) -> bytes:
    """Pen steps of the parts of one feature as packed varints.

    Parameters
    ----------
    x, y : (P,) tile coordinates of all parts
    start : (parts + 1,) where each part begins; a ring is not closed, its last point differs from its first
    kind : POINT, LINE or POLYGON
    """
    if len(x) == 0:
        return b""
    out = np.empty(len(x) * 10 + len(start) * 15 + 16, np.uint8)
    return bytes(out[: _pen(x, y, start, kind, out)])


@njit(cache=True, nogil=True)
def _put(out, at, value):  # type: ignore[no-untyped-def]
    while value > 127:
        out[at] = value & 127 | 128
        value >>= 7
        at += 1
    out[at] = value
    return at + 1


@njit(cache=True, nogil=True)
def _zigzag(step):  # type: ignore[no-untyped-def]
    return step * 2 if step >= 0 else -step * 2 - 1


@njit(cache=True, nogil=True)
def _pen(x, y, start, kind, out):  # type: ignore[no-untyped-def]
    at, px, py = 0, 0, 0
    if kind == 1:
        at = _put(out, at, len(x) << 3 | 1)
    for part in range(len(start) - 1):
        first, last = start[part], start[part + 1]
        if kind != 1:
            at = _put(out, at, 1 << 3 | 1)
        for k in range(first, last):
            if k == first + 1 and kind != 1:
                at = _put(out, at, (last - first - 1) << 3 | 2)
            at = _put(out, at, _zigzag(x[k] - px))
            at = _put(out, at, _zigzag(y[k] - py))
            px, py = x[k], y[k]
        if kind == 3:
            at = _put(out, at, 1 << 3 | 7)
    return at
