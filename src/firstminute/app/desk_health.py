"""What `/health` says of a desk and its record."""

from __future__ import annotations

from typing import Any

from firstminute.app.clock import DeskClock
from firstminute.app.pause import Pause
from firstminute.store.store import Store

COUNTED = ("commands", "facts", "groups", "not_durable", "busy", "reactions_failed", "listeners_failed")


def health_of(store: Store, clock: DeskClock, pause: Pause) -> dict[str, Any]:
    """Whose record, where its streams end, how it is kept, what the clock and the disk are like."""
    return {
        "desk": store.desk,
        "read_only": pause.health(),
        "epoch": next((head.epoch for head in store.heads.values()), 0),
        "seq": {world: head.seq for world, head in store.heads.items()},
        "clock": clock.apart(),
        "clock_apart_s": round(clock.apart_s(), 3),
        "storage": store.database.durability,
    }
