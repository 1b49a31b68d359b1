"""The store: everything one desk writes, in one transaction, and everything it needs to start again.

Idea (DESIGN.md §4): `append` takes the answers and facts of a whole group of commands and makes them durable together: facts, head,
answers, timers, outbox, registers and open subjects, or nothing. `begin` takes the journal over (its epoch goes up), so an older desk on
the same record is fenced off.
Limits: one writing desk per store; readers use `database.read` or their own process.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from firstminute.model.envelope import Fact, World
from firstminute.model.facts.call import CallAttached
from firstminute.model.facts.desk import RegisterChanged, SubjectErased
from firstminute.model.facts.incident import IncidentClosed
from firstminute.store import commands, outbox, read_models, record, snapshots, staging, subjects, timers
from firstminute.store.chain import DEFAULT_HASH
from firstminute.store.commands import Answered
from firstminute.store.engine import opened
from firstminute.store.errors import HeadLost, NotDurable, StorageRefused, Unreadable
from firstminute.store.head_key import HeadKey
from firstminute.store.journal import Head, Journal
from firstminute.store.keys import SubjectKeys
from firstminute.store.migrations.upgrade import upgrade
from firstminute.store.record import DATABASE
from firstminute.store.registers import Import, Parts
from firstminute.store.vault import Vault

if TYPE_CHECKING:
    from firstminute.store.lease import Lease

__all__ = ["DATABASE", "Store"]


class Store:
    """One folder: the record (`desk.db`, or a pointer to PostgreSQL), the vault's keys, the key that signs heads, snapshots.

    Parameters
    ----------
    folder : made where it does not exist, readable by the owner alone
    desk : the name of the desk whose record this is
    hash_name : of the chain from now on
    vault_cipher : what seals from now on, see `Vault`
    before_commit : see `Database`
    url : of PostgreSQL, where the record is to be there (see `record.settle`); None takes what the folder says
    lease : of a stand-by that waited for its turn

    Raises
    ------
    StorageRefused : the folder is another process's, cannot be written, or holds what cannot be read
    """

    def __init__(
        self,
        folder: Path,
        desk: str = "city",
        *,
        hash_name: str = DEFAULT_HASH,
        vault_cipher: str = "aes-256-gcm",
        before_commit: Callable[[], None] | None = None,
        url: str | None = None,
        lease: Lease | None = None,
    ) -> None:
        self.folder, self.desk = folder, desk
        with _opening(folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            where = record.settle(folder, url)
            if where is None:
                _assert_not_lost(folder)
            self.database = opened(folder, where, before_commit, lease)
            try:
                with self.database.write() as connection:
                    upgrade(connection)
                self.vault = Vault(folder, cipher=vault_cipher, url=where)
                HeadKey(folder)
                snapshots.clear_half_written(folder)
            except BaseException:
                self.database.close()
                raise
        self.keys = SubjectKeys(self.vault)
        self.journal = Journal(desk, self.keys, hash_name)
        self.heads: dict[World, Head] = {}
        self.settling: dict[str, str] = {}  # register → the import that counts and has not moved into it
        self._staging: set[str] = set()

    def begin(self) -> Mapping[World, Head]:
        """Take the journal over and learn where it ends; also after a failed commit, which leaves nothing of itself in memory."""
        with self.database.write() as connection:
            self.heads = self.journal.take_over(connection)
            self.keys.begin(connection)
            found = staging.on_their_way(connection, self.desk)
        self.database.fence(self.desk, self.heads["live"].epoch)
        self.settling = {each.register: each.import_id for each in found if each.seq is not None}
        return self.heads

    def append(self, runs: Mapping[World, Sequence[Fact]], answers: Sequence[Answered] = ()) -> None:
        """Make one group durable.

        Raises
        ------
        NotDurable : nothing of it is written as far as anybody knows; call `begin` before anything else
        HeadLost : another desk has taken over; stop
        """
        moved = dict(self.heads)
        try:
            with self.database.write() as connection:
                for world, run in runs.items():
                    if run:
                        moved[world] = self.journal.append(connection, world, self.heads[world], run)
                        timers.project(connection, self.desk, world, run)
                        outbox.project(connection, self.desk, world, run)
                        subjects.project(connection, self.desk, world, run)
                commands.remember(connection, self.desk, answers)
        except (NotDurable, HeadLost):
            self.keys.forget_cache()
            raise
        self.heads = moved
        for body in (fact.body for run in runs.values() for fact in run):
            if isinstance(body, SubjectErased):
                snapshots.drop(self.folder)
            elif isinstance(body, RegisterChanged) and body.staged is not None:
                self._staging.discard(body.staged)
                self.settling[body.table] = body.staged

    def answered(self, command_ids: Sequence[str]) -> dict[str, Answered]:
        """What was answered to these commands before, by id. For the desk's thread alone."""
        with self.database.look() as connection:
            return commands.find(connection, self.desk, command_ids)

    def begin_import(self, register: str, import_id: str) -> Import:
        """A bulk import whose rows are to be staged; give it up with `abandon`, or name it in a `RegisterChanged`."""
        self._staging.add(import_id)
        with self.database.write() as connection:
            staging.begin(connection, self.desk, import_id, register)
        return Import(import_id, register)

    def stage(self, about: Import, rows: Sequence[Parts]) -> None:
        """Write some rows of an import where nobody looks yet: a transaction of its own, some hundreds of rows at a time."""
        with self.database.write() as connection:
            staging.stage(connection, self.keys, self.desk, about, rows)

    def abandon(self, import_id: str) -> None:
        """An import that comes to nothing: its rows go with the next bites of `settle`."""
        self._staging.discard(import_id)

    def settle(self) -> bool:
        """Take one bite of what imports have left to do, also those of a process that was killed; False where nothing is left."""
        with self.database.write() as connection:
            found = staging.on_their_way(connection, self.desk)
            about = next((each for each in found if each.import_id not in self._staging), None)
            if about is None:
                return False
            take = staging.drop if about.seq is None else staging.settle
            more = take(connection, self.desk, about)
        if not more and self.settling.get(about.register) == about.import_id:
            del self.settling[about.register]
        return True

    def keyless(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """Those of `wanted` about which nothing is sealed, or nothing any more."""
        with self.reading() as connection:
            return self.keys.without(connection, wanted)

    def calls_of(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """The calls of those of `wanted` that are closed incidents."""
        with self.reading() as connection:
            closed = [
                fact.body
                for each in wanted
                for fact in self.journal.about(connection, "live", each, kinds=(IncidentClosed.NAME,))
            ]
        return tuple(call for body in closed if isinstance(body, IncidentClosed) for call in body.call_ids)

    def district_of(self, subject: str) -> tuple[str | None, ...]:
        """The district of an incident of the past, or of the last one that a call belonged to; empty where that is not known."""
        with self.reading() as connection:
            found = read_models.district_of(connection, self.desk, subject)
            if found or not subject:
                return found
            about = self.journal.about(connection, "live", subject, kinds=(CallAttached.NAME,))
            held = [fact.body.incident_id for fact in about if isinstance(fact.body, CallAttached)]
            return read_models.district_of(connection, self.desk, held[-1]) if held else ()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one consistent state and cannot write.

        Raises
        ------
        Unreadable : the database or the disk failed
        """
        try:
            with self.database.read() as connection, connection.begin():
                yield connection
        except (SQLAlchemyError, sqlite3.Error) as problem:
            raise Unreadable(str(problem)) from problem

    def close(self) -> None:
        """Close every file and let the next process in."""
        self.vault.close()
        self.database.close()


def _assert_not_lost(folder: Path) -> None:
    """A vault without its record means that the record went: a new one in its place would look as if nothing had ever been."""
    path = folder / DATABASE
    if not path.exists() and (folder / "vault.db").exists():
        said = f"{path} is missing, although {folder} was in use"
        raise StorageRefused("record_missing", said, path=path, folder=folder)


@contextmanager
def _opening(folder: Path) -> Iterator[None]:
    """What the disk or the database says while files are opened, as the sentence an operator needs."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, NotDurable, OSError) as problem:
        reason = str(getattr(problem, "orig", None) or problem)
        raise StorageRefused(
            "unusable", f"{folder} cannot be used: {reason}", folder=folder, reason=reason
        ) from problem
