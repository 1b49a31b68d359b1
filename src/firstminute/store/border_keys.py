"""Who stands on each side of the border: the own keys, made at set-up, and the card of the other side.

Idea: each zone has an Ed25519 key that signs and an X25519 key to which the other seals. Two people exchange cards as files and read the
*fingerprints* to each other by another way. What goes over is sealed to the other side the moment it is kept, so that whoever takes the outer machine,
or a carrier in between, reads no call on its way in (X25519, HKDF-SHA256, AES-256-GCM with a fresh key for each message).
Limits: whoever reads `keys.json` is that zone. A new signing key is announced under the old one; a stolen one is replaced by hand on the other side.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from firstminute.store.errors import StorageRefused
from firstminute.store.heads import HEX32

FILE, CARD = "keys.json", "card.json"
CARD_FORM = "firstminute-border-card-1"
KEYS_KEPT = 4
"""So many own keys are kept: what was sealed to an older one may still be on its way."""
PUBLIC, NONCE = 32, 12


@dataclass(frozen=True, slots=True)
class Card:
    """What one side shows the other: a name and two public keys, as hex."""

    name: str
    sign: str
    seal: str

    @property
    def fingerprint(self) -> str:
        """What two people read to each other.

        >>> Card("outside", "00" * 32, "11" * 32).fingerprint
        '5aa5 6a2f ad2d 5b76 f3b2 a03a 1ba6 2d3a'
        """
        digest = hashlib.sha256(f"{CARD_FORM}:{self.sign}:{self.seal}".encode()).hexdigest()[:32]
        return " ".join(digest[start : start + 4] for start in range(0, 32, 4))

    def plain(self) -> dict[str, Any]:
        """As it is written."""
        return {"form": CARD_FORM, **asdict(self)}

    def signed(self, said: bytes, signature: str) -> bool:
        """Whether this side signed these bytes."""
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.sign)).verify(
                bytes.fromhex(signature), said
            )
        except (InvalidSignature, ValueError):
            return False
        return True

    def seal_to(self, data: bytes, about: bytes) -> bytes:
        """What only the holder of this card opens; `about` is bound to it."""
        once = X25519PrivateKey.generate()
        public = once.public_key().public_bytes_raw()
        shared = once.exchange(X25519PublicKey.from_public_bytes(bytes.fromhex(self.seal)))
        nonce = os.urandom(NONCE)
        return (
            public
            + nonce
            + AESGCM(_key(shared, public, bytes.fromhex(self.seal))).encrypt(nonce, data, about)
        )


def card_of(plain: Any) -> Card | None:
    """The card that a file or a message holds, None where it is none."""
    if not isinstance(plain, Mapping) or plain.get("form") != CARD_FORM:
        return None
    name, sign, seal = (plain.get(key) for key in ("name", "sign", "seal"))
    if not all(isinstance(each, str) for each in (name, sign, seal)):
        return None
    if not 0 < len(str(name)) <= 40 or not HEX32.fullmatch(str(sign)) or not HEX32.fullmatch(str(seal)):
        return None
    return Card(str(name), str(sign), str(seal))


def read_card(path: Path) -> Card | None:
    """The card in a file."""
    try:
        with path.open("rb") as file:
            return card_of(orjson.loads(file.read(4_000)))
    except (OSError, orjson.JSONDecodeError):
        return None


class Keys:
    """The own keys of one zone, made where there are none.

    Attributes
    ----------
    name : of this zone

    Raises
    ------
    StorageRefused : the file is not what was written
    """

    def __init__(self, folder: Path, name: str = "zone") -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder, self._path = folder, folder / FILE
        if not self._path.exists():
            self._write({"name": name, "sign": [os.urandom(32).hex()], "seal": [os.urandom(32).hex()]})
        self._stamp = (0, 0)
        self.look()

    def look(self) -> None:
        """Read the file again where it changed: the command line may have turned the keys."""
        found = self._path.stat()
        if (found.st_ino, found.st_mtime_ns) == self._stamp:
            return
        try:
            plain = orjson.loads(self._path.read_bytes())
            self.name = str(plain["name"])
            self._sign = {
                _public(key): key for key in (Ed25519PrivateKey.from_private_bytes(bytes.fromhex(each)) for each in plain["sign"])
            }  # fmt: skip
            self._seal = [X25519PrivateKey.from_private_bytes(bytes.fromhex(each)) for each in plain["seal"]]
            self._plain, self._stamp = plain, (found.st_ino, found.st_mtime_ns)
        except (ValueError, KeyError, TypeError) as problem:
            said = f"{self._path} holds no keys: {problem}"
            raise StorageRefused("no_border_keys", said, path=self._path) from None

    @property
    def newest(self) -> str:
        """The public part of the newest signing key."""
        return next(iter(self._sign))

    def card(self, sign: str | None = None) -> Card:
        """The own card, with the signing key in use (the newest where none is named)."""
        return Card(self.name, sign or self.newest, self._seal[0].public_key().public_bytes_raw().hex())

    def sign(self, said: bytes, sign: str) -> str:
        """The signature by one of the own keys. Raises KeyError where it is none."""
        return self._sign[sign].sign(said).hex()

    def open(self, sealed: bytes, about: bytes) -> bytes | None:
        """What was sealed to us, None where it was not, or was changed."""
        public, nonce, rest = sealed[:PUBLIC], sealed[PUBLIC : PUBLIC + NONCE], sealed[PUBLIC + NONCE :]
        for own in self._seal:
            try:
                shared = own.exchange(X25519PublicKey.from_public_bytes(public))
                return AESGCM(_key(shared, public, own.public_key().public_bytes_raw())).decrypt(
                    nonce, rest, about
                )
            except (InvalidTag, ValueError):
                continue
        return None

    def add(self) -> Card:
        """New keys in front of the old ones, written down before anybody is told; the card that they make."""
        self.look()
        plain = {
            "name": self.name,
            **{part: [os.urandom(32).hex(), *self._plain[part]][:KEYS_KEPT] for part in ("sign", "seal")},
        }
        self._write(plain)
        self.look()
        return self.card()

    def show(self, card: Card) -> None:
        """Write the card where people find it."""
        _whole(self._folder / CARD, orjson.dumps(card.plain(), option=orjson.OPT_INDENT_2) + b"\n", 0o644)

    def _write(self, plain: Mapping[str, Any]) -> None:
        _whole(self._path, orjson.dumps(plain), 0o600)


def _public(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def _key(shared: bytes, once: bytes, to: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=once + to, info=CARD_FORM.encode()).derive(shared)


def _whole(path: Path, data: bytes, mode: int) -> None:
    """Whole or not at all."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
