"""A signed head as a short block of text: to print and keep on paper, to read out over the phone, to type in again.

Idea: hex in groups of four, and behind every line two check letters, so that a slip of the tongue or the finger is found in its line; the last line
checks all that may be read out together. `chain` and `sign` may be left away when reading out: the head is then worth what its paper is worth,
but the tree's root alone already fixes every fact before it.
Limits: the check letters find mistakes, not malice; that is what the signature is for.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import orjson

from firstminute.store.heads import MOST_BYTES, NoHead, SignedHead, head_of

TITLE = "firstminute head"
WHEN = "%Y-%m-%d %H:%M:%S"
GROUPS = 8
LINES = {"tree": 2, "chain": 2, "sign": 4}
LIKE = str.maketrans({"o": "0", "l": "1", "i": "1"})
"""What hands write and eyes read for digits; none of these letters is hex."""


def block_of(head: SignedHead) -> str:
    """The block of a head, ending with a line break."""
    when = datetime.fromtimestamp(head.at_s, UTC).strftime(WHEN)
    lines = [
        TITLE,
        f"{'desk':<8}{head.desk}/{head.world}",
        f"{'facts':<8}{head.seq}",
        f"{'time':<8}{when} UTC",
        f"{'hash':<8}{head.hashes}",
        _line("key", head.key_id),
        *_lines("tree", head.tree),
        *_lines("chain", head.chain),
        *_lines("sign", head.signature),
        f"{'check':<8}{_grouped(_check(head))}",
    ]
    return "\n".join(lines) + "\n"


def _lines(name: str, letters: str) -> Iterator[str]:
    width = GROUPS * 4
    for number, start in enumerate(range(0, len(letters), width), 1):
        yield _line(f"{name}{number}", letters[start : start + width])


def _line(label: str, letters: str) -> str:
    return f"{label:<8}{_grouped(letters):<{GROUPS * 5 - 1}} /{_letters(label, letters)}"


def _grouped(letters: str) -> str:
    return " ".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def _letters(label: str, letters: str) -> str:
    """The two check letters of a line: they know which line it is."""
    return hashlib.sha256(f"{label}:{letters}".encode()).hexdigest()[:2]


def _check(head: SignedHead) -> str:
    read = (head.desk, head.world, head.seq, head.at_s, head.hashes, head.key_id, head.tree)
    return hashlib.sha256("\n".join(map(str, read)).encode()).hexdigest()[:8]


def read_head(text: str) -> SignedHead:
    """The head that a file holds: JSON, or a block as it was printed or typed in again.

    Raises
    ------
    NoHead : it is neither, or something in it was mistyped
    """
    if len(text) > MOST_BYTES:
        raise NoHead("too long")
    if not text.lstrip().startswith("{"):
        return _typed(text)
    try:
        return head_of(orjson.loads(text))
    except orjson.JSONDecodeError:
        raise NoHead("JSON") from None


def _typed(text: str) -> SignedHead:
    given = dict(_given(text))
    desk, _, world = given.get("desk", "").replace(" ", "").partition("/")
    seq = given.get("facts", "").translate(LIKE).replace(" ", "")
    if not re.fullmatch(r"[0-9]{1,16}", seq):
        raise NoHead("facts", "line")
    head = head_of(
        {
            "desk": desk,
            "world": world,
            "seq": int(seq),
            "at_s": _when(given.get("time", "")),
            "hashes": given.get("hash", "").replace(" ", ""),
            "key_id": _hex(given, "key"),
            "tree": _joined(given, "tree"),
            "chain": _joined(given, "chain"),
            "signature": _joined(given, "sign"),
        }
    )
    if re.sub(r"\s", "", given.get("check", "")).translate(LIKE) != _check(head):
        raise NoHead("check", "check")
    return head


def _given(text: str) -> Iterator[tuple[str, str]]:
    """Label and rest of every line that has both."""
    for line in text.lower().splitlines():
        label, _, rest = line.strip().partition(" ")
        if label and rest.strip() and line.strip() != TITLE:
            yield label, rest.strip()


def _joined(given: dict[str, str], name: str) -> str:
    """The letters of all lines of a value; empty where none of them was given."""
    labels = [f"{name}{number}" for number in range(1, LINES[name] + 1)]
    if name != "tree" and not any(label in given for label in labels):
        return ""
    return "".join(_hex(given, label) for label in labels)


def _hex(given: dict[str, str], label: str) -> str:
    letters, _, check = given.get(label, "").partition("/")
    letters = re.sub(r"\s", "", letters).translate(LIKE)
    if check.strip().translate(LIKE) != _letters(label, letters):
        raise NoHead(label, "line")
    return letters


def _when(text: str) -> int:
    try:
        digits = text.removesuffix("utc").strip().translate(LIKE)
        return int(datetime.strptime(f"{digits} +0000", f"{WHEN} %z").timestamp())
    except ValueError:
        raise NoHead("time", "line") from None
