"""What crosses the border between two zones, as bytes: a greeting and signed messages, one JSON line each.

Idea: a batch is a text file that any carrier can bring: a first line that greets (who, when, how far the other's messages were read), a line for each
message, a last line that says how many there were. Each message is signed over its header, and the header names the digest of its sealed body
and the hash of the message before it; so no line can be changed, left out, moved or come from elsewhere unnoticed, and an expired body may stay behind.
Limits: a batch is at most `BATCH_MOST` bytes; whole lines of one that was cut off are still good, because each stands for itself.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from firstminute.store.canonical import canonical

FORM = "firstminute-border-1"
BATCH_MOST, LINE_MOST, BODY_MOST = 4_000_000, 2_400_000, 1_600_000
MESSAGES_MOST = 1_000
HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. `prev`: the hash of the one before; `expires_s`: 0 = never; `body`: sealed, None where it expired and was left behind."""

    stream: str
    seq: int
    prev: str
    at_s: float
    expires_s: float
    kind: str
    digest: str
    signature: str = ""
    body: bytes | None = None

    def said(self) -> bytes:
        """The bytes that are signed."""
        return canonical(
            [FORM, self.stream, self.seq, self.prev, self.at_s, self.expires_s, self.kind, self.digest]
        )

    @property
    def hash(self) -> str:
        """What the next message names."""
        return hashlib.sha256(self.said()).hexdigest()

    def expired(self, now_s: float) -> bool:
        """Whether nobody wants it any more."""
        return 0.0 < self.expires_s < now_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """A greeting.

    `acked`, `acked_hash`: of the other's stream, up to which message it was read; `last`: of the own stream; `echo_s`: the other's
    newest greeting that was heard, by its own clock, 0 = none; `refused`: how many were refused so far.
    """

    stream: str
    at_s: float
    last: int
    acked_stream: str
    acked: int
    acked_hash: str
    echo_s: float = 0.0
    refused: int = 0
    signature: str = ""

    def said(self) -> bytes:
        """The bytes that are signed."""
        return canonical([FORM, "hello", *(getattr(self, name) for name in HELLO)])


HELLO = tuple(name for name in Hello.__dataclass_fields__ if name != "signature")


@dataclass(slots=True)
class Batch:
    """What a carrier brought. `problems`: reason → how many lines of it could not be read."""

    hello: Hello | None = None
    messages: list[Message] = field(default_factory=list)
    problems: dict[str, int] = field(default_factory=dict)

    def spoil(self, reason: str) -> None:
        """Count a line that is none."""
        self.problems[reason] = self.problems.get(reason, 0) + 1


def first_prev(stream: str) -> str:
    """What the first message of a stream names as the one before."""
    return hashlib.sha256(f"{FORM}:{stream}".encode()).hexdigest()


def digest_of(body: bytes) -> str:
    """The digest of a sealed body."""
    return hashlib.sha256(body).hexdigest()


def write_batch(hello: Hello, messages: Iterable[Message]) -> bytes:
    """A batch as bytes."""
    lines = [orjson.dumps({"hello": asdict(hello)})]
    for each in messages:
        plain = asdict(each)
        plain["body"] = None if each.body is None else base64.b64encode(each.body).decode("ascii")
        lines.append(orjson.dumps(plain))
    lines.append(orjson.dumps({"end": len(lines) - 1}))
    return b"\n".join(lines) + b"\n"


def read_batch(data: bytes) -> Batch:
    """What can be read of a batch; never raises. A cut-off one gives its whole lines, and `truncated`."""
    found = Batch()
    if len(data) > BATCH_MOST:
        found.spoil("oversized")
        return found
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    whole = False
    for number, line in enumerate(lines[: MESSAGES_MOST + 2]):
        plain = _object(line)
        if plain is None:
            found.spoil("truncated" if number == len(lines) - 1 else "unreadable")
        elif number == 0 and "hello" in plain:
            found.hello = _hello(plain["hello"])
            if found.hello is None:
                found.spoil("unreadable")
        elif set(plain) == {"end"}:
            whole = plain["end"] == len(found.messages) or not found.problems
        elif (message := _message(plain)) is not None:
            found.messages.append(message)
        else:
            found.spoil("oversized" if len(line) > LINE_MOST else "unreadable")
    if len(lines) > MESSAGES_MOST + 2:
        found.spoil("oversized")
    if not whole and not found.problems:
        found.spoil("truncated")
    return found


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        plain = orjson.loads(line) if len(line) <= LINE_MOST else None
    except orjson.JSONDecodeError:
        return None
    return plain if isinstance(plain, dict) else None


def _hello(plain: Any) -> Hello | None:
    if not isinstance(plain, Mapping) or set(plain) != set(Hello.__dataclass_fields__):
        return None
    texts = all(_text(plain[name]) for name in ("stream", "acked_stream", "acked_hash", "signature"))
    numbers = all(_count(plain[name]) for name in ("last", "acked", "refused"))
    return Hello(**plain) if texts and numbers and _time(plain["at_s"]) and _time(plain["echo_s"]) else None


def _message(plain: Mapping[str, Any]) -> Message | None:
    if set(plain) != set(Message.__dataclass_fields__):
        return None
    texts = all(_text(plain[name]) for name in ("stream", "prev", "kind", "digest", "signature"))
    times = _time(plain["at_s"]) and _time(plain["expires_s"])
    if not (texts and times and _count(plain["seq"])):
        return None
    body = plain["body"]
    if body is not None:
        try:
            body = base64.b64decode(body, validate=True) if isinstance(body, str) else b""
        except binascii.Error:
            return None
        if not 0 < len(body) <= BODY_MOST:
            return None
    return Message(**{**plain, "body": body})


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 200


def _count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _time(value: Any) -> bool:
    return type(value) in (int, float) and 0.0 <= value < 1e11
