"""Five guesses: charged before they are looked at, given back where they were right, however many guess at once and in however many processes.

Idea: a guess is charged in one transaction before anything is compared, so a kill in between counts as a wrong one. The shut time doubles with each round.
What is guessed at has a counter of its own: passwords and codes of an account share one, its PIN has another, so that whoever plays with a locked desk
never keeps its holder from opening it with his password.
Source: trust.md row 23 and input 43; NIST SP 800-63B §5.2.2 (throttling).
Limits: somebody who knows a name can keep its holder from signing in; whoever may unlock, and the command line, let him in at once.
"""

from __future__ import annotations

import sqlite3

from firstminute.store import passwords
from firstminute.store.accounts_file import AccountsFile

GUESSES = 5
SHUT_S, SHUT_MOST_S = 900.0, 86_400.0


class Guesses:
    """The counters of one file of accounts."""

    def __init__(self, file: AccountsFile) -> None:
        self._file = file

    def charge(self, connection: sqlite3.Connection, who: str) -> bool:
        """Take one of the guesses; False where none is left. The fifth shuts the door before it is looked at."""
        now_s = self._file.clock()
        row = connection.execute("SELECT count, until_s, rounds FROM tries WHERE who = ?", (who,)).fetchone()
        count, until_s, rounds = tuple(row) if row else (0, 0.0, 0)
        if until_s > now_s:
            return False
        if count >= GUESSES:
            count, rounds = 0, rounds + 1
        count += 1
        shut_s = min(SHUT_MOST_S, SHUT_S * 2.0 ** min(rounds, 10))
        until_s = now_s + shut_s if count >= GUESSES else 0.0
        connection.execute(
            "INSERT OR REPLACE INTO tries VALUES (?, ?, ?, ?, 0)", (who, count, until_s, rounds)
        )
        return True

    def give_back(self, connection: sqlite3.Connection, who: str) -> None:
        """It was right."""
        connection.execute("UPDATE tries SET count = MAX(count - 1, 0), until_s = 0 WHERE who = ?", (who,))

    def forget(self, connection: sqlite3.Connection, who: str) -> None:
        """Somebody came in: the count begins anew."""
        connection.execute("DELETE FROM tries WHERE who = ?", (who,))

    def note_wrong(self, connection: sqlite3.Connection, who: str, *, known: bool) -> None:
        """Say once that the door is shut; for a name that nobody has the same is written and nothing said."""
        shut = connection.execute(
            "UPDATE tries SET told = 1 WHERE who = ? AND until_s > ? AND told = 0", (who, self._file.clock())
        ).rowcount
        if shut and known:
            if who.startswith("pin-"):
                self._file.tell(
                    connection, "CredentialChanged", who[4:], account_id=who[4:], changed="pin_shut"
                )
            else:
                self._file.tell(connection, "AccountLocked", who, account_id=who, why="guesses")

    def knows(self, account_id: str, secret: str, *, what: str = "password") -> bool:
        """True where an account's password or PIN is right: charged, compared beside the transaction, given back. `what`: password or pin."""
        who = pin_counter(account_id) if what == "pin" else account_id
        with self._file.write() as connection:
            found = connection.execute(
                "SELECT hash AS kept FROM pins WHERE account_id = ?"
                if what == "pin"
                else "SELECT password AS kept FROM accounts WHERE account_id = ?",
                (account_id,),
            ).fetchone()
            charged = self.charge(connection, who)
        right = passwords.right(found["kept"] if found and charged else None, secret)
        with self._file.write() as connection:
            if right:
                self.give_back(connection, who)
            elif charged:
                self.note_wrong(connection, who, known=found is not None)
        return right


def pin_counter(account_id: str) -> str:
    """Under what the guesses at an account's PIN are counted."""
    return f"pin-{account_id}"
