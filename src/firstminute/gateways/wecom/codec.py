"""A text to a group robot of WeCom, and what its answer means.

Idea: a robot answers 200 also where it refused; only `errcode` 0 inside is a yes. The text is bounded in bytes of UTF-8, not in signs, so a long Chinese one
is cut where it may be. Source: the vendor's page on group robots. Limits: text only; twenty messages a minute a robot, which the caller keeps.
"""

from __future__ import annotations

import json
from urllib.parse import quote

TEXT_MOST = 2_048
"""Bytes."""


def url_of(base: str, key: str) -> str:
    """The address of one robot."""
    return f"{base}?key={quote(key, safe='')}"


def body_of(text: str, phones: list[str]) -> bytes:
    """A text that calls these people by their phones; cut where the robot would refuse it."""
    kept = text.encode("utf-8")[:TEXT_MOST].decode("utf-8", "ignore")
    said = {"msgtype": "text", "text": {"content": kept, "mentioned_mobile_list": phones}}
    return json.dumps(said, ensure_ascii=True).encode("ascii")


def taken(answer: bytes) -> bool:
    """Whether the robot took it.

    >>> taken(b'{"errcode":0,"errmsg":"ok"}'), taken(b'{"errcode":45009}'), taken(b"<html>")
    (True, False, False)
    """
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("errcode") == 0
