"""Positions: acknowledged when on disk, whole frames only, found again, deleted by the day."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstminute.store.track_file import survey
from firstminute.store.tracks import Batch, TracksFailed, TrackWriter, delete_before, fixes_of, look_back

NOON_S = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
DAY_S = 86_400.0


def _batch(units: list[str], at_s: float, received_s: float | None = None) -> Batch:
    count = len(units)
    steps = np.arange(count, dtype=float)
    return Batch(
        units,
        received_s or at_s,
        113.0 + steps * 1e-4,
        23.0 - steps * 1e-4,
        at_s + steps,
        np.full(count, np.nan),
        steps * 10.0,
    )


def test_a_fix_comes_back_as_it_was_to_a_centimetre_with_unknowns_unknown(tmp_path: Path) -> None:
    writer = TrackWriter(tmp_path)
    assert writer.append(_batch(["u1", "u2", "u1"], NOON_S)).result(10) == 3
    writer.close()
    track = look_back(tmp_path, "u1", NOON_S, NOON_S + 10)
    assert track.fix_s.tolist() == [NOON_S, NOON_S + 2]
    assert np.allclose(track.lon, [113.0, 113.0002], atol=1e-7) and np.allclose(
        track.lat, [23.0, 22.9998], atol=1e-7
    )
    assert np.isnan(track.speed_m_s).all() and track.heading_deg.tolist() == [0.0, 20.0]
    assert look_back(tmp_path, "nobody", NOON_S, NOON_S + 10).fix_s.size == 0


def test_many_batches_at_once_are_synced_together_and_none_is_lost(tmp_path: Path) -> None:
    syncs: list[int] = []
    writer = TrackWriter(tmp_path, sync=syncs.append)
    futures = [writer.append(_batch([f"u{n % 7}"] * 20, NOON_S + n)) for n in range(200)]
    assert sum(future.result(10) for future in futures) == writer.written == 4000
    writer.close()
    assert len(syncs) < 200
    assert sum(look_back(tmp_path, f"u{n}", 0, 9e9).fix_s.size for n in range(7)) == 4000


def test_a_failed_sync_is_told_and_the_batch_can_be_sent_again_without_a_double(tmp_path: Path) -> None:
    fails = [False]

    def sync(handle: int) -> None:
        if fails[0]:
            raise OSError("no space left")

    writer = TrackWriter(tmp_path, sync)
    writer.append(_batch(["u1"], NOON_S)).result(10)
    fails[0] = True
    with pytest.raises(TracksFailed, match="no space left"):
        writer.append(_batch(["u1"], NOON_S + 5)).result(10)
    fails[0] = False
    writer.append(_batch(["u1"], NOON_S + 9)).result(10)
    writer.close()
    assert NOON_S + 9 in look_back(tmp_path, "u1", 0, 9e9).fix_s


@settings(max_examples=20)
@given(st.integers(1, 400), st.binary(max_size=40))
def test_a_tail_torn_anywhere_costs_only_the_torn_frame(
    tmp_path_factory: pytest.TempPathFactory, cut: int, noise: bytes
) -> None:
    folder = tmp_path_factory.mktemp("tracks")
    writer = TrackWriter(folder)
    for number in range(6):
        writer.append(_batch(["u1", "u2"], NOON_S + number * 10)).result(10)
    writer.close()
    (path,) = folder.glob("*.track")
    whole = path.read_bytes()
    path.write_bytes(whole[: max(8, len(whole) - cut)] + noise)
    before = look_back(folder, "u1", 0, 9e9).fix_s.tolist()
    assert before == [NOON_S + n * 10 for n in range(len(before))]
    again = TrackWriter(folder)
    again.append(_batch(["u1", "u3"], NOON_S + 100)).result(10)
    again.close()
    assert look_back(folder, "u1", 0, 9e9).fix_s.tolist() == [*before, NOON_S + 100]
    assert survey(path)[1] == path.stat().st_size


def test_files_are_by_day_of_receipt_late_fixes_are_found_and_retention_deletes_whole_days(
    tmp_path: Path,
) -> None:
    writer = TrackWriter(tmp_path)
    for day in range(5):
        writer.append(_batch(["u1"], NOON_S + day * DAY_S)).result(10)
    writer.append(_batch(["late"], NOON_S, NOON_S + DAY_S)).result(10)
    writer.close()
    assert len(list(tmp_path.glob("*.track"))) == 5
    assert look_back(tmp_path, "late", NOON_S - 1, NOON_S + 1).fix_s.tolist() == [NOON_S]
    gone = delete_before(tmp_path, NOON_S + 4 * DAY_S, keep_days=2)
    assert [path.stem for path in gone] == ["2026-11-22", "2026-11-23"]
    assert look_back(tmp_path, "u1", 0, 9e9).fix_s.size == 3


def test_track_files_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    writer = TrackWriter(tmp_path / "tracks")
    writer.append(_batch(["u1"], NOON_S)).result(10)
    writer.close()
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "tracks").iterdir())


def test_the_fixes_of_a_span_are_found_without_reading_the_rest_of_the_day(tmp_path: Path) -> None:
    writer = TrackWriter(tmp_path)
    for n in range(60):
        writer.append(_batch(["u1", "u2", "u3"], NOON_S + 60 * n)).result(10)
    writer.append(_batch(["u1"], NOON_S + 602, received_s=NOON_S + 900)).result(10)
    writer.close()
    found = fixes_of(tmp_path, ["u1", "u3", "nobody"], NOON_S + 600, NOON_S + 720, 1.0)
    assert {unit: [fix[0] - NOON_S for fix in fixes] for unit, fixes in found.items()} == {
        "u1": [600, 602, 660],
        "u3": [602, 662],
    }
    assert found["u3"][0][1:] == pytest.approx((113.0002, 22.9998))
    thin = fixes_of(tmp_path, ["u1"], NOON_S, NOON_S + 3600, 600.0)
    assert [fix[0] - NOON_S for fix in thin["u1"]] == [0, 600, 1200, 1800, 2400, 3000]
    (path,) = tmp_path.glob("*.track")
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    assert len(fixes_of(tmp_path, ["u1"], NOON_S, NOON_S + 9e3, 1.0)["u1"]) == 60, "a torn frame is none"
