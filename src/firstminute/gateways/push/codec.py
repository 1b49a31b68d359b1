"""A message sealed for one browser (RFC 8291) and the proof of who sends it (VAPID, RFC 8292); no socket, no clock, no randomness of its own.

Idea: the push service in between carries bytes that only the phone can open, so a notification may name kind and place. Both standards are two dozen lines over
P-256, HKDF and AES-GCM, which `cryptography` has; a library for them would be one more to trust. Sources: RFC 8291 section 3.4, RFC 8188 section 2, RFC 8292
section 2. Limits: one record, so at most 3,993 bytes of text.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD = 4_096
TEXT_MOST = RECORD - 86 - 17
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group of P-256 (SEC 2)."""
VALID_S = 12 * 3600
"""RFC 8292: at most a day."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where a browser's push service takes messages for it, and what seals them.

    Attributes
    ----------
    endpoint : URL of the push service, secret
    p256dh : (65,) the phone's public point
    auth : (16,) the phone's own secret
    """

    endpoint: str
    p256dh: bytes
    auth: bytes


def decode(data: bytes) -> Subscription:
    """A subscription as a browser gives it, JSON. Raises ValueError with a code: push_unfit."""
    try:
        said: Any = json.loads(data)
        keys = said["keys"]
        found = Subscription(str(said["endpoint"]), unsigned(keys["p256dh"]), unsigned(keys["auth"]))
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), found.p256dh)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError("push_unfit") from None
    if len(found.p256dh) != 65 or len(found.auth) != 16 or not found.endpoint.isascii():
        raise ValueError("push_unfit")
    return found


def key_of(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """A key pair made of 32 secret bytes, always the same."""
    return ec.derive_private_key(int.from_bytes(secret, "big") % (ORDER - 1) + 1, ec.SECP256R1())


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """(65,) the public point of a key pair."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def sealed(text: bytes, to: Subscription, once: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """The body of a push: `text` for the phone alone.

    Parameters
    ----------
    once : a key pair made for this message
    salt : 16 random bytes made for this message
    """
    if len(text) > TEXT_MOST:
        raise ValueError("push_too_long")
    phone = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to.p256dh)
    shared, mine = once.exchange(ec.ECDH(), phone), point_of(once)
    secret = _derived(shared, to.auth, b"WebPush: info\0" + to.p256dh + mine, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD.to_bytes(4, "big") + bytes([len(mine)]) + mine
    return header + AESGCM(key).encrypt(nonce, text + b"\2", None)


def headers_of(
    to: Subscription,
    ours: ec.EllipticCurvePrivateKey,
    *,
    contact: str,
    at_s: float,
    lasts_s: float,
    topic: str,
) -> dict[str, str]:
    """The headers of a push: who sends it, how long it may wait, how urgent it is.

    Parameters
    ----------
    contact : mailto: or https: address of the operator, for the push service to write to
    topic : a newer message with the same one replaces an older that still waits
    """
    parts = urlsplit(to.endpoint)
    said = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(at_s) + VALID_S, "sub": contact}
    head = _encoded(json.dumps({"typ": "JWT", "alg": "ES256"}, separators=(",", ":")).encode())
    body = _encoded(json.dumps(said, separators=(",", ":")).encode())
    made = ours.sign(f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(made)
    token = f"{head}.{body}.{_encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
    return {
        "authorization": f"vapid t={token}, k={_encoded(point_of(ours))}", "content-encoding": "aes128gcm",
        "content-type": "application/octet-stream", "ttl": str(max(0, int(lasts_s))), "urgency": "high", "topic": topic[:32],
    }  # fmt: skip


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unsigned(text: str) -> bytes:
    """Base64url without padding, as browsers write it. Raises ValueError."""
    if not isinstance(text, str) or len(text) > 2_000 or not text.isascii():
        raise ValueError("push_unfit")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def public_text(key: ec.EllipticCurvePrivateKey) -> str:
    """The public key as a page gives it to its browser."""
    return _encoded(point_of(key))
