"""Asks whether known weaknesses are reported for what the locks pin: pip-audit for Python, npm audit for the page. Run by `make check`.

Idea: three answers, never confused: clean, found, not asked. A machine without network passes, and is told plainly that nothing was asked; a weakness
fails. A clean answer holds for a day and for the same locks, so that a busy developer does not ask anew each time. pip-audit lives in a folder
of its own: what it needs is no part of this release. Limits: only what others have reported; `FIRSTMINUTE_AUDIT=0` asks nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "build" / "audit.json"
TOOLS = ROOT / "build" / "audit-tools"
PIP_AUDIT = "pip-audit==2.10.1"
LOCKS = ("constraints.txt", "web/package-lock.json")
DAY_S = 86_400.0
WITHIN_S = 120.0

Result = Literal["clean", "found", "not asked"]
Run = Callable[[Sequence[str], Path], tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one tool said."""

    what: str
    result: Result
    said: str = ""


def run(command: Sequence[str], folder: Path) -> tuple[int, str]:
    """Exit code and output of a command; 127 where it could not be run, 124 where it took too long."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired:
        return 124, f"no answer within {WITHIN_S:.0f} s"
    except OSError as problem:
        return 127, str(problem)
    return done.returncode, done.stdout + done.stderr


def python(run: Run = run, tools: Path = TOOLS) -> Answer:
    """Ask pip-audit about constraints.txt."""
    tool = tools / "bin" / "pip-audit"
    if not tool.exists():
        made, said = run([sys.executable, "-m", "venv", str(tools)], ROOT)
        if made == 0:
            pip = [str(tools / "bin" / "python"), "-m", "pip", "install", "-q", "--retries", "0", "--timeout", "10"]  # fmt: skip
            made, said = run([*pip, PIP_AUDIT], ROOT)
        if made != 0:
            return Answer("pip-audit", "not asked", last_line(said))
    code, said = run([str(tool), "--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off", "-r", "constraints.txt"], ROOT)  # fmt: skip
    report = read(said)
    if report is None or "dependencies" not in report:
        return Answer("pip-audit", "not asked", last_line(said))
    weak = [
        f"{each['name']} {each['version']}: {', '.join(one['id'] for one in each['vulns'])}"
        for each in report["dependencies"]
        if each.get("vulns")
    ]
    return Answer("pip-audit", "found" if weak or code not in (0, 1) else "clean", "\n".join(weak))


def page(run: Run = run) -> Answer:
    """Ask npm about the page's lock."""
    _, said = run(["npm", "audit", "--json", "--fetch-retries=0", "--fetch-timeout=10000"], ROOT / "web")
    report = read(said)
    if report is None or "vulnerabilities" not in report:
        refused = (report or {}).get("message") or (report or {}).get("error")
        return Answer("npm audit", "not asked", str(refused)[:160] if refused else last_line(said))
    weak = [f"{name}: {each['severity']}" for name, each in report["vulnerabilities"].items()]
    return Answer("npm audit", "found" if weak else "clean", "\n".join(weak))


def read(said: str) -> dict[str, Any] | None:
    """The JSON object in a tool's output, None where there is none."""
    start, end = said.find("{"), said.rfind("}")
    try:
        found = json.loads(said[start : end + 1]) if start >= 0 else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def last_line(said: str) -> str:
    """The end of what a tool said, one line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:160] if lines else "it said nothing"


def locks(root: Path = ROOT) -> str:
    """A digest of what is pinned."""
    return hashlib.sha256(b"".join((root / name).read_bytes() for name in LOCKS)).hexdigest()


def kept(what: str, at_s: float, path: Path = KEPT) -> bool:
    """True where a tool found these locks clean less than a day ago."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))[what]
        return bool(found["locks"] == locks()) and 0.0 <= at_s - found["at_s"] < DAY_S
    except (OSError, ValueError, KeyError, TypeError):
        return False


def keep(clean: Sequence[str], at_s: float, path: Path = KEPT) -> None:
    """Remember which tools found these locks clean, beside what is remembered already."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    found = found if isinstance(found, dict) else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    entry = {"locks": locks(), "at_s": at_s}
    path.write_text(json.dumps({**found, **dict.fromkeys(clean, entry)}), encoding="utf-8")


def main() -> int:
    """Ask, say what was answered, remember clean answers; 1 where a weakness is known."""
    if os.environ.get("FIRSTMINUTE_AUDIT") == "0":
        print("note: known weaknesses were NOT asked for (FIRSTMINUTE_AUDIT=0)")
        return 0
    answers = []
    for what, ask in (("pip-audit", python), ("npm audit", page)):
        if kept(what, time.time(), KEPT):
            print(f"{what} clean, as asked less than a day ago")
        else:
            answers.append(ask())
    for each in answers:
        note = "note: " if each.result == "not asked" else ""
        said = f": {each.said}" if each.said else ""
        print(f"{note}{each.what} {'was NOT asked' if note else each.result}{said}")
    keep([each.what for each in answers if each.result == "clean"], time.time(), KEPT)
    return 1 if any(each.result == "found" for each in answers) else 0


if __name__ == "__main__":
    sys.exit(main())
