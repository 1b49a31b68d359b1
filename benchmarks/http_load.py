"""A small closed-loop HTTP load over loopback: some writers, each with one connection, each waiting for its answer.

Idea: plain asyncio streams and as little parsing as HTTP/1.1 allows, so that the client costs little beside the server it shares two cores with. Limits:
closed loop, so latency is what a writer sees, not what an open-loop arrival would.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Load:
    """What a load measured: answers by status, and seconds of each request."""

    seconds: float = 0.0
    status: dict[int, int] = field(default_factory=dict)
    took_s: list[float] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.took_s) / self.seconds

    def quantile(self, share: float) -> float:
        """A quantile of the requests' seconds."""
        ranked = sorted(self.took_s)
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


Body = Callable[[int], tuple[bytes, bytes]]
"""Number of a request → extra header lines, body."""


async def _writer(
    address: str, path: str, token: str, numbers: Sequence[int], body: Body, load: Load, pause_s: float
) -> None:
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    for number in numbers:
        headers, data = body(number)
        head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n"
        began = time.perf_counter()
        writer.write(head.encode() + headers + b"\r\n" + data)
        answer = await reader.readuntil(b"\r\n\r\n")
        lower = answer.lower()
        at = lower.index(b"content-length:") + 15
        length = int(lower[at : lower.index(b"\r\n", at)])
        content = await reader.readexactly(length) if length else b""
        load.took_s.append(time.perf_counter() - began)
        status = int(answer[9:12])
        load.status[status] = load.status.get(status, 0) + 1
        load.bodies.append(content)
        if pause_s:
            await asyncio.sleep(pause_s)
    writer.close()


async def _run(
    address: str, path: str, token: str, *, writers: int, requests: int, body: Body, pause_s: float
) -> Load:
    load = Load()
    began = time.perf_counter()
    await asyncio.gather(
        *(
            _writer(address, path, token, range(k, requests, writers), body, load, pause_s)
            for k in range(writers)
        )
    )
    load.seconds = time.perf_counter() - began
    return load


def post_many(
    address: str, path: str, token: str, *, writers: int, requests: int, body: Body, pause_s: float = 0.0
) -> Load:
    """Post `requests` bodies with `writers` connections and wait for all answers."""
    return asyncio.run(
        _run(address, path, token, writers=writers, requests=requests, body=body, pause_s=pause_s)
    )
