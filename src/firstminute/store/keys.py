"""Which key seals which subject: the bridge between the main database and the vault.

Idea: the number stands in the main database in the same transaction as the first thing that was sealed, the key itself only in the vault. A number drawn for a
transaction that failed is not used again for anything else in this process.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, func, select

from firstminute.store.schema import facts, register_rows, subject_keys
from firstminute.store.vault import Vault

AT_ONCE = 500
KEPT = 200_000


class SubjectKeys:
    """Key numbers by subject, with those seen lately kept in memory."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self._known: dict[str, int] = {}

    def begin(self, connection: Connection) -> None:
        """Start after the highest number any committed row uses."""
        columns = (subject_keys.c.key_id, facts.c.key_id, register_rows.c.key_id)
        used = connection.execute(select(func.max(columns[0]))).scalar() or 0
        self._known.clear()
        self.vault.begin(used)

    def of(self, connection: Connection, subjects: Sequence[str]) -> dict[str, int]:
        """The number of each subject's key; a subject that has none gets one, in this transaction."""
        found = {subject: self._known[subject] for subject in subjects if subject in self._known}
        missing = [subject for subject in dict.fromkeys(subjects) if subject not in found]
        for start in range(0, len(missing), AT_ONCE):
            query = select(subject_keys).where(subject_keys.c.subject.in_(missing[start : start + AT_ONCE]))
            found.update({row.subject: row.key_id for row in connection.execute(query)})
        new = [subject for subject in missing if subject not in found]
        if new:
            made = dict(zip(new, self.vault.draw(len(new)), strict=True))
            connection.execute(subject_keys.insert(), [{"subject": subject, "key_id": number} for subject, number in made.items()])
            found.update(made)
        if len(self._known) > KEPT:
            self._known.clear()
        self._known.update(found)
        return found

    def forget_cache(self) -> None:
        """After a failed transaction: what it drew was never written."""
        self._known.clear()

    def erase(self, connection: Connection, subjects: Iterable[str]) -> list[int]:
        """Take the subjects' numbers out of the table; the caller destroys the keys *after* this is durable."""
        wanted = list(subjects)
        gone: list[int] = []
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start : start + AT_ONCE]
            gone += connection.execute(select(subject_keys.c.key_id).where(subject_keys.c.subject.in_(part))).scalars()
            connection.execute(subject_keys.delete().where(subject_keys.c.subject.in_(part)))
        for subject in wanted:
            self._known.pop(subject, None)
        return gone
