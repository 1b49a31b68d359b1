"""The record seen from another process: one moment of it, opened to read and nothing else.

Idea: what takes seconds (a snapshot) is done beside the desk by a process of its own, which can neither write nor hold the desk up. It reads in one
transaction, so heads, facts and projections belong together.
Limits: while it looks, the write-ahead log cannot be cut back behind that moment: look for seconds, not hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Connection

from firstminute.model.envelope import WORLDS, World
from firstminute.store import record
from firstminute.store.chain import START
from firstminute.store.engine import read_only
from firstminute.store.journal import Head, Journal, read_head
from firstminute.store.keys import SubjectKeys
from firstminute.store.store import DATABASE
from firstminute.store.vault import Vault


class Onlooker:
    """One moment of a desk's record. Reads as `Store` does; use as a context.

    Parameters
    ----------
    folder : the data folder, of a running or a stopped desk
    desk : whose record

    Raises
    ------
    StorageRefused : there is no record, or no master key
    """

    def __init__(self, folder: Path, desk: str) -> None:
        self.folder, self.desk = folder, desk
        with ExitStack() as opened:
            self._connection = opened.enter_context(read_only(folder / DATABASE))
            self.vault = Vault(folder, read_only=True, url=record.url_of(folder))
            opened.callback(self.vault.close)
            self._open = opened.pop_all()
        self.keys = SubjectKeys(self.vault)
        self.journal = Journal(desk, self.keys)
        found = {world: read_head(self._connection, desk, world) for world in WORLDS}
        self.heads: dict[World, Head] = {
            world: head if head is not None else Head(0, 0, START) for world, head in found.items()
        }

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The connection, in its one transaction."""
        yield self._connection

    def __enter__(self) -> Onlooker:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()
