"""The inner end: what the zone outside kept becomes commands here, and its answers, pictures and letters go out.

Idea: a command from outside is submitted as any other, under the id and with the time that it got when it was kept there, so that doing it twice is doing it
once and clocks are judged by when it happened. The place in the stream moves on only behind answers that are durable. What the desk cannot read as a call
is kept as an unreadable call: its words are not lost for a mistake of ours. Limits: what may cross at all stands in `flow.crossing`.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np

from firstminute.api.ports import PositionPort, PositionsNotKept
from firstminute.app.border.link import Link
from firstminute.app.desk import Desk
from firstminute.flow.acks import Ack
from firstminute.flow.crossing import BY_ALERT, CALLS, TOLD_BACK, Crossed, crossed_of
from firstminute.respond.outside import assignment_of
from firstminute.store.border_in import Opened, plain_kind
from firstminute.store.border_out import BorderFull, Letter
from firstminute.store.canonical import canonical

LOG = logging.getLogger("firstminute.border")
ANSWER_S = 30.0
COME_AGAIN = frozenset({"busy", "not_durable"})
RAW_MOST = 48_000
RECEIPT_LASTS_S = 7 * 86_400.0
FIXES_MOST = 1_000


class Inside:
    """Does what comes from outside. `loop` is where positions are taken, once there is one."""

    def __init__(self, link: Link, desk: Desk, positions: PositionPort | None = None) -> None:
        self.link, self._desk, self._positions = link, desk, positions
        self.loop: asyncio.AbstractEventLoop | None = None

    def do(self, run: Sequence[Opened]) -> int:
        """Submit all in order, wait for their answers, and tell the outside; how many from the first on are done for good."""
        asked = [(each, self._begin(each)) for each in run]
        receipts: list[Letter] = []
        done = 0
        for each, waiting in asked:
            try:
                ack = None if waiting is None else waiting.result(ANSWER_S)
            except (TimeoutError, PositionsNotKept):
                break
            if isinstance(ack, Ack):
                if ack.status in COME_AGAIN:
                    break
                if ack.status == "invalid" and (kept := self._keep_words(each)) is not None:
                    ack = kept.result(ANSWER_S)
                    if ack.status in COME_AGAIN:
                        break
                receipts.append(self._receipt(each.body["command_id"], ack))
            done += 1
        if receipts:
            try:
                self.link.out.put(*receipts)
            except BorderFull:
                LOG.error("no room for %d receipts to the zone outside", len(receipts))
        return done

    def _begin(self, each: Opened) -> Future[Any] | None:
        """The answer to come, None where nothing was asked that may be asked."""
        kind = plain_kind(each.message)
        try:
            if kind == "command":
                return self._submit(crossed_of(each.body), each.message.at_s)
            if kind == "positions":
                return self._place(each.body)
            raise ValueError("kind")
        except (ValueError, TypeError) as odd:
            LOG.error("a message from outside says what may not be said over the border: %s", odd)
            self.link.into.count("odd")
            return None

    def _submit(self, said: Crossed, kept_s: float) -> Future[Ack]:
        arguments = dict(said.arguments)
        named = str(arguments.get("assignment_id") or "")
        if named.startswith(BY_ALERT):
            alert_id = named.removeprefix(BY_ALERT)
            found = self._desk.ask(lambda state: assignment_of(state.respond, alert_id), said.world).result(
                ANSWER_S
            )
            arguments["assignment_id"] = found or named
        at_s = min(said.occurred_s, kept_s, self._desk.now_s())
        return self._desk.submit(
            said.name,
            arguments,
            said.actor,
            said.command_id,
            occurred_s=at_s,
            time_source="outside",
            world=said.world,
        )

    def _place(self, body: Any) -> Future[int] | None:
        if not isinstance(body, dict):
            raise ValueError("positions")
        ids, columns = body.get("ids"), np.asarray(body.get("columns"), np.float64)
        if not isinstance(ids, list) or columns.shape != (len(ids), 5) or not 0 < len(ids) <= FIXES_MOST:
            raise ValueError("positions")
        if self._positions is None or self.loop is None:
            return None
        return asyncio.run_coroutine_threadsafe(self._take(list(map(str, ids)), columns), self.loop)

    async def _take(self, ids: list[str], columns: Any) -> int:
        assert self._positions is not None
        return await self._positions.take(lambda: (ids, columns))

    def _keep_words(self, each: Opened) -> Future[Ack] | None:
        """What was a call outside and is none here is kept for a person to read."""
        said = crossed_of(each.body)
        if said.name not in CALLS:
            return None
        raw = canonical(said.arguments)[:RAW_MOST]
        arguments = {
            "channel": str(said.arguments.get("channel") or "web"), "raw": base64.b64encode(raw).decode("ascii"), "length": len(raw),
            "problem": "invalid",
        }  # fmt: skip
        command_id = hashlib.sha256(f"unreadable:{said.command_id}".encode()).hexdigest()[:32]
        return self._desk.submit(
            "receive_unreadable_call",
            arguments,
            said.actor,
            command_id,
            occurred_s=said.occurred_s,
            time_source="outside",
        )

    def _receipt(self, command_id: str, ack: Ack) -> Letter:
        reply = {name: ack.reply[name] for name in TOLD_BACK if ack.reply.get(name) is not None}
        now_s = self.link.clock()
        body = {
            "command_id": command_id,
            "status": ack.status,
            "code": ack.code,
            "reply": reply,
            "read_s": round(now_s, 3),
        }
        return Letter(kind="receipt", body=body, expires_s=now_s + RECEIPT_LASTS_S)
