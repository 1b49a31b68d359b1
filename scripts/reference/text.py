"""Small pieces of Markdown that the reference pages are made of."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

NOTE = "<!-- Written by `make docs` from the code; do not edit. -->\n"


def page(title: str, lead: str, *parts: str) -> str:
    """A page: title, one sentence, parts."""
    return "\n".join([f"# {title}", "", NOTE, lead, "", *parts]).rstrip() + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; pipes and line ends inside cells are made harmless."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def cell(value: str) -> str:
    """One table cell on one line."""
    return re.sub(r"\s*\n\s*", " ", value.strip()).replace("|", "\\|")


def first_sentence(thing: object) -> str:
    """The first paragraph of an object's docstring on one line, '' where it has none."""
    doc = inspect.getdoc(thing) or ""
    return " ".join(doc.split("\n\n")[0].split())


def type_text(annotation: object) -> str:
    """An annotation as a reader would write it."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return f"`{re.sub(r'(firstminute|typing|collections)(.[a-z_]+)*[.]', '', text)}`"
