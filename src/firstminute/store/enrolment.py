"""Joining a team by QR: a lead shows a code, members scan it, and their phones are in; whoever leaves is out at once.

Idea: 18 people stand in a shop before the shift and have two minutes. A code of the lead's own team is good for two hours and a bounded number of phones; each
gets an account without a password whose only key is the session on that phone, and the PIN that its holder sets.
The code is spent phone by phone in the transaction that makes
the account, so a bound of 18 is 18 also when everybody scans at once.
Limits: a phone that is lost is a member who is taken off the list and joins again; the label is what the member typed, so that the lead knows whom to take off.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass

from firstminute.model.errors import Refused
from firstminute.store.accounts import NAME_MOST, Accounts, Role, checked_name, hash_of
from firstminute.store.desk_locks import pin_hash
from firstminute.store.sessions import DEVICE_S, Opened, Place, open_session

LASTS_S = 7_200.0
MOST, MOST_AT_ALL = 40, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What the lead shows; the code is told this once."""

    enrolment_id: str
    code: str
    team_id: str
    most: int
    until_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """One member's phone. `label`: what the member typed; `seen_s`: when the phone was last heard of, None where signed out; `shared`: it is the post's."""

    account_id: str
    label: str
    made_s: float
    seen_s: float | None
    pin: bool
    shared: bool


class Enrolment:
    """Codes of teams, and who joined with them."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts, self._file = accounts, accounts.file

    def open(self, team_id: str, *, by: str, most: int = MOST) -> Code:
        """A new code of a team; an older one of the same team ends. Raises Refused("enrolment_count")."""
        if not 1 <= most <= MOST_AT_ALL:
            raise Refused("enrolment_count", most=MOST_AT_ALL)
        now_s = self._file.clock()
        made = Code(
            enrolment_id=os.urandom(16).hex(), code=secrets.token_urlsafe(24), team_id=team_id, most=most, until_s=now_s + LASTS_S
        )  # fmt: skip
        with self._file.write() as connection:
            connection.execute("DELETE FROM enrolments WHERE team_id = ? OR until_s < ?", (team_id, now_s))
            kept = (hash_of(made.code), made.enrolment_id, team_id, most, made.until_s)
            connection.execute("INSERT INTO enrolments VALUES (?, ?, ?, ?, ?)", kept)
            said = {
                "enrolment_id": made.enrolment_id,
                "team_id": team_id,
                "most": most,
                "until_s": made.until_s,
            }
            self._file.tell(connection, "EnrolmentOpened", by, **said)
        return made

    def close(self, team_id: str) -> bool:
        """Nobody joins any more with the team's code; False where there was none."""
        with self._file.write() as connection:
            return connection.execute("DELETE FROM enrolments WHERE team_id = ?", (team_id,)).rowcount > 0

    def join(self, code: str, label: str, place: Place, pin: str | None = None) -> tuple[Opened, str]:
        """A phone joins: its session and its team. Raises Refused: enrolment_unknown (also spent or ended), name_unfit, pin_unfit."""
        typed = checked_name(label)[: NAME_MOST - 9]
        now_s, account_id = self._file.clock(), os.urandom(16).hex()
        if not self._file.read("SELECT 1 FROM enrolments WHERE code_hash = ?", hash_of(code)):
            raise Refused("enrolment_unknown")  # guesses cost no write
        kept = pin_hash(pin) if pin is not None else None
        with self._file.write() as connection:
            found = connection.execute(
                "UPDATE enrolments SET left = left - 1 WHERE code_hash = ? AND left > 0 AND until_s > ? RETURNING team_id, enrolment_id",
                (hash_of(code), now_s),
            ).fetchone()
            if found is None:
                raise Refused("enrolment_unknown")
            by = str(found["enrolment_id"])
            self._accounts.insert(
                connection, account_id, f"{typed} {account_id[:8]}", state="device", by=by, how="enrolment"
            )
            team_id = str(found["team_id"])
            self._accounts.give_within(connection, account_id, Role(role="member", team_id=team_id), by)
            if kept is not None:
                connection.execute("INSERT INTO pins VALUES (?, ?)", (account_id, kept))
            opened = open_session(self._file, connection, account_id, "member", place, lasts=(0.0, DEVICE_S))
        return opened, team_id

    def members(self, team_id: str) -> list[Enrolled]:
        """Who joined a team and has not left, the first first."""
        rows = self._file.read(
            "SELECT account_id, name, accounts.made_s, MAX(seen_s) AS seen_s, MAX(how = 'shared') AS shared, "
            "EXISTS (SELECT 1 FROM pins WHERE pins.account_id = accounts.account_id) AS pin FROM accounts JOIN roles USING (account_id) "
            "LEFT JOIN sessions USING (account_id) LEFT JOIN locks USING (session_id) WHERE roles.role = 'member' AND team_id = ? AND state = 'device' "
            "GROUP BY account_id ORDER BY accounts.made_s",
            team_id,
        )
        return [
            Enrolled(
                account_id=row["account_id"],
                label=row["name"][:-9],
                made_s=row["made_s"],
                seen_s=row["seen_s"],
                pin=bool(row["pin"]),
                shared=bool(row["shared"]),
            )
            for row in rows
        ]

    def leave(self, account_id: str, team_id: str, *, by: str) -> None:
        """Take a member off: the phone is out at once. Raises Refused("unknown_account") for somebody of another team."""
        if account_id not in {member.account_id for member in self.members(team_id)}:
            raise Refused("unknown_account", name=account_id[:NAME_MOST])
        self._accounts.lock(account_id, by=by, why="left")
