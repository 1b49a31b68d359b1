"""A snapshot is a cache: what does not fit is not used, and never keeps a desk from starting."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstminute.respond.records import Respond, UnitDuty
from firstminute.store import snapshots
from firstminute.store.snapshots import Snapshot
from firstminute.store.vault import Vault

SHAPES = {"respond": b"shape"}


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """A vault of its own."""
    return Vault(tmp_path)


def _saved(folder: Path, vault: Vault) -> Path:
    duty = UnitDuty(unit_id="u1", crew=2, sworn=2, shift="day", since_s=1.0)
    slices = {"respond": Respond(units={"u1": duty})}
    return snapshots.save(folder, vault, Snapshot("live", 7, b"chain", 5.0, slices), SHAPES)


def test_what_was_saved_is_loaded_again(tmp_path: Path, vault: Vault) -> None:
    _saved(tmp_path, vault)
    found = snapshots.load(tmp_path, vault, "live", SHAPES)
    assert found is not None and found.seq == 7 and found.slices["respond"].units["u1"].crew == 2
    assert snapshots.load(tmp_path, vault, "exercise", SHAPES) is None


def test_another_shape_is_no_snapshot_and_its_records_are_not_even_read(
    tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    _saved(tmp_path, vault)

    def never(cls: type, values: tuple[object, ...]) -> object:
        raise AssertionError("a record of another release was read")

    monkeypatch.setattr(snapshots, "_made", never)
    assert snapshots.load(tmp_path, vault, "live", {"respond": b"other"}) is None


def test_records_that_had_other_fields_are_no_snapshot(
    tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    _saved(tmp_path, vault)
    monkeypatch.setitem(snapshots._NAMES, UnitDuty, ("unit_id", "one", "two"))
    assert snapshots.load(tmp_path, vault, "live", SHAPES) is None


@pytest.mark.parametrize("spoil", [lambda data: b"", lambda data: data[:40], lambda data: data[:-1] + b"x"])
def test_a_spoilt_file_is_no_snapshot(tmp_path: Path, vault: Vault, spoil: object) -> None:
    path = _saved(tmp_path, vault)
    assert callable(spoil)
    path.write_bytes(spoil(path.read_bytes()))
    assert snapshots.load(tmp_path, vault, "live", SHAPES) is None
