"""Sessions: who is in, in which role, on which device, since when and until when.

Idea: a session is a random token of 256 bits whose hash hangs on an account's role, so taking the role, locking the account or ending the session is one
deletion. What every request asks is answered from memory; the file is asked whether anything was taken from anybody, which costs microseconds, and
only then read anew, one session when it is next used: whatever a process beside this one does is known within `LOOK_EVERY_S`. A session ends when
nobody used it for its idle time or when its day is over, but never while its seat holds a call (`busy`). A desk that nobody touches locks before that:
it goes on seeing and hearing everything and may not act; a locked session does not idle away, or the queue would vanish (decision 0150).
Limits: when a session was last used is written down every half minute, so a crash may make it look half a minute more idle.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from firstminute.model.envelope import Actor
from firstminute.store.accounts import hash_of
from firstminute.store.accounts_file import AccountsFile

PREFIX = "fms_"
"""A session's token begins so: it is told from a device's token at a glance, and found where it was pasted by mistake."""
DESK_ROLES = ("dispatcher", "commander")
IDLE_S, DAY_S = 1_800.0, 12 * 3600.0
DEVICE_S = 180 * 86_400.0
LOOK_EVERY_S = 0.25
EXTENDED_S = 60.0
"""So much longer a session lasts each time that its end falls into a call."""
KEPT = 20_000
"""So many sessions are held in memory; the others are read when they are used."""
MOST_OF_ONE = 20
"""So many sessions an account has at most; the one used longest ago makes room."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody signs in from: what the browser says of itself, and the address it comes from."""

    agent: str = ""
    address: str = ""

    @property
    def digest(self) -> str:
        """The same for the same device in the same network."""
        net = self.address.rsplit(":" if ":" in self.address else ".", 1)[0]
        return hashlib.sha256(f"{self.agent}\0{net}".encode("utf-8", "replace")).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session that has just begun; the token is shown this once."""

    token: str
    session_id: str
    account_id: str
    role: str
    until_s: float
    new_place: bool


@dataclass(slots=True, kw_only=True)
class Session:
    """One session as it stands."""

    session_id: str
    actor: Actor
    made_s: float
    seen_s: float
    idle_s: float
    until_s: float
    agent: str
    address: str
    locked: str = ""
    """Why it may see and not act: hand, idle, shared (a phone on which nobody has said who he is); empty where it may act."""


def open_session(
    file: AccountsFile,
    connection: sqlite3.Connection,
    account_id: str,
    role: str,
    place: Place,
    *,
    lasts: tuple[float, float] = (IDLE_S, DAY_S),
) -> Opened:
    """Begin a session within a transaction. `lasts`: idle and absolute time, seconds; idle 0 = it does not idle."""
    token, session_id, now_s = PREFIX + secrets.token_urlsafe(32), os.urandom(16).hex(), file.clock()
    connection.execute("DELETE FROM sessions WHERE until_s < ?", (now_s - DAY_S,))
    connection.execute(
        "DELETE FROM sessions WHERE account_id = ? AND session_id NOT IN "
        "(SELECT session_id FROM sessions WHERE account_id = ? ORDER BY seen_s DESC LIMIT ?)",
        (account_id, account_id, MOST_OF_ONE - 1),
    )
    row = (
        hash_of(token), session_id, account_id, role, now_s, now_s, lasts[0], now_s + lasts[1], place.agent[:200], place.address[:64],
    )  # fmt: skip
    connection.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    known = connection.execute("SELECT COUNT(*) FROM places WHERE account_id = ?", (account_id,)).fetchone()[
        0
    ]
    fresh = (
        connection.execute("INSERT OR IGNORE INTO places VALUES (?, ?)", (account_id, place.digest)).rowcount
        == 1
    )
    if fresh and known:
        file.tell(
            connection, "SignedInFromNewPlace", account_id, account_id=account_id, session_id=session_id
        )
    return Opened(
        token=token, session_id=session_id, account_id=account_id, role=role, until_s=row[7], new_place=fresh and known > 0
    )  # fmt: skip


class Sessions:
    """Who is in, from memory.

    Parameters
    ----------
    busy : True while a session must not end or lock by itself: its seat holds a call
    lock_after_s : a desk that nobody touches for so long is locked; 0 = never
    """

    def __init__(
        self,
        file: AccountsFile,
        busy: Callable[[Actor], bool] = lambda actor: False,
        *,
        lock_after_s: float = 0.0,
    ) -> None:
        self._file, self.busy, self._lock_after_s = file, busy, lock_after_s
        self._acted: dict[str, float] = {}  # session id → when its holder last did something himself
        self._mutex = threading.RLock()
        self._by_hash: OrderedDict[str, Session] = OrderedDict()
        self._used: dict[
            str, tuple[float, float]
        ] = {}  # session id → last used, ends: what the file does not know yet
        self._written: set[str] = set()  # idle locks that the file knows
        self._taken, self._commits = -1, -1
        self._looked_s = -LOOK_EVERY_S

    def find(self, token: str) -> Actor | None:
        """Who a session's token stands for, None where it ended or never was; asking is using it."""
        with self._mutex:
            session = self._find(token)
            if session is None:
                return None
            session.seen_s = max(session.seen_s, self._file.clock())
            self._used[session.session_id] = (session.seen_s, session.until_s)
            return session.actor

    def holds(self, token: str) -> Actor | None:
        """The same without using it: an open feed does not keep a session alive."""
        session = self.session_of(token)
        return None if session is None else session.actor

    def session_of(self, token: str) -> Session | None:
        """The session behind a token, None where there is none."""
        with self._mutex:
            return self._find(token)

    def acted(self, token: str) -> None:
        """The holder did something himself: the desk does not lock for another while."""
        session = self.session_of(token)
        if session is not None:
            self._acted[session.session_id] = self._file.clock()

    def locked(self, token: str) -> str:
        """Why a session may see and not act, empty where it may act or is none."""
        with self._mutex:
            session = self._find(token)
            return "" if session is None else self._why_locked(session)

    def _why_locked(self, session: Session) -> str:
        """The lock as it is written, or one that begins now because nobody touches the desk."""
        if session.locked or self._lock_after_s <= 0.0 or session.actor.role not in DESK_ROLES:
            return session.locked
        now_s = self._file.clock()
        if now_s <= self._acted.setdefault(session.session_id, now_s) + self._lock_after_s:
            return ""
        if self.busy(session.actor):
            self._acted[session.session_id] = now_s - self._lock_after_s + EXTENDED_S
            return ""
        session.locked = "idle"
        return session.locked

    def write_locks(self) -> int:
        """Write down which desks locked because nobody touched them, so that no restart opens them; how many."""
        with self._mutex:
            idle = [each.session_id for each in self._by_hash.values() if self._why_locked(each) == "idle"]
            if len(self._acted) > KEPT:
                here = {each.session_id for each in self._by_hash.values()}
                self._acted = {each: at_s for each, at_s in self._acted.items() if each in here}
                self._written &= here
        idle = [each for each in idle if each not in self._written]
        if idle:
            with self._file.write() as connection:
                connection.executemany(
                    "INSERT OR IGNORE INTO locks SELECT session_id, 'idle', ? FROM sessions WHERE session_id = ?",
                    [(self._file.clock(), each) for each in idle],
                )
            self._written |= set(idle)
        return len(idle)

    def unlocked(self, session_id: str) -> None:
        """It was opened again by its holder or a supervisor: its time begins anew."""
        with self._mutex:
            self._acted[session_id] = self._file.clock()
            self._written.discard(session_id)
            self._by_hash.clear()  # a lock that was noticed and not written yet stands in memory alone

    def _find(self, token: str) -> Session | None:
        self._look()
        hashed = hash_of(token)
        session = self._by_hash.get(hashed)
        if session is None:
            try:
                found = self._read("token_hash = ?", hashed)
            except sqlite3.Error:
                return None
            if not found:
                return None
            session = self._by_hash[hashed] = found[0]
            if len(self._by_hash) > KEPT:
                self._by_hash.popitem(last=False)
        return session if self._lasts(session) else None

    def _look(self) -> None:
        """Forget what was read before the last thing that was taken from anybody; what this very process took is seen at once."""
        commits = self._file.commits
        if commits == self._commits and time.monotonic() - self._looked_s < LOOK_EVERY_S:
            return
        self._looked_s, self._commits = time.monotonic(), commits
        try:
            taken = self._file.taken()
        except sqlite3.Error:
            return  # the disk does not answer: who is in stays in, nobody else comes in
        if taken != self._taken:
            self._by_hash.clear()
            self._taken = taken

    def _read(self, which: str, value: str) -> list[Session]:
        rows = self._file.read(
            "SELECT sessions.*, unit_id, team_id, seat, district, how FROM sessions JOIN roles USING (account_id, role) "
            "JOIN accounts USING (account_id) LEFT JOIN locks USING (session_id) "
            f"WHERE state IN ('active', 'device') AND sessions.{which}",
            value,
        )
        return [_session(row, self._used.get(row["session_id"], (0.0, 0.0))) for row in rows]

    def _lasts(self, session: Session) -> bool:
        """True while a session has time left; during a call it gets a little more, again and again."""
        now_s = self._file.clock()
        idle = (
            session.idle_s > 0.0 and not self._why_locked(session) and now_s > session.seen_s + session.idle_s
        )
        if not idle and now_s <= session.until_s:
            return True
        if not self.busy(session.actor):
            return False
        session.seen_s = max(session.seen_s, now_s - session.idle_s + EXTENDED_S)
        session.until_s = max(session.until_s, now_s + EXTENDED_S)
        self._used[session.session_id] = (session.seen_s, session.until_s)
        return True

    def list_of(self, account_id: str) -> list[Session]:
        """The sessions of an account, the one used last first."""
        with self._mutex:
            found = [session for session in self._read("account_id = ?", account_id) if self._lasts(session)]
        return sorted(found, key=lambda session: -session.seen_s)

    def end(self, session_id: str, account_id: str) -> bool:
        """End one session of an account by its holder; False where there is none."""
        with self._file.write() as connection:
            return bool(
                connection.execute(
                    "DELETE FROM sessions WHERE session_id = ? AND account_id = ?", (session_id, account_id)
                ).rowcount
            )

    def end_all(self, account_id: str, *, by: str) -> int:
        """End every session of an account; how many there were."""
        with self._file.write() as connection:
            count = connection.execute("DELETE FROM sessions WHERE account_id = ?", (account_id,)).rowcount
            if count:
                self._file.tell(connection, "SessionsEnded", by, account_id=account_id, count=count)
        return count

    def write_seen(self) -> int:
        """Write down when sessions were last used; how many. Called every half minute, beside the event loop."""
        with self._mutex:
            rows = [(seen_s, until_s, session_id) for session_id, (seen_s, until_s) in self._used.items()]
        if rows:
            with self._file.write() as connection:
                connection.executemany(
                    "UPDATE sessions SET seen_s = MAX(seen_s, ?), until_s = MAX(until_s, ?) WHERE session_id = ?",
                    rows,
                )
        with self._mutex:  # what was used again meanwhile stays
            for seen_s, until_s, session_id in rows:
                if self._used.get(session_id) == (seen_s, until_s):
                    del self._used[session_id]
        return len(rows)


def _session(row: sqlite3.Row, used: tuple[float, float]) -> Session:
    """A session as the file has it; what memory knows better (when it was last used, how long it lasts) is kept."""
    place = {name: row[name] for name in ("unit_id", "team_id", "seat", "district")}
    return Session(
        session_id=row["session_id"],
        actor=Actor(id=row["account_id"], role=row["role"], **place),
        made_s=row["made_s"],
        seen_s=max(row["seen_s"], used[0]),
        idle_s=row["idle_s"],
        until_s=max(row["until_s"], used[1]),
        agent=row["agent"],
        address=row["address"],
        locked=row["how"] or "",
    )
