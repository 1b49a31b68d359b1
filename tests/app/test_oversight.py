"""The oversight report: from the journal alone, the same anywhere, and the same as somebody else computes it; the snoop stands in the week's."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from firstminute.app.cli import main
from firstminute.flow.oversight.period import period
from firstminute.store.store import DATABASE
from tests.support.a_month import kept, live
from tests.support.oversight_again import again

NOVEMBER = period("2026-11")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept(tmp_path_factory.mktemp("month"), live())


def _run(folder: Path, *words: str) -> str:
    said = CliRunner().invoke(main, ["oversight", "--data", str(folder), *words])
    assert said.exit_code == 0, said.output
    return said.output


def _report(folder: Path, *words: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(_run(folder, *words, "--json"))
    return made


def test_it_is_what_somebody_else_computes_from_the_text_of_the_journal(folder: Path) -> None:
    made = _report(folder, "--month", "2026-11")
    other = again(folder / DATABASE, "2026-11", int(NOVEMBER.from_s), int(NOVEMBER.to_s), NOVEMBER.offset_s)
    for part in other:
        assert made["report"][part] == other[part], part
    assert made["report"] == other
    text = json.dumps(other, sort_keys=True, separators=(",", ":"))
    assert made["digest"] == hashlib.sha256(text.encode()).hexdigest()


def test_it_says_something_of_everything(folder: Path) -> None:
    report = _report(folder, "--month", "2026-11")["report"]
    assert (
        report["calls"]["received"] > 60 and report["incidents"]["opened"] > 60 and report["journal"]["over"]
    )
    assert {"D", "E"} <= set(report["districts"])
    east, west = (report["districts"][name]["patrol_share"]["share"] for name in ("E", "D"))
    assert east > west, "what patrols found is told apart by district"
    assert sum(row["found_by"].get("team", 0) for row in report["districts"].values()) > 4
    assert all(row["low"] >= 0 and str(row["low"]) != "-0.0" for row in report["rings"].values())
    assert report["rings"]["reinforcement"]["count"] and report["times"]["total"]["p90_s"]
    apart = {row["measure"] for row in report["disparities"]}
    assert "patrol_found" in apart
    access = report["access"]
    assert (
        access["looks"]
        and access["purposes"]["review"] >= 9
        and access["refused"] == {"purpose_missing": access["refused"]["purpose_missing"]}
    )
    assert (
        access["glass"]["broken"] == 2
        and access["glass"]["late"] >= 1
        and access["record_reads"] == {"search": 1}
        and access["erased"]
    )
    assert (
        report["complaints"]["recorded"]
        and report["changes"]["plans"] == {"plans": 2}
        and report["changes"]["policies"][0]["version"] == 2
    )
    assert access["exports"] == 0, "none were taken, and it says so"


def test_a_copy_without_vault_and_keys_gives_the_same_digest(folder: Path, tmp_path: Path) -> None:
    shutil.copyfile(folder / DATABASE, tmp_path / DATABASE)
    assert sorted(each.name for each in tmp_path.iterdir()) == [DATABASE]
    for words in (("--month", "2026-11"), ("--week", "2026-W47")):
        assert _report(tmp_path, *words) == _report(folder, *words)
    assert not (tmp_path / "vault.db").exists()


def test_another_month_offset_or_fact_gives_another_digest(folder: Path) -> None:
    digests = {
        _report(folder, "--month", month, "--offset", offset)["digest"]
        for month, offset in (
            ("2026-11", "+08:00"),
            ("2026-11", "+00:00"),
            ("2026-10", "+08:00"),
            ("2026-12", "+08:00"),
        )
    }
    assert len(digests) == 4


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("Oversight report 2026-11", "Found by patrols")), ("zh-CN", ("监督报告 2026-11", "巡逻发现"))],
)
def test_it_is_read_in_both_languages_as_text_and_as_a_page_with_a_picture(
    folder: Path, tmp_path: Path, language: str, words: tuple[str, ...]
) -> None:
    page = tmp_path / "page.html"
    text = _run(folder, "--month", "2026-11", "--lang", language, "--html", str(page))
    html = page.read_text(encoding="utf-8")
    digest = _report(folder, "--month", "2026-11")["digest"]
    for said in (text, html):
        assert digest in said and all(word.lower() in said.lower() for word in words)
        assert "oversight." not in said, "every word is in the catalogue"
    assert "<svg" in html and "<script" not in html and f'lang="{language}"' in html


def test_what_is_not_recorded_is_said_to_be_none(folder: Path) -> None:
    text = _run(folder, "--month", "2026-12", "--lang", "en")
    assert "None recorded." in text and "not over" not in text.lower().split("##")[1]


def test_the_snoop_stands_in_the_weekly_report_with_the_reasons_and_no_figure_about_anybody(
    folder: Path,
) -> None:
    report = _report(folder, "--week", "2026-W47")["report"]
    weeks = {week: _report(folder, "--week", week)["report"] for week in ("2026-W46", "2026-W47", "2026-W48")}
    week = next(name for name, each in weeks.items() if "acct-snoop" in each["to_look_at"])
    report = weeks[week]
    listed = report["to_look_at"]["acct-snoop"]
    assert len(listed) == 9
    assert {"same_subject", "without_assignment", "off_shift"} <= {
        reason for row in listed for reason in row["reasons"]
    }
    assert "d1" not in report["to_look_at"] or all(
        row["reasons"] == ["drawn"] for row in report["to_look_at"]["d1"]
    ), "its own desk works"
    assert list(report["to_look_at"]) == sorted(report["to_look_at"])
    for rows in report["to_look_at"].values():
        assert all(
            set(row) == {"seq", "at_s", "subject_id", "how", "purpose", "incident_id", "file_id", "reasons"}
            for row in rows
        )
    text = _run(folder, "--week", week, "--lang", "zh-CN")
    assert "acct-snoop" in text and "反复查看同一对象" in text and "oversight." not in text


def test_glass_is_listed_with_what_became_of_it(folder: Path) -> None:
    weeks = [_report(folder, "--week", f"2026-W{week}")["report"] for week in range(44, 50)]
    broken = [row for week in weeks for row in week["glass"]]
    assert [(row["account_id"], row["reason"]) for row in broken] == [("acct-crew", "life_at_risk")] * 2
    assert [row["result"] for row in broken] == ["justified", None]
    alarms = [row["access_id"] for week in weeks for row in week["unreviewed"]]
    assert set(alarms) == {broken[1]["access_id"]} and len(alarms) > 1, (
        "and again every day until somebody looks"
    )


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--month", "2026-13"),
        ("--week", "2026-W54"),
        ("--month", "2026-W48"),
        ("--month", "2026-11", "--week", "2026-W48"),
    ],
)
def test_what_is_no_period_is_refused_in_a_sentence(folder: Path, words: tuple[str, ...]) -> None:
    said = CliRunner().invoke(main, ["oversight", "--data", str(folder), *words])
    assert said.exit_code == 2 and "Traceback" not in said.output


def test_a_folder_without_a_journal_is_refused_in_a_sentence(tmp_path: Path) -> None:
    said = CliRunner().invoke(main, ["oversight", "--data", str(tmp_path), "--month", "2026-11"])
    assert said.exit_code == 1 and str(tmp_path) in said.output
