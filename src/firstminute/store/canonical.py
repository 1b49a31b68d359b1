"""Plain data as the one sequence of bytes that is hashed and kept.

Idea: UTF-8 JSON with sorted keys and no white space (orjson); what was hashed is stored as it is and never written again.
Limits: JSON has no NaN, no lone surrogate and (here) no whole number beyond 64 bits, and PostgreSQL has no text with a NUL. The edge refuses or repairs
these; should one come through all the same it is replaced rather than lost: a call is never dropped for a bad character.
"""

from __future__ import annotations

from typing import Any

import orjson

LARGEST = 2**63 - 1


def canonical(plain: Any) -> bytes:
    """The bytes of `plain`.

    >>> canonical({"b": 1, "a": "é"}).decode()
    '{"a":"é","b":1}'
    """
    try:
        return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return orjson.dumps(scrubbed(plain), option=orjson.OPT_SORT_KEYS)


def read(data: bytes) -> Any:
    """The plain data of canonical bytes."""
    return orjson.loads(data)


def keepable(plain: Any) -> Any:
    """The same data with characters that not every store keeps (NUL, lone surrogates) replaced by U+FFFD; nearly always the very same object.

    >>> keepable({"text": "a\\x00b", "tags": ["\\ud800"]}) == {"text": "a\\ufffdb", "tags": ["\\ufffd"]}
    True
    """
    try:
        if b"\\u0000" not in orjson.dumps(plain):
            return plain
    except TypeError:
        pass  # a lone surrogate, or something that a schema will refuse
    return _mended(plain)


def _mended(plain: Any) -> Any:
    if isinstance(plain, str):
        return "".join(
            "\ufffd" if letter == "\x00" or "\ud800" <= letter <= "\udfff" else letter for letter in plain
        )
    if isinstance(plain, dict):
        return {_mended(key): _mended(value) for key, value in plain.items()}
    if isinstance(plain, (list, tuple)):
        return type(plain)(map(_mended, plain))
    return plain


def scrubbed(plain: Any) -> Any:
    """The same data with what JSON cannot say replaced: lone surrogates by U+FFFD, huge whole numbers by the largest.

    >>> scrubbed({"t": "a\\ud800b", "n": 10**40})["n"] == LARGEST
    True
    """
    if isinstance(plain, str):
        return "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in plain)
    if isinstance(plain, bool) or plain is None or isinstance(plain, float):
        return plain
    if isinstance(plain, int):
        return max(-LARGEST, min(LARGEST, plain))
    if isinstance(plain, dict):
        return {scrubbed(str(key)): scrubbed(value) for key, value in plain.items()}
    if isinstance(plain, (list, tuple)):
        return [scrubbed(each) for each in plain]
    return str(plain)
