"""Benchmarks: each file says what it measures beside which peer."""

from __future__ import annotations

import ast
from pathlib import Path

from scripts.reference.text import page, table

ROOT = Path(__file__).resolve().parent.parent.parent


def benches() -> dict[str, str]:
    """Name → first paragraph of the docstring of every benchmarks/bench_*.py."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "benchmarks").glob("bench_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = path.stem.removeprefix("bench_")
        for node in tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "NAME":
                name = str(ast.literal_eval(node.value))
        found[name] = " ".join((ast.get_docstring(tree) or "").split("\n\n")[0].split())
    return found


def benches_page() -> str:
    """The benches as a table."""
    rows = [(f"`{name}`", meaning) for name, meaning in benches().items()]
    lead = "`make bench` runs all and writes `build/bench.json`; `make bench BENCH=name` runs one. Medians of alternated runs, answers compared."
    return page("Benches", lead, table(("bench", "what is measured, beside what"), rows))
