"""Screens that follow a district's feed: each has a snapshot and what came after it, and must show what a fresh snapshot would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from firstminute.api.hub import Client
from firstminute.command.picture import Audience
from firstminute.flow import views
from firstminute.flow.state import State
from tests.support.sim.node import Node


class Screen:
    """One page: it only upserts and deletes."""

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        self.client: Client | None = None
        self.rows: dict[str, Any] = {}

    def take(self) -> None:
        """Take what waits; a page that was dropped knows it."""
        while self.client is not None and not self.client.queue.empty():
            message = self.client.queue.get_nowait()
            if message is None:
                self.client = None
                return
            self.rows.update(message.get("set", {}))
            for key in message.get("del", ()):
                self.rows.pop(key, None)


class Screens:
    """Everybody who watches one district, joining, leaving and reading as they please."""

    def __init__(self, node: Node, audiences: list[Audience], rng: Random) -> None:
        self._node, self._rng = node, rng
        self.screens = [Screen(each) for each in audiences]
        self._seen = -1
        node.on_start.append(self._gone)
        node.on_stop.append(self._gone)

    def _gone(self, node: Node) -> None:
        self._seen = -1
        for screen in self.screens:
            screen.client = None

    def stir(self) -> None:
        """Somebody opens a page, closes it, or reads."""
        screen = self._rng.choice(self.screens)
        if screen.client is None:
            screen.client, snapshot = self._node.hub.join(screen.audience)
            screen.rows = dict(snapshot["set"])
        elif self._rng.random() < 0.2:
            self._node.hub.leave(screen.client)
            screen.client = None
        else:
            screen.take()

    def wrong(self, state: State) -> Iterator[str]:
        """Rows that are not what a fresh snapshot shows."""
        hub = self._node.hub
        if state.seq != self._seen:
            self._seen = state.seq
            fresh = {
                key: row for key, row in views.render(state, views.all_keys(state)).items() if row is not None
            }
            for said in different(fresh, hub.rows):
                yield f"the feed's rows are not those of the state: {said}"
        for screen in self.screens:
            if screen.client is None or screen.client.queue.empty():
                continue
            screen.take()
            if screen.client is not None:
                for said in different(hub.snapshot(screen.audience)["set"], screen.rows):
                    yield f"a {screen.audience.role}'s screen is not a fresh snapshot: {said}"


def different(fresh: Mapping[str, Any], shown: Mapping[str, Any]) -> list[str]:
    """How two sets of rows differ, but for when a position was last heard of, which is no fact."""
    said = [f"{key} is missing" for key in fresh if key not in shown]
    said += [f"{key} is left over" for key in shown if key not in fresh]
    for key, row in fresh.items():
        other = shown.get(key)
        if other is not None and other != row:
            fields = [name for name in row if name != "fix_s" and row[name] != other.get(name)]
            said += [f"{key}: {fields}"] if fields else []
    return said
