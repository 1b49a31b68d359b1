"""Every role, every phase, ten thousand cases and more: no server error, nothing undescribed, no answer of another shape (`SOAK=n`: n / 8 of each)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.exploring import ROLES, explore
from tests.support.service import Running, running

CASES = max(1, int(os.environ.get("FIRSTMINUTE_SOAK", "200")) // 8)
LEAST = 10_000 if CASES >= 25 else 1_000


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One service for all roles: what one leaves behind the next one finds."""
    with running(tmp_path_factory.mktemp("explored")) as found:
        yield found


@pytest.mark.parametrize("role", ROLES)
def test_schemathesis_finds_nothing_in_ten_thousand_cases(
    service: Running, tmp_path: Path, role: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = explore(service, role, tmp_path, cases=CASES, within_s=3_600.0)
    with capsys.disabled():
        sys.stdout.write(f"\n{role:<16}{found.cases:>8,} cases\n")
    assert found.passed, found.said
    assert found.cases >= LEAST
