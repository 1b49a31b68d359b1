"""Snapshots: a cache of live state, thrown away without regret.

Idea (DESIGN.md §4): each slice is kept with the hash of its shape and of the code that folds it, the whole with the chain's value at its
`seq`. If anything does not fit this release or this journal, there is no snapshot and state is rebuilt from registers and the facts of open
subjects. It holds what is sealed elsewhere, so it is encrypted and authenticated with the vault's master key, and erasing a subject removes
it.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from firstminute.model.envelope import World
from firstminute.store.vault import Vault

UNREADABLE = (
    pickle.UnpicklingError,
    AttributeError,
    ImportError,
    TypeError,
    ValueError,
    IndexError,
    EOFError,
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Live state at one fact. `slices`: name → the object itself."""

    world: World
    seq: int
    chain: bytes
    at_s: float
    slices: dict[str, Any]


def shape_of(value: object, packages: tuple[ModuleType, ...]) -> bytes:
    """The hash of a slice's fields and of every source file of the packages that make and fold it."""
    made = hashlib.sha256()
    if is_dataclass(value):
        made.update(repr([(field.name, str(field.type)) for field in fields(value)]).encode())
    for package in packages:
        for folder in package.__path__:
            for path in sorted(Path(folder).rglob("*.py")):
                made.update(path.name.encode() + path.read_bytes())
    return made.digest()


def save(folder: Path, vault: Vault, snapshot: Snapshot, shapes: Mapping[str, bytes]) -> Path:
    """Write a snapshot beside the last one, then put it in its place."""
    out = io.BytesIO()
    pickle.dump(dict(shapes), out, protocol=pickle.HIGHEST_PROTOCOL)
    RecordPickler(out, protocol=pickle.HIGHEST_PROTOCOL).dump(snapshot)
    data = out.getvalue()
    target = _path(folder, snapshot.world)
    fresh = target.with_suffix(
        f".{os.getpid()}.new"
    )  # of its own: the desk and a process beside it may both be writing
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(vault.seal_cache(data))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return target


def clear_half_written(folder: Path) -> None:
    """Delete what writers that were killed have left behind."""
    for path in folder.glob("snapshot-*.new"):
        path.unlink(missing_ok=True)


def load(folder: Path, vault: Vault, world: World, shapes: Mapping[str, bytes]) -> Snapshot | None:
    """The snapshot of a world, None where there is none that fits this release. Only bytes that this vault sealed are ever unpickled."""
    path = _path(folder, world)
    if not path.is_file():
        return None
    data = vault.open_cache(path.read_bytes())
    if data is None:
        return None
    stream = io.BytesIO(data)
    try:
        if pickle.load(stream) != dict(shapes):
            return None
        snapshot = pickle.load(stream)
    except UNREADABLE:
        return None  # written by another release: its records may have had other fields
    return snapshot if isinstance(snapshot, Snapshot) else None


def drop(folder: Path) -> None:
    """Delete every snapshot, also one half written: they may hold what was erased."""
    for path in folder.glob("snapshot-*"):
        path.unlink(missing_ok=True)


class RecordPickler(pickle.Pickler):
    """Writes frozen records as class and values: the way dataclasses do it themselves is five times as slow to read."""

    def reducer_override(self, value: Any) -> Any:
        """How to make a record again."""
        cls = type(value)
        if not is_dataclass(cls) or "__slots__" not in cls.__dict__:
            return NotImplemented
        return _made, (cls, tuple([getattr(value, name) for name in _names(cls)]))


_NAMES: dict[type, tuple[str, ...]] = {}


def _names(cls: type[Any]) -> tuple[str, ...]:
    if cls not in _NAMES:
        _NAMES[cls] = tuple(field.name for field in fields(cls))
    return _NAMES[cls]


def _made(cls: type[Any], values: tuple[Any, ...]) -> Any:
    made = object.__new__(cls)
    for name, value in zip(_names(cls), values, strict=True):
        object.__setattr__(made, name, value)
    return made


def _path(folder: Path, world: World) -> Path:
    return folder / f"snapshot-{world}.bin"
