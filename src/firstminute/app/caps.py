"""Everything there is only so much of: one table, looked at every few seconds, with an alarm at seven tenths.

Idea (trust.md finding 7 and row 17): the great losses were counters and disks that filled while nobody looked. Each line of `CAPS` says what is used and of how
much; whoever adds a bound adds a line. Where a line comes above `ALARM` that becomes a fact and stands in the desk's row, in `/health` and in `/metrics`;
below `CALM` it is taken back. While the record cannot be written no fact can say so: then the desk's row is shown with `read_only`, without one.
Limits: looked at every `EVERY_S`; a bound that is reached within that time refuses as it always did.
"""

from __future__ import annotations

import asyncio
import logging
import os
import resource
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firstminute.api import hub as hubs
from firstminute.api.hub import Hub
from firstminute.app import positions as placing
from firstminute.app.border.inner import InnerBorder
from firstminute.app.desk import Desk
from firstminute.app.outer import Outer
from firstminute.app.positions import Positions
from firstminute.app.terminals import MOST as MOST_LINES
from firstminute.flow.state import State
from firstminute.model.envelope import SYSTEM
from firstminute.store import outbox, tracks
from firstminute.store.accounts_file import AccountsFile
from firstminute.store.errors import NotDurable
from firstminute.store.store import DATABASE
from firstminute.store.tracks import TrackWriter

LOG = logging.getLogger("firstminute.caps")
ALARM, CALM = 0.70, 0.65
FIRST_S, EVERY_S, GLANCE_S = 10.0, 5.0, 0.5
"""A start is busy enough: the first look comes when it is over."""
LAST_NUMBER = 2.0**53
"""Numbers up to here are whole in every program that reads our JSON; the database itself goes to 2^63."""
WAL_MOST = 512 * 2**20
OUTBOX_MOST, TIMERS_MOST, OPEN_MOST, SESSIONS_MOST, UNTOLD_MOST = 100_000, 100_000, 20_000, 400_000, 10_000
DESK_ROW = "desk/now"


@dataclass(frozen=True, slots=True)
class Measured:
    """What the table measures: the parts of a running service."""

    desk: Desk
    hub: Hub
    positions: Positions
    tracks: TrackWriter
    accounts: AccountsFile
    outer: Outer
    border: InnerBorder | None = None

    def look(self, view: Callable[[State], float]) -> float:
        """Something about the live state."""
        return self.desk.ask(view).result(5.0)

    def count(self, query: str) -> float:
        """How many rows the accounts have of something."""
        return float(self.accounts.read(query)[0][0])


Cap = Callable[[Measured], tuple[float, float]]


def disk(of: Measured) -> tuple[float, float]:
    """Bytes of the file system that the record lies on, without what only root may use."""
    found = os.statvfs(of.desk.store.folder)
    used = found.f_blocks - found.f_bfree
    return float(used * found.f_frsize), float((used + found.f_bavail) * found.f_frsize)


def wal(of: Measured) -> tuple[float, float]:
    """Bytes of the record's log: it grows while somebody reads for long, a backup for instance."""
    path = Path(f"{of.desk.store.folder / DATABASE}-wal")
    return float(path.stat().st_size if path.exists() else 0), float(WAL_MOST)


def queue(of: Measured) -> tuple[float, float]:
    """Commands that wait for the desk."""
    return float(of.desk.health()["waiting"]), float(of.desk.most_waiting)


def deferred(of: Measured) -> tuple[float, float]:
    """Calls that were saved in a rush and wait for their turn."""
    return float(of.desk.metrics()["deferred_calls"]), float(of.desk.most_waiting)


def open_incidents(of: Measured) -> tuple[float, float]:
    """Incidents in live state."""
    return of.look(lambda state: float(len(state.respond.incidents))), float(OPEN_MOST)


def timers(of: Measured) -> tuple[float, float]:
    """Timers pending."""
    return of.look(lambda state: float(len(state.timers.pending))), float(TIMERS_MOST)


def waiting_messages(of: Measured) -> tuple[float, float]:
    """Deliveries in the outbox without an outcome."""
    with of.desk.store.reading() as connection:
        return float(outbox.waiting(connection, of.desk.store.desk)), float(OUTBOX_MOST)


def listeners(of: Measured) -> tuple[float, float]:
    """Clients of the live feed."""
    return float(of.hub.clients), float(hubs.MAX_CLIENTS)


def position_batches(of: Measured) -> tuple[float, float]:
    """Batches of positions that wait to be placed."""
    return float(of.positions.waiting), float(placing.MOST_WAITING)


def track_batches(of: Measured) -> tuple[float, float]:
    """Batches of positions that wait for the disk."""
    return float(of.tracks.waiting), float(tracks.MOST_WAITING)


