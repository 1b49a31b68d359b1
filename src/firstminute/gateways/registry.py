"""Every protocol we speak, as one tuple: its name, how it decodes, where its messages come in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from firstminute.gateways.jt808 import codec as jt808
from firstminute.gateways.osmand import codec as osmand


@dataclass(frozen=True, slots=True)
class Gateway:
    """One protocol. `transport`: http where the edge receives it, else its own."""

    name: str
    decode: Callable[..., Any]
    transport: str
    example: str


GATEWAYS: tuple[Gateway, ...] = (
    Gateway(
        "osmand", osmand.decode, "http", "/osmand?id=<unit>&lat=23.1&lon=113.3&timestamp=1700000000&speed=10"
    ),
    Gateway("jt808", jt808.decode, "tcp, `app.terminals`", "7e 0002 0000 013800001111 0001 … 7e"),
)
