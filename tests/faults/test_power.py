"""The power goes, or an operation of the disk fails: what was acknowledged is there. A setting that only looks durable loses, so a loss would be seen."""

from __future__ import annotations

from pathlib import Path

from tests.support.forgetting import fail_at, play


def test_power_cuts_lose_no_acknowledged_fact_and_leave_a_sound_record(tmp_path: Path) -> None:
    number, before, gone = play(tmp_path, range(3), 8)
    assert number >= 16 and before > 500
    assert gone == 0


def test_the_same_cuts_lose_facts_where_commits_are_not_synced(tmp_path: Path) -> None:
    number, _, gone = play(tmp_path, range(2), 8, durable=False)
    assert number >= 8 and gone > 0


def test_47_an_operation_that_fails_anywhere_loses_no_accepted_call_and_the_desk_comes_back(
    tmp_path: Path,
) -> None:
    refused = 0
    for number in (1, 3, 8, 21, 55):
        for lasting in (1, 12):
            no, gone = fail_at(tmp_path / f"{number}-{lasting}", number, lasting=lasting)
            assert gone == 0, (number, lasting)
            refused += no
    assert refused > 5
