"""Time-based one-time codes: the second factor that needs nothing but a phone's clock.

Source: RFC 6238 (TOTP) over RFC 4226 (HOTP), HMAC-SHA-1, 30 s, six digits, which is what every authenticator app understands.
Limits: a code says that somebody holds the secret, not that he is not being fooled by a copy of our page; passkeys do, and come beside it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from urllib.parse import quote

STEP_S = 30
DIGITS = 6
SECRET_BYTES = 20
WINDOW = 1
"""Steps before and after now that are still taken: a phone's clock may be half a minute wrong."""


def code_at(secret: bytes, step: int, *, digits: int = DIGITS, hash_name: str = "sha1") -> str:
    """The code of one time step (RFC 4226 §5.3: dynamic truncation)."""
    mac = hmac.digest(secret, struct.pack(">Q", step), getattr(hashlib, hash_name))
    at = mac[-1] & 0x0F
    number = struct.unpack(">I", mac[at : at + 4])[0] & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_of(secret: bytes, code: str, at_s: float, *, after: int = -1) -> int | None:
    """The time step that a code belongs to, None where it is wrong, too old, too early, or its step was used (`after` is the last used one)."""
    now = int(at_s // STEP_S)
    found = None
    for step in range(now - WINDOW, now + WINDOW + 1):
        right = hmac.compare_digest(code_at(secret, max(step, 0)).encode(), code.encode("utf-8", "replace"))
        if right and step > after:
            found = step
    return found


def uri_of(secret: bytes, name: str, issuer: str = "firstminute") -> str:
    """What an authenticator app reads from a QR code."""
    label, key = quote(f"{issuer}:{name}", safe=""), base64.b32encode(secret).decode().rstrip("=")
    return f"otpauth://totp/{label}?secret={key}&issuer={quote(issuer)}&algorithm=SHA1&digits={DIGITS}&period={STEP_S}"
