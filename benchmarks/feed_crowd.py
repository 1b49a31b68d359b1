"""Very many clients of the live feed in a process of their own: each joins with its own token, reads everything and says nothing.

`python -m benchmarks.feed_crowd ADDRESS TOKENS` takes a file with a token a line; it prints `joined N` for all, and at the end of its input how many
messages were heard and how many clients were dropped. They offer compression as browsers do.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

AT_ONCE = 10
OPEN_S = 30.0


class Crowd:
    """The clients, and what became of them."""

    def __init__(self, address: str, tokens: list[str]) -> None:
        self._address, self._tokens = address.replace("http", "ws") + "/feed", tokens
        self._door = asyncio.Semaphore(AT_ONCE)
        self.joined, self.heard, self.octets, self.lost = 0, 0, 0, 0
        self.everybody = asyncio.Event()

    async def listen(self, token: str) -> None:
        """One client, until it is dropped."""
        async with self._door:
            socket = await connect(self._address, max_size=None, ping_interval=None, open_timeout=OPEN_S)
            await socket.send(json.dumps({"token": token, "packed": True}))
            await socket.recv()
            self.joined += 1
            if self.joined == len(self._tokens):
                self.everybody.set()
        try:
            while True:
                message = await socket.recv()
                self.octets += len(message)
                self.heard += 1
        except ConnectionClosed:
            self.lost += 1

    async def run(self) -> None:
        """Join, say so, and read until nobody holds the other end of our input."""
        clients = [asyncio.create_task(self.listen(token)) for token in self._tokens]
        await self.everybody.wait()
        print(f"joined {self.joined}", flush=True)
        before = self.heard
        await asyncio.to_thread(sys.stdin.read)
        print(
            json.dumps({"clients": self.joined, "heard": self.heard - before, "mb": round(self.octets / 1e6, 1), "lost": self.lost}),
            flush=True,
        )  # fmt: skip
        for each in clients:
            each.cancel()


if __name__ == "__main__":
    asyncio.run(Crowd(sys.argv[1], Path(sys.argv[2]).read_text().split()).run())
