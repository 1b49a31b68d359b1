"""What the service takes from and gives to machines and people beyond calls: attachments, webhooks, messages to phones, terminals; put together.

Idea: one part of the service, so that the place where everything meets names it once. Limits: none of it stands in the way of a call.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from firstminute.api.ports import SendPort
from firstminute.app.attachments import AskState, Sealed
from firstminute.app.carriers import Carriers
from firstminute.app.desk import Desk
from firstminute.app.ids import new_id
from firstminute.app.people import Book, Duty
from firstminute.app.positions import Positions
from firstminute.app.settings import Settings
from firstminute.app.terminals import Terminals, private
from firstminute.app.transport import TransportRefused
from firstminute.app.webhooks import Webhooks, line_of
from firstminute.store.attachments import Attachments
from firstminute.store.store import Store

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Outer:
    """The four, and the settings that they begin with."""

    sealed: Sealed
    webhooks: Webhooks
    carriers: Carriers
    terminals: Terminals
    settings: Settings

    def duty(self) -> Duty:
        """What the responder's page needs of the house."""
        return Duty(self.carriers.store, self.carriers.push_key, self.carriers.line.allowed)

    def health(self) -> dict[str, Any]:
        """What `/health` says of them."""
        return {"attachments": self.sealed.health(), "terminals": self.terminals.health()}

    async def begin(self) -> list[asyncio.Task[None]]:
        """What runs beside the desk from now on. Raises OSError where the terminals' port is taken."""
        tasks = [asyncio.create_task(each.run()) for each in (self.sealed, self.webhooks, self.carriers)]
        if self.settings.jt808_port:
            server = await self.terminals.listen(self.settings.jt808_host, self.settings.jt808_port)
            tasks += [asyncio.create_task(server.serve_forever()), asyncio.create_task(self.terminals.keep())]
        return tasks


def check(settings: Settings) -> None:
    """Raise TransportRefused where terminals would be listened for on an open network."""
    if settings.jt808_port and not private(settings.jt808_host):
        raise TransportRefused("terminals", host=settings.jt808_host)


def outer_of(desk: Desk, positions: Positions, send: SendPort, ask: AskState, settings: Settings) -> Outer:
    """Put them together over an opened store. Raises what `line_of` raises."""
    store: Store = desk.store
    return Outer(
        Sealed(Attachments(store, most=settings.attachments_megabytes * MB), desk, send, ask, settings),
        Webhooks(store, desk, line_of(settings), new_id),
        Carriers(store, desk, Book(store), settings, new_id),
        Terminals(settings.data_dir, store.vault, positions.take, desk.now_s),
        settings,
    )
