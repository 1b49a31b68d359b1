"""What is done of the soak, kept in `build/soak/` piece by piece under a digest of the code, and shown as a table.

A piece that was played with other code does not count. Stopped anywhere, the soak goes on with the piece that was under way. What was broken in a piece stands
beside the others in a file `.broken`; the rest of its part is played all the same, and the piece itself again the next time.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.soak.parts import PARTS, ROOT, Figures, Part

CODE = ("src", "tests/support", "tests/soak", "tests/faults", "tests/fuzz", "tests/simulation")
BROKEN = ".broken"
HIGHEST = ("_ms", "_s", "_mb")
"""Figures that end so keep their highest; the others are added up."""
SCALE = max(0.0, float(os.environ.get("FIRSTMINUTE_SOAK", "200"))) / 200.0


@cache
def folder() -> Path:
    """Where the pieces played with this code are kept."""
    made = hashlib.sha256()
    for each in CODE:
        for path in sorted((ROOT / each).rglob("*.py")):
            made.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    kept = ROOT / "build" / "soak" / made.hexdigest()[:16]
    kept.mkdir(parents=True, exist_ok=True)
    return kept


def pieces(part: Part) -> Iterator[tuple[int, int, Path]]:
    """First, count and the file of every piece there is at this scale."""
    whole = max(part.at_once, round(part.whole * SCALE))
    for first in range(0, whole, part.at_once):
        yield first, min(part.at_once, whole - first), folder() / f"{part.name}-{first}.json"


def play(part: Part, first: int, count: int, path: Path) -> None:
    """Play one piece where it was not played yet."""
    if path.exists():
        return
    place = Path(tempfile.mkdtemp(prefix=f"soak-{part.name}-"))
    broken, fresh = path.with_suffix(BROKEN), path.with_suffix(".new")
    try:
        found = part.play(place, first, count)
    except AssertionError as problem:
        broken.write_text(f"{part.name} {first} {count}\n{problem}", encoding="utf-8")
        return
    finally:
        shutil.rmtree(place, ignore_errors=True)
    fresh.write_text(json.dumps(found), encoding="utf-8")
    fresh.replace(path)
    broken.unlink(missing_ok=True)


def broken_of(part: Part) -> list[str]:
    """What was broken, piece by piece."""
    found = (path.with_suffix(BROKEN) for _, _, path in pieces(part))
    return [path.read_text(encoding="utf-8") for path in found if path.exists()]


def figures(part: Part) -> tuple[Figures, int, int]:
    """The figures of all pieces that are done, how many those are, and how many there are."""
    total: Figures = {}
    done = everything = 0
    for _, _, path in pieces(part):
        everything += 1
        if path.exists():
            done += 1
            for name, value in json.loads(path.read_text(encoding="utf-8")).items():
                highest = name.endswith(HIGHEST)
                total[name] = max(total.get(name, value), value) if highest else total.get(name, 0) + value
    return total, done, everything


def table() -> str:
    """Every part in a line: how far it is, whether it holds, its figures."""
    lines = [f"{'part':<15}{'pieces':>10}  {'holds':<10} figures"]
    for part in PARTS:
        found, done, everything = figures(part)
        said = "–" if not done else (part.holds(found) or ("yes" if done == everything else "so far"))
        if broken := broken_of(part):
            said = f"{len(broken)} broken"
        shown = "  ".join(f"{name} {value:g}" for name, value in found.items())
        lines.append(f"{part.name:<15}{f'{done}/{everything}':>10}  {said:<10} {shown}")
    return "\n".join([*lines, f"kept in {folder().relative_to(ROOT)}"])
