"""Ten thousand seeds (fifty for each kill of `SOAK=n`), every tenth a large one; stopped and started again it goes on where it was.

What is done is kept in `build/soak/` under a digest of the code, so that seeds played with other code do not count.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

SEEDS = 50 * max(1, int(os.environ.get("FIRSTMINUTE_SOAK", "200")))
AT_ONCE = 100
SIZES = (("large", 1.0, 1), ("small", 0.06, 9))
FIGURES = ("facts", "calls", "accepted", "again", "stops", "fired", "deferred", "transfers")


def _code(root: Path) -> str:
    made = hashlib.sha256()
    for folder in ("src", "tests/support"):
        for path in sorted((root / folder).rglob("*.py")):
            made.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return made.hexdigest()[:16]


def _play(root: Path, kept: Path, first: int, size: float) -> list[dict[str, Any]]:
    """Some seeds in a process of their own, or what they came to when they were played before."""
    path = kept / f"{size}-{first}.jsonl"
    if not path.exists():
        command = [
            "-m",
            "tests.simulation",
            "--seed",
            str(first),
            "--count",
            str(AT_ONCE),
            "--size",
            str(size),
        ]
        played = subprocess.run(
            [sys.executable, *command], cwd=root, capture_output=True, text=True, check=False
        )
        assert len(played.stdout.splitlines()) == AT_ONCE, f"{' '.join(command)}: {played.stderr[-800:]}"
        path.with_suffix(".new").write_text(played.stdout, encoding="utf-8")
        path.with_suffix(".new").replace(path)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _row(name: str, found: list[dict[str, Any]]) -> str:
    broken = sum("broken" in each for each in found)
    sums = (sum(each.get(figure, 0) for each in found) for figure in FIGURES)
    return f"{name:<8}{len(found):>8}{broken:>8}" + "".join(f"{each:>10}" for each in sums)


def test_ten_thousand_seeds_break_no_promise(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = repository / "build" / "soak" / _code(repository)
    kept.mkdir(parents=True, exist_ok=True)
    lines = [f"{'seeds':<8}{'played':>8}{'broken':>8}" + "".join(f"{each:>10}" for each in FIGURES)]
    everything: list[dict[str, Any]] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, size, tenths in SIZES:
            firsts = range(0, max(AT_ONCE, SEEDS * tenths // 10), AT_ONCE)
            chunks = pool.map(lambda first, size=size: _play(repository, kept, first, size), firsts)
            found = [each for chunk in chunks for each in chunk]
            lines.append(_row(name, found))
            everything += found
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    broken = [each["broken"] for each in everything if "broken" in each]
    assert not broken, "\n".join(broken[:5])
