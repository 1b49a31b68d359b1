"""The certificate that a client proved, wherever TLS ended, and the site that passkeys are bound to.

Idea: where TLS ends here, the connection knows it (`app.door`). Where a proxy ends it, the proxy hands it on in `Client-Cert` (RFC 9440: the DER in base64
between colons) and signs it with a key that it shares with us: `Client-Cert-Signature: <seconds since 1970>.<hex HMAC-SHA-256>` over time, method, path and
certificate. So nobody who reaches this port past the proxy can claim a card. Limits: the signature is good for half a minute.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from urllib.parse import urlsplit

from starlette.requests import Request

from firstminute.api.ports import Services

CARD = "firstminute.card"
HEADER, SIGNATURE = "client-cert", "client-cert-signature"
GOOD_FOR_S = 30.0
LOCAL = "localhost"


def card_of(request: Request) -> bytes | None:
    """The certificate (DER) that the client proved, None where it showed none that we can believe."""
    services: Services = request.app.state.services
    proved: bytes | None = request.scope.get(CARD)
    if proved is not None or services.proxy_key is None:
        return proved
    shown, signed = request.headers.get(HEADER, ""), request.headers.get(SIGNATURE, "")
    at, _, mac = signed.partition(".")
    if not at.isdigit() or len(at) > 12 or abs(time.time() - int(at)) > GOOD_FOR_S:
        return None
    right = signature(services.proxy_key, int(at), request.method, request.url.path, shown)
    if not hmac.compare_digest(right.encode(), mac.encode("utf-8", "replace")):
        return None
    try:
        return base64.b64decode(shown.strip().strip(":"), validate=True)
    except ValueError:
        return None


def signature(key: bytes, at_s: int, method: str, path: str, shown: str) -> str:
    """What the proxy writes behind the time."""
    said = f"{at_s}\n{method}\n{path}\n{shown}".encode("utf-8", "replace")
    return hmac.digest(key, said, hashlib.sha256).hex()


def site_of(request: Request) -> tuple[str, str] | None:
    """Relying party's id and origin for passkeys: the public address, or this very machine; None where a browser could not use any."""
    services: Services = request.app.state.services
    if services.public_url is not None:
        return urlsplit(services.public_url).hostname or "", services.public_url
    host = request.headers.get("host", "")
    name = host.partition(":")[0]
    if name != LOCAL:
        return None
    return LOCAL, f"{request.url.scheme}://{host[:100]}"
