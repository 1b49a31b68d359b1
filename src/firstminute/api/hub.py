"""The live feed's hub: the rows everybody may see a part of, and who is listening.

Idea (DESIGN.md §4): the desk renders the rows that a commit touched, once; the hub keeps them by key and gives each audience its part: a snapshot with
`seq`, then `set` and `del`. Gained and lost visibility arrive the same way, because what an audience last saw is remembered per audience, not per
client. A message to one recipient is handed to the clients that answer to its name. A client that does not keep up is dropped; it never brakes the desk.
Runs on the event loop only; other threads look through `now`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from firstminute.command.picture import DESK_ROLES, Audience, visible

Row = dict[str, Any]
MAX_WAITING = 256
"""Messages a client may be behind before it is dropped."""
MAX_CLIENTS = 5_000


@dataclass(eq=False, slots=True)
class Client:
    """One listener, the names it answers to, and what waits for it. A None in the queue means: dropped; `out`: because it may listen no longer."""

    audience: Audience
    names: frozenset[str] = frozenset()
    allowed: Callable[[], bool] | None = None
    out: bool = False
    queue: asyncio.Queue[dict[str, Any] | None] = field(
        default_factory=lambda: asyncio.Queue(MAX_WAITING + 1)
    )


@dataclass(eq=False, slots=True)
class _Seen:
    """What one audience sees now, and its clients."""

    rows: dict[str, Row] = field(default_factory=dict)
    clients: set[Client] = field(default_factory=set)


class Hub:
    """Rows by key, audiences by what they may see."""

    def __init__(self) -> None:
        self.seq = 0
        self.rows: dict[str, Row] = {}
        self.positions: dict[str, tuple[float, ...]] = {}
        self.dropped = 0
        self._audiences: dict[Audience, _Seen] = {}

    @property
    def clients(self) -> int:
        """How many listen."""
        return sum(len(seen.clients) for seen in self._audiences.values())

    def now(self) -> list[tuple[str, Row]]:
        """All rows, for another thread: taken in one piece, because the loop changes them meanwhile."""
        return list(self.rows.items())

    def snapshot(self, audience: Audience) -> dict[str, Any]:
        """Everything the audience may see now."""
        rows = {}
        for key, row in self.rows.items():
            part = visible(audience, key, row)
            if part is not None:
                rows[key] = part
        return {"seq": self.seq, "snapshot": True, "set": rows, "del": []}

    def publish(self, seq: int, changed: Mapping[str, Row | None]) -> None:
        """Take the rows that a commit touched (None = gone) and tell every audience its part."""
        self.seq = max(self.seq, seq)
        for key, row in changed.items():
            if row is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = row
        for audience, seen in self._audiences.items():
            message = self._part(audience, seen, changed)
            if message is not None:
                self._send(seen, message)

    def _part(
        self, audience: Audience, seen: _Seen, changed: Mapping[str, Row | None]
    ) -> dict[str, Any] | None:
        sets: dict[str, Row] = {}
        gone: list[str] = []
        for key, row in changed.items():
            part = visible(audience, key, row) if row is not None else None
            if part is None:
                if seen.rows.pop(key, None) is not None:
                    gone.append(key)
            elif seen.rows.get(key) != part:
                seen.rows[key] = part
                sets[key] = part
        return {"seq": self.seq, "set": sets, "del": gone} if sets or gone else None

    def move(self, positions: Mapping[str, tuple[float, ...]]) -> None:
        """New positions of units, for the audiences that may see positions."""
        self.positions.update(positions)
        for audience, seen in self._audiences.items():
            if audience.sees_positions and seen.clients:
                self._send(seen, {"seq": self.seq, "positions": dict(positions)})

    def join(self, audience: Audience, names: frozenset[str] = frozenset()) -> tuple[Client, dict[str, Any]]:
        """A new listener and its snapshot; everything after `snapshot["seq"]` follows in its queue."""
        if self.clients >= MAX_CLIENTS:
            raise OverflowError("too many listeners")
        client = Client(audience, names)
        seen = self._audiences.setdefault(audience, _Seen())
        snapshot = self.snapshot(audience)
        seen.rows = dict(snapshot["set"])
        seen.clients.add(client)
        if audience.sees_positions and self.positions:
            snapshot["positions"] = dict(self.positions)
        return client, snapshot

    def leave(self, client: Client) -> None:
        """The listener is gone."""
        seen = self._audiences.get(client.audience)
        if seen is not None:
            seen.clients.discard(client)
            if not seen.clients:
                del self._audiences[client.audience]

    def put_out(self, client: Client) -> None:
        """The listener may listen no longer: what waits for it is not sent, and its connection ends."""
        client.out = True
        seen = self._audiences.get(client.audience)
        if seen is not None:
            seen.clients.discard(client)
        while not client.queue.empty():
            client.queue.get_nowait()
        client.queue.put_nowait(None)

    def everybody(self) -> list[Client]:
        """Who listens now."""
        return [client for seen in self._audiences.values() for client in seen.clients]

    def count_dropped(self) -> None:
        """A listener was let go because it did not take what it was sent."""
        self.dropped += 1

    def present(self) -> tuple[frozenset[str], frozenset[str], bool]:
        """Names that listen, teams that listen, and whether somebody at the desk does."""
        names = frozenset(
            name for seen in self._audiences.values() for client in seen.clients for name in client.names
        )
        listening = [audience for audience, seen in self._audiences.items() if seen.clients]
        teams = frozenset(a.team_id for a in listening if a.team_id is not None)
        return names, teams, any(a.role in DESK_ROLES for a in listening)

    def tell(self, recipients: Sequence[str], message: Mapping[str, Any], *, at_desk: bool) -> bool:
        """Hand a message to whoever answers to one of these names, else (`at_desk`) to everybody at the desk; False where nobody is there."""
        wanted = frozenset(recipients)
        everybody = [(seen, client) for seen in self._audiences.values() for client in seen.clients]
        told = [(seen, client) for seen, client in everybody if client.names & wanted]
        if not told and at_desk:
            told = [(seen, client) for seen, client in everybody if client.audience.role in DESK_ROLES]
        for seen, client in told:
            self._hand(seen, client, {"seq": self.seq, "messages": [dict(message)]})
        return bool(told)

    def _send(self, seen: _Seen, message: dict[str, Any]) -> None:
        for client in list(seen.clients):
            self._hand(seen, client, message)

    def _hand(self, seen: _Seen, client: Client, message: dict[str, Any]) -> None:
        if client.queue.qsize() >= MAX_WAITING:
            seen.clients.discard(client)
            self.count_dropped()
            client.queue.put_nowait(None)
        else:
            client.queue.put_nowait(message)
