"""Coming in: a password, then a second factor; five wrong guesses and the door stays shut for a while, however many guess at once.

Idea: a guess is charged before it is looked at (`store.guesses`). A name that nobody has is charged, hashed and answered exactly like one that somebody
has. Sessions that are open already stay open, or anybody could throw a dispatcher out of his seat by guessing. The second step is right by a code of an
app, a recovery code, a passkey (`store.passkeys`) or a certificate (`store.staff_cards`): all are charged alike.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from firstminute.model.errors import Refused
from firstminute.store import passwords, totp
from firstminute.store.accounts import Accounts, checked_name, hash_of, plain_name
from firstminute.store.guesses import GUESSES, SHUT_S, Guesses
from firstminute.store.sessions import Opened, Place, open_session

__all__ = ("GUESSES", "SHUT_S", "SigningIn")
TICKET_S = 180.0
BUCKETS = 4096
"""So many counters do for all names that nobody has."""
RECOVERY_CODES = 10


@dataclass(frozen=True, slots=True)
class Look:
    """What a set-up link is for, and the secret to put into an authenticator app."""

    name: str | None
    role: str | None
    secret: bytes


class SigningIn:
    """Links into accounts, and accounts into sessions."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts, self._file = accounts, accounts.file
        self.guesses = Guesses(accounts.file)

    # --- the link that works once ---------------------------------------------------------------------------------------------

    def look(self, code: str) -> Look:
        """What a link is for. Raises Refused("link_unknown")."""
        rows = self._file.read(
            "SELECT links.*, name FROM links LEFT JOIN accounts USING (account_id) WHERE code_hash = ? AND until_s > ?",
            hash_of(code), self._file.clock(),
        )  # fmt: skip
        secret = self._file.unseal(rows[0]["secret"], hash_of(code)) if rows else None
        if secret is None:
            raise Refused("link_unknown")
        return Look(rows[0]["name"], rows[0]["role"], secret)

    def set_up(
        self,
        code: str,
        name: str,
        password: str,
        one_time: str | None,
        carded: Callable[[sqlite3.Connection, str], bool] = lambda connection, account_id: False,
    ) -> tuple[str, list[str]]:
        """Set password and second factor: the account's id and its recovery codes, shown this once.

        `carded`: whether a card that is bound to the account was shown; it is asked where there is no code of an app.

        Raises
        ------
        Refused : link_unknown, name_unfit, name_taken, password_too_short, password_too_long, password_too_simple, second_factor_wrong
        """
        look = self.look(code)
        plain = checked_name(look.name or name)
        weak = passwords.weakness_of(password, plain)
        if weak is not None:
            raise Refused(weak, least=passwords.SHORTEST, most=passwords.LONGEST)
        step = totp.step_of(look.secret, one_time, self._file.clock()) if one_time is not None else -1
        if step is None:
            raise Refused("second_factor_wrong")
        kept = passwords.hashed(password)
        try:
            with self._file.write() as connection:
                account_id = self._use_link(connection, code, plain)
                if one_time is None and not carded(connection, account_id):
                    raise Refused("second_factor_wrong")  # undone: the link is still good
                sealed = self._file.seal(look.secret, account_id) if one_time is not None else None
                connection.execute(
                    "UPDATE accounts SET state = 'active', password = ?, secret = ?, last_step = ? WHERE account_id = ?",
                    (kept, sealed, step, account_id),
                )
                codes = self.new_recovery(connection, account_id)
                self._file.tell(connection, "AccountSetUp", account_id, account_id=account_id)
        except sqlite3.IntegrityError:
            raise Refused("name_taken", name=plain) from None
        return account_id, codes

    def _use_link(self, connection: sqlite3.Connection, code: str, name: str) -> str:
        """The account behind a link, made where it is the first; the link is gone with it."""
        row = connection.execute("SELECT * FROM links WHERE code_hash = ?", (hash_of(code),)).fetchone()
        if row is None or row["until_s"] < self._file.clock():
            raise Refused("link_unknown")
        connection.execute("DELETE FROM links WHERE code_hash = ?", (hash_of(code),))
        if row["account_id"] is not None:
            return str(row["account_id"])
        if connection.execute("SELECT 1 FROM roles WHERE role = ?", (row["role"],)).fetchone():
            raise Refused("link_unknown")
        account_id = os.urandom(16).hex()
        self._accounts.insert(connection, account_id, name, state="invited", by=account_id, how="setup")
        connection.execute(
            "INSERT INTO roles (account_id, role, given_s) VALUES (?, ?, ?)",
            (account_id, row["role"], self._file.clock()),
        )
        self._file.tell(connection, "AccountRoleGiven", account_id, account_id=account_id, role=row["role"])
        return account_id

    def new_recovery(self, connection: sqlite3.Connection, account_id: str) -> list[str]:
        """Ten new recovery codes of an account, within a transaction; the old ones end."""
        codes = [
            "-".join(secrets.token_hex(10)[at : at + 5] for at in (0, 5, 10, 15))
            for _ in range(RECOVERY_CODES)
        ]
        connection.execute("DELETE FROM recovery WHERE account_id = ?", (account_id,))
        rows = [(hash_of(_plain_code(code)), account_id) for code in codes]
        connection.executemany("INSERT INTO recovery VALUES (?, ?)", rows)
        return codes

    # --- signing in -----------------------------------------------------------------------------------------------------------

    def password(self, name: str, password: str) -> str | None:
        """First step: a ticket for the second one, None where name or password is wrong or the door is shut."""
        plain = plain_name(name)[:256]
        with self._file.write() as connection:
            row = connection.execute(
                "SELECT account_id, password FROM accounts WHERE name = ? AND state = 'active'", (plain,)
            ).fetchone()
            who = str(row["account_id"]) if row else f"nobody-{int(hash_of(plain)[:8], 16) % BUCKETS}"
            open_door = self.guesses.charge(connection, who)
        right = passwords.right(row["password"] if row and open_door else None, password)
        with self._file.write() as connection:
            if not right:
                self.guesses.note_wrong(connection, who, known=row is not None)
                return None
            self.guesses.give_back(connection, who)
            return self.ticket_for(connection, who)

    def ticket_for(self, connection: sqlite3.Connection, account_id: str) -> str:
        """A ticket for the second step, within a transaction; an older one of the account ends."""
        ticket, now_s = secrets.token_urlsafe(32), self._file.clock()
        connection.execute("DELETE FROM tickets WHERE account_id = ? OR until_s < ?", (account_id, now_s))
        connection.execute(
            "INSERT INTO tickets VALUES (?, ?, ?)", (hash_of(ticket), account_id, now_s + TICKET_S)
        )
        return ticket

    def holder_of(self, ticket: str) -> str | None:
        """Whose second step a ticket is for, None where it ended or never was."""
        rows = self._file.read(
            "SELECT account_id FROM tickets WHERE ticket_hash = ? AND until_s > ?",
            hash_of(ticket), self._file.clock(),
        )  # fmt: skip
        return str(rows[0]["account_id"]) if rows else None

    def second(self, ticket: str, code: str, place: Place, role: str | None = None) -> Opened | None:
        """Second step: a session, None where the code is wrong, was used, or the door is shut. Raises Refused("role_not_held")."""
        return self.second_by(
            ticket, lambda connection, row: self._take_code(connection, row, code), place, role
        )

    def second_by(
        self,
        ticket: str,
        right: Callable[[sqlite3.Connection, sqlite3.Row], bool],
        place: Place,
        role: str | None = None,
    ) -> Opened | None:
        """Second step by whatever says that it is right: a code, a passkey, a certificate. Each try is charged."""
        with self._file.write() as connection:
            now_s = self._file.clock()
            found = connection.execute(
                "SELECT account_id, secret, last_step FROM tickets JOIN accounts USING (account_id) "
                "WHERE ticket_hash = ? AND until_s > ? AND state = 'active'",
                (hash_of(ticket), now_s),
            ).fetchone()
            if found is None or not self.guesses.charge(connection, found["account_id"]):
                return None
            if not right(connection, found):
                self.guesses.note_wrong(connection, found["account_id"], known=True)
                return None
            opened = self.open_as(connection, found["account_id"], place, role)
            connection.execute("DELETE FROM tickets WHERE ticket_hash = ?", (hash_of(ticket),))
            return opened

    def open_as(
        self, connection: sqlite3.Connection, account_id: str, place: Place, role: str | None
    ) -> Opened:
        """A session of somebody who has shown what he must, within a transaction. Raises Refused("role_not_held"), which undoes it."""
        rows = connection.execute(
            "SELECT role FROM roles WHERE account_id = ? ORDER BY given_s", (account_id,)
        )
        held = [str(row["role"]) for row in rows]
        wanted = role or (held[0] if held else "")
        if wanted not in held:
            raise Refused("role_not_held", role=wanted[:64])
        self.guesses.forget(connection, account_id)
        return open_session(self._file, connection, account_id, wanted, place)

    def _take_code(self, connection: sqlite3.Connection, found: sqlite3.Row, code: str) -> bool:
        """True where the code is right and was not used; it is used now."""
        account_id = found["account_id"]
        secret = self._file.unseal(found["secret"], account_id) if found["secret"] else None
        plain = _plain_code(code)
        if secret is not None and len(plain) == totp.DIGITS:
            step = totp.step_of(secret, plain, self._file.clock(), after=found["last_step"])
            if step is not None:
                connection.execute(
                    "UPDATE accounts SET last_step = ? WHERE account_id = ?", (step, account_id)
                )
            return step is not None
        used = connection.execute(
            "DELETE FROM recovery WHERE code_hash = ? AND account_id = ?", (hash_of(plain), account_id)
        ).rowcount
        if used:
            left = connection.execute(
                "SELECT COUNT(*) FROM recovery WHERE account_id = ?", (account_id,)
            ).fetchone()[0]
            self._file.tell(connection, "RecoveryCodeUsed", account_id, account_id=account_id, left=left)
        return bool(used)


def _plain_code(code: str) -> str:
    return "".join(sign for sign in code.lower() if sign.isalnum())[:64]
