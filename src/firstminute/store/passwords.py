"""Passwords: hashed with argon2id, checked at the same cost whether there is somebody or not.

Source: RFC 9106; the parameters are OWASP's smaller set (19 MiB, 2 passes, 1 lane), about 30 ms on one core, so that a rush of sign-ins does not starve the
desk. Limits: a password alone never opens a session of staff.
"""

from __future__ import annotations

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 10, 128
DIFFERENT = 5
"""So many different characters a password has at least."""
COMMON = (
    "1234567890", "qwertyuiop", "password", "passw0rd", "iloveyou", "123456789", "12345678", "qwerty123", "1q2w3e4r5t", "1qaz2wsx", "abcd1234", "abc12345",
    "administrator", "admin123", "welcome1", "letmein", "zaq12wsx", "asdfghjkl", "zxcvbnm", "987654321", "qazwsxedc", "woaini1314", "5201314", "a123456",
    "q1w2e3r4", "football", "sunshine", "princess", "superman", "firstminute",
)  # fmt: skip
"""What everybody tries first, also with a little around it: after one of these is cut out, at least `OWN` characters must be left."""
OWN = 6
AT_ONCE = 2
"""So many passwords are hashed at once: calls need the cores more than sign-ins do."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODYS = _HASHER.hash("nobody has this password")
_turn = threading.BoundedSemaphore(AT_ONCE)


def weakness_of(password: str, name: str) -> str | None:
    """The code of what is wrong with a new password: too_short, too_long, too_simple; None where it may be used."""
    if len(password) < SHORTEST:
        return "password_too_short"
    if len(password) > LONGEST:
        return "password_too_long"
    if len(set(password)) < DIFFERENT or (name and name.casefold() in password.casefold()):
        return "password_too_simple"
    plain = password.casefold()
    if any(word in plain and len(plain) - len(word) < OWN for word in COMMON):
        return "password_too_simple"
    return None


def hashed(password: str) -> str:
    """The hash to keep; salt and parameters stand in it."""
    with _turn:
        return _HASHER.hash(_bytes(password))


def right(kept: str | None, password: str) -> bool:
    """True where the password belongs to the kept hash. None costs the same and is never right."""
    with _turn:
        try:
            return _HASHER.verify(kept or _NOBODYS, _bytes(password)) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def _bytes(password: str) -> bytes:
    """The same bytes for the same password however a keyboard composes it."""
    return unicodedata.normalize("NFKC", password[: LONGEST * 2]).encode("utf-8", "replace")
