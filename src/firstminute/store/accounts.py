"""Accounts and their roles: made, given, taken, locked, reset; links with which their holders set their own secrets.

Idea (decision 0121): nobody ever chooses a secret for somebody else. Whoever makes an account gets a link that works once and for a day; with it the
holder sets his password and second factor himself. The very first link is made for the first system administrator, and only while there is none.
Every change writes what happened in the same transaction (`AccountsFile.tell`). `by` is who did it: an account, or `command-line`.
Limits: names are unique over the whole file; a member who enrolled by QR has a name of our making and no password.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import sqlite3
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from firstminute.model.errors import Refused
from firstminute.model.roles import ACCOUNT_ROLES, DUTIES, PLACE_OF_ROLE
from firstminute.store.accounts_file import AccountsFile

LINK_S = 86_400.0
NAME_MOST = 64
SECRETS = (
    "recovery",
    "links",
    "tickets",
    "places",
    "passkeys",
    "pins",
    "certificates",
    "identities",
    "badges",
)
"""Where an account's ways in are kept; whoever is reset or leaves loses them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role of an account, and what it speaks for."""

    role: str
    unit_id: str | None = None
    team_id: str | None = None
    seat: str | None = None
    district: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who can sign in. `state`: invited (no secrets yet), active, device (enrolled, no password), locked, left."""

    account_id: str
    name: str
    state: str
    made_s: float
    roles: tuple[Role, ...] = ()
    locked_until_s: float = 0.0


def hash_of(code: str) -> str:
    """Codes and tokens have at least 80 random bits, so a plain hash is enough: there is nothing to guess."""
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()


def plain_name(name: str) -> str:
    """The one spelling of a name: width, case and spaces do not make another person.

    >>> plain_name(" Ｗang  Li ")
    'wang li'
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


