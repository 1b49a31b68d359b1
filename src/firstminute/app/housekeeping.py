"""What must be done now and then, in small bites beside the desk: prune, delete, back up, refill.

Idea (trust.md finding 7): housekeeping has killed more dispatch systems than crashes have. Each bite is bounded and short, holds the writing
connection for milliseconds, and a failure is logged, counted and tried again later. Nothing here touches facts; what must
become one (an erasure by retention, a master key in force) is submitted as a command like any other.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from firstminute.app.desk import Desk
from firstminute.app.retention import Retention
from firstminute.app.rotation import rotate
from firstminute.app.settings import Settings
from firstminute.store import commands, outbox, read_models, subjects
from firstminute.store.store import Store
from firstminute.store.tracks import delete_before

LOG = logging.getLogger("firstminute.housekeeping")
BITE = 500
BITES = 200
"""In one go at most: at every half minute that is 290 million rows a day, more than any city writes."""
BREATH_S = 0.01
REST, WAITS_S = 2.0, 0.1
"""After a bite the writer is left alone for twice as long as it took; before one, whoever waits for the desk goes first."""
DAY_S = 86_400.0
WALK_EVERY_S = 3600.0


class Housekeeping:
    """The jobs of one service and when each is due next.

    Parameters
    ----------
    sweep : a bite of clearing up attachments

    Attributes
    ----------
    failures : how many jobs have failed since start
    """

    def __init__(
        self, store: Store, desk: Desk, settings: Settings, sweep: Callable[[], int] | None = None
    ) -> None:
        self._store, self._desk, self._settings = store, desk, settings
        self.failures = 0
        self._retention = Retention(desk, settings)
        self._walk_again_s = 0.0
        every: list[tuple[float, Callable[[], object]]] = [
            (2.0, store.vault.refill),
            (5.0, self.follow),
            (5.0, self.rotate),
            (30.0, self.prune),
            (10.0, self.retain),
            (3600.0, self.drop_tracks),
            (3600.0, self.back_up_vault),
            *([(60.0, sweep)] if sweep is not None else []),
        ]
        self._jobs = every
        self._due_s = [time.monotonic() + after_s for after_s, _ in every]

    async def run(self) -> None:
        """Do what is due, until cancelled."""
        while True:
            await asyncio.sleep(1.0)
            for row, (after_s, job) in enumerate(self._jobs):
                if time.monotonic() >= self._due_s[row] and not self._desk.pause.on:
                    self._due_s[row] = time.monotonic() + after_s
                    await asyncio.to_thread(self._try, job)

    def _try(self, job: Callable[[], object]) -> None:
        try:
            job()
        except Exception:
            self.failures += 1
            LOG.exception("%s failed; it is tried again", job.__name__)

    def prune(self) -> int:
        """Old answers, ended deliveries and subjects closed long ago, bite by bite while nobody is in a hurry; how many rows went."""
        count = 0
        for _ in range(BITES):
            if self._desk.hurried or self._desk.pause.on:
                break
            self._let_calls_go_first()
            began_s = time.monotonic()
            gone = self.bite()
            count += sum(gone)
            if max(gone) < BITE:
                break
            time.sleep(max(BREATH_S, REST * (time.monotonic() - began_s)))
        return count

    def _let_calls_go_first(self) -> None:
        until_s = time.monotonic() + WAITS_S
        while self._desk.wanted and time.monotonic() < until_s:
            time.sleep(0.001)

    def bite(self) -> tuple[int, int, int]:
        """One short transaction of it: at most `BITE` rows of each sort."""
        now_s, kept = self._desk.now_s(), self._settings
        answers_s = now_s - kept.answers_kept_days * DAY_S
        with self._store.database.write() as connection:
            return (
                commands.prune(connection, answers_s, BITE),
                outbox.prune(connection, answers_s, BITE),
                subjects.prune(connection, now_s - kept.closed_kept_h * 3600.0, BITE),
            )

    def follow(self) -> int:
        """Bring the read models up to the journal, a bite at a time; how many facts were read. It can wait while many call at once."""
        count = 0
        while not self._desk.hurried:
            with self._store.reading() as connection:
                bite = read_models.follow(connection, self._store.journal)
            if bite is None:
                break
            with self._store.database.write() as connection:
                read_models.keep(connection, self._store.journal, bite)
            count += bite.read
            time.sleep(BREATH_S)
        return count

    def rotate(self) -> bool:
        """Carry on with an ordered rotation of the master key, and back the key file up anew once it is through; True while some is left."""
        was = self._store.vault.rotating
        left = rotate(self._desk)
        if was and not left:
            self.back_up_vault(anew=True)
        return left

    def retain(self) -> bool:
        """One bite of retention while nobody calls; a walk that came to its end begins again an hour later."""
        if self._desk.hurried or time.monotonic() < self._walk_again_s:
            return False
        more = self._retention.bite()
        if not more:
            self._walk_again_s = time.monotonic() + WALK_EVERY_S
        return more

    def drop_tracks(self) -> list[Path]:
        """Delete position files past their retention."""
        return delete_before(
            self._settings.data_dir / "tracks", self._desk.now_s(), self._settings.tracks_kept_days
        )

    def back_up_vault(self, *, anew: bool = False) -> Path | None:
        """Today's copy of the key file, and only the last few days' are kept. Not in the middle of a rotation: it would need two master keys."""
        if not self._settings.vault_backups or self._store.vault.rotating:
            return None
        folder = self._settings.data_dir / "vault-backups"
        folder.mkdir(mode=0o700, exist_ok=True)
        target = folder / f"vault-{datetime.fromtimestamp(self._desk.now_s(), UTC).date().isoformat()}.db"
        if anew or not target.exists():
            self._store.vault.back_up(target)
        for old in sorted(folder.glob("vault-*.db"))[: -self._settings.vault_backups]:
            old.unlink()
        return target
