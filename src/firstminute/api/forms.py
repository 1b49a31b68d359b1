"""A form with a photo in it (`multipart/form-data`): its words are read, its files are named and left out.

Idea: somebody sends words and a photo in one go. The words are the call; a file among them must neither make the call unreadable nor be believed. Own few
lines and no library, because the bounds matter more than the format's corners. Source: RFC 7578, RFC 2046.
Limits: at most `PARTS_MOST` parts; a part within a part is a file like any other.
"""

from __future__ import annotations

import re

PARTS_MOST = 100
HEAD_MOST = 4_000
BOUNDARY = re.compile(r'boundary="?([0-9A-Za-z\'()+_,./:=? -]{1,70})"?', re.IGNORECASE)
NAME = re.compile(rb'[; ]name="([^"\r\n]{0,200})"', re.IGNORECASE)
FILE = re.compile(rb"[; ]filename\*?=", re.IGNORECASE)


def parts_of(data: bytes, content_type: str) -> tuple[list[tuple[str, bytes]], int] | None:
    """Names and values of a form's text fields, and how many files it holds; None where it is no such form.

    >>> body = b'--x\\r\\nContent-Disposition: form-data; name="text"\\r\\n\\r\\nhelp\\r\\n--x--'
    >>> parts_of(body, "multipart/form-data; boundary=x")
    ([('text', b'help')], 0)
    """
    found = BOUNDARY.search(content_type[:1_000])
    if found is None:
        return None
    mark = b"--" + found[1].strip().encode("ascii")
    pieces = data.split(mark, PARTS_MOST + 1)[1:]
    fields: list[tuple[str, bytes]] = []
    files = 0
    for piece in pieces[:PARTS_MOST]:
        if piece.startswith(b"--"):
            break
        head, gap, value = piece.partition(b"\r\n\r\n")
        name = NAME.search(head[:HEAD_MOST])
        if not gap or FILE.search(head[:HEAD_MOST]):
            files += 1
        elif name is not None:
            fields.append((name[1].decode("utf-8", "replace"), value.removesuffix(b"\r\n")))
    return (fields, files) if fields or files else None
