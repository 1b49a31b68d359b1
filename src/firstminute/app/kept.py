"""Accounts and tokens follow the record: taken before they are opened, kept up to date while this process leads (see `store.kept_files`)."""

from __future__ import annotations

import asyncio
import logging

from firstminute.store.errors import HeadLost
from firstminute.store.kept_files import KeptFiles
from firstminute.store.store import Store

LOG = logging.getLogger("firstminute.kept")
EVERY_S = 1.0


def kept_files(store: Store) -> KeptFiles | None:
    """The copy beside a record on a server, already taken where another folder wrote it; None where the record is a file: then its folder is all there is."""
    if store.database.durability["engine"] == "sqlite":
        return None
    kept = KeptFiles(store)
    if kept.take():
        LOG.warning("accounts and tokens of the desk that led before were taken over")
    return kept


async def keep_files(kept: KeptFiles | None) -> None:
    """Bring the copy up to date every second, until cancelled or led by another."""
    while kept is not None:
        await asyncio.sleep(EVERY_S)
        try:
            await asyncio.to_thread(kept.keep)
        except HeadLost:
            return
        except Exception:
            LOG.exception("accounts and tokens were not copied; it is tried again")
