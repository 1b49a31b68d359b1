"""What was answered to which command: a retry gets the first answer again, never a second effect.

Idea: the answer is written in the transaction of the command's facts, so a caller who lost the reply (or whose desk was killed after the
commit) asks again with the same id and learns what happened. The digest of the arguments is keyed: it tells equal from different and
nothing else. Answers are kept for days.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from firstminute.store.bulk import change_rows, insert_rows, rows_in
from firstminute.store.canonical import canonical, read
from firstminute.store.schema import commands

FORGET = "DELETE FROM commands WHERE desk = ? AND command_id = ?"
KEEP_S = 7 * 86_400.0  # at least 72 h, and beyond the longest time a device is offline


@dataclass(frozen=True, slots=True)
class Answered:
    """One remembered answer. `digest`: keyed digest of name and arguments; `detail`: plain data given back with the answer."""

    command_id: str
    digest: bytes
    world: str
    seq: int
    status: str
    code: str | None
    detail: dict[str, Any]
    at_s: float


def find(connection: Connection, desk: str, wanted: Sequence[str]) -> dict[str, Answered]:
    """The remembered answers among `wanted`, by command id."""
    found: dict[str, Answered] = {}
    for row in rows_in(connection, commands, "command_id", wanted, desk=desk):
        answer = read(row.answer)
        found[row.command_id] = Answered(
            row.command_id, row.digest, row.world, row.seq, row.status, row.code, answer, row.at_s
        )
    return found


def remember(connection: Connection, desk: str, answers: Iterable[Answered]) -> None:
    """Write answers down."""
    rows = [
        (
            desk,
            each.command_id,
            each.digest,
            each.world,
            each.seq,
            each.status,
            each.code,
            canonical(each.detail),
            each.at_s,
        )
        for each in answers
    ]
    insert_rows(connection, commands, rows)


def prune(connection: Connection, before_s: float, limit: int = 1000) -> int:
    """Forget at most `limit` answers older than `before_s`; how many went."""
    old = (
        select(commands.c.desk, commands.c.command_id)
        .where(commands.c.at_s < before_s)
        .order_by(commands.c.at_s)
        .limit(limit)
    )
    gone = connection.execute(old).all()
    change_rows(connection, FORGET, [tuple(row) for row in gone])
    return len(gone)
