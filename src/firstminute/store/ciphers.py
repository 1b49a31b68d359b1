"""The ciphers that seal: AES-256-GCM and SM4-GCM, told apart for ever by the first byte of what they made.

Idea: a subject has one secret of 256 bits, and each way makes its own key of it, so that a subject may have parts sealed in both ways: which one is
in use (`vault_cipher`) is a choice of today, what was sealed yesterday opens as it was sealed.
Sources: NIST SP 800-38D and RFC 8998 (GCM, 96-bit nonces, 128-bit tags), GB/T 32907-2016 (SM4), GB/T 32905-2016 (SM3, by which the
128-bit key is made of the secret).
Limits: SM4 is several times as slow as AES, which processors know; it needs an OpenSSL that has it.
"""

from __future__ import annotations

from typing import Protocol

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from firstminute.store.errors import StorageRefused

AES_GCM, SM4_GCM = b"\x01", b"\x02"
CIPHERS = {"aes-256-gcm": AES_GCM, "sm4-gcm": SM4_GCM}
NAMES = {way: name for name, way in CIPHERS.items()}
NONCE, TAG = 12, 16


class Sealing(Protocol):
    """What both ways can do. `about` is bound to the data and not part of it."""

    def encrypt(self, nonce: bytes, data: bytes, about: bytes) -> bytes:
        """Data and tag, sealed."""
        ...

    def decrypt(self, nonce: bytes, data: bytes, about: bytes) -> bytes:
        """What was sealed. Raises InvalidTag."""
        ...


class Sm4Gcm:
    """SM4 in Galois counter mode under a key of 128 bits, with the interface of `AESGCM`."""

    def __init__(self, key: bytes) -> None:
        self._key = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, about: bytes) -> bytes:
        """Data and its tag of 128 bits."""
        made = Cipher(self._key, modes.GCM(nonce)).encryptor()
        made.authenticate_additional_data(about)
        return made.update(data) + made.finalize() + made.tag

    def decrypt(self, nonce: bytes, data: bytes, about: bytes) -> bytes:
        """What was sealed. Raises InvalidTag where a byte of it, of the tag or of `about` was changed."""
        if len(data) < TAG:
            raise InvalidTag
        made = Cipher(self._key, modes.GCM(nonce, data[-TAG:])).decryptor()
        made.authenticate_additional_data(about)
        return made.update(data[:-TAG]) + made.finalize()


def built(way: bytes, secret: bytes) -> Sealing:
    """The cipher of one way under a secret of 256 bits."""
    if way == AES_GCM:
        return AESGCM(secret)
    made = hashes.Hash(hashes.SM3())
    made.update(b"sm4-gcm" + secret)
    return Sm4Gcm(made.finalize()[:16])


def way_called(name: str) -> bytes:
    """The first byte of what `name` seals.

    Raises
    ------
    StorageRefused : there is no such cipher, or the OpenSSL at hand does not have it
    """
    way = CIPHERS.get(name)
    if way is None:
        said = f"{name} is no cipher of the vault: {', '.join(CIPHERS)}"
        raise StorageRefused("unknown_cipher", said, name=name, known=", ".join(CIPHERS))
    try:
        built(way, bytes(32)).encrypt(bytes(NONCE), b"", b"")
    except UnsupportedAlgorithm:
        said = f"the OpenSSL of this Python has no {name}"
        raise StorageRefused("no_cipher", said, name=name) from None
    return way
