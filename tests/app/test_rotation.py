"""Rotating the master key by the command line and beside a running desk; the journal says so once."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from firstminute.app.cli import main
from firstminute.app.housekeeping import Housekeeping
from firstminute.app.ports import JournalReader
from firstminute.app.settings import Settings
from firstminute.store.masters import MASTER, NEXT
from tests.support.desk import Hands, desk_at, do, receive


def _run(*words: str, folder: Path) -> str:
    done = CliRunner().invoke(main, [*words, "--data", str(folder), "--lang", "en"])
    assert done.exit_code == 0, done.output
    return done.output


def test_offline_a_rotation_is_carried_out_at_once_and_recorded_once(tmp_path: Path) -> None:
    with desk_at(tmp_path, Hands()) as desk:
        receive(desk, 1, "王小明的话")
    old = (tmp_path / MASTER).read_bytes()
    assert "Master key 2 is in force" in _run("vault", "rotate", "--yes", folder=tmp_path)
    assert (tmp_path / MASTER).read_bytes() != old
    assert _run("vault", "status", folder=tmp_path).startswith("master key 2 (aes-256-gcm): ")
    assert "Master key 3 is in force" in _run("vault", "rotate", "--yes", folder=tmp_path)
    with desk_at(tmp_path, Hands()) as desk:
        facts = JournalReader(desk.store).after(0)
        made = [fact.body.number for fact in facts if fact.kind == "MasterKeyRotated"]  # type: ignore[attr-defined]
        assert made == [2, 3] and "王小明的话" in repr(facts)


def test_beside_a_running_desk_housekeeping_takes_the_order_over(tmp_path: Path) -> None:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        receive(desk, 1, "王小明的话")
        keeping = Housekeeping(desk.store, desk, Settings(data_dir=tmp_path))
        old = keeping.back_up_vault()
        assert old is not None
        before = old.read_bytes()
        assert "wraps the keys by itself" in _run("vault", "rotate", "--yes", folder=tmp_path)
        assert (tmp_path / NEXT).exists() and keeping.back_up_vault() is None
        assert "under way" in _run("vault", "status", folder=tmp_path)
        desk.hurried = True
        assert keeping.rotate() and (tmp_path / NEXT).exists()  # while many call it waits
        desk.hurried = False
        assert not keeping.rotate() and not (tmp_path / NEXT).exists()
        assert old.read_bytes() != before  # backed up anew
        receive(desk, 2)
        facts = JournalReader(desk.store).after(0)
        assert [fact.kind for fact in facts].count("MasterKeyRotated") == 1 and "王小明的话" in repr(facts)
        assert not keeping.rotate()
    with desk_at(tmp_path, hands) as desk:
        again = do(
            desk,
            "receive_call",
            {"channel": "phone", "text": "打架", "caller_phone": "13900000002"},
            "call-2",
        )
        assert again.again  # digests of commands outlive the master key


def test_a_rotation_that_was_not_recorded_before_a_kill_is_recorded_after_it(tmp_path: Path) -> None:
    with desk_at(tmp_path, Hands()) as desk:
        receive(desk, 1)
        assert "by itself" in _run("vault", "rotate", "--yes", folder=tmp_path)
        while desk.store.vault.rotate():
            pass
    with desk_at(tmp_path, Hands()) as desk:
        keeping = Housekeeping(desk.store, desk, Settings(data_dir=tmp_path))
        keeping.rotate()
        keeping.rotate()
        kinds = [fact.kind for fact in JournalReader(desk.store).after(0)]
        assert kinds.count("MasterKeyRotated") == 1
