"""Identifiers: 128 random bits as 32 hexadecimal digits, made by the shell and passed in.

Idea: the pure core never makes randomness, it takes the next id from an iterator it is given (`Ids`); the live service fills
it from the operating system, the twin from a seed. Nothing outside can count or guess ids (OWASP API1:2023).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

Id: TypeAlias = str
Ids: TypeAlias = Iterator[str]

ID_LENGTH = 32


def is_id(text: object) -> bool:
    """True where `text` is a well-formed id: 32 lower-case hexadecimal digits.

    >>> is_id("0123456789abcdef0123456789abcdef"), is_id("7"), is_id(None)
    (True, False, False)
    """
    return isinstance(text, str) and len(text) == ID_LENGTH and set(text) <= set("0123456789abcdef")


def id_from_bytes(data: bytes) -> Id:
    """The id made of 16 bytes.

    >>> id_from_bytes(bytes(16))
    '00000000000000000000000000000000'
    """
    if len(data) != ID_LENGTH // 2:
        raise ValueError(f"an id is made of {ID_LENGTH // 2} bytes, not {len(data)}")
    return data.hex()
