"""A passkey in software, for tests that need wrong ones too: it signs what a browser would, or what no browser should."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One key pair. `count`: how often it signed; `flags`: what it says of its holder."""

    count: int = 0
    flags: int = PRESENT | VERIFIED
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))

    def make(self, options: dict[str, Any], origin: str, **wrong: Any) -> dict[str, Any]:
        """Answer to `navigator.credentials.create`."""
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        held = struct.pack(">16sH", bytes(16), len(self.credential_id)) + self.credential_id
        data = self._data(wrong.get("rp_id", options["rp"]["id"]), ATTESTED) + held + cbor2.dumps(cose)
        client = _client("webauthn.create", wrong.get("challenge", options["challenge"]), origin)
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            {"clientDataJSON": client, "attestationObject": attested, "transports": ["internal"]}
        )

    def sign(self, options: dict[str, Any], origin: str, **wrong: Any) -> dict[str, Any]:
        """Answer to `navigator.credentials.get`; the counter rises by one, or by `step`."""
        self.count += wrong.get("step", 1)
        data = self._data(wrong.get("rp_id", options["rpId"]))
        client = _client("webauthn.get", wrong.get("challenge", options["challenge"]), origin)
        key = wrong.get("key", self.key)
        signature = key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer({"clientDataJSON": client, "authenticatorData": data, "signature": signature})

    def _data(self, rp_id: str, more: int = 0) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", self.flags | more, self.count)

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        name = bytes_to_base64url(self.credential_id)
        plain = {
            key: bytes_to_base64url(value) if isinstance(value, bytes) else value
            for key, value in response.items()
        }
        return {"id": name, "rawId": name, "type": "public-key", "response": plain}


def _client(sort: str, challenge: str, origin: str) -> bytes:
    return json.dumps({"type": sort, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()
