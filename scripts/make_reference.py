"""Writes docs/reference/, the index of decisions and the web page's types: every setting, fact, command, CLI command, endpoint, error code, bench, make target.

Idea: what the code can say about itself is not written twice; `make docs` writes the pages, `tests/test_docs.py` fails when one is stale or when
something has nothing to say. Limits: the pages are tables in English; prose for people stands in docs/guide and docs/operate in both languages.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from scripts.reference import benches, catalogue, code, decisions, http, terminal, typescript

ROOT = Path(__file__).resolve().parent.parent

PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/settings.md": code.settings_page,
    "docs/reference/facts.md": code.facts_page,
    "docs/reference/registers.md": code.registers_page,
    "docs/reference/commands.md": code.commands_page,
    "docs/reference/cli.md": terminal.cli_page,
    "docs/reference/api.md": http.api_page,
    "docs/reference/errors.md": catalogue.errors_page,
    "docs/reference/benches.md": benches.benches_page,
    "docs/reference/make.md": terminal.make_page,
    "docs/decisions/README.md": decisions.decisions_page,
    "web/src/lib/schema.ts": typescript.schema_module,
}


def main() -> int:
    """Write every page; return 0."""
    for name, page in PAGES.items():
        text = page()
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
