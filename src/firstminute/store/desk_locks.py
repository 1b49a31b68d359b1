"""The lock of a desk, the PIN that opens it, and the one phone of a post on which members take turns.

Idea (decision 0150): who is locked sees and hears everything and may not act. A PIN is four to twelve digits and good for two things only: to open a session
that exists, and to say who is acting on a phone that the post shares. Such a phone is a session that is always locked; whoever touches his name and types
his PIN, or shows the badge that his lead printed, gets a session of his own on it, so that every act is signed by a person. One person at a time; a phone
that is taken off takes him with it.
Limits: a PIN never opens a door by itself; a supervisor opens a desk for somebody, and the record says so.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from firstminute.model.errors import Refused
from firstminute.store import passwords
from firstminute.store.accounts import Accounts, hash_of, plain_name
from firstminute.store.guesses import Guesses, pin_counter
from firstminute.store.passkeys import Passkeys, Site
from firstminute.store.sessions import Opened, Place, Session, Sessions, open_session

PIN_LEAST, PIN_MOST = 4, 12
TURN_S, SHIFT_S = 600.0, 12 * 3600.0
"""Whoever does nothing on a shared phone for so long has to say anew who he is."""
SHOWN_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A desk that is locked."""

    session_id: str
    account_id: str
    name: str
    role: str
    seat: str | None
    how: str
    since_s: float


