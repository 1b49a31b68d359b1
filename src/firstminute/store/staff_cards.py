"""Certificates of staff: a smart card or UKey instead of a phone, bound to one account.

Idea: who may issue is a file of authorities that the operator pinned; a card counts where one of them signed it itself, its time has come and not passed, it is
meant for signing in, the authority's list of withdrawn cards does not name it, and it is bound to the account by its fingerprint. It is the second
factor: the password comes first. Both files are read again when they change, and whoever is signed in with an account whose card was withdrawn is out.
Source: RFC 5280 §6.1 for a path of one, §5 for the lists. Limits: no intermediate authorities (name the one that issues), no OCSP; how the card's key was
proved is the transport's business (TLS, or a proxy of ours that signs what it saw).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from firstminute.model.errors import Refused
from firstminute.store.accounts_file import AccountsFile

Part = TypeVar("Part")
MOST_OF_ONE = 4
FILE_MOST = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A certificate that is bound to an account."""

    fingerprint: str
    serial: str
    until_s: float
    made_s: float


class StaffCards:
    """Cards of all accounts.

    Parameters
    ----------
    authorities : PEM file of those who may issue; None where cards are not used
    withdrawn : PEM file of the authorities' lists of withdrawn cards; None where they keep none
    """

    def __init__(self, file: AccountsFile, authorities: Path | None, withdrawn: Path | None = None) -> None:
        self._file, self._paths = file, (authorities, withdrawn)
        self._stamp: tuple[object, ...] = ()
        self._authorities: list[x509.Certificate] = []
        self._lists: list[x509.CertificateRevocationList] = []

    @property
    def used(self) -> bool:
        """True where staff may show cards."""
        return self._paths[0] is not None

    def of(self, account_id: str) -> list[Card]:
        """An account's cards."""
        rows = self._file.read(
            "SELECT fingerprint, serial, until_s, made_s FROM certificates WHERE account_id = ?", account_id
        )
        return [Card(**dict(row)) for row in rows]

    def bind(self, account_id: str, pem: bytes, *, by: str) -> Card:
        """Bind a card to an account. Raises Refused: card_refused (`why`), card_bound, cards_full, unknown_account."""
        try:
            found = x509.load_pem_x509_certificate(pem)
        except ValueError:
            raise Refused("card_refused", why="unreadable") from None
        wrong = self.wrong_with(found)
        if wrong is not None:
            raise Refused("card_refused", why=wrong)
        card = Card(
            fingerprint=fingerprint(found),
            serial=f"{found.serial_number:x}",
            until_s=found.not_valid_after_utc.timestamp(),
            made_s=self._file.clock(),
        )
        try:
            with self._file.write() as connection:
                state = connection.execute(
                    "SELECT state FROM accounts WHERE account_id = ?", (account_id,)
                ).fetchone()
                if state is None or state["state"] == "left":
                    raise Refused("unknown_account", name=account_id[:64])
                held = connection.execute(
                    "SELECT COUNT(*) FROM certificates WHERE account_id = ?", (account_id,)
                )
                if held.fetchone()[0] >= MOST_OF_ONE:
                    raise Refused("cards_full", most=MOST_OF_ONE)
                connection.execute(
                    "INSERT INTO certificates VALUES (?, ?, ?, ?, ?)",
                    (card.fingerprint, account_id, card.serial, card.until_s, card.made_s),
                )
                self._tell(connection, account_id, by, "certificate_bound")
        except sqlite3.IntegrityError:
            raise Refused("card_bound") from None
        return card

    def drop(self, account_id: str, print_of: str, *, by: str, why: str = "certificate_removed") -> None:
        """A card opens nothing any more, and who is signed in with the account is out. Raises Refused("unknown_card")."""
        with self._file.write() as connection:
            gone = connection.execute(
                "DELETE FROM certificates WHERE fingerprint = ? AND account_id = ?", (print_of, account_id)
            ).rowcount
            if not gone:
                raise Refused("unknown_card")
            connection.execute("DELETE FROM sessions WHERE account_id = ?", (account_id,))
            self._tell(connection, account_id, by, why)

    def right(self, connection: sqlite3.Connection, account_id: str, shown: bytes | None) -> bool:
        """True where the certificate (DER) that the connection proved is good now and bound to the account."""
        try:
            found = x509.load_der_x509_certificate(shown) if shown else None
        except ValueError:
            return False
        if found is None or self.wrong_with(found) is not None:
            return False
        row = connection.execute(
            "SELECT 1 FROM certificates WHERE fingerprint = ? AND account_id = ?",
            (fingerprint(found), account_id),
        ).fetchone()
        return row is not None

    def wrong_with(self, found: x509.Certificate) -> str | None:
        """Why a certificate does not count, None where it does: no_authority, not_yet, over, not_for_people, withdrawn, list_old."""
        self._read()
        at = datetime.fromtimestamp(self._file.clock(), UTC)
        issuers = [each for each in self._authorities if _issued(found, each)]
        if not issuers:
            return "no_authority"
        if at < found.not_valid_before_utc:
            return "not_yet"
        if at > found.not_valid_after_utc:
            return "over"
        if not _for_people(found):
            return "not_for_people"
        return self._wrong_by_list(found, issuers[0], at)

    def _wrong_by_list(self, found: x509.Certificate, issuer: x509.Certificate, at: datetime) -> str | None:
        if self._paths[1] is None:
            return None
        lists = [
            each
            for each in self._lists
            if each.issuer == issuer.subject and each.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]  # issuers of certificates alone get here
        ]
        if any(each.get_revoked_certificate_by_serial_number(found.serial_number) for each in lists):
            return "withdrawn"
        fresh = any(each.next_update_utc is None or at <= each.next_update_utc for each in lists)
        return None if fresh else "list_old"

    def put_out_withdrawn(self) -> int:
        """Look whether the lists changed; cards that they name now are dropped and their holders are out. How many."""
        if not self.used or not self._read() or self._paths[1] is None:
            return 0
        rows = self._file.read("SELECT fingerprint, account_id, serial FROM certificates")
        named = {
            f"{entry.serial_number:x}"
            for each in self._lists
            if any(
                each.issuer == one.subject and each.is_signature_valid(one.public_key())  # type: ignore[arg-type]
                for one in self._authorities
            )
            for entry in each
        }
        gone = [row for row in rows if row["serial"] in named]
        for row in gone:
            self.drop(row["account_id"], row["fingerprint"], by="system", why="certificate_revoked")
        return len(gone)

    def _read(self) -> bool:
        """Read both files where they changed; True where they did. What cannot be read counts as empty: nobody comes in by it."""
        stamp = tuple(_stamped(path) for path in self._paths)
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        self._authorities = _parts(self._paths[0], x509.load_pem_x509_certificates)
        self._lists = _parts(self._paths[1], lambda pem: [x509.load_pem_x509_crl(one) for one in _pems(pem)])
        return True

    def _tell(self, connection: sqlite3.Connection, account_id: str, by: str, changed: str) -> None:
        self._file.tell(connection, "CredentialChanged", by, account_id=account_id, changed=changed)


def fingerprint(found: x509.Certificate) -> str:
    """SHA-256 over the whole certificate, hex."""
    return found.fingerprint(hashes.SHA256()).hex()


def _issued(found: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        found.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return found.fingerprint(hashes.SHA256()) != authority.fingerprint(hashes.SHA256())


def _for_people(found: x509.Certificate) -> bool:
    """No authority itself, and where it says what it is for, for signing in as a client."""
    try:
        if found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
    except x509.ExtensionNotFound:
        pass
    try:
        uses = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.CLIENT_AUTH in uses


def _stamped(path: Path | None) -> tuple[int, int] | None:
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return None if found is None else (found.st_ino, found.st_mtime_ns)


def _parts(path: Path | None, read: Callable[[bytes], list[Part]]) -> list[Part]:
    try:
        content = path.read_bytes() if path is not None and path.stat().st_size <= FILE_MOST else b""
        return read(content) if content.strip() else []
    except (OSError, ValueError):
        return []


def _pems(content: bytes) -> list[bytes]:
    """The single blocks of a PEM file."""
    end = b"-----END X509 CRL-----"
    return [part + end for part in content.split(end)[:-1]]
