"""Deliveries on their way out: what waits in the outbox is handed to its channel, and what became of it comes back as a command.

Idea (DESIGN.md §4): the outbox row was written with its fact; here it is only carried. An expired row is never sent. The `page` channel is the live
feed itself: an alert counts as delivered there when its recipient has the page open. Limits: other channels (SMS, push, group bots) are gateways of a
later step; a `message_folder` drops messages as files for one that exists already.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from pathlib import Path

from firstminute.app.desk import Desk
from firstminute.model.envelope import SYSTEM
from firstminute.store import outbox
from firstminute.store.outbox import Delivery
from firstminute.store.store import Store

LOG = logging.getLogger("firstminute.outgoing")
LOOK_EVERY_S = 0.5


class Outgoing:
    """Carries deliveries, a few hundred at a time.

    Parameters
    ----------
    present : True where a recipient has the page open
    """

    def __init__(
        self,
        store: Store,
        desk: Desk,
        present: Callable[[str], bool],
        new_id: Callable[[], str],
        folder: Path | None,
    ) -> None:
        self._store, self._desk, self._present, self._new_id, self._folder = (
            store,
            desk,
            present,
            new_id,
            folder,
        )

    async def run(self) -> None:
        """Look for what is due, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await asyncio.to_thread(self.carry)
            except Exception:
                LOG.exception("outbox pass failed; it is tried again")

    def carry(self) -> int:
        """One pass over the outbox; how many deliveries were tried."""
        with self._store.reading() as connection:
            waiting = outbox.due(connection, self._store.desk, self._desk.now_s())
        sending = [each for each in waiting if each.channel != "page" and each.expires_s > self._desk.now_s()]
        if sending:  # the attempt is durable before anything is sent
            with self._store.database.write() as connection:
                outbox.note_attempts(connection, self._store.desk, sending, self._desk.now_s())
        for delivery in waiting:
            outcome = self._try(delivery)
            if outcome:
                arguments = {
                    "message_id": delivery.message_id, "reason_id": delivery.reason_id, "channel": delivery.channel,
                    "outcome": outcome, "attempts": delivery.attempts + 1,
                }  # fmt: skip
                self._desk.submit("record_delivery", arguments, SYSTEM, self._new_id())
        return len(waiting)

    def _try(self, delivery: Delivery) -> str | None:
        if delivery.expires_s <= self._desk.now_s():
            return "expired"
        if delivery.channel == "page":
            return "delivered" if self._present(delivery.recipient) else None
        if self._folder is None:
            return "failed"
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{delivery.message_id}.json"
        fresh = path.with_suffix(".new")
        fresh.write_text(
            json.dumps(
                {
                    "id": delivery.message_id,
                    "channel": delivery.channel,
                    "to": delivery.recipient,
                    "about": delivery.reason_id,
                }
            )
        )
        fresh.replace(path)
        return "delivered"
