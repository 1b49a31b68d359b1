"""Writes docs/reference/ and the index of decisions: every setting, fact, command, CLI command, endpoint, error code, bench and make target.

Idea: what the code can say about itself is not written twice; `make docs` writes the pages, `tests/test_docs.py` fails when one is stale or when
something has nothing to say. Limits: the pages are tables in English; prose for people stands in docs/guide and docs/operate in both languages.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from scripts.reference import benches, catalogue, code, decisions, http, terminal

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs"

PAGES: dict[str, Callable[[], str]] = {
    "reference/settings.md": code.settings_page,
    "reference/facts.md": code.facts_page,
    "reference/registers.md": code.registers_page,
    "reference/commands.md": code.commands_page,
    "reference/cli.md": terminal.cli_page,
    "reference/api.md": http.api_page,
    "reference/errors.md": catalogue.errors_page,
    "reference/benches.md": benches.benches_page,
    "reference/make.md": terminal.make_page,
    "decisions/README.md": decisions.decisions_page,
}


def main() -> int:
    """Write every page; return 0."""
    for name, page in PAGES.items():
        text = page()
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
