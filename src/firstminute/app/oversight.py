"""The oversight reports over a journal: opened, computed, with their digest, for the command line and for the service.

Idea: `flow.oversight` says what a report is; here it is given the facts that it reads, from a file that may be a copy without vault and keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection

from firstminute.app.report import oversight_page
from firstminute.flow.oversight import looking, month
from firstminute.flow.oversight.canonical import digest_of
from firstminute.flow.oversight.period import CITY_OFFSET_S, period
from firstminute.model.envelope import World
from firstminute.store.open_journal import OpenJournal


def compute(
    connection: Connection,
    name: str,
    *,
    desk: str | None = None,
    world: World = "live",
    offset_s: int = CITY_OFFSET_S,
) -> dict[str, Any]:
    """The report of a month or a week and its digest.

    Raises
    ------
    Refused : it is no period
    StorageRefused : there is no such journal
    """
    span_of = period(name, offset_s)
    stream = OpenJournal(connection, desk, world)
    span = stream.span(span_of.from_s, span_of.to_s)
    journal = month.Journal(stream.desk, stream.world, span.last_seq, span.chain, span.over)
    if span_of.sort == "month":
        made = month.report(stream.facts(span, month.KINDS), span_of, journal)
    else:
        facts = list(stream.facts(span, looking.KINDS))
        who = sorted({each.account_id for each in looking.accesses(facts)})
        around = (
            span_of.from_s - looking.WORK_S,
            span_of.to_s + looking.WORK_S if span.over else span_of.to_s,
        )
        made = looking.report(facts, stream.acts(*around, who, looking.NO_WORK), span_of, journal)
    return {"report": made, "digest": digest_of(made)}


class Oversight:
    """Implements `api.ports.OversightPort` on a store's reading connections.

    Parameters
    ----------
    reading : a connection that sees one consistent state and cannot write
    """

    def __init__(self, reading: Callable[[], AbstractContextManager[Connection]], desk: str) -> None:
        self._reading, self._desk = reading, desk

    def report(self, name: str) -> dict[str, Any]:
        """The report of a period with its digest. Raises Refused."""
        with self._reading() as connection:
            return compute(connection, name, desk=self._desk)

    def page(self, made: Mapping[str, Any], language: str) -> str:
        """The same as a page to read and to print."""
        return oversight_page.html(made, language)
