"""The record for an auditor: searched, with a proof for each fact that it stands in the tree.

Idea: a search reads open parts alone, a page at a time. A proof needs a walk over the whole journal, which a process of its own does beside the desk
(`firstminute verify --fact`), one at a time. Limits: proofs of a long journal take as long as `verify` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection

from firstminute.model.encoding import encode_body
from firstminute.model.envelope import Fact
from firstminute.store.open_journal import OpenJournal, Wanted

PROVE_WITHIN_S = 300.0


def told(fact: Fact) -> dict[str, Any]:
    """The open part of a fact as plain data."""
    body, _ = encode_body(fact.body)
    return {
        "seq": fact.seq, "at_s": fact.at_s, "occurred_s": fact.occurred_s, "time_source": fact.time_source, "kind": fact.kind, "subject": fact.subject,
        "actor": fact.actor, "command_id": fact.command_id, "origin": fact.origin, "world": fact.world, "because": fact.because, "body": body,
    }  # fmt: skip


def proofs_in(
    findings: Sequence[Mapping[str, Any]], stream: tuple[str, str]
) -> tuple[dict[str, Any], dict[int, Any]]:
    """The root that proofs lead to, and the proof of each fact, from what `verify` found of a stream."""
    found = next(each for each in findings if (each["desk"], each["world"]) == stream)
    root = {name: found[name] for name in ("facts", "tree", "chain", "sound")}
    return root, {each["seq"]: each for each in found["facts_proved"]}


class Audit:
    """Implements `api.ports.AuditPort`.

    Parameters
    ----------
    reading : a connection that sees one consistent state and cannot write
    run : runs a command of ours in a process of its own and gives what it prints as JSON
    """

    def __init__(
        self,
        reading: Callable[[], AbstractContextManager[Connection]],
        desk: str,
        run: Callable[[tuple[str, ...], float], Awaitable[Any]],
    ) -> None:
        self._reading, self._desk, self._run = reading, desk, run
        self._proving = asyncio.Lock()

    def search(self, **wanted: Any) -> list[dict[str, Any]]:
        """A page of facts, oldest first."""
        with self._reading() as connection:
            return [told(fact) for fact in OpenJournal(connection, self._desk).search(Wanted(**wanted))]

    async def prove(self, seqs: Sequence[int]) -> tuple[dict[str, Any], dict[int, Any]] | None:
        """The root and a proof for each of some facts; None while others wait for theirs, or where the walk failed."""
        if self._proving.locked():
            return None
        async with self._proving:
            words = tuple(word for seq in seqs for word in ("--fact", f"live:{seq}"))
            said = await self._run(("verify", *words), PROVE_WITHIN_S)
        return None if said is None else proofs_in(said["streams"], (self._desk, "live"))
