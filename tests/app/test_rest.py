"""A long log is brought into the file while nobody waits, so that it stops no call."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from firstminute.app.desk import Desk
from firstminute.store.engine import REST_COMMITS, Database
from firstminute.store.errors import NotDurable
from tests.support.desk import desk_at, receive

WITHIN_S = 20.0


def _busy(desk: Desk) -> int:
    """As many commits as make the desk want a rest; how many calls that took."""
    count = 0
    while not desk.store.database.restless:
        count += 1
        assert receive(desk, count).done
    return count


def _rested(desk: Desk) -> bool:
    until = time.monotonic() + WITHIN_S
    while desk.store.database.restless and time.monotonic() < until:
        time.sleep(0.05)
    return not desk.store.database.restless


def test_what_the_log_holds_is_in_the_file_soon_after_the_last_call(tmp_path: Path) -> None:
    with desk_at(tmp_path / "record") as desk:
        taken = _busy(desk)
        assert 1 < taken <= REST_COMMITS
        assert _rested(desk)
        alone = shutil.copy(desk.store.database.path, tmp_path / "alone.db")
        with closing(sqlite3.connect(alone)) as connection:
            kept = connection.execute("SELECT COUNT(*) FROM facts WHERE kind = 'CallReceived'").fetchone()
        assert kept == (taken,)


def test_a_rest_that_fails_costs_no_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def fail(self: Database) -> None:
        tried.append(self.path)
        self._since_rest = 0
        raise NotDurable("the disk took no more")

    monkeypatch.setattr(Database, "rest", fail)
    with desk_at(tmp_path) as desk:
        taken = _busy(desk)
        assert _rested(desk) and tried
        assert receive(desk, taken + 1).done
