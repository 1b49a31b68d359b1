"""Passkeys: a key pair in a phone, a security key or the machine itself, which signs only for our own address.

Idea: a copy of our page cannot use a passkey, because the browser signs the address it stands on; so this is the second factor to prefer. It is bound to
the relying party's id and origin, its counter must rise (one that does not was copied: refused and told), and an account may hold several, each
revocable. The signature is checked by py_webauthn, inside the transaction that charged the try.
Source: W3C Web Authentication Level 3 §7.1, §7.2. Limits: attestation is not asked for: which make of key somebody uses is his business.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from firstminute.model.errors import Refused
from firstminute.store.accounts import checked_name
from firstminute.store.accounts_file import AccountsFile
from firstminute.store.challenges import Challenges

MOST_OF_ONE = 10
ASK_MS = 120_000


@dataclass(frozen=True, slots=True)
class Site:
    """What a passkey is bound to: our domain, and our address as the browser writes it."""

    rp_id: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """One passkey of an account."""

    passkey_id: str
    label: str
    made_s: float
    used_s: float


class Passkeys:
    """Passkeys of all accounts."""

    def __init__(self, file: AccountsFile) -> None:
        self._file = file
        self._own, self._anybodys = Challenges(most=20_000), Challenges()

    def of(self, account_id: str) -> list[Passkey]:
        """An account's passkeys, the first made first."""
        rows = self._file.read(
            "SELECT passkey_id, label, made_s, used_s FROM passkeys WHERE account_id = ? ORDER BY made_s",
            account_id,
        )
        return [Passkey(**dict(row)) for row in rows]

    # --- making one -------------------------------------------------------------------------------------------------------------

    def begin(self, account_id: str, name: str, site: Site) -> dict[str, Any]:
        """What the browser is told to make a passkey. Raises Refused("passkeys_full")."""
        held = self._file.read("SELECT credential_id FROM passkeys WHERE account_id = ?", account_id)
        if len(held) >= MOST_OF_ONE:
            raise Refused("passkeys_full", most=MOST_OF_ONE)
        options = webauthn.generate_registration_options(
            rp_id=site.rp_id,
            rp_name="firstminute",
            user_id=bytes.fromhex(account_id),
            user_name=name,
            challenge=self._own.ask("make", account_id),
            timeout=ASK_MS,
            exclude_credentials=[_descriptor(row["credential_id"]) for row in held],
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.PREFERRED,
            ),
        )
        return _plain(webauthn.options_to_json(options))

    def finish(self, account_id: str, answer: Mapping[str, Any], label: str, site: Site) -> Passkey:
        """Keep a passkey that the browser has made. Raises Refused: passkey_refused, name_unfit, passkeys_full."""
        label = checked_name(label)
        asked = self._own.take("make", account_id)
        if asked is None:
            raise Refused("passkey_refused")
        try:
            made = webauthn.verify_registration_response(
                credential=dict(answer),
                expected_challenge=asked[0],
                expected_rp_id=site.rp_id,
                expected_origin=site.origin,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise Refused("passkey_refused") from None
        now_s = self._file.clock()
        kept = Passkey(passkey_id=os.urandom(16).hex(), label=label, made_s=now_s, used_s=now_s)
        row = (
            bytes_to_base64url(made.credential_id), kept.passkey_id, account_id, label, made.credential_public_key, made.sign_count, site.rp_id,
            made.user_verified, now_s, now_s,
        )  # fmt: skip
        try:
            with self._file.write() as connection:
                held = connection.execute("SELECT COUNT(*) FROM passkeys WHERE account_id = ?", (account_id,))
                if held.fetchone()[0] >= MOST_OF_ONE:
                    raise Refused("passkeys_full", most=MOST_OF_ONE)
                connection.execute("INSERT INTO passkeys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
                self._tell(connection, account_id, "passkey_added")
        except sqlite3.IntegrityError:
            raise Refused("passkey_refused") from None
        return kept

    def remove(self, account_id: str, passkey_id: str) -> None:
        """It opens nothing any more. Raises Refused("unknown_passkey")."""
        with self._file.write() as connection:
            gone = connection.execute(
                "DELETE FROM passkeys WHERE passkey_id = ? AND account_id = ?", (passkey_id, account_id)
            ).rowcount
            if not gone:
                raise Refused("unknown_passkey")
            self._tell(connection, account_id, "passkey_removed")

    # --- using one --------------------------------------------------------------------------------------------------------------

    def ask(self, account_id: str, site: Site) -> dict[str, Any] | None:
        """What the browser is told to use one of an account's passkeys; None where it has none for this address."""
        held = self._file.read(
            "SELECT credential_id FROM passkeys WHERE account_id = ? AND rp_id = ?", account_id, site.rp_id
        )
        if not held:
            return None
        options = webauthn.generate_authentication_options(
            rp_id=site.rp_id,
            challenge=self._own.ask("use", account_id),
            timeout=ASK_MS,
            allow_credentials=[_descriptor(row["credential_id"]) for row in held],
            user_verification=UserVerificationRequirement.PREFERRED,
        )
        return _plain(webauthn.options_to_json(options))

    def ask_anybody(self, site: Site) -> dict[str, Any]:
        """The same for whoever holds one: he must also show his finger, face or PIN to it, because no password comes before."""
        options = webauthn.generate_authentication_options(
            rp_id=site.rp_id,
            challenge=self._anybodys.ask("use"),
            timeout=ASK_MS,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return _plain(webauthn.options_to_json(options))

    def holder(self, answer: Mapping[str, Any]) -> str | None:
        """Whose passkey it says it is, None where it is nobody's; nothing is proved by this."""
        rows = self._file.read(
            "SELECT account_id FROM passkeys JOIN accounts USING (account_id) WHERE credential_id = ? AND state = 'active'",
            str(answer.get("id", ""))[:1400],
        )
        return str(rows[0]["account_id"]) if rows else None

    def right(
        self,
        connection: sqlite3.Connection,
        account_id: str,
        answer: Mapping[str, Any],
        site: Site,
        *,
        alone: bool = False,
    ) -> bool:
        """True where the answer is signed by a passkey of the account, for this address, to the open question, with a counter that rose; it is used now.

        `alone`: no password came before, so its holder must have been verified by the device.
        """
        question = _question_in(answer)
        asked = self._anybodys.take("use", question=question) if alone else self._own.take("use", account_id)
        row = connection.execute(
            "SELECT * FROM passkeys WHERE credential_id = ? AND account_id = ? AND rp_id = ?",
            (str(answer.get("id", ""))[:1400], account_id, site.rp_id),
        ).fetchone()
        if asked is None or row is None:
            return False
        try:
            shown = webauthn.verify_authentication_response(
                credential=dict(answer),
                expected_challenge=asked[0],
                expected_rp_id=site.rp_id,
                expected_origin=site.origin,
                credential_public_key=row["public_key"],
                credential_current_sign_count=0,
                require_user_verification=alone,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            return False
        if (shown.new_sign_count or row["count"]) and shown.new_sign_count <= row["count"]:
            self._tell(connection, account_id, "passkey_copied")
            return False
        connection.execute(
            "UPDATE passkeys SET count = ?, used_s = ? WHERE credential_id = ?",
            (shown.new_sign_count, self._file.clock(), row["credential_id"]),
        )
        return True

    def _tell(self, connection: sqlite3.Connection, account_id: str, changed: str) -> None:
        self._file.tell(connection, "CredentialChanged", account_id, account_id=account_id, changed=changed)


def _descriptor(credential_id: str) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(id=base64url_to_bytes(credential_id))


def _question_in(answer: Mapping[str, Any]) -> bytes:
    """The challenge that an answer says it answers, empty where it says none."""
    try:
        said = json.loads(base64url_to_bytes(answer["response"]["clientDataJSON"]))
        return base64url_to_bytes(said["challenge"])
    except (ValueError, KeyError, TypeError):
        return b""


def _plain(options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(options)
    return found
