"""An upgrade that is killed half way is done or not done, and the next start ends it."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from firstminute.store.migrations.upgrade import revision, upgrade
from firstminute.store.schema import REVISION
from firstminute.store.store import Store
from firstminute.store.verify import verify
from tests.support.record import facts_of, incidents

MOST_STATEMENTS = 200


def _of_the_first_release(folder: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("firstminute.store.store.upgrade", lambda connection: upgrade(connection, "0001"))
        old = Store(folder)
        with old.database.write() as connection:
            old.heads = old.journal.take_over(connection)
        old.append({"live": facts_of(list(incidents(5)))})
        old.close()
    return folder


def _killed_after(folder: Path, statements: int) -> bool:
    """Open in a child that kills itself before its n-th statement; False where it came to its end."""
    child = os.fork()
    if child == 0:
        left = [statements]

        def counting(connection: Any) -> None:
            driver = connection.connection.driver_connection

            def trace(statement: str) -> None:
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

            driver.set_trace_callback(trace)
            upgrade(connection)

        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("firstminute.store.store.upgrade", counting)
                Store(folder)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_54_an_upgrade_killed_at_any_statement_is_done_or_not_and_the_next_start_ends_it(
    tmp_path: Path,
) -> None:
    old = _of_the_first_release(tmp_path / "old")
    killed = 0
    for statements in range(0, MOST_STATEMENTS, 3):
        folder = Path(shutil.copytree(old, tmp_path / f"{statements}"))
        if not _killed_after(folder, statements):
            break
        killed += 1
        new = Store(folder)
        assert new.begin()["live"].seq == 20
        new.append({"live": facts_of(list(incidents(1)), after=20)})
        with new.reading() as connection:
            assert revision(connection) == REVISION and all(each.sound for each in verify(connection))
            assert len(list(new.journal.read(connection, "live"))) == 24
        new.close()
    assert killed > 3
