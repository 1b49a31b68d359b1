"""A browser's side of Web Push, written from RFC 8291 for itself: it subscribes, and opens what comes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Browser:
    """One phone's subscription at a push service."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def point(self) -> bytes:
        """(65,) its public point."""
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def subscription(self) -> bytes:
        """As `PushSubscription.toJSON` gives it."""
        return json.dumps(
            {
                "endpoint": self.endpoint,
                "expirationTime": None,
                "keys": {"p256dh": _text(self.point), "auth": _text(self.auth)},
            }
        ).encode()


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()


def opened(phone: Browser, body: bytes) -> bytes:
    """What a push says; raises InvalidTag where it was not sealed for this phone, or was changed."""
    salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
    theirs, sealed = body[21 : 21 + length], body[21 + length :]
    assert len(sealed) <= size
    shared = phone.key.exchange(
        ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
    )
    secret = _hmac(_hmac(phone.auth, shared), b"WebPush: info\0" + phone.point + theirs + b"\1")
    made = _hmac(salt, secret)
    key, nonce = (
        _hmac(made, b"Content-Encoding: aes128gcm\0\1")[:16],
        _hmac(made, b"Content-Encoding: nonce\0\1")[:12],
    )
    plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
    assert plain[-1:] == b"\2", "the last record"
    return plain[:-1]
