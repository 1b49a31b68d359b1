"""The demo's people before the live desk: a loop that submits what is due and feeds positions once a second.

Idea: facts come from the desk's listener, commands go through `desk.submit` and positions through the positions intake, exactly as from outside; the
people know no more than that. Limits: in one process with the service; a refused command is counted and forgotten.
"""

from __future__ import annotations

import asyncio
import os
import queue
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from firstminute.app.desk_loop import Committed
from firstminute.app.services import Service
from firstminute.model.envelope import Actor, Fact
from firstminute.simulate.plans import CREW, MEMBER, Planned
from firstminute.simulate.town import Town

TICK_S = 0.2
FIX_EVERY_S = 1.0


class TownRunner:
    """Runs a town on a service."""

    def __init__(self, service: Service, town: Town) -> None:
        self._service, self._town = service, town
        self._facts: queue.SimpleQueue[Sequence[Fact]] = queue.SimpleQueue()
        self.refused: Counter[str] = Counter()
        self.left = 0
        """Acts that were left to somebody who has the page open."""
        service.desk.listen(self._follow)

    def _follow(self, committed: Committed) -> None:
        if committed.world == "live":
            self._facts.put(committed.facts)

    async def begin(self) -> None:
        """Crews on duty and at their places, teams mustered."""
        now_s = self._service.desk.now_s()
        first = self._town.begin(now_s)
        await self._feed(now_s)
        await asyncio.gather(*(self._submit(planned) for planned in first))

    async def run(self) -> None:
        """Until cancelled."""
        last_fix_s = 0.0
        while True:
            await asyncio.sleep(TICK_S)
            while not self._facts.empty():
                self._town.see(self._facts.get_nowait())
            now_s = self._service.desk.now_s()
            due, _ = self._town.tick(now_s)
            names = self._service.hub.present()[0] if due else frozenset()
            for planned in due:
                if is_there(planned.actor, names):
                    self.left += 1
                    continue
                task = asyncio.create_task(self._submit(planned))
                task.add_done_callback(_swallow)
            if now_s - last_fix_s >= FIX_EVERY_S:
                last_fix_s = now_s
                await self._feed(now_s)

    async def _submit(self, planned: Planned) -> Any:
        future = self._service.desk.submit(
            planned.name, planned.arguments, planned.actor, os.urandom(16).hex()
        )
        ack = await asyncio.wrap_future(future)
        if ack.status != "done":
            self.refused[f"{planned.name}:{ack.code}"] += 1
        return ack

    async def _feed(self, now_s: float) -> None:
        fixes = [
            (unit_id, lon, lat, now_s, 0.0, heading)
            for unit_id, lon, lat, heading in self._town.rides.fixes(now_s)
        ]
        if fixes:
            await self._service.positions.take(
                lambda: ([fix[0] for fix in fixes], np.array([fix[1:] for fix in fixes]))
            )


def is_there(actor: Actor, names: frozenset[str]) -> bool:
    """Whether somebody has the page of this guard or crew open: then he answers himself."""
    return actor.role in (CREW, MEMBER) and not names.isdisjoint({actor.id, actor.unit_id or actor.id})


def _swallow(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()
