"""Webhooks on their way: what the outbox holds for machines outside is written, signed and sent, and its fate comes back as a command.

Idea: the row was written with its fact (`flow.consequences.receivers`); here it is only carried, beside every other message, so that a receiver that hangs
keeps nobody waiting: each has its own turn, and rests after a failure. The attempt is durable before anything is sent; the message id is the same at every
attempt, so a receiver can tell. A receiver's secret is made from the vault's own and its name, and is stored nowhere.
Limits: at least once, in no promised order; after `ATTEMPTS_MOST` tries or six hours a message has failed. Nothing of a URL is ever logged.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import Any, Protocol

from firstminute.app.certificates import trusted
from firstminute.app.desk import Desk
from firstminute.app.settings import Settings
from firstminute.flow.letters import Letter, letter
from firstminute.flow.state import State
from firstminute.gateways.webhook.addresses import allowed_of
from firstminute.gateways.webhook.codec import signed
from firstminute.gateways.webhook.transport import Line, NotSent, Resolve, addresses_of, send
from firstminute.model.envelope import SYSTEM
from firstminute.model.records import Receiver
from firstminute.respond.receivers import CHANNEL, PREFIX
from firstminute.store import outbox, registers
from firstminute.store.outbox import Delivery, wait_s
from firstminute.store.store import Store

LOG = logging.getLogger("firstminute.webhooks")
LOOK_EVERY_S = 0.5
ANSWER_S = 10.0
AT_ONCE = 8
"""So many receivers are spoken to at the same time."""
IN_A_ROW = 20
ATTEMPTS_MOST = 16
REST_MOST_S = 3_600.0


class Stamping(Protocol):
    """A vault, as far as it is needed here."""

    def stamp(self, data: bytes) -> bytes:
        """A keyed digest."""


def line_of(settings: Settings, resolve: Resolve = addresses_of) -> Line:
    """How messages leave, by the settings. Raises ValueError for a network that is none, OSError for a file that cannot be read."""
    return Line(
        allowed_of(settings.webhook_hosts, settings.webhook_networks), trusted(settings.webhook_ca), resolve
    )


def key_of(vault: Stamping, receiver: Receiver) -> bytes:
    """The secret that a receiver and we share."""
    return vault.stamp(f"webhook\0{receiver.receiver_id}\0{receiver.secret_round}".encode())


def envelope(message_id: str, event: str, desk: str, at_s: float, data: dict[str, Any]) -> bytes:
    """The body of one message."""
    sent_at = datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")
    said = {"id": message_id, "event": event, "desk": desk, "sent_at": sent_at, "data": data}
    return json.dumps(said, ensure_ascii=True).encode("ascii")


def _written(row: Delivery, state: State) -> Letter | None:
    return letter(state, row.reason, row.reason_id, row.recipient)


class Webhooks:
    """The carrier of one service.

    Attributes
    ----------
    sent, failed : attempts since start
    """

    def __init__(self, store: Store, desk: Desk, line: Line, new_id: Callable[[], str]) -> None:
        self._store, self._desk, self._line, self._new_id = store, desk, line, new_id
        self._busy: set[str] = set()
        self._resting: dict[
            str, tuple[float, int]
        ] = {}  # receiver → until when (monotonic), failures in a row
        self.sent = self.failed = 0

    async def run(self) -> None:
        """Look for what is due, until cancelled."""
        loop = asyncio.get_running_loop()
        pool = ThreadPoolExecutor(AT_ONCE, "webhook")
        try:
            while True:
                await asyncio.sleep(LOOK_EVERY_S)
                try:
                    waiting = await asyncio.to_thread(self.due)
                except Exception:
                    LOG.exception("the outbox could not be read; it is tried again")
                    continue
                for receiver_id, rows in waiting.items():
                    if len(self._busy) < AT_ONCE:
                        self._busy.add(receiver_id)
                        loop.run_in_executor(pool, self._turn, receiver_id, rows)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # one that hangs ends by its own deadline

    def due(self) -> dict[str, list[Delivery]]:
        """What is due now, by receiver; of those whose turn it may be."""
        now = time.monotonic()
        resting = {receiver for receiver, (until, _) in self._resting.items() if until > now}
        with self._store.reading() as connection:
            found = outbox.due_on(
                connection, self._store.desk, self._desk.now_s(), CHANNEL, without=resting | self._busy
            )
        found.sort(key=lambda each: each.recipient)
        return {key: list(rows)[:IN_A_ROW] for key, rows in groupby(found, lambda each: each.recipient)}

    def _turn(self, receiver_id: str, rows: list[Delivery]) -> None:
        try:
            self.carry(receiver_id, rows)
        except Exception:
            LOG.exception("webhooks to %s could not be carried; it is tried again", receiver_id)
            self._rest(receiver_id)
        finally:
            self._busy.discard(receiver_id)

    def carry(self, receiver_id: str, rows: list[Delivery]) -> int:
        """Send what is due to one receiver, until one fails; how many arrived."""
        receiver = self._receiver(receiver_id)
        for number, row in enumerate(rows):
            if row.expires_s <= self._desk.now_s():
                self._ended(row, "expired")
                continue
            found = self._desk.ask(partial(_written, row))
            written = found.result(ANSWER_S)
            if written is None or receiver is None or receiver.url is None:
                self._ended(row, "moot")
                continue
            with self._store.database.write() as connection:  # durable before anything is sent
                outbox.note_attempts(connection, self._store.desk, [row], self._desk.now_s(), REST_MOST_S)
            at_s = self._desk.now_s()
            body = envelope(
                row.message_id, row.reason.removeprefix(PREFIX), self._store.desk, at_s, dict(written.data)
            )
            try:
                send(
                    self._line,
                    receiver.url,
                    signed(key_of(self._store.vault, receiver), row.message_id, int(at_s), body),
                    body,
                )
            except NotSent as problem:
                self.failed += 1
                LOG.warning("webhook %s to %s did not arrive: %s", row.message_id, receiver_id, problem)
                self._rest(receiver_id)
                if row.attempts + 1 >= ATTEMPTS_MOST:
                    self._ended(row, "failed")
                return number
            self.sent += 1
            self._resting.pop(receiver_id, None)
            self._ended(row, "delivered")
        return len(rows)

    def _receiver(self, receiver_id: str) -> Receiver | None:
        with self._store.reading() as connection:
            rows = registers.current(connection, self._store.desk, "receivers", self._store.keys)
            found = next((record for key, _, record in rows if key == receiver_id), None)
        return found if isinstance(found, Receiver) else None

    def _rest(self, receiver_id: str) -> None:
        _, failures = self._resting.get(receiver_id, (0.0, 0))
        self._resting[receiver_id] = (time.monotonic() + wait_s(failures, REST_MOST_S), failures + 1)

    def _ended(self, row: Delivery, outcome: str) -> None:
        arguments = {
            "message_id": row.message_id, "reason_id": row.reason_id, "channel": row.channel, "outcome": outcome, "attempts": row.attempts + 1,
        }  # fmt: skip
        self._desk.submit("record_delivery", arguments, SYSTEM, self._new_id(), world=row.world).result(
            ANSWER_S
        )
