"""Which key seals which subject: the bridge between the main database and the vault.

Idea: the number stands in the main database in the same transaction as the first thing that was sealed, the key itself only in the vault. A
number drawn for a transaction that failed is not used again for anything else in this process. A subject has one number at a time; those it had
before (`renew`) stand with the facts and rows that they sealed, and erasing destroys them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from firstminute.store.bulk import insert_new_rows, rows_in, upsert_rows
from firstminute.store.schema import (
    cursors,
    desk_head,
    erased_keys,
    facts,
    imports,
    register_rows,
    staged_rows,
    subject_keys,
)
from firstminute.store.vault import Vault

HIGHEST = "vault-keys"  # where earlier releases wrote the highest number ever used
KEPT = 200_000


class SubjectKeys:
    """Key numbers by subject, with those seen lately kept in memory."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self._known: dict[str, int] = {}

    def begin(self, connection: Connection) -> None:
        """Start after the highest number any committed row uses."""
        used = (
            select(func.max(subject_keys.c.key_id)),
            select(func.max(erased_keys.c.key_id)),
            select(cursors.c.seq).where(cursors.c.name == HIGHEST),
        )
        self._known.clear()
        self.vault.begin(max(connection.execute(each).scalar() or 0 for each in used))
        self._destroy_again(connection)

    def _destroy_again(self, connection: Connection) -> None:
        """A key file put back from a backup brings erased keys back with it: they go once more."""
        behind, reached = self.vault.generation, self._generation(connection)
        if behind < reached:
            gone = select(erased_keys.c.key_id).where(erased_keys.c.generation > behind)
            self.vault.destroy(connection.execute(gone).scalars().all(), reached)

    def _generation(self, connection: Connection) -> int:
        return connection.execute(select(func.max(erased_keys.c.generation))).scalar() or 0

    def of(self, connection: Connection, subjects: Sequence[str]) -> dict[str, int]:
        """The number of each subject's key; a subject that has none gets one, in this transaction."""
        found = {subject: self._known[subject] for subject in subjects if subject in self._known}
        missing = [subject for subject in dict.fromkeys(subjects) if subject not in found]
        made = dict(zip(missing, self.vault.draw(len(missing)), strict=True))
        if insert_new_rows(connection, subject_keys, [*made.items()]) == len(missing):
            found.update(made)  # nearly always: who is new to this process is new
        else:
            found.update(self._held(connection, made))
        if len(self._known) > KEPT:
            self._known.clear()
        self._known.update(found)
        return found

    def _held(self, connection: Connection, made: Mapping[str, int]) -> dict[str, int]:
        """What the table says, where some stood in it before; a number whose key is gone gives way to the one just made."""
        held = {row.subject: int(row.key_id) for row in rows_in(connection, subject_keys, "subject", [*made])}
        stale = [subject for subject, number in held.items() if not self.vault.has(number)]
        upsert_rows(connection, subject_keys, [(subject, made[subject]) for subject in stale])
        return {**held, **{subject: made[subject] for subject in stale}}

    def without(self, connection: Connection, subjects: Sequence[str]) -> tuple[str, ...]:
        """Those of `subjects` about which nothing is sealed, or nothing any more."""
        held = {row.subject for row in rows_in(connection, subject_keys, "subject", list(subjects))}
        return tuple(subject for subject in subjects if subject not in held)

    def forget_cache(self) -> None:
        """After a failed transaction: what it drew was never written."""
        self._known.clear()

    def erase(self, connection: Connection, subjects: Iterable[str]) -> int:
        """Destroy the keys of `subjects`, then take their numbers out of the table; how many there were.

        In this order a crash in between leaves a number whose key is gone, which `of` replaces, and never a key that could be handed out again.
        """
        wanted = list(subjects)
        current = [int(row.key_id) for row in rows_in(connection, subject_keys, "subject", wanted)]
        numbers = list(dict.fromkeys([*current, *self._earlier(connection, wanted)]))
        if not numbers:
            return 0
        generation = max(self.vault.generation, self._generation(connection)) + 1
        self.vault.destroy(numbers, generation)
        upsert_rows(connection, erased_keys, [(number, generation) for number in numbers])
        connection.execute(
            subject_keys.delete().where(subject_keys.c.key_id == bindparam("gone")),
            [{"gone": number} for number in numbers],
        )
        for subject in wanted:
            self._known.pop(subject, None)
        return len(numbers)

    def renew(self, connection: Connection, subjects: Iterable[str]) -> None:
        """What is sealed about `subjects` from now on has a fresh key. The numbers before stand with what they sealed, where `erase` finds them."""
        wanted = list(dict.fromkeys(subjects))
        made = dict(zip(wanted, self.vault.draw(len(wanted)), strict=True))
        upsert_rows(connection, subject_keys, [*made.items()])
        self._known.update(made)

    def _earlier(self, connection: Connection, subjects: Sequence[str]) -> Iterator[int]:
        """The numbers under which anything about `subjects` was ever sealed and that were not destroyed yet: facts, rows, rows on their way."""
        streams = connection.execute(select(desk_head.c.desk, desk_head.c.world)).all()
        desks = {row.desk for row in streams}
        for subject in subjects:
            found: set[int] = set()
            for desk, world in streams:
                mine = (facts.c.desk == desk, facts.c.world == world, facts.c.subject == subject)
                found |= _numbers(connection, select(facts.c.key_id).where(*mine).distinct())
            register, _, key = subject.partition("/")
            for desk in desks if key else ():
                at = (
                    register_rows.c.desk == desk,
                    register_rows.c.register == register,
                    register_rows.c.key == key,
                )
                found |= _numbers(connection, select(register_rows.c.key_id).where(*at).distinct())
                under = select(imports.c.import_id).where(
                    imports.c.desk == desk, imports.c.register == register
                )
                staged = (
                    staged_rows.c.desk == desk,
                    staged_rows.c.import_id.in_(under),
                    staged_rows.c.key == key,
                )
                found |= _numbers(connection, select(staged_rows.c.key_id).where(*staged))
            gone = select(erased_keys.c.key_id).where(erased_keys.c.key_id.in_(found))
            yield from sorted(found - _numbers(connection, gone))


def _numbers(connection: Connection, query: Select[Any]) -> set[int]:
    return {int(number) for number in connection.execute(query).scalars() if number is not None}