class Accounts:
    """All changes to who may sign in, each one transaction."""

    def __init__(self, file: AccountsFile) -> None:
        self.file = file

    def everybody(
        self, after: str = "", most: int = 1_000_000, *, holding: str = "", state: str = ""
    ) -> list[Account]:
        """Accounts by name, those behind `after`; only names that hold some words, only those in a state, where these are said."""
        which = "name > ? AND instr(name, ?) > 0 AND ? IN ('', state) ORDER BY name LIMIT ?"
        return self._found(which, plain_name(after), plain_name(holding), state, most)

    def get(self, name_or_id: str) -> Account:
        """One account by its name or id. Raises Refused("unknown_account")."""
        found = self._found("account_id = ? OR name = ?", name_or_id, plain_name(name_or_id))
        if not found:
            raise Refused("unknown_account", name=name_or_id[:NAME_MOST])
        return found[0]

    def _found(self, which: str, *values: str | int) -> list[Account]:
        """Accounts with their roles, joined in memory: there are few roles to an account."""
        rows = self.file.read(
            f"SELECT account_id, name, state, made_s, until_s FROM accounts LEFT JOIN tries ON who = account_id WHERE {which}", *values
        )  # fmt: skip
        return [
            Account(
                account_id=row["account_id"],
                name=row["name"],
                state=row["state"],
                made_s=row["made_s"],
                roles=tuple(self.roles_of(row["account_id"])),
                locked_until_s=row["until_s"] or 0.0,
            )
            for row in rows
        ]

    def roles_of(self, account_id: str) -> list[Role]:
        """The roles of an account, the first one first."""
        return [
            _role(row)
            for row in self.file.read("SELECT * FROM roles WHERE account_id = ? ORDER BY given_s", account_id)
        ]

    def add(self, name: str, role: Role, *, by: str, how: str = "command_line") -> tuple[str, str]:
        """Make an account with its first role: its id, and the code of a set-up link."""
        _check_role(role)
        account_id = os.urandom(16).hex()
        try:
            with self.file.write() as connection:
                self.insert(connection, account_id, checked_name(name), state="invited", by=by, how=how)
                self.give_within(connection, account_id, role, by)
                return account_id, self._link(connection, account_id, None)
        except sqlite3.IntegrityError:
            raise Refused("name_taken", name=name[:NAME_MOST]) from None

    def insert(
        self, connection: sqlite3.Connection, account_id: str, name: str, *, state: str, by: str, how: str
    ) -> None:
        """The bare account, within a transaction of somebody else."""
        made = (account_id, name, state, self.file.clock())
        connection.execute("INSERT INTO accounts (account_id, name, state, made_s) VALUES (?, ?, ?, ?)", made)
        self.file.tell(connection, "AccountMade", by, account_id=account_id, how=how)

    def give(self, account_id: str, role: Role, *, by: str) -> None:
        """Give one more role. Raises Refused: own_rights, duties_apart, unknown_role, role_names_nobody, unknown_account."""
        _check_role(role)
        if by == account_id:
            raise Refused("own_rights")
        try:
            with self.file.write() as connection:
                self._present(connection, account_id)
                self.give_within(connection, account_id, role, by)
        except sqlite3.IntegrityError:
            raise Refused("duties_apart", role=role.role) from None

    def give_within(self, connection: sqlite3.Connection, account_id: str, role: Role, by: str) -> None:
        """A role, within a transaction of somebody else."""
        connection.execute("DELETE FROM roles WHERE account_id = ? AND role = ?", (account_id, role.role))
        values = (
            account_id,
            role.role,
            role.unit_id,
            role.team_id,
            role.seat,
            role.district,
            self.file.clock(),
        )
        connection.execute("INSERT INTO roles VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        place = role.unit_id or role.team_id
        self.file.tell(
            connection, "AccountRoleGiven", by, account_id=account_id, role=role.role, place_id=place
        )

    def take(self, account_id: str, role: str, *, by: str) -> None:
        """Take a role away; its sessions end with it. Raises Refused: own_rights, role_not_held, last_admin, unknown_account."""
        if by == account_id:
            raise Refused("own_rights")
        with self.file.write() as connection:
            self._present(connection, account_id)
            self._keep_one(connection, account_id, role)
            gone = connection.execute(
                "DELETE FROM roles WHERE account_id = ? AND role = ?", (account_id, role)
            ).rowcount
            if not gone:
                raise Refused("role_not_held", role=role[:NAME_MOST])
            self.file.tell(connection, "AccountRoleRevoked", by, account_id=account_id, role=role)

    def lock(self, account_id: str, *, by: str, why: str = "order") -> None:
        """Nobody signs in, and whoever is in is out. `why`: order, or left, which is for good and forgets every secret."""
        if by == account_id:
            raise Refused("own_rights")
        with self.file.write() as connection:
            state = self._present(connection, account_id)
            self._keep_one(connection, account_id, "system_admin")
            connection.execute("DELETE FROM sessions WHERE account_id = ?", (account_id,))
            connection.execute("DELETE FROM tickets WHERE account_id = ?", (account_id,))
            if why == "left":
                self._forget(connection, account_id)
                connection.execute("DELETE FROM roles WHERE account_id = ?", (account_id,))
            elif state == "locked":
                return
            left = "left" if why == "left" else "locked"
            connection.execute("UPDATE accounts SET state = ? WHERE account_id = ?", (left, account_id))
            self.file.tell(connection, "AccountLocked", by, account_id=account_id, why=why)

    def unlock(self, account_id: str, *, by: str, guesses_alone: bool = False) -> None:
        """Let an account in again, also before the time after wrong guesses is over. Who has left does not come back by this.

        Raises
        ------
        Refused : own_rights, unknown_account; locked_by_order where only the door that guesses shut may be opened
        """
        if by == account_id:
            raise Refused("own_rights")
        with self.file.write() as connection:
            if self._present(connection, account_id) == "locked" and guesses_alone:
                raise Refused("locked_by_order")
            connection.execute("DELETE FROM tries WHERE who IN (?, ?)", (account_id, f"pin-{account_id}"))
            connection.execute(
                "UPDATE accounts SET state = CASE WHEN password IS NULL THEN 'invited' ELSE 'active' END "
                "WHERE account_id = ? AND state = 'locked'",
                (account_id,),
            )
            self.file.tell(connection, "AccountUnlocked", by, account_id=account_id)

    def reset(self, account_id: str, *, by: str) -> str:
        """Forget password, second factor and recovery codes, end every session; the code of a new set-up link."""
        with self.file.write() as connection:
            self._present(connection, account_id)
            self._forget(connection, account_id)
            connection.execute("DELETE FROM sessions WHERE account_id = ?", (account_id,))
            connection.execute("UPDATE accounts SET state = 'invited' WHERE account_id = ?", (account_id,))
            self.file.tell(connection, "CredentialsReset", by, account_id=account_id)
            return self._link(connection, account_id, None)

    def first_link(self) -> str | None:
        """The code for the first system administrator, anew with each start, None once there is one. Older first links end."""
        with self.file.write() as connection:
            if connection.execute("SELECT 1 FROM roles WHERE role = 'system_admin'").fetchone():
                return None
            connection.execute("DELETE FROM links WHERE account_id IS NULL")
            return self._link(connection, None, "system_admin")

    def _link(self, connection: sqlite3.Connection, account_id: str | None, role: str | None) -> str:
        code = secrets.token_urlsafe(32)
        now_s = self.file.clock()
        connection.execute("DELETE FROM links WHERE account_id = ? OR until_s < ?", (account_id, now_s))
        kept = (
            hash_of(code),
            account_id,
            role,
            self.file.seal(os.urandom(20), hash_of(code)),
            now_s + LINK_S,
        )
        connection.execute("INSERT INTO links VALUES (?, ?, ?, ?, ?)", kept)
        return code

    def _forget(self, connection: sqlite3.Connection, account_id: str) -> None:
        for table in SECRETS:
            connection.execute(f"DELETE FROM {table} WHERE account_id = ?", (account_id,))
        connection.execute("DELETE FROM tries WHERE who IN (?, ?)", (account_id, f"pin-{account_id}"))
        connection.execute(
            "UPDATE accounts SET password = NULL, secret = NULL WHERE account_id = ?", (account_id,)
        )

    def _present(self, connection: sqlite3.Connection, account_id: str) -> str:
        row = connection.execute("SELECT state FROM accounts WHERE account_id = ?", (account_id,)).fetchone()
        if row is None or row["state"] == "left":
            raise Refused("unknown_account", name=account_id[:NAME_MOST])
        return str(row["state"])

    def _keep_one(self, connection: sqlite3.Connection, account_id: str, role: str) -> None:
        """The last system administrator who can sign in is not taken away: nobody could make another."""
        others = connection.execute(
            "SELECT SUM(account_id = ?), SUM(account_id <> ? AND state = 'active') "
            "FROM roles JOIN accounts USING (account_id) WHERE role = 'system_admin'",
            (account_id, account_id),
        ).fetchone()
        if role == "system_admin" and others[0] and not others[1]:
            raise Refused("last_admin")


def checked_name(name: str) -> str:
    """A name as it is kept. Raises Refused("name_unfit")."""
    plain = plain_name(name)
    if not 2 <= len(plain) <= NAME_MOST or not plain.isprintable() or re.fullmatch(r"[0-9a-f]{32}", plain):
        raise Refused("name_unfit", most=NAME_MOST)
    return plain


def _check_role(role: Role) -> None:
    if role.role not in ACCOUNT_ROLES:
        raise Refused("unknown_role", role=role.role[:NAME_MOST])
    needed = PLACE_OF_ROLE.get(role.role)
    if needed is not None and not getattr(role, f"{needed}_id"):
        raise Refused("role_names_nobody", role=role.role, needed=needed)


def _role(row: sqlite3.Row) -> Role:
    return Role(
        role=row["role"],
        unit_id=row["unit_id"],
        team_id=row["team_id"],
        seat=row["seat"],
        district=row["district"],
    )


def duty_of(roles: Sequence[Role]) -> str | None:
    """Which of the three duties an account holds, None where none."""
    return next((held.role for held in roles if held.role in DUTIES), None)
