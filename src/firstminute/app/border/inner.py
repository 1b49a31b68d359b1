"""The border of a desk, opened where the settings name one: link, carriers, what goes out and what comes in."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from firstminute.api.hub import Hub
from firstminute.api.ports import PositionPort
from firstminute.app.border.folder import FolderCarrier
from firstminute.app.border.inside import Inside
from firstminute.app.border.link import Link
from firstminute.app.border.outward import Outward, Post
from firstminute.app.border.pull import PullCarrier
from firstminute.app.desk import Desk
from firstminute.app.settings import Settings
from firstminute.app.transport import TransportRefused

NAME = "inside"


@dataclass(slots=True)
class InnerBorder:
    """A desk's end of the border. `post` takes letters for people outside."""

    link: Link
    inside: Inside
    outward: Outward
    post: Post
    carriers: list[FolderCarrier | PullCarrier]

    def health(self) -> dict[str, Any]:
        """How late the zone outside is."""
        failures = sum(each.failures for each in self.carriers if isinstance(each, PullCarrier))
        return {**self.link.health(), "failed_exchanges": failures}

    def run(self, loop: asyncio.AbstractEventLoop) -> list[Coroutine[Any, Any, None]]:
        """What runs beside the service."""
        self.inside.loop = loop
        return [self.outward.run(), *(each.run() for each in self.carriers)]

    def close(self) -> None:
        """Close both files."""
        self.link.close()


def open_inner(settings: Settings, desk: Desk, hub: Hub, positions: PositionPort) -> InnerBorder | None:
    """The border that the settings name, None where they name none.

    Raises
    ------
    StorageRefused : its files are not what was written, or nobody outside is trusted yet
    TransportRefused : the address of the zone outside will not do
    """
    folder, address = settings.border_folder, settings.border_address
    if folder is None and address is None:
        return None
    if address is not None and settings.border_token_file is None:
        raise TransportRefused("border_address", address=address)
    link = Link(settings.data_dir, NAME, most_bytes=settings.border_most_mb * 1_000_000)
    try:
        link.need_trust()
        inside = Inside(link, desk, positions)
        carriers: list[FolderCarrier | PullCarrier] = []
        if folder is not None:
            carriers.append(FolderCarrier(link, folder, inside.do))
        if address is not None and settings.border_token_file is not None:
            token, authority = settings.border_token_file, settings.border_authority
            carriers.append(PullCarrier(link, address, token, inside.do, authority=authority))
    except BaseException:
        link.close()
        raise
    return InnerBorder(link, inside, Outward(link, desk, hub), Post(link, desk), carriers)
