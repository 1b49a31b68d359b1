"""Bulk imports beside the desk: prepared by a process, staged in passing, valid with one fact, settled afterwards.

Idea (DESIGN.md §4): an import is one fact and never half visible, and no call waits for it. Reading and checking happen in a child (`prepare`), rows are
staged some hundreds at a time between the desk's own commits (`store.staging`), the desk itself only folds the records into memory and writes the one
fact. Limits: one import at a time; others wait for it.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import logging
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from firstminute.app.desk import Desk
from firstminute.app.desk_loop import Waiting
from firstminute.app.prepare import Prepared
from firstminute.flow.acks import Ack
from firstminute.flow.deciders.desk import ChangeRegister
from firstminute.flow.registers import Ready, made_ready
from firstminute.model.envelope import Actor
from firstminute.model.records import Record
from firstminute.store import commands
from firstminute.store.canonical import canonical
from firstminute.store.registers import Import
from firstminute.store.store import Store

LOG = logging.getLogger("firstminute.imports")
GIVE_WAY = 0.5
"""After each piece the import waits this share of the time it took: the desk commits meanwhile."""
SHORTEST_WAIT_S, LOOK_EVERY_S = 0.002, 2.0
BUSY_MOST, BUSY_WAIT_S = 120, 0.25


@dataclass(frozen=True, slots=True)
class Staged:
    """An import whose rows stand ready."""

    about: Import
    keys: tuple[str, ...]
    ready: Ready
    digest: str


class Imports:
    """Imports of one service. Implements what `api.registers` asks."""

    def __init__(self, store: Store, desk: Desk) -> None:
        self._store, self._desk = store, desk
        self._one = asyncio.Lock()
        self._left = asyncio.Event()

    async def run(self) -> None:
        """Settle what is left to do, also of a process that was killed, until cancelled."""
        while True:
            try:
                while await asyncio.to_thread(self._bite):
                    pass
            except Exception:
                LOG.exception("an import could not be settled; it is tried again")
            self._left.clear()
            try:
                await asyncio.wait_for(self._left.wait(), LOOK_EVERY_S)
            except TimeoutError:
                pass

    def _bite(self) -> bool:
        began = time.perf_counter()
        more = self._store.settle()
        if more:
            _give_way(began)
        return more

    async def check(self, table: str, form: str, data: bytes) -> tuple[int, Sequence[Mapping[str, Any]]]:
        """How many rows a file has, and what is wrong with it."""
        return await asyncio.to_thread(_checked, table, form, data)

    async def load(
        self, table: str, form: str, data: bytes, actor: Actor, command_id: str
    ) -> tuple[Ack | None, Sequence[Mapping[str, Any]]]:
        """Import a file: the desk's answer, or None and the errors row by row.

        Raises
        ------
        ImportFailed : the file could not be prepared; nothing is changed
        """
        async with self._one:
            while table in self._store.settling:
                await asyncio.sleep(0.05)
            said = ["change_register", "live", actor.id, table, form, hashlib.sha256(data).hexdigest()]
            digest = self._store.vault.stamp(canonical(said))
            change = ChangeRegister(table=table, keys=(), versions=(), digest="", rows=())
            if not await asyncio.to_thread(self._known, command_id):
                staged, errors = await asyncio.to_thread(self._stage, table, form, data)
                if staged is None:
                    return None, errors
                change = replace(
                    change,
                    keys=staged.keys,
                    digest=staged.digest,
                    rows=(staged.ready,),
                    staged=staged.about.import_id,
                )
            ack = await self._submit(Waiting("change_register", change, digest, actor, command_id, "live"))
            if change.staged is not None and (not ack.done or ack.again):
                self._store.abandon(change.staged)
            self._left.set()
            return ack, []

    async def _submit(self, waiting: Waiting) -> Ack:
        """Bring the one fact before the desk; where that is busy, wait: the rows stand ready."""
        for _ in range(BUSY_MOST):
            answer: Future[Ack] = Future()
            self._desk.put(replace(waiting, reply=answer.set_result))
            ack = await asyncio.wrap_future(answer)
            if ack.status != "busy":
                break
            await asyncio.sleep(BUSY_WAIT_S)
        return ack

    def _known(self, command_id: str) -> bool:
        """True for a command that was answered before: it gets the same answer without being prepared again."""
        with self._store.reading() as connection:
            return bool(commands.find(connection, self._store.desk, [command_id]))

    def _stage(self, table: str, form: str, data: bytes) -> tuple[Staged | None, Sequence[Mapping[str, Any]]]:
        keys: list[str] = []
        records: list[Record] = []
        about = self._store.begin_import(table, os.urandom(16).hex())
        gc.disable()  # hundreds of thousands of records are made and none is garbage: looking for some would stop everybody
        try:
            with Prepared(table, form, data) as prepared:
                for piece in prepared.pieces():
                    began = time.perf_counter()
                    self._store.stage(about, [parts for parts, _ in piece])
                    keys += [parts[0] for parts, _ in piece]
                    records += [record for _, record in piece]
                    _give_way(began)
            if prepared.errors:
                self._store.abandon(about.import_id)
                return None, prepared.errors
            return Staged(about, tuple(keys), made_ready(table, records), prepared.digest), []
        except BaseException:
            self._store.abandon(about.import_id)
            raise
        finally:
            gc.freeze()
            gc.enable()


def _checked(table: str, form: str, data: bytes) -> tuple[int, list[dict[str, Any]]]:
    with Prepared(table, form, data, check_only=True) as prepared:
        for _ in prepared.pieces():
            pass
        return prepared.count, prepared.errors


def _give_way(began: float) -> None:
    time.sleep(max(SHORTEST_WAIT_S, GIVE_WAY * (time.perf_counter() - began)))
