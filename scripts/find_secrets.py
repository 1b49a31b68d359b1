"""Looks for secrets in what would be committed: keys, tokens, passwords in addresses. Run by `make check`; prints one line each, exit 1 where any is found.

Idea: a few exact shapes, and for the rest a name that promises a secret beside a value that looks drawn by lot. Limits: it reads text files of the working tree
that git would keep, not the history; what is certainly none stands in `KNOWN` with its reason.
"""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 4_000_000

SHAPES: dict[str, re.Pattern[str]] = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----\s*[A-Za-z0-9+/=]{16}"),
    "cloud access key": re.compile(r"\b(?:AKIA|ASIA|LTAI|AKID)[A-Za-z0-9]{12,32}\b"),
    "forge token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{50,}|glpat-[\w-]{20,}|npm_[A-Za-z0-9]{36}|pypi-[\w-]{60,})"),
    "chat token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}"),
    "signed token": re.compile(r"\beyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{20,}"),
    "password in an address": re.compile(r"\b[a-z][a-z0-9+.-]{1,15}://[^\s/:@\"'{}$<>]{1,64}:([^\s/:@\"'{}$<>]{3,64})@[\w.-]+"),
}  # fmt: skip
NAMED = re.compile(
    r"(?i)(?:password|passwd|secret|token|api_?key|private_?key|密码|口令|密钥)\w*[\"']?\s*[:=]\s*[\"']([^\"'\s]{12,200})[\"']"
)
BITS_PER_CHARACTER = 3.6
"""From here on a value looks drawn by lot: words of any language lie below 3.5 in so short a piece."""

KNOWN: dict[str, str] = {}
"""path:shape → why it is none."""


def drawn_by_lot(text: str) -> bool:
    """True where the characters of a text are spread like those of a random one, letters and digits mixed."""
    if not (re.search(r"\d", text) and re.search(r"[A-Za-z]", text)):
        return False
    counts = Counter(text)
    bits = -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
    return bits >= BITS_PER_CHARACTER


def found_in(text: str) -> Iterator[tuple[int, str]]:
    """Line and shape of each secret in a text."""
    for shape, pattern in SHAPES.items():
        for match in pattern.finditer(text):
            yield text.count("\n", 0, match.start()) + 1, shape
    for match in NAMED.finditer(text):
        if drawn_by_lot(match[1]):
            yield text.count("\n", 0, match.start()) + 1, "named secret"


def files(root: Path) -> list[Path]:
    """What git keeps or would keep; without git every file outside hidden and built folders."""
    asked = subprocess.run(
        ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        capture_output=True,
        check=False,
    )
    if asked.returncode == 0:
        names = asked.stdout.decode("utf-8", "surrogateescape").split("\0")
        return [root / name for name in names if name]
    built = {"node_modules", "dist", "build", "__pycache__"}
    return [
        path
        for path in sorted(root.rglob("*"))
        if not any(part.startswith(".") or part in built for part in path.relative_to(root).parts)
    ]


def search(root: Path, known: dict[str, str] = KNOWN) -> list[str]:
    """One line a secret: path, line, shape; never the secret itself."""
    lines = []
    for path in files(root):
        if not path.is_file() or path.is_symlink() or path.stat().st_size > LARGEST:
            continue
        name = path.relative_to(root).as_posix()
        for line, shape in found_in(path.read_text(encoding="utf-8", errors="ignore")):
            if f"{name}:{shape}" not in known:
                lines.append(f"{name}:{line}: {shape}")
    return lines


def main() -> int:
    """Search the repository; 1 where there is a secret."""
    lines = search(ROOT)
    print("\n".join(lines) or "no secrets")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
