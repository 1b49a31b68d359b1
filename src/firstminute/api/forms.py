"""A form with a photo in it (`multipart/form-data`): its words are read, its files are named and left out.

Idea: somebody sends words and a photo in one go. The words are the call; a file among them must neither make the call unreadable nor be believed. Own few
lines and no library, because the bounds matter more than the format's corners. Source: RFC 7578, RFC 2046.
Limits: at most `PARTS_MOST` parts; a part within a part is a file like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qsl

PARTS_MOST = 100
HEAD_MOST = 4_000
BOUNDARY = re.compile(r'boundary="?([0-9A-Za-z\'()+_,./:=? -]{1,70})"?', re.IGNORECASE)
NAME = re.compile(rb'[; ]name="([^"\r\n]{0,200})"', re.IGNORECASE)
FILE = re.compile(rb"[; ]filename\*?=", re.IGNORECASE)


class Part(NamedTuple):
    """One field of a form. `file`: it is a file; `whole`: it arrived to its end."""

    name: str
    value: bytes
    file: bool
    whole: bool


def every_part(data: bytes, content_type: str) -> Iterator[Part]:
    """The parts of a form, as far as they arrived; none where it is no such form."""
    found = BOUNDARY.search(content_type[:1_000])
    if found is None:
        return
    mark = b"--" + found[1].strip().encode("ascii")
    pieces = data.split(mark, PARTS_MOST + 1)[1:]
    for number, piece in enumerate(pieces[:PARTS_MOST]):
        if piece.startswith(b"--"):
            return
        head, gap, value = piece.partition(b"\r\n\r\n")
        name = NAME.search(head[:HEAD_MOST])
        file = not gap or FILE.search(head[:HEAD_MOST]) is not None
        if file or name is not None:
            said = "" if name is None else name[1].decode("utf-8", "replace")
            yield Part(said, value.removesuffix(b"\r\n"), file, whole=number + 1 < len(pieces))


def posted(data: bytes, content_type: str) -> list[Part]:
    """The fields of either kind of form that a browser sends, their bytes as they came.

    >>> posted(b"text=%E6%95%91&lang=en", "application/x-www-form-urlencoded")[0].value.decode()
    '救'
    """
    if content_type.partition(";")[0].strip().lower() == "multipart/form-data":
        return list(every_part(data, content_type))
    try:
        pairs = parse_qsl(data.decode("latin-1"), max_num_fields=PARTS_MOST, encoding="latin-1")
    except ValueError:
        return [Part("text", data, file=False, whole=True)]
    return [Part(name, value.encode("latin-1"), file=False, whole=True) for name, value in pairs]


def parts_of(data: bytes, content_type: str) -> tuple[list[tuple[str, bytes]], int] | None:
    """Names and values of a form's text fields, and how many files it holds; None where it is no such form.

    >>> body = b'--x\\r\\nContent-Disposition: form-data; name="text"\\r\\n\\r\\nhelp\\r\\n--x--'
    >>> parts_of(body, "multipart/form-data; boundary=x")
    ([('text', b'help')], 0)
    """
    parts = list(every_part(data, content_type))
    fields = [(part.name, part.value) for part in parts if not part.file]
    files = len(parts) - len(fields)
    return (fields, files) if parts else None


def form_of(fields: list[tuple[str, bytes]], boundary: str) -> tuple[bytes, str]:
    """Fields as a form again, and its content type. `boundary`: something that no field holds."""
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value + b"\r\n"
        for name, value in fields
    )
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