def sessions(of: Measured) -> tuple[float, float]:
    """Sessions that are kept."""
    return of.count("SELECT COUNT(*) FROM sessions"), float(SESSIONS_MOST)


def untold(of: Measured) -> tuple[float, float]:
    """What happened to accounts and is no fact yet."""
    return of.count("SELECT COUNT(*) FROM happened"), float(UNTOLD_MOST)


def journal_numbers(of: Measured) -> tuple[float, float]:
    """The highest number of a fact."""
    return float(max((head.seq for head in of.desk.store.heads.values()), default=0)), LAST_NUMBER


def key_numbers(of: Measured) -> tuple[float, float]:
    """The highest number of a subject's key."""
    return float(of.desk.store.vault.last_made), LAST_NUMBER


def open_files(of: Measured) -> tuple[float, float]:
    """Files and connections that this process holds."""
    return float(len(os.listdir("/proc/self/fd"))), float(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def attachments(of: Measured) -> tuple[float, float]:
    """Bytes of what people attached."""
    room = of.outer.sealed.room
    return float(room.used), float(room.most)


def terminals(of: Measured) -> tuple[float, float]:
    """Lines of vehicle terminals."""
    return float(of.outer.terminals.health()["open"]), float(MOST_LINES)


def border(of: Measured) -> tuple[float, float]:
    """Bytes that wait for the zone outside; none where there is none."""
    link = of.border.link if of.border is not None else None
    return (0.0, 1.0) if link is None else (float(link.out.waiting().size), float(link.most_bytes))


CAPS: tuple[Cap, ...] = (
    disk, wal, queue, deferred, open_incidents, timers, waiting_messages, listeners, position_batches, track_batches, sessions, untold,
    attachments, terminals, border, journal_numbers, key_numbers, open_files,
)  # fmt: skip
"""The table. A cap's name is its function's."""


class Caps:
    """Looks at the table, reports what comes and goes, and shows a desk that cannot write."""

    def __init__(self, of: Measured) -> None:
        self._of = of
        self._found: dict[str, tuple[float, float]] = {}
        self._alarms: set[str] | None = None
        self._shown_read_only = False

    def health(self) -> dict[str, Any]:
        """What `/health` says: each cap as it was last measured."""
        return {
            name: {"used": used, "most": most, "share": round(used / most, 4), "alarm": used / most >= ALARM}
            for name, (used, most) in sorted(self._found.items())
        }

    def metrics(self) -> dict[str, float]:
        """One gauge a cap."""
        return {
            f'cap_share{{cap="{name}"}}': round(used / most, 6) for name, (used, most) in self._found.items()
        }

    async def run(self) -> None:
        """Look, until cancelled."""
        left_s = FIRST_S
        while True:
            self.glance()
            if left_s <= 0.0:
                left_s = EVERY_S
                await asyncio.to_thread(self.look)
            await asyncio.sleep(GLANCE_S)
            left_s -= GLANCE_S

    def glance(self) -> None:
        """On the event loop: whoever has the page open sees at once that nothing can be written; a commit afterwards shows the row anew."""
        pause, row = self._of.desk.pause, self._of.hub.rows.get(DESK_ROW)
        if row is None or pause.on == self._shown_read_only:
            return
        self._shown_read_only = pause.on
        shown = {**row, "read_only": True} if pause.on else {k: v for k, v in row.items() if k != "read_only"}
        self._of.hub.publish(self._of.hub.seq, {DESK_ROW: shown})

    def look(self) -> None:
        """Measure every cap and report each that became an alarm or ceased to be one."""
        for cap in CAPS:
            name = cap.__name__
            try:
                self._found[name] = cap(self._of)
            except (NotDurable, OSError, RuntimeError, TimeoutError) as problem:
                LOG.error("%s could not be measured: %s", name, problem)
        if self._of.desk.pause.on or not self._of.desk.running:
            return
        if self._alarms is None:  # what the record says of the time before this start
            self._alarms = set(self._of.desk.ask(lambda state: dict(state.desk.caps)).result(5.0))
        for name, (used, most) in self._found.items():
            self._judge(name, used / most, self._alarms)

    def _judge(self, name: str, share: float, alarms: set[str]) -> None:
        now = share >= (CALM if name in alarms else ALARM)
        if now == (name in alarms):
            return
        report = {"cap": name, "share": round(share, 4), "alarm": now}
        said = self._of.desk.submit("report_cap", report, SYSTEM, self._of.desk.new_id()).result(10.0)
        if said.done:  # else it is said again with the next look
            (alarms.add if now else alarms.discard)(name)
            LOG.log(
                logging.CRITICAL if now else logging.WARNING, "%s is %d %% used", name, round(share * 100)
            )
