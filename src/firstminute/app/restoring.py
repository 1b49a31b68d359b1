"""A restore, and the drill of one: put a backup back, start a desk's state from it, replay every fact, and say what would have been lost and how long it took.

Idea (trust.md row 19): a backup that was never restored is a hope. The drill does all that a restore does, in a folder that is deleted afterwards, and then
what a start does: take the record over, fold the state. It also folds the whole journal from its first fact; timers pending in that state, in the table and in
the rebuilt state must be the same, and everything sealed must open that was not erased: photos too, each held against the digest in its fact.
*RPO seen* is how old the backup is, *RTO seen* how long it took until a desk could have accepted a call.
Limits: without the key files only what is not sealed can be replayed, so that part is left out and said.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import Connection, select

from firstminute.app.desk_state import WORLDS, rebuild
from firstminute.flow.state import State
from firstminute.flow.step import fold
from firstminute.model.facts.incident import AttachmentKept
from firstminute.store import timers
from firstminute.store.attachments import Attachments
from firstminute.store.backup import read_manifest
from firstminute.store.errors import Broken, StorageRefused
from firstminute.store.restore import Wrong, check_files, check_record, put_back
from firstminute.store.schema import erased_keys, facts
from firstminute.store.store import Store

MOST_SAID = 50


@dataclass(slots=True)
class Restored:
    """What came of it. `rpo_s`: age of the backup; `rto_s`: seconds until ready; `replayed`: facts folded from the first, None without keys;
    `attachments`: photos, voice notes and films that those facts speak of and the backup should hold."""

    desk: str
    taken_s: float
    folder: str
    wrong: list[Wrong]
    facts: dict[str, int] = field(default_factory=dict)
    rows: int = 0
    replayed: int | None = None
    timers: int | None = None
    attachments: int = 0
    rpo_s: float = 0.0
    rto_s: float = 0.0

    @property
    def sound(self) -> bool:
        """Nothing is wrong."""
        return not self.wrong

    def plain(self) -> dict[str, Any]:
        """As plain data, for `--json`."""
        return {**asdict(self), "sound": self.sound}


def restore(backup: Path, to: Path, keys: Path | None, now_s: float) -> Restored:
    """Put a backup into `to` and hold it against its manifest; changed or missing files are never copied.

    Raises
    ------
    StorageRefused : there is no backup, or a folder is in the way
    """
    began = time.monotonic()
    manifest, wrong = check_files(backup, keys)
    found = Restored(manifest.desk, manifest.taken_s, str(to), wrong)
    if wrong:
        return found
    put_back(backup, manifest, to, keys)
    more, rows = check_record(to, manifest)
    found.wrong += more
    found.rows = sum(rows.values())
    found.facts = {f"{head['desk']}/{head['world']}": int(head["seq"]) for head in manifest.heads}
    found.rto_s = round(time.monotonic() - began, 3)
    found.rpo_s = round(max(0.0, now_s - manifest.taken_s), 3)
    return found


def drill(backup: Path, keys: Path | None, now_s: float, beside: Path | None = None) -> Restored:
    """The same into a folder that is deleted afterwards (below `beside` where that is given), then a start and a replay of every fact."""
    began = time.monotonic()
    with _passing(beside) as folder:
        found = restore(backup, folder / "record", keys, now_s)
        if found.sound and keys is not None:
            try:
                _start(folder / "record", found, began, "attachments" in read_manifest(backup).parts)
            except (StorageRefused, Broken) as problem:
                found.wrong.append(Wrong("start", found.desk, str(problem)))
    return found


@contextmanager
def _passing(beside: Path | None) -> Iterator[Path]:
    folder = Path(mkdtemp(prefix="firstminute-drill-", dir=beside))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, found: Restored, began: float, with_files: bool) -> None:
    """What a service does before it listens, then more than it does; `with_files`: what is attached is in the backup."""
    store = Store(folder, found.desk)
    try:
        store.begin()
        states = rebuild(store, lambda world: State(world=world), found.taken_s)
        found.rto_s = round(time.monotonic() - began, 3)
        found.replayed = found.timers = 0
        files = Attachments(store, most=0) if with_files else None
        with store.reading() as connection:
            found.wrong += [*_shut(connection, store)][:MOST_SAID]
            for world in WORLDS:
                state = State(world=world)
                for fact in store.journal.read(connection, world):
                    fold(state, fact)
                    found.replayed += 1
                    if files is not None and isinstance(fact.body, AttachmentKept):
                        found.attachments += 1
                        found.wrong += _changed(files, fact.body) if len(found.wrong) < MOST_SAID else ()
                table = timers.pending(connection, store.desk, world)
                found.timers += len(table)
                if not state.timers.pending == states[world].timers.pending == table:
                    found.wrong.append(Wrong("replay", f"{found.desk}/{world}", "timers"))
                if states[world].seq != max(state.seq, 0):
                    found.wrong.append(Wrong("replay", f"{found.desk}/{world}", f"{state.seq} facts"))
    finally:
        store.close()


def _changed(files: Attachments, body: AttachmentKept) -> list[Wrong]:
    """What is attached and does not open, or is not what came. Whose digest is gone was erased, and its file with it."""
    if body.digest is None:
        return []
    whole = files.get(body.subject_id, body.attachment_id, "original")
    if whole is None:
        return [Wrong("missing", f"attachment {body.attachment_id}")]
    same = hashlib.sha256(whole).hexdigest() == body.digest
    return [] if same else [Wrong("changed", f"attachment {body.attachment_id}")]


def _shut(connection: Connection, store: Store) -> Iterator[Wrong]:
    """Sealed parts that do not open although nobody erased them: the key file is older than the record."""
    gone = select(erased_keys.c.key_id)
    sealed = select(facts.c.key_id).where(facts.c.key_id.is_not(None), facts.c.key_id.not_in(gone)).distinct()
    for number in connection.execute(sealed).scalars():
        if not store.vault.has(int(number)):
            yield Wrong("sealed", "vault.db", f"key {number}")
