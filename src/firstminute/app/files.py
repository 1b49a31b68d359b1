"""Folders through which other systems hand us files: finished ones are looked for, unreadable ones set aside with the reason.

Limits: whoever writes renames a finished file into place; a name that ends otherwise is not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

ASIDE_MOST = 1_000


def make_folders(folder: Path, *names: str) -> None:
    """Make what is missing."""
    for name in names:
        (folder / name).mkdir(parents=True, exist_ok=True)


def finished(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """Finished files, by name."""
    return sorted(path for path in folder.glob("*") if path.suffix in suffixes and path.is_file())


def set_aside(path: Path, folder: Path, reasons: Sequence[str], *, most: int = ASIDE_MOST) -> None:
    """Move a file away and write beside it why; where too many lie there already, the oldest go."""
    path.replace(folder / path.name)
    (folder / f"{path.name}.why.txt").write_text("\n".join(reasons) + "\n", encoding="utf-8")
    kept = sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime)
    for old in kept[: max(0, len(kept) - 2 * most)]:
        old.unlink(missing_ok=True)
