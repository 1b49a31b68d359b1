"""A receipt's code, and what follows from it: who the report's sender is to the record, and which call it became.

Idea: nothing is kept to find a report by its code. The call's id is made of the code by the record's own keyed digest, so whoever holds the code finds the
call, and whoever reads the record finds no code. The form carries a number used once, of which the code is made: sent twice, a report is one report and
has one code. Each report has a sender of its own, so that two reports of one person cannot be told to be that.
Limits: 60 bits; guessing is slowed down by the routes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from firstminute.api.commanding import command_id_of
from firstminute.model.envelope import Actor

Stamp = Callable[[bytes], bytes]

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without 0 and O, 1 and I, which people mix up when they copy."""
LENGTH, GROUP = 12, 4
ONCE = re.compile(r"[0-9a-f]{32}")


class Report(NamedTuple):
    """One report: its code, its sender, the key under which it is sent, and the call that it is."""

    code: str
    actor: Actor
    key: str
    call_id: str


def report_of(stamp: Stamp, code: str) -> Report:
    """What a code (as `plain` gives it) stands for."""
    actor = Actor(id=f"web-{stamp(b'report who ' + code.encode()).hex()[:24]}", role="resident")
    key = stamp(b"report key " + code.encode()).hex()[:48]
    return Report(code, actor, key, command_id_of(actor, key, str))


def code_for(stamp: Stamp, once: str) -> str:
    """The code of the report that a form with this number makes."""
    number = int.from_bytes(stamp(b"report code " + once.encode("ascii", "replace"))[:8], "big")
    return "".join(LETTERS[number >> (5 * place) & 31] for place in range(LENGTH))


def plain(typed: str) -> str | None:
    """The code in what somebody typed, None where it cannot be one.

    >>> plain(" abcd-efgh 2345 "), plain("ABCD"), plain("0000-0000-0000")
    ('ABCDEFGH2345', None, None)
    """
    code = re.sub(r"[\s\-–—.]", "", typed[:64]).upper()
    return code if len(code) == LENGTH and set(code) <= set(LETTERS) else None


def shown(code: str) -> str:
    """A code as people read it to each other.

    >>> shown("ABCDEFGH2345")
    'ABCD-EFGH-2345'
    """
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))
