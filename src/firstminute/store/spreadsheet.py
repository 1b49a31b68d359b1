"""Cells of CSV files that a spreadsheet would take for a formula: they leave quoted with `'` and come back as they were.

Idea: whoever opens an export double-clicks it; a call sign `=HYPERLINK(…)` must not run there. Every writer of CSV passes its texts through `cell` (a test
looks for writers that do not), every reader of ours through `text_of`.
Source: OWASP, CSV Injection.
Limits: quoted for the common spreadsheets; another program sees the `'`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(text: str) -> str:
    """A text as it may stand in a cell.

    >>> cell("=1+1"), cell("-5"), cell("'x"), cell("x")
    ("'=1+1", "'-5", "''x", 'x')
    """
    return "'" + text if text.startswith((*FORMULA, "'")) else text


def text_of(found: str) -> str:
    """What a cell of ours says.

    >>> text_of("'=1+1"), text_of("''x"), text_of("'x")
    ('=1+1', "'x", "'x")
    """
    return found[1:] if found[:1] == "'" and found[1:2] in (*FORMULA, "'") else found


def write_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows as CSV under their columns; a cell that holds nothing is empty.

    >>> write_table(("what", "count"), [("=1+1", 3), ("x", None)])
    "what,count\\r\\n'=1+1,3\\r\\nx,\\r\\n"
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(each) if isinstance(each, str) else each for each in row] for row in rows)
    return out.getvalue()
