"""Single sign-on: which account a person of the city's own directory is, and in which roles.

Idea (decision 0152): a sign-on elsewhere says who somebody is there (issuer and subject). It opens only an account that its holder linked while signed
in, unless the operator lets accounts be made at first sight; then the directory's groups say which roles it holds, anew each time, and a role whose group
is gone goes with its sessions. The three duties and roles that speak for a unit or a team are never given by a group.
Limits: one account per person of the directory; a made account has no password here.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence

from firstminute.model.errors import Refused
from firstminute.model.roles import ACCOUNT_ROLES, DUTIES, PLACE_OF_ROLE
from firstminute.store.accounts import NAME_MOST, Accounts, Role, checked_name
from firstminute.store.sessions import Opened, Place
from firstminute.store.signing_in import SigningIn

GIVEN_BY_GROUPS = tuple(role for role in ACCOUNT_ROLES if role not in DUTIES and role not in PLACE_OF_ROLE)


class Identities:
    """Links between people of a directory and accounts.

    Parameters
    ----------
    role_of_group : the directory's group → the role it gives, one of `GIVEN_BY_GROUPS`
    """

    def __init__(self, accounts: Accounts, door: SigningIn, role_of_group: Mapping[str, str]) -> None:
        assert set(role_of_group.values()) <= set(GIVEN_BY_GROUPS)
        self._accounts, self._file, self._door = accounts, accounts.file, door
        self._role_of_group = dict(role_of_group)

    def link(self, account_id: str, issuer: str, subject: str) -> None:
        """From now on this person is this account. Raises Refused("identity_taken")."""
        try:
            with self._file.write() as connection:
                connection.execute(
                    "INSERT INTO identities VALUES (?, ?, ?, 0)", (issuer, subject, account_id)
                )
                self._tell(connection, account_id, "identity_linked")
        except sqlite3.IntegrityError:
            raise Refused("identity_taken") from None

    def account_of(self, issuer: str, subject: str) -> tuple[str, bool] | None:
        """The account of a person who may come in, and whether it was made at first sight; None where there is none."""
        rows = self._file.read(
            "SELECT account_id, made FROM identities JOIN accounts USING (account_id) WHERE issuer = ? AND subject = ? AND state = 'active'",
            issuer, subject,
        )  # fmt: skip
        return (str(rows[0]["account_id"]), bool(rows[0]["made"])) if rows else None

    def known(self, issuer: str, subject: str) -> bool:
        """True where a person has an account here, whatever its state: nobody who was locked gets another one."""
        return bool(
            self._file.read("SELECT 1 FROM identities WHERE issuer = ? AND subject = ?", issuer, subject)
        )

    def make(self, issuer: str, subject: str, name: str, groups: Sequence[str]) -> str:
        """An account at first sight. Raises Refused("no_role_by_groups") where no group of his gives a role."""
        roles = self.roles(groups)
        if not roles:
            raise Refused("no_role_by_groups")
        account_id = os.urandom(16).hex()
        try:
            plain = checked_name(name)[: NAME_MOST - 9]
        except Refused:
            plain = "sso"
        with self._file.write() as connection:
            taken = connection.execute("SELECT 1 FROM accounts WHERE name = ?", (plain,)).fetchone()
            kept = f"{plain} {account_id[:8]}" if taken else plain
            self._accounts.insert(connection, account_id, kept, state="active", by=account_id, how="sso")
            connection.execute("INSERT INTO identities VALUES (?, ?, ?, 1)", (issuer, subject, account_id))
            for role in roles:
                self._accounts.give_within(connection, account_id, Role(role=role), "sso")
        return account_id

    def follow(self, account_id: str, groups: Sequence[str]) -> None:
        """A made account holds the roles that its groups give now, and no other. Raises Refused("no_role_by_groups") where none is left."""
        wanted = self.roles(groups)
        held = [each.role for each in self._accounts.roles_of(account_id)]
        with self._file.write() as connection:
            for role in held:
                if role not in wanted:
                    connection.execute(
                        "DELETE FROM roles WHERE account_id = ? AND role = ?", (account_id, role)
                    )
                    self._file.tell(connection, "AccountRoleRevoked", "sso", account_id=account_id, role=role)
            for role in wanted:
                if role not in held:
                    self._accounts.give_within(connection, account_id, Role(role=role), "sso")
        if not wanted:
            raise Refused("no_role_by_groups")

    def roles(self, groups: Sequence[str]) -> list[str]:
        """The roles that groups give, in the map's order."""
        held = set(groups)
        return list(dict.fromkeys(role for group, role in self._role_of_group.items() if group in held))

    def ticket(self, account_id: str) -> str:
        """For the second factor of our own."""
        with self._file.write() as connection:
            return self._door.ticket_for(connection, account_id)

    def open(self, account_id: str, place: Place, role: str | None) -> Opened:
        """A session without a second factor of our own: the directory asked for one."""
        with self._file.write() as connection:
            return self._door.open_as(connection, account_id, place, role)

    def _tell(self, connection: sqlite3.Connection, account_id: str, changed: str) -> None:
        self._file.tell(connection, "CredentialChanged", account_id, account_id=account_id, changed=changed)
