"""Certificates: a self-signed one for a start, and what can be read off any.

Idea: a control room without an authority of its own must still begin with encryption. `make` signs a key with itself for the names and addresses under
which the service is reached; people compare its fingerprint once and let their machines trust it. Limits: nobody vouches for it; a certificate of an
authority takes its place by the same two settings.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CERTIFICATE, KEY = "tls-certificate.pem", "tls-key.pem"
MOST_DAYS = 397
"""Browsers refuse certificates that are valid for longer."""
CLOCKS_APART = timedelta(hours=1)
"""A certificate is valid since a while ago, so that machines whose clocks run behind take it too."""


@dataclass(frozen=True, slots=True)
class About:
    """What a certificate says. `from_s`, `until_s`: seconds since 1970; `fingerprint`: SHA-256 of the certificate, hex pairs."""

    names: tuple[str, ...]
    from_s: float
    until_s: float
    fingerprint: str


@cache
def of_the_world() -> ssl.SSLContext:
    """Trust in the authorities that this machine trusts, read once: a tenth of a second that a take-over need not pay twice."""
    return ssl.create_default_context()


def trusted(authority: Path | None) -> ssl.SSLContext:
    """Trust in one authority's certificate, or in those of the world. Raises OSError for a file that cannot be read."""
    return of_the_world() if authority is None else ssl.create_default_context(cafile=str(authority))


def make(names: Sequence[str], days: int, at: datetime) -> tuple[bytes, bytes]:
    """A certificate and its key, both PEM, for host names and IP addresses.

    Raises
    ------
    ValueError : no name, a name that is none, or more days than browsers accept
    """
    if not names or not 1 <= days <= MOST_DAYS:
        raise ValueError(f"at least one name and 1 to {MOST_DAYS} days")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - CLOCKS_APART)
        .not_valid_after(at + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([_named(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    return signed.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _named(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode("ascii"))


def _usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def about(certificate: bytes) -> About:
    """Read the first certificate of a PEM file. Raises ValueError where there is none."""
    found = x509.load_pem_x509_certificate(certificate)
    names: list[str] = []
    try:
        held = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [*held.get_values_for_type(x509.DNSName), *map(str, held.get_values_for_type(x509.IPAddress))]
    except x509.ExtensionNotFound:
        pass
    return About(
        names=tuple(names),
        from_s=found.not_valid_before_utc.timestamp(),
        until_s=found.not_valid_after_utc.timestamp(),
        fingerprint=found.fingerprint(hashes.SHA256()).hex(":").upper(),
    )


def write(folder: Path, certificate: bytes, key: bytes) -> tuple[Path, Path]:
    """Write both files, the key readable by its owner alone; the old pair is replaced at once. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    places = folder / CERTIFICATE, folder / KEY
    for place, content, mode in ((places[1], key, 0o600), (places[0], certificate, 0o644)):
        fresh = place.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(place)
    return places
