"""`firstminute audit`: a page of the record with proofs, itself a fact; and the signing key that is not this user's says so in a sentence."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from firstminute.app.cli import main
from firstminute.store.errors import StorageRefused
from firstminute.store.head_key import SECRET, HeadKey
from tests.support.desk import desk_at, receive

NOBODY = 65534


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with desk_at(tmp_path) as desk:
        for number in range(3):
            assert receive(desk, number).done
    return tmp_path


def _run(folder: Path, *words: str, code: int = 0) -> str:
    said = CliRunner().invoke(main, ["audit", "--data", str(folder), *words])
    assert said.exit_code == code and "Traceback" not in said.output, said.output
    return said.output


def test_facts_are_printed_with_their_proofs_and_the_search_is_a_fact(folder: Path) -> None:
    text = _run(folder, "--kind", "CallReceived", "--actor", "seat-1", "--proofs", "--lang", "en")
    assert text.count("CallReceived") == 3 and text.count("included") == 3 and "打架" not in text
    first = json.loads(_run(folder, "--most", "2", "--json"))
    assert len(first["facts"]) == 2 and first["next"] == first["facts"][-1]["seq"]
    reads = json.loads(_run(folder, "--kind", "RecordRead", "--json"))
    assert [each["body"]["kinds"] for each in reads["facts"]] == [["CallReceived"], [], ["RecordRead"]]
    assert reads["facts"][0]["actor"] == "command-line" and reads["read"] == reads["facts"][-1]["seq"]
    proved = json.loads(_run(folder, "--kind", "CallReceived", "--proofs", "--json"))
    assert proved["root"]["sound"] and all(each["proof"]["included"] for each in proved["facts"])


def test_times_are_read_and_wrong_ones_refused_in_a_sentence(folder: Path) -> None:
    assert "None" not in _run(
        folder, "--since", "2020-01-01", "--until", "2020-02-01T00:00+08:00", "--lang", "en"
    )
    assert "yesterday" in _run(folder, "--since", "yesterday", code=2)


def test_a_whole_tables_names_are_opened_with_a_reason_that_a_second_person_reviews(folder: Path) -> None:
    out = folder / "members.json"
    words = ["register", "export", "members", str(out), "--data", str(folder), "--sealed", "--lang", "en"]
    refused = CliRunner().invoke(main, words)
    assert refused.exit_code == 2 and not out.exists()
    done = CliRunner().invoke(main, [*words, "--reason", "order"])
    assert done.exit_code == 0 and out.exists(), done.output
    (broken,) = json.loads(_run(folder, "--kind", "GlassBroken", "--json"))["facts"]
    assert (broken["body"]["subject_id"], broken["body"]["reason"]) == ("members/*", "order")


def test_a_signing_key_that_is_not_this_users_is_a_sentence_and_no_traceback(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (folder / SECRET).exists()
    if os.geteuid() == 0:
        folder.chmod(0o700)
        os.seteuid(NOBODY)
        try:
            with pytest.raises(StorageRefused) as refused:
                HeadKey(folder)
        finally:
            os.seteuid(0)
    else:
        (folder / SECRET).chmod(0)
        with pytest.raises(StorageRefused) as refused:
            HeadKey(folder)
    assert refused.value.code == "head_key_unreadable" and str(folder / SECRET) in str(refused.value)
    monkeypatch.setattr("firstminute.app.cli.head.HeadKey", _shut)
    said = CliRunner().invoke(main, ["head", "--data", str(folder), "--lang", "zh-CN"])
    assert said.exit_code == 1 and "签名密钥" in said.output and "Traceback" not in said.output


def _shut(folder: Path) -> HeadKey:
    raise StorageRefused("head_key_unreadable", "shut", path=folder / SECRET, why="PermissionError")
