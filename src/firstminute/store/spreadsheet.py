"""Cells of CSV files that a spreadsheet would take for a formula: they leave quoted with `'` and come back as they were.

Idea: whoever opens an export double-clicks it; a call sign `=HYPERLINK(…)` must not run there. Every writer of CSV passes its texts through `cell` (a test
looks for writers that do not), every reader of ours through `text_of`.
Source: OWASP, CSV Injection.
Limits: quoted for the common spreadsheets; another program sees the `'`.
"""

from __future__ import annotations

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
