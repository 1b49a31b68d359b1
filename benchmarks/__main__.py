"""`python -m benchmarks [name ...]`: run benches, print their table, write build/bench.json.

A bench that breaks is named at the end and leaves the others standing; the exit code is then 1. Rows of benches that were not run this time stay in the file.
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.harness import BENCHES, ROOT, Context

OUT = ROOT / "build" / "bench.json"


def main(wanted: list[str]) -> int:
    """Run the wanted benches, all where none is named; the exit code."""
    console = Console(width=200)
    known = {module.removeprefix("bench_"): f"benchmarks.{module}" for module in BENCHES}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        console.print(f"no bench {', '.join(unknown)}; there are: {', '.join(known)}")
        return 2
    context, rows, broken = Context(), [], []
    for name in wanted or known:
        console.print(f"[dim]{name} ...[/dim]")
        found = _run(known[name], context)
        if found is None:
            broken.append(name)
        else:
            rows += found
    console.print(_table(rows))
    _write(rows, ran=wanted or list(known))
    if broken:
        console.print(f"broken: {', '.join(broken)}")
    return 1 if broken or not all(row["same_answer"] for row in rows) else 0


def _run(module: str, context: Context) -> list[dict[str, Any]] | None:
    try:
        rows: list[dict[str, Any]] = [dict(row) for row in importlib.import_module(module).run(context)]
    except Exception:  # noqa: BLE001 - one bench must not take the others with it
        traceback.print_exc()
        return None
    return rows


def _write(rows: list[dict[str, Any]], ran: list[str]) -> None:
    """Put new rows in place of the old ones of the benches that ran."""
    OUT.parent.mkdir(exist_ok=True)
    replaced = set(ran) | {row["name"] for row in rows}
    old = json.loads(OUT.read_text(encoding="utf-8")) if OUT.is_file() else []
    kept = [row for row in old if row["name"] not in replaced]
    OUT.write_text(json.dumps(kept + rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table("bench", "work", "ours", "peer", "ratio", "same", "peer is")
    for row in rows:
        same = "yes" if row["same_answer"] else "[bold red]NO[/]"
        figures = [f"{row[key]:,.4g}" for key in ("ours", "peer", "ratio")]
        table.add_row(row["name"], row["work"], *figures, same, row["peer_name"])
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
