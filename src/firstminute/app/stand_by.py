"""A process that waits beside the one that leads, ready to take over within seconds.

Idea (DESIGN.md §6): everything that takes time is done beforehand: the program is loaded, the city is opened and warmed up, the keys are tried, and a
snapshot of the state is folded from the record now and then. What is left for the take-over is to raise the epoch and to fold what came since.
Limits: a data folder of its own, with the same `master.key` and the same `attachments/`; it answers nothing before it leads.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import psycopg

from firstminute.app.certificates import of_the_world
from firstminute.app.desk_state import save_beside
from firstminute.app.rehearse import rehearse
from firstminute.app.settings import Settings
from firstminute.geo.fences import build_fences
from firstminute.store import record
from firstminute.store.attached_place import FOLDER, seen
from firstminute.store.engine import alone
from firstminute.store.errors import StorageRefused
from firstminute.store.ground import open_city
from firstminute.store.lease import Lease
from firstminute.store.onlooker import Onlooker
from firstminute.store.postgres_keys import PostgresKeys
from firstminute.store.server import unreachable
from firstminute.store.vault import Vault

LOG = logging.getLogger("firstminute.stand_by")


class StandBy:
    """One that waits.

    Attributes
    ----------
    unseen : what the record speaks of and this machine does not see: `attachments`, or nothing

    Raises
    ------
    StorageRefused : the record is a file, a process writes this very folder, the server cannot be reached, or the master key is not the record's
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        folder = settings.data_dir
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with alone(folder / record.DATABASE):
            url = record.settle(folder, settings.database_url)
        if url is None:
            said = "a stand-by needs a record in PostgreSQL: a file has one writer on one machine"
            raise StorageRefused("stand_by_needs_server", said)
        self._try_key(url)
        of_the_world()
        build_fences([])  # the compiler's own tables: most of what a take-over would wait for
        if settings.city_dir is not None:
            rehearse(open_city(settings.city_dir).ground)
        self._url, self._over = url, threading.Event()
        self.unseen = self._look()

    def _try_key(self, url: str) -> None:
        keys = PostgresKeys(url, read_only=True)
        try:
            fresh = not keys.has("masters")
        finally:
            keys.close()
        if not fresh:
            Vault(self._settings.data_dir, read_only=True, url=url).close()

    def _look(self) -> tuple[str, ...]:
        found: tuple[str, ...] = () if seen(self._settings.data_dir) else (FOLDER,)
        if found:
            LOG.critical("what was attached lies in a folder that this machine does not see")
        return found

    def wait(self, told: Callable[[str, tuple[str, ...]], None]) -> Lease:
        """Wait until nobody leads; the lease, which this process has then. `told`: what it waits for, and what it does not see."""
        try:
            lease = Lease(self._url)
        except psycopg.Error as problem:
            raise unreachable(self._url, problem) from None
        told(lease.name, self.unseen)
        beside = threading.Thread(target=self._follow, name="follow", daemon=True)
        beside.start()
        lease.wait()
        self._over.set()
        LOG.critical("nobody leads %s any more: this process does now", lease.name)
        return lease

    def _follow(self) -> None:
        """Keep a snapshot that is minutes old at most, so that little is left to fold."""
        every_s = self._settings.snapshot_minutes * 60.0
        while every_s and not self._over.wait(every_s):
            try:
                self._try_key(self._url)
                self.unseen = self._look()
                with Onlooker(self._settings.data_dir, self._settings.desk) as onlooker:
                    save_beside(onlooker, self._settings.closed_kept_h * 3600.0)
            except Exception:
                LOG.exception("a stand-by could not follow the record; it goes on waiting")
