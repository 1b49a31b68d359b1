"""Verify, audit and oversight read one record wherever it is: the same answer from the file and from the server, also beside the running service."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from firstminute.app.cli import audit as command_line
from firstminute.app.cli import main
from firstminute.store import record
from firstminute.store.move import move
from firstminute.store.store import DATABASE, Store
from tests.support.a_month import kept, live
from tests.support.faulty import call, command, served
from tests.support.postgres import the_server


def _run(folder: Path, *words: str, code: int = 0) -> str:
    said = CliRunner().invoke(main, [words[0], "--data", str(folder), *words[1:]])
    assert said.exit_code == code and "Traceback" not in said.output, said.output
    return said.output


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One month's record twice: in its file, and moved to a server."""
    here = kept(tmp_path_factory.mktemp("file"), live(30))
    there = tmp_path_factory.mktemp("server") / "record"
    shutil.copytree(here, there)
    move(there, the_server().url())
    assert (here / DATABASE).is_file() and not (there / DATABASE).exists()
    return here, there


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "--json", "--fact", "7", "--fact", "9999999"),
        ("verify", "--lang", "zh-CN"),
        ("oversight", "--month", "2026-11", "--json"),
        ("oversight", "--month", "2026-11", "--lang", "zh-CN"),
        ("oversight", "--week", "2026-W46", "--json"),
        ("head", "--json", "--anchored"),
    ],
)
def test_the_same_is_said_byte_for_byte_on_both_engines(
    both: tuple[Path, Path], words: tuple[str, ...]
) -> None:
    here, there = both
    code = 1 if "9999999" in words else 0
    said = _run(here, *words, code=code)
    assert said == _run(there, *words, code=code) and len(said) > 20


def test_the_oversight_page_is_the_same_file_on_both_engines(both: tuple[Path, Path], tmp_path: Path) -> None:
    for folder, name in zip(both, ("here.html", "there.html"), strict=True):
        _run(folder, "oversight", "--month", "2026-11", "--html", str(tmp_path / name))
    assert (tmp_path / "here.html").read_bytes() == (tmp_path / "there.html").read_bytes()


def test_a_break_is_found_at_the_same_fact_on_both_engines(both: tuple[Path, Path], tmp_path: Path) -> None:
    here = shutil.copytree(both[0], tmp_path / "here")
    there = shutil.copytree(both[0], tmp_path / "there")
    move(there, the_server().url())
    for folder in (here, there):
        store = Store(folder)
        with store.database.write() as connection:
            connection.exec_driver_sql("UPDATE facts SET actor = 'nobody' WHERE seq = 20")
        store.close()
    said = _run(here, "verify", "--json", code=1)
    assert said == _run(there, "verify", "--json", code=1)
    assert [each["broken_at"] for each in json.loads(said)["streams"] if not each["sound"]] == [20]


def test_an_audit_finds_and_proves_the_same_on_both_engines(both: tuple[Path, Path]) -> None:
    words = ("audit", "--kind", "DataOpened", "--most", "5", "--proofs", "--json")
    found: list[dict[str, Any]] = [json.loads(_run(folder, *words)) for folder in both]
    here, there = (
        [{name: each[name] for name in each if name != "proof"} for each in one["facts"]] for one in found
    )
    assert here == there and len(here) == 5 and found[0]["read"] == found[1]["read"]
    assert all(each["proof"]["included"] for one in found for each in one["facts"])


@pytest.mark.usefixtures("engine")
def test_an_audit_beside_the_service_stands_in_its_record_before_anything_is_read(
    engine: str, tmp_path: Path
) -> None:
    data = tmp_path / "record"
    data.mkdir(mode=0o700)
    if engine == "postgresql":
        record.point(data, the_server().url())
    with served(data) as service, service.client() as client:
        for number in range(3):
            assert call(client, f"c{number}").status_code == 201
        words = ("--data", str(data), "--json")
        said = command("audit", *words, "--kind", "CallReceived", "--proofs")
        assert said.returncode == 0, said.stderr
        found = json.loads(said.stdout)
        assert len(found["facts"]) == 3 and all(each["proof"]["included"] for each in found["facts"])
        assert found["root"]["facts"] >= found["read"] > found["facts"][-1]["seq"]
        again = json.loads(command("audit", *words, "--kind", "RecordRead").stdout)
        assert [(each["seq"], each["actor"]) for each in again["facts"]] == [
            (found["read"], "command-line"),
            (again["read"], "command-line"),
        ]
        assert again["facts"][0]["body"]["kinds"] == ["CallReceived"]
        assert command("verify", "--data", str(data)).returncode == 0
        assert command("oversight", "--month", "2026-11", "--data", str(data)).returncode == 0
        assert call(client, "after").status_code == 201, "the service goes on"


def test_where_the_search_is_not_taken_down_nothing_is_read_and_a_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = kept(tmp_path, live(1))
    monkeypatch.setattr(command_line, "NOTED_WITHIN_S", 0.5)
    holds = Store(folder)  # a tool that writes the record and takes no lines
    for lang, words in (("en", "Nothing was read"), ("zh-CN", "未读取任何内容")):
        said = _run(folder, "audit", "--kind", "CallReceived", "--lang", lang, code=1)
        assert words in said and "CallReceived" not in said
    holds.close()
    found = json.loads(_run(folder, "audit", "--kind", "RecordRead", "--json"))
    assert [each["seq"] for each in found["facts"]] == [found["read"]], "what was taken back is no fact"


def test_a_server_that_is_not_there_is_no_damage(tmp_path: Path) -> None:
    record.point(tmp_path, "postgresql://desk@/city?host=/nowhere")
    for words in (("verify",), ("oversight", "--month", "2026-11"), ("audit",)):
        said = _run(tmp_path, *words, "--lang", "en", code=1)
        assert "No connection to" in said and "damaged" not in said
