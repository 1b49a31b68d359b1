"""The log: what was said by others cannot pass for a line of ours.

Idea: a value with a line break forges a line, one with an escape sequence repaints the screen of whoever reads it, one that writes from right to left
shows another text than it holds. So control and format characters of every record leave as `\\x0a`; only the line breaks of a traceback stay, each behind a
mark. Times are UTC. Limits: what a record says is its writer's business; values that identify a person do not belong into it at all.
"""

from __future__ import annotations

import logging
import time
from types import TracebackType
from typing import TypeAlias

from firstminute.app.discreet import places_of

ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
LINE = "%(asctime)s %(name)s %(levelname)s %(message)s"
BEHIND = "\n    | "
MOST = 8_000
"""A longer record is cut: nobody fills the disk with one request."""


def plain(text: str) -> str:
    """Text in which every control, format and unassigned character is written out.

    >>> plain("a\\nb"), plain("红\\x1b[31m")
    ('a\\\\x0ab', '红\\\\x1b[31m')
    """
    return "".join(each if each.isprintable() else _written_out(each) for each in text)


def _written_out(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


class SafeFormatter(logging.Formatter):
    """One line a record; lines of a traceback stand behind a mark."""

    def __init__(self) -> None:
        super().__init__(LINE)

    @staticmethod
    def converter(seconds: float | None = None) -> time.struct_time:
        """Times are UTC."""
        return time.gmtime(seconds)

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line itself."""
        return plain(super().formatMessage(record)[:MOST])

    def formatException(self, ei: ExcInfo) -> str:
        """Where it went wrong, each line behind a mark; what an exception says may be about a person and is left out."""
        return BEHIND.join(["", *map(plain, places_of(ei[1]))])[1:MOST]

    def formatStack(self, stack_info: str) -> str:
        """The stack, each line behind a mark."""
        return BEHIND.join(["", *map(plain, stack_info.splitlines())])[1:MOST]


def begin() -> None:
    """Let every logger of this process write warnings and worse like this, to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(SafeFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
