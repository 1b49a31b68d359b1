"""Who leads on a PostgreSQL record, and how a stand-by learns that nobody does.

Idea (DESIGN.md §4): `desk_head` decides. Whoever takes over raises its epoch, and each transaction of whoever led before fails from then on. The
lease only says *when* to take over. It is a session of its own with an advisory lock, which the server drops the moment a process dies; and a beat
twice a second (a query, so that nothing is written and a slow disk does not look like silence), because a process that is frozen, or whose machine is cut
off, dies without telling the server. A stand-by asks the server when the leader's session last said something, so silence is the leader's and never its
own. After `SILENCE_S` without a beat it ends the leader's sessions, which frees what they hold, and takes the lock.
Limits: one writer a schema, whatever its desks are called. A leader whose desk hangs for `SILENCE_S` and longer is replaced as if it were dead.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg

from firstminute.store.errors import StorageRefused
from firstminute.store.server import ask, connected

LOG = logging.getLogger("firstminute.lease")
BEAT_S = 0.5
SILENCE_S = 2.0
LOOK_S = 0.2
GRACE_S = 1.5
RECONNECT_S = 0.5
HOLDER = """SELECT a.pid, coalesce(host(a.client_addr), 'this machine'), a.state_change FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND l.classid::bigint = %s AND l.objid::bigint = %s AND l.objsubid = 1
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
END = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = %s AND datname = current_database() AND pid <> pg_backend_pid()"""


def application_of(name: str) -> str:
    """What the sessions of a leader are called on the server; a take-over ends all of that name."""
    return f"firstminute {name}"


class Lease:
    """The right to write one schema of one database.

    Parameters
    ----------
    url : of the database

    Attributes
    ----------
    name : of the schema's lease, the same for all that would lead it
    lost : why this process leads no longer, None while it does
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self.lost: str | None = None
        self._alive: Callable[[], bool] = lambda: True
        self._told: Callable[[], object] = lambda: None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._heard: tuple[int, str, Any] | None = None
        self._heard_s = time.monotonic()
        self._pid = 0
        self._connection = self._connect("firstminute stand-by")
        row = self._connection.execute("SELECT current_schema(), current_database()").fetchone()
        assert row is not None
        digest = hashlib.sha256(f"firstminute/{row[1]}/{row[0]}".encode()).digest()
        self._key = int.from_bytes(digest[:8], "big", signed=True)
        self.name = f"{row[1]}.{row[0]}"[:40]

    def _connect(self, application: str) -> psycopg.Connection[Any]:
        return connected(self._url, application, autocommit=True, tcp_user_timeout=4000)

    # ------------------------------------------------------------------ to get it

    def take(self) -> None:
        """Take the lease or be refused; the sessions of one that was just killed are given a moment to end.

        Raises
        ------
        StorageRefused : another process leads
        """
        until_s = time.monotonic() + GRACE_S
        while not (taken := self._try()) and time.monotonic() < until_s:
            time.sleep(LOOK_S / 4)
        if not taken:
            pid, where, _ = self._holder()
            said = f"another process (session {pid} from {where}) leads the record {self.name}"
            raise StorageRefused("led", said, name=self.name, session=pid, where=where)
        self._lead()

    def wait(self) -> None:
        """Wait until nobody leads, then lead. Never raises for a server that is away: it waits for it too."""
        self._heard_s = time.monotonic()
        while True:
            try:
                if self._try():
                    self._lead()
                    return
                self._listen()
            except psycopg.Error as problem:
                LOG.warning("the stand-by lost its server: %s", type(problem).__name__)
                self._again()
            time.sleep(LOOK_S)

    def _listen(self) -> None:
        """Did the leader say something since the last look? End it where it was silent for too long."""
        heard = self._holder()
        if heard != self._heard:
            self._heard, self._heard_s = heard, time.monotonic()
        elif time.monotonic() - self._heard_s > SILENCE_S:
            self._end_leader()

    def _again(self) -> None:
        """A fresh connection; what was not heard meanwhile says nothing about the leader."""
        self._connection.close()
        while not self._stop.wait(RECONNECT_S):
            try:
                self._connection = self._connect("firstminute stand-by")
                break
            except psycopg.Error:
                continue
        self._heard_s = time.monotonic()

    def _end_leader(self) -> None:
        LOG.critical("no beat of the leader of %s for %g s: its sessions are ended", self.name, SILENCE_S)
        self._connection.execute(END, (application_of(self.name),))
        # once more after the next look, should one of them not be gone by then
        self._heard_s = time.monotonic() - SILENCE_S + LOOK_S

    def _try(self) -> bool:
        row = self._connection.execute("SELECT pg_try_advisory_lock(%s)", (self._key,)).fetchone()
        return row is not None and bool(row[0])

    def _holder(self) -> tuple[int, str, Any]:
        """The session that leads, where it is from, when it last began or ended a query."""
        unsigned = self._key % 2**64
        row = self._connection.execute(HOLDER, (unsigned >> 32, unsigned & 0xFFFFFFFF)).fetchone()
        return (int(row[0]), str(row[1]), row[2]) if row is not None else (0, "unknown", None)

    def _lead(self) -> None:
        self._connection.execute(
            "SELECT set_config('application_name', %s, false)", (application_of(self.name),)
        )
        self._pid = self._connection.info.backend_pid
        ask(self._connection)
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)
        self._thread.start()  # at once: what is opened next may take a while, and others listen

    # ------------------------------------------------------------------ to keep it

    def attend(self, alive: Callable[[], bool], lost: Callable[[], object]) -> None:
        """Beat only while `alive` says so: silence lets a stand-by take over. `lost` is called once, when another process leads."""
        self._alive, self._told = alive, lost

    def _run(self) -> None:
        while not self._stop.wait(BEAT_S):
            try:
                self._beat()
            except StorageRefused as problem:
                self.lost = str(problem)
            except psycopg.Error:
                self._regain()
            if self.lost is not None:
                LOG.critical("the lease is lost: %s", self.lost)
                self._told()
                return

    def _beat(self) -> None:
        if self._alive():
            ask(self._connection)
        else:
            self._connection.pgconn.consume_input()  # silent, and still learns that the session was ended

    def _regain(self) -> None:
        """The session is gone: the server restarted, or a stand-by ended it. Only the lock tells."""
        self._connection.close()
        try:
            self._connection = self._connect(application_of(self.name))
            if self._try():
                self._pid = self._connection.info.backend_pid
            elif self._holder()[0] == self._pid:
                # our own session of before, which the server still takes for alive
                self._connection.execute("SELECT pg_terminate_backend(%s)", (self._pid,))
            else:
                self.lost = f"another process leads {self.name} by now"
        except psycopg.Error:
            return  # away: tried again at the next beat, and no commit goes through meanwhile

    def close(self) -> None:
        """Stop beating and let the next process lead."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(5.0)
        self._connection.close()
