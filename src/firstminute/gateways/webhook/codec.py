"""One HTTP request out, one status back, and the signature by which its receiver knows us.

Idea: we need to say one thing and hear one number, so no client library is asked: the request is a few lines of bytes, of the answer the first line is read
and nothing else. No redirect is followed, because nothing is there that could follow one. Receivers check `webhook-signature` as the public convention of
standardwebhooks.com says: HMAC-SHA256 over id, time stamp and body, so that nothing can be changed, forged or sent again much later.
Limits: HTTP/1.1, one request a connection.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping

from firstminute.gateways.webhook.addresses import Target

ANSWER_MOST = 8_192
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d{1,9}) *\r\n")
CHUNKED = re.compile(rb"(?i)\r\ntransfer-encoding: *chunked *\r\n")
CHUNK = re.compile(rb"([0-9a-fA-F]{1,6})(?:;|$)")
STATUS = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d)(?:[ \r\n])")


def secret_of(key: bytes) -> str:
    """The secret as a receiver types it into its own settings."""
    return "whsec_" + base64.b64encode(key).decode("ascii")


def signed(key: bytes, message_id: str, at_s: int, body: bytes) -> dict[str, str]:
    """The three headers that prove a message: its id (the same at every attempt), when it was sent, and the signature."""
    said = b".".join((message_id.encode("ascii"), str(at_s).encode("ascii"), body))
    made = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode("ascii")
    return {"webhook-id": message_id, "webhook-timestamp": str(at_s), "webhook-signature": f"v1,{made}"}


def request_of(target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    """The bytes of a POST."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    usual = target.port == (443 if target.secure else 80)
    lines = {
        "host": host if usual else f"{host}:{target.port}",
        "content-type": "application/json",
        "content-length": str(len(body)),
        "user-agent": "firstminute",
        "connection": "close",
        **headers,
    }
    for name, value in lines.items():
        assert value.isascii() and value.isprintable(), name
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {target.path} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


def status_of(answer: bytes) -> int | None:
    """The status in an answer's first line; None where there is no whole line yet. Raises ValueError where it is no HTTP.

    >>> status_of(b"HTTP/1.1 204 No Content\\r\\n"), status_of(b"HTTP/1.1 20")
    (204, None)
    """
    line, end, _ = answer.partition(b"\n")
    if not end:
        if len(answer) >= ANSWER_MOST or not b"HTTP/1.".startswith(answer[:7]):
            raise ValueError("not_http")
        return None
    found = STATUS.match(line + end)
    if found is None:
        raise ValueError("not_http")
    return int(found[1])


def complete(answer: bytes) -> bool:
    """Whether an answer has as much body as it said; one that does not say ends with its connection.

    >>> complete(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok"), complete(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\no")
    (True, False)
    """
    head, end, body = answer.partition(b"\r\n\r\n")
    said = LENGTH.search(head + b"\r\n")
    return bool(end) and said is not None and len(body) >= int(said[1])


def body_in(answer: bytes) -> bytes:
    """What stands behind the headers of an answer, put together where it came in chunks."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if not CHUNKED.search(head + b"\r\n"):
        return body
    found = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        said = CHUNK.match(size)
        length = int(said[1], 16) if said is not None else 0
        if length == 0:
            return found
        found, body = found + rest[:length], rest[length + 2 :]
    return found
