"""The key with which a desk signs its heads: made at first start beside the vault, readable by the owner alone.

Idea: `head.key` holds the 32 bytes of an Ed25519 key, `head.pub` the public key as a line of hex to hand to whoever checks. Signing needs no other
secret of the desk, and reading the journal needs no key at all.
Limits: whoever can write the data folder can also sign with it. What protects the past are heads kept elsewhere, not this file.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firstminute.store.errors import StorageRefused
from firstminute.store.heads import HEX32, SignedHead, key_id_of

SECRET, PUBLIC = "head.key", "head.pub"
SIZE = 32


class HeadKey:
    """The signing key of one data folder, made where there is none.

    Raises
    ------
    StorageRefused : the file is not a key, or not this user's to read or to make
    """

    def __init__(self, folder: Path) -> None:
        path = folder / SECRET
        try:
            self._key, self.public_key = self._begun(path)
            self.key_id = key_id_of(self.public_key)
            self._publish(folder)
        except PermissionError as problem:
            why = f"{type(problem).__name__}: {problem.filename}"
            said = f"{path} may not be read or written by this user ({why})"
            raise StorageRefused("head_key_unreadable", said, path=path, why=why) from None

    @staticmethod
    def _begun(path: Path) -> tuple[Ed25519PrivateKey, str]:
        if not path.exists():
            _make(path)
        secret = path.read_bytes()
        if len(secret) != SIZE:
            said = f"{path} is no key: it has {len(secret)} bytes, not {SIZE}"
            raise StorageRefused("no_head_key", said, path=path, bytes=len(secret))
        key = Ed25519PrivateKey.from_private_bytes(secret)
        return key, key.public_key().public_bytes_raw().hex()

    def _publish(self, folder: Path) -> None:
        """Show the public key. That of a key which is gone is kept under its own name: older heads are checked with it."""
        path, shown = folder / PUBLIC, public_key_of(folder)
        if shown == self.public_key:
            return
        if shown is not None:
            path.rename(folder / f"head-{key_id_of(shown)}.pub")
        path.write_text(self.public_key + "\n", encoding="ascii")

    def sign(self, head: SignedHead) -> SignedHead:
        """The head with this key's name, the key itself and the signature."""
        named = replace(head, key_id=self.key_id, public_key=self.public_key, signature="")
        return replace(named, signature=self._key.sign(named.said()).hex())


def public_key_of(folder: Path) -> str | None:
    """The public key that a data folder shows, None where it shows none."""
    path = folder / PUBLIC
    if not path.is_file():
        return None
    found = path.read_text(encoding="ascii", errors="replace").strip()
    return found if HEX32.fullmatch(found) else None


def _make(path: Path) -> None:
    """Whole and readable by the owner alone, or not at all; of two processes that make one, the first one's counts."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(os.urandom(SIZE))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass  # another process was first
    finally:
        fresh.unlink()
