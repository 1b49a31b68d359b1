"""The index of decision records: number, title and what was decided, from the records themselves."""

from __future__ import annotations

import re
from pathlib import Path

from scripts.reference.text import page, table

ROOT = Path(__file__).resolve().parent.parent.parent


def decisions_page() -> str:
    """The records as a table."""
    rows = []
    for path in sorted((ROOT / "docs/decisions").glob("[0-9]*.md")):
        found = re.search(r"^# (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        title = re.sub(r"^\d+[.:]?\s*", "", found.group(1)) if found else path.stem
        rows.append((f"[{path.name[:4]}]({path.name})", title))
    lead = "A choice that would surprise a reader is written down on one screen: context, decision, consequences, what was refused."
    return page("Decisions", lead, table(("number", "decision"), rows))
