"""The security pages promise nothing that is not tested: every test they name exists, no item is missing, and what is open says what will close it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SECURITY = ROOT / "docs/security"
PAGES = [
    *sorted(SECURITY.glob("*.md")),
    ROOT / "SECURITY.md",
    ROOT / "docs/operate/hardening.md",
    ROOT / "docs/operate/hardening.zh-CN.md",
]
NAME = re.compile(r"`(test_[a-z0-9_]+)`")
OPEN = re.compile(r"open \((?:2\.[1-7]|step [2-8])\)")
STATES = ("tested", "open", "by hand", "does not apply", "differs")


def functions() -> set[str]:
    """The name of every test function there is."""
    return {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_")
    }


def rows(page: Path) -> list[list[str]]:
    """The cells of every table row of a page, without heads."""
    lines = page.read_text(encoding="utf-8").splitlines()
    following = [*lines[1:], ""]
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line, after in zip(lines, following, strict=True)
        if line.startswith("| ") and not after.startswith("|---")
    ]


def state(cells: list[str]) -> str:
    """What a row says of itself, in its last cell: by its first word, or tested where a test is named and nothing is open."""
    said = cells[-1]
    for each in ("does not apply", "by hand", "differs"):
        if said.startswith(each):
            return each
    if OPEN.search(said):
        return "open"
    return "tested" if NAME.search(said) else "?"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    named = set(NAME.findall(page.read_text(encoding="utf-8")))
    assert sorted(named - functions()) == []


@pytest.mark.parametrize("name", ["asvs.md", "bad-inputs.md", "mlps.md", "threat-model.md"])
def test_every_row_is_tested_or_says_why_not(name: str) -> None:
    found = rows(SECURITY / name)
    assert len(found) > 20
    assert [cells for cells in found if state(cells) not in STATES] == []


def test_all_fifty_six_bad_inputs_stand_there_once() -> None:
    assert [int(cells[0]) for cells in rows(SECURITY / "bad-inputs.md")] == list(range(1, 57))


def test_the_items_of_the_standard_are_numbered_once_and_counted_rightly() -> None:
    found = rows(SECURITY / "asvs.md")
    items = [tuple(int(part) for part in each.split(".")) for cells in found for each in cells[0].split(", ")]
    assert len(items) == len(set(items)) and all(len(each) == 3 and 1 <= each[0] <= 17 for each in items)
    counts = {
        each: sum(len(cells[0].split(", ")) for cells in found if state(cells) == each) for each in STATES
    }
    said = re.search(
        r"\*\*(\d+) tested, (\d+) open, (\d+) by hand, (\d+) differ, (\d+) do not apply\*\*",
        (SECURITY / "asvs.md").read_text(encoding="utf-8"),
    )
    assert said is not None
    wanted = [counts[each] for each in ("tested", "open", "by hand", "differs", "does not apply")]
    assert [int(each) for each in said.groups()] == wanted


def test_levels_one_and_two_of_the_standard_are_complete() -> None:
    """253 items are of level 1 or 2, as counted in its published table."""
    found = rows(SECURITY / "asvs.md")
    assert sum(len(cells[0].split(", ")) for cells in found if cells[1] in ("1", "2")) == 253


def test_the_reader_of_tables_and_its_judgement_work(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "| a | b |\n|---|---|\n| 1 | `test_x` |\n| 2 | later: open (2.1) |\n| 3 | nothing |\n\n| c | d |\n|---|---|\n| 4 | by hand: x |\n"
    )
    assert [state(cells) for cells in rows(page)] == ["tested", "open", "?", "by hand"]
