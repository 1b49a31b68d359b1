"""What the holder of an account changes himself: password, second factor, recovery codes, passkeys. Each shows the password first.

Idea: an open session must not be enough to lock its holder out of his own account, so every change costs the password again, and a wrong one is charged
like any other guess. A changed password ends the account's other sessions. Limits: an account without a password (a member's phone, single sign-on
alone) has nothing to change here but its PIN.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from firstminute.model.errors import Refused
from firstminute.store import passwords, totp
from firstminute.store.accounts import Accounts
from firstminute.store.challenges import Challenges
from firstminute.store.guesses import Guesses
from firstminute.store.passkeys import Passkey, Passkeys, Site
from firstminute.store.signing_in import SigningIn


class Credentials:
    """Changes by the holder."""

    def __init__(self, accounts: Accounts, door: SigningIn, passkeys: Passkeys) -> None:
        self._accounts, self._file, self._door, self._passkeys = accounts, accounts.file, door, passkeys
        self._guesses, self._new = Guesses(accounts.file), Challenges()

    def held(self, account_id: str) -> dict[str, Any]:
        """Which ways in an account has."""
        row = self._file.read(
            "SELECT name, password IS NOT NULL AS password, secret IS NOT NULL AS app, "
            "(SELECT COUNT(*) FROM recovery WHERE recovery.account_id = accounts.account_id) AS recovery, "
            "EXISTS (SELECT 1 FROM pins WHERE pins.account_id = accounts.account_id) AS pin, "
            "(SELECT COUNT(*) FROM certificates WHERE certificates.account_id = accounts.account_id) AS certificates, "
            "EXISTS (SELECT 1 FROM identities WHERE identities.account_id = accounts.account_id) AS sso "
            "FROM accounts WHERE account_id = ?",
            account_id,
        )
        if not row:
            raise Refused("unknown_account", name=account_id[:64])
        found = {name: row[0][name] for name in ("name", "recovery", "certificates")}
        yes = {name: bool(row[0][name]) for name in ("password", "app", "pin", "sso")}
        return {**found, **yes, "passkeys": self._passkeys.of(account_id)}

    def change_password(self, account_id: str, password: str, new: str, session_id: str) -> None:
        """A new password; every other session of the account ends. Raises Refused: wrong_secret, password_too_short, _long, _simple."""
        self._prove(account_id, password)
        weak = passwords.weakness_of(new, self._accounts.get(account_id).name)
        if weak is not None:
            raise Refused(weak, least=passwords.SHORTEST, most=passwords.LONGEST)
        kept = passwords.hashed(new)
        with self._file.write() as connection:
            connection.execute("UPDATE accounts SET password = ? WHERE account_id = ?", (kept, account_id))
            connection.execute(
                "DELETE FROM sessions WHERE account_id = ? AND session_id <> ?", (account_id, session_id)
            )
            connection.execute("DELETE FROM tickets WHERE account_id = ?", (account_id,))
            self._tell(connection, account_id, "password")

    def new_app(self, account_id: str, password: str) -> bytes:
        """The secret for another authenticator app; the old one goes on until `take_app`."""
        self._prove(account_id, password)
        secret = os.urandom(totp.SECRET_BYTES)
        self._new.ask("app", account_id, secret)
        return secret

    def take_app(self, account_id: str, code: str) -> list[str]:
        """The app shows its first code: it is the second factor from now on; new recovery codes. Raises Refused("second_factor_wrong")."""
        found = self._new.take("app", account_id)
        step = totp.step_of(found[1], code, self._file.clock()) if found else None
        if found is None or step is None:
            raise Refused("second_factor_wrong")
        with self._file.write() as connection:
            connection.execute(
                "UPDATE accounts SET secret = ?, last_step = ? WHERE account_id = ?",
                (self._file.seal(found[1], account_id), step, account_id),
            )
            self._tell(connection, account_id, "totp")
            return self._door.new_recovery(connection, account_id)

    def new_recovery(self, account_id: str, password: str) -> list[str]:
        """Ten new recovery codes, shown this once; the old ones end."""
        self._prove(account_id, password)
        with self._file.write() as connection:
            self._tell(connection, account_id, "recovery")
            return self._door.new_recovery(connection, account_id)

    def new_passkey(self, account_id: str, password: str, site: Site) -> dict[str, Any]:
        """What the browser is told to make a passkey."""
        self._prove(account_id, password)
        return self._passkeys.begin(account_id, self._accounts.get(account_id).name, site)

    def take_passkey(self, account_id: str, answer: Mapping[str, Any], label: str, site: Site) -> Passkey:
        """Keep the passkey that the browser has made."""
        return self._passkeys.finish(account_id, answer, label, site)

    def drop_passkey(self, account_id: str, passkey_id: str, password: str) -> None:
        """A passkey opens nothing any more."""
        self._prove(account_id, password)
        self._passkeys.remove(account_id, passkey_id)

    def _prove(self, account_id: str, password: str) -> None:
        if not self._guesses.knows(account_id, password):
            raise Refused("wrong_secret")

    def _tell(self, connection: Any, account_id: str, changed: str) -> None:
        self._file.tell(connection, "CredentialChanged", account_id, account_id=account_id, changed=changed)
