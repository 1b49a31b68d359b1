"""Ten minutes of fuzzing for each reader of foreign bytes (3 s for each kill of `SOAK=n`); stopped and started again it goes on from what it has found."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.fuzz.__main__ import fuzz
from tests.fuzz.targets import TARGETS

SECONDS = max(10, 3 * int(os.environ.get("FIRSTMINUTE_SOAK", "200")))


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_a_fuzzer_breaks_no_reader_in_ten_minutes(
    name: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = repository / "build" / "fuzz"
    found = fuzz(name, SECONDS, artifacts=kept / "broken", keep=kept / name, seed=0)
    with capsys.disabled():
        sys.stdout.write(f"\n{name:<12}{SECONDS:>6} s{found['runs']:>14,} runs{found['peak_mb']:>7} MB\n")
    assert "broken" not in found, found["broken"]