class DeskLocks:
    """Locks and PINs over the sessions of one file.

    Parameters
    ----------
    in_call : True while the actor's seat holds a call that is being taken
    """

    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        passkeys: Passkeys,
        in_call: Callable[[Any], bool] = lambda actor: False,
    ) -> None:
        self._accounts, self._file, self._sessions = accounts, accounts.file, sessions
        self._passkeys, self._in_call, self._guesses = passkeys, in_call, Guesses(accounts.file)

    # --- the PIN ----------------------------------------------------------------------------------------------------------------

    def set_pin(
        self, account_id: str, pin: str, *, old: str | None = None, password: str | None = None
    ) -> None:
        """Choose a PIN; whoever has a password shows it, else the old PIN where there is one. Raises Refused: pin_unfit, wrong_secret."""
        kept = pin_hash(pin)
        has = self._file.read("SELECT password FROM accounts WHERE account_id = ?", account_id)
        if has and has[0]["password"] is not None:
            proved = self._guesses.knows(account_id, password or "")
        elif self._file.read("SELECT 1 FROM pins WHERE account_id = ?", account_id):
            proved = self._guesses.knows(account_id, old or "", what="pin")
        else:
            proved = bool(has)
        if not proved:
            raise Refused("wrong_secret")
        with self._file.write() as connection:
            connection.execute("INSERT OR REPLACE INTO pins VALUES (?, ?)", (account_id, kept))
            connection.execute("DELETE FROM tries WHERE who = ?", (pin_counter(account_id),))
            self._file.tell(connection, "CredentialChanged", account_id, account_id=account_id, changed="pin")

    def knows_pin(self, account_id: str, pin: str | None) -> bool:
        """Whether a PIN is the account's own; also True where it has none."""
        if not self._file.read("SELECT 1 FROM pins WHERE account_id = ?", account_id):
            return True
        return self._guesses.knows(account_id, pin or "", what="pin")

    # --- the lock ---------------------------------------------------------------------------------------------------------------

    def lock(self, session: Session) -> None:
        """Lock a desk by hand. Raises Refused("call_in_hand") while a call is being taken at it."""
        if self._in_call(session.actor):
            raise Refused("call_in_hand")
        with self._file.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO locks SELECT session_id, 'hand', ? FROM sessions WHERE session_id = ?",
                (self._file.clock(), session.session_id),
            )

    def unlock(self, session: Session, shown: Mapping[str, Any], site: Site | None) -> None:
        """Open a locked desk by its holder's PIN, password or passkey, or by the PIN of a commander who is on duty.

        Raises
        ------
        Refused : unlock_failed, whatever was wrong; shared_phone where there is nothing to open
        """
        if session.locked == "shared":
            raise Refused("shared_phone")
        who, by = session.actor.id, session.actor.id
        if shown.get("by") is not None:
            by = self._commander(str(shown["by"]), but=who)
            right = self._guesses.knows(by, str(shown.get("pin", "")), what="pin")
        elif shown.get("pin") is not None:
            right = self._guesses.knows(who, str(shown["pin"]), what="pin")
        elif shown.get("password") is not None:
            right = self._guesses.knows(who, str(shown["password"]))
        else:
            right = self._by_passkey(who, shown.get("passkey") or {}, site)
        if not right:
            raise Refused("unlock_failed")
        self._open(session.session_id, who, by)

    def _by_passkey(self, account_id: str, answer: Mapping[str, Any], site: Site | None) -> bool:
        with self._file.write() as connection:
            if site is None or not self._guesses.charge(connection, account_id):
                return False
            right = self._passkeys.right(connection, account_id, answer, site)
            if right:
                self._guesses.give_back(connection, account_id)
            else:
                self._guesses.note_wrong(connection, account_id, known=True)
        return right

    def _commander(self, name: str, *, but: str) -> str:
        """The account of a commander who is signed in now; any other name is nobody's, and costs the same."""
        rows = self._file.read(
            "SELECT account_id FROM accounts JOIN sessions USING (account_id) WHERE name = ? AND state = 'active' AND role = 'commander' "
            "AND account_id <> ? AND until_s > ? LIMIT 1",
            plain_name(name), but, self._file.clock(),
        )  # fmt: skip
        return str(rows[0]["account_id"]) if rows else f"nobody-{os.urandom(4).hex()}"

    def open_for(self, session_id: str, *, by: str) -> None:
        """A commander opens somebody else's desk from his own. Raises Refused: unknown_session, own_rights."""
        found = [each for each in self.locked() if each.session_id == session_id]
        if not found:
            raise Refused("unknown_session")
        if found[0].account_id == by:
            raise Refused("own_rights")
        self._open(session_id, found[0].account_id, by)

    def _open(self, session_id: str, account_id: str, by: str) -> None:
        with self._file.write() as connection:
            connection.execute("DELETE FROM locks WHERE session_id = ? AND how <> 'shared'", (session_id,))
            connection.execute("DELETE FROM tries WHERE who = ?", (pin_counter(account_id),))
            if by != account_id:
                self._file.tell(connection, "DeskUnlocked", by, account_id=account_id, session_id=session_id)
        self._sessions.unlocked(session_id)

    def locked(self) -> list[Locked]:
        """Desks that are locked, the longest first."""
        rows = self._file.read(
            "SELECT session_id, account_id, name, role, seat, how, since_s FROM locks JOIN sessions USING (session_id) "
            "JOIN roles USING (account_id, role) JOIN accounts USING (account_id) WHERE how <> 'shared' AND until_s > ? ORDER BY since_s LIMIT ?",
            self._file.clock(), SHOWN_MOST,
        )  # fmt: skip
        return [Locked(**dict(row)) for row in rows]

    # --- the phone of a post ------------------------------------------------------------------------------------------------------

    def share(self, account_id: str, team_id: str) -> None:
        """From now on an enrolled phone of a team is the post's: it sees, and people act on it. Raises Refused("unknown_account")."""
        with self._file.write() as connection:
            done = connection.execute(
                "INSERT OR REPLACE INTO locks SELECT session_id, 'shared', ? FROM sessions JOIN roles USING (account_id, role) "
                "JOIN accounts USING (account_id) WHERE account_id = ? AND team_id = ? AND role = 'member' AND state = 'device' "
                "AND session_id NOT IN (SELECT session_id FROM on_phone)",
                (self._file.clock(), account_id, team_id),
            )  # fmt: skip
            if not done.rowcount:
                raise Refused("unknown_account", name=account_id[:64])

    def people(self, phone: Session) -> list[dict[str, str]]:
        """Who can say on a shared phone who he is: the members and leads of its team who have a PIN. Raises Refused("not_shared")."""
        if phone.locked != "shared":
            raise Refused("not_shared")
        rows = self._file.read(
            "SELECT account_id, name, state FROM roles JOIN accounts USING (account_id) JOIN pins USING (account_id) "
            "WHERE team_id = ? AND role IN ('member', 'lead') AND state IN ('active', 'device') GROUP BY account_id ORDER BY name LIMIT ?",
            phone.actor.team_id, SHOWN_MOST,
        )  # fmt: skip
        return [
            {"account_id": row["account_id"], "label": row["name"][:-9] if row["state"] == "device" else row["name"]}
            for row in rows
        ]  # fmt: skip

    def badge(self, account_id: str, team_id: str, *, by: str) -> str:
        """A code for a member to wear as QR: shown to the post's phone it says who takes it. An older one ends. Raises Refused("unknown_account")."""
        code = secrets.token_urlsafe(16)
        with self._file.write() as connection:
            kept = connection.execute(
                "INSERT OR REPLACE INTO badges SELECT account_id, ? FROM roles JOIN accounts USING (account_id) "
                "WHERE account_id = ? AND team_id = ? AND role = 'member' AND state = 'device'",
                (hash_of(code), account_id, team_id),
            )
            if not kept.rowcount:
                raise Refused("unknown_account", name=account_id[:64])
            self._file.tell(connection, "CredentialChanged", by, account_id=account_id, changed="badge")
        return code

    def switch_by_badge(self, phone: Session, badge: str, place: Place) -> Opened:
        """Somebody shows his badge and takes the phone. Raises Refused: not_shared, unlock_failed."""
        if phone.locked != "shared":
            raise Refused("not_shared")
        worn = self._file.read("SELECT account_id FROM badges WHERE code_hash = ?", hash_of(badge))
        if not worn:
            raise Refused("unlock_failed")
        return self._taken(phone, worn[0]["account_id"], place)

    def switch(self, phone: Session, account_id: str, pin: str, place: Place) -> Opened:
        """Somebody touches his name, types his PIN and takes the phone. Raises Refused: not_shared, unlock_failed."""
        known = {each["account_id"] for each in self.people(phone)}
        if not self._guesses.knows(account_id if account_id in known else "", pin, what="pin"):
            raise Refused("unlock_failed")
        return self._taken(phone, account_id, place)

    def _taken(self, phone: Session, account_id: str, place: Place) -> Opened:
        """A session of his own on the phone; whoever had it before is off. Raises Refused("unlock_failed") for somebody of another team."""
        with self._file.write() as connection:
            self._off(connection, phone.session_id)
            held = connection.execute(
                "SELECT role FROM roles JOIN accounts USING (account_id) WHERE account_id = ? AND team_id = ? "
                "AND role IN ('member', 'lead') AND state IN ('active', 'device') ORDER BY role DESC",
                (account_id, phone.actor.team_id),
            ).fetchone()
            if held is None:
                raise Refused("unlock_failed")
            opened = open_session(
                self._file, connection, account_id, held["role"], place, lasts=(TURN_S, SHIFT_S)
            )
            connection.execute("INSERT INTO on_phone VALUES (?, ?)", (opened.session_id, phone.session_id))
        return opened

    def put_down(self, phone: Session) -> None:
        """Nobody has the phone any more."""
        with self._file.write() as connection:
            self._off(connection, phone.session_id)

    def _off(self, connection: Any, phone_id: str) -> None:
        connection.execute(
            "DELETE FROM sessions WHERE session_id IN (SELECT session_id FROM on_phone WHERE phone_id = ?)",
            (phone_id,),
        )


def pin_hash(pin: str) -> str:
    """The hash of a new PIN. Raises Refused("pin_unfit") where it is no PIN, or one that anybody would try first."""
    digits = [int(sign) for sign in pin] if pin.isascii() and pin.isdigit() else []
    steps = {b - a for a, b in pairwise(digits)}
    if not PIN_LEAST <= len(digits) <= PIN_MOST or (len(steps) == 1 and steps <= {-1, 0, 1}):
        raise Refused("pin_unfit", least=PIN_LEAST, most=PIN_MOST)
    return passwords.hashed(pin)
