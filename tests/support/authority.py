"""An authority that issues cards to staff and withdraws them, for tests: real keys, real certificates, real lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PEM = serialization.Encoding.PEM


@dataclass
class Card:
    """A key and its certificate, in files that a TLS client loads."""

    certificate: x509.Certificate
    chain: Path
    key: Path

    @property
    def pem(self) -> str:
        """As a person pastes it."""
        return self.certificate.public_bytes(PEM).decode()

    @property
    def der(self) -> bytes:
        """As a connection shows it."""
        return self.certificate.public_bytes(serialization.Encoding.DER)


@dataclass
class Authority:
    """Issues and withdraws. `withdrawn`: serial numbers."""

    folder: Path
    name: str = "city staff"
    withdrawn: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._signed(self._name(self.name), self.key.public_key(), ca=True)
        self.file, self.list = self.folder / "authorities.pem", self.folder / "withdrawn.pem"
        self.file.write_bytes(self.certificate.public_bytes(PEM))
        self.publish()

    def publish(self, *, days: float = 7.0, at: datetime | None = None) -> None:
        """Write the list of withdrawn cards anew."""
        now = at or datetime.now(UTC)
        made = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        made = made.last_update(now - timedelta(hours=1)).next_update(now + timedelta(days=days))
        for serial in self.withdrawn:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
            made = made.add_revoked_certificate(entry)
        fresh = self.list.with_suffix(".new")
        fresh.write_bytes(made.sign(self.key, hashes.SHA256()).public_bytes(PEM))
        fresh.replace(self.list)

    def card(
        self,
        name: str,
        *,
        days: float = 90.0,
        since_days: float = -1.0,
        ca: bool = False,
        client: bool = True,
    ) -> Card:
        """A new card."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._signed(
            self._name(name), key.public_key(), days=days, since=since_days, ca=ca, client=client
        )
        chain, where = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        chain.write_bytes(made.public_bytes(PEM))
        where.write_bytes(
            key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        return Card(made, chain, where)

    def _name(self, name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    def _signed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        *,
        days: float = 365.0,
        since: float = -1.0,
        ca: bool = False,
        client: bool = True,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        use = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name(self.name))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=since))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if not ca:
            made = made.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        return made.sign(self.key, hashes.SHA256())
