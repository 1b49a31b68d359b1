"""No cell of ours runs in a spreadsheet, every cell of ours comes back as it was, and nobody writes CSV past the helper."""

from __future__ import annotations

import ast
import csv
import io
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from firstminute.app.cli.city_matrix import Points, write_matrix
from firstminute.model.records import Station
from firstminute.store.import_export import read_rows, write_rows
from firstminute.store.spreadsheet import FORMULA, cell, text_of
from tests.support import house

ROOT = Path(__file__).resolve().parents[2]
texts = st.one_of(
    st.text(max_size=12),
    st.tuples(st.sampled_from([*FORMULA, "'", "''", "'="]), st.text(max_size=6)).map("".join),
)


@given(texts)
def test_22_whatever_a_text_says_its_cell_runs_nothing_and_comes_back(text: str) -> None:
    made = cell(text)
    assert not made.startswith(FORMULA)
    assert text_of(made) == text


@given(
    st.lists(
        texts.filter(lambda text: text.strip() != "" and "\x00" not in text),
        min_size=1,
        max_size=4,
        unique=True,
    )
)
def test_22_no_export_of_a_register_runs_anything(names: list[str]) -> None:
    rows = [
        Station(station_id=f"s{number}", name=name, lon=113.0, lat=23.0, district=name)
        for number, name in enumerate(names)
    ]
    whole = write_rows("stations", "csv", rows)
    for row in csv.DictReader(io.StringIO(whole.decode("utf-8-sig"), newline="")):
        assert not any(each.startswith(FORMULA) for each in row.values())
    again, errors = read_rows("stations", "csv", whole)
    assert errors == [] and [each["name"] for each in again] == names


def test_22_ids_of_a_matrix_run_nothing(tmp_path: Path) -> None:
    wild = Points(pa.array(["=cmd|'/c calc'!A0", "-7", "@x", "plain"]), np.zeros(4), np.zeros(4))
    write_matrix(tmp_path / "out.csv", wild, wild, iter([np.zeros((4, 4), np.int32)]))
    found = list(csv.reader((tmp_path / "out.csv").open(encoding="utf-8", newline="")))[1:]
    assert [row[1] for row in found[:4]] == ["'=cmd|'/c calc'!A0", "-7", "'@x", "plain"]
    write_matrix(tmp_path / "out.parquet", wild, wild, iter([np.zeros((4, 4), np.int32)]))
    assert pa.parquet.read_table(tmp_path / "out.parquet")["id_to"][0].as_py() == "=cmd|'/c calc'!A0"


WRITERS = ("csv.writer", "csv.DictWriter", "csv.write_csv")


def test_22_every_module_that_writes_csv_uses_the_helper() -> None:
    found = []
    for module in house.modules(ROOT / "src"):
        calls = {ast.unparse(node.func) for node in ast.walk(module.tree) if isinstance(node, ast.Call)}
        if any(call.endswith(WRITERS) for call in calls):
            found.append(module.path)
            assert calls & {"cell", "spreadsheet.cell"}, f"{module.path} writes CSV past store.spreadsheet"
    assert found == [
        "firstminute/app/cli/city_matrix.py",
        "firstminute/store/import_export.py",
        "firstminute/store/spreadsheet.py",
    ]
