"""Asking to be let in: volunteers ask a team's lead, residents ask an officer, and nobody else asks at all.

Idea: whoever asks gets a claim, a random code that stays on his phone; once a person has said yes, the claim becomes that phone's session, once. Every
question is answered alike, whether the team exists, the name is known or nobody ever answers, so nobody learns who is here by asking. So many may wait
for a team and so many at all; what nobody answered in a week goes.
Limits: a phone that lost its claim asks again; the label is what the person typed, so that whoever answers knows whom he lets in.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from typing import Any

from firstminute.model.errors import Refused
from firstminute.store.accounts import NAME_MOST, Accounts, Role, checked_name, hash_of
from firstminute.store.sessions import DEVICE_S, Opened, Place, open_session

KINDS = {"volunteer": "member", "resident": "resident"}
WAITS_S = 7 * 86_400.0
MOST_OF_TEAM, MOST_AT_ALL = 40, 1_000
SHOWN_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Somebody who asked."""

    registration_id: str
    role: str
    team_id: str | None
    district: str | None
    label: str
    made_s: float


class Registrations:
    """Who asked, and who was let in."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts, self._file = accounts, accounts.file

    def ask(self, kind: str, label: str, *, team_id: str | None = None, district: str | None = None) -> str:
        """Ask; the claim that the phone keeps. Raises Refused: name_unfit, registration_unfit, registrations_full."""
        role, typed = KINDS.get(kind), checked_name(label)[: NAME_MOST - 9]
        if role is None or (role == "member") != (team_id is not None):
            raise Refused("registration_unfit")
        claim, now_s = secrets.token_urlsafe(24), self._file.clock()
        with self._file.write() as connection:
            connection.execute("DELETE FROM registrations WHERE made_s < ?", (now_s - WAITS_S,))
            count = connection.execute("SELECT COUNT(*), SUM(team_id IS ?) FROM registrations", (team_id,))
            all_of_them, of_team = count.fetchone()
            full = all_of_them >= MOST_AT_ALL or (team_id is not None and (of_team or 0) >= MOST_OF_TEAM)
            if full:
                raise Refused("registrations_full")
            row = (os.urandom(16).hex(), hash_of(claim), role, team_id, district, typed, "waiting", now_s)
            connection.execute("INSERT INTO registrations VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)", row)
        return claim

    def waiting(self, role: str, team_id: str | None = None) -> list[Waiting]:
        """Who waits to become a member of a team, or a resident; the first who asked first."""
        rows = self._file.read(
            "SELECT registration_id, role, team_id, district, label, made_s FROM registrations "
            "WHERE state = 'waiting' AND role = ? AND team_id IS ? AND made_s > ? ORDER BY made_s LIMIT ?",
            role, team_id, self._file.clock() - WAITS_S, SHOWN_MOST,
        )  # fmt: skip
        return [Waiting(**dict(row)) for row in rows]

    def answer(
        self, registration_id: str, approved: bool, *, by: str, role: str, team_id: str | None = None
    ) -> str | None:
        """Let somebody in, or not; the account that was made. Raises Refused("unknown_registration") for what is not the answerer's to answer."""
        account_id = os.urandom(16).hex() if approved else None
        with self._file.write() as connection:
            row = connection.execute(
                "SELECT * FROM registrations WHERE registration_id = ? AND state = 'waiting' AND role = ? AND team_id IS ? AND made_s > ?",
                (registration_id, role, team_id, self._file.clock() - WAITS_S),
            ).fetchone()
            if row is None:
                raise Refused("unknown_registration")
            if account_id is None:
                connection.execute("DELETE FROM registrations WHERE registration_id = ?", (registration_id,))
            else:
                name = f"{row['label']} {account_id[:8]}"
                self._accounts.insert(connection, account_id, name, state="device", by=by, how="registration")
                given = Role(role=role, team_id=row["team_id"], district=row["district"])
                self._accounts.give_within(connection, account_id, given, by)
                connection.execute(
                    "UPDATE registrations SET state = 'approved', account_id = ? WHERE registration_id = ?",
                    (account_id, registration_id),
                )
            self._file.tell(
                connection,
                "RegistrationAnswered",
                by,
                registration_id=registration_id,
                approved=approved,
            )
        return account_id

    def claim(self, claim: str, place: Place) -> Opened | None:
        """The phone's session, None while nobody has said yes: also where somebody said no, and where nobody ever asked."""
        if not self._file.read(
            "SELECT 1 FROM registrations WHERE claim_hash = ? AND state = 'approved'", hash_of(claim)
        ):
            return None  # asking again and again costs no write
        with self._file.write() as connection:
            row: Any = connection.execute(
                "DELETE FROM registrations WHERE claim_hash = ? AND state = 'approved' RETURNING account_id, role",
                (hash_of(claim),),
            ).fetchone()
            if row is None:
                return None
            return open_session(
                self._file, connection, row["account_id"], row["role"], place, lasts=(0.0, DEVICE_S)
            )
