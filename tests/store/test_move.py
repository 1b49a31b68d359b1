"""A record moved to PostgreSQL has lost nothing; a move that is stopped anywhere is done again or says clearly why not."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from click.testing import CliRunner

from firstminute.app.cli import main
from firstminute.model.facts.desk import MessageQueued, SubjectErased
from firstminute.store import move as moving
from firstminute.store import record
from firstminute.store.commands import Answered
from firstminute.store.engine import read_only
from firstminute.store.errors import StorageRefused
from firstminute.store.move import Moved, held, move
from firstminute.store.schema import metadata
from firstminute.store.store import DATABASE, Store
from tests.store.test_staging import NEW, OLD, _accepted, _begun, _now, _told
from tests.support.postgres import the_server
from tests.support.raw import lose_keys, raw
from tests.support.record import call, facts_of, incidents


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A record with something in every table: an erased person, an import on its way, a delivery, an answer, a drill, closed incidents."""
    store = Store(tmp_path)
    store.begin()
    _accepted(store)
    queued = MessageQueued(
        message_id="m1", channel="sms", recipient="p1", reason="alert", reason_id="a1", expires_s=9e9
    )
    live = [*incidents(6), call(99), SubjectErased(subject_id="call-99", reason="retention"), queued]
    answer = Answered(
        "command-1", b"digest", "live", 3, "done", None, {"reply": {"call_id": "call-1"}}, 1000.0
    )
    store.append(
        {"live": facts_of(live, after=2), "exercise": facts_of([call(7)], world="exercise")}, [answer]
    )
    store.close()
    return tmp_path


def _tables(folder: Path) -> dict[str, object]:
    with read_only(folder / DATABASE) as connection:
        return {name: each for name, each in held(connection).items() if name != "desk_head"}


def test_everything_is_there_and_the_desk_goes_on(folder: Path) -> None:
    before = _tables(folder)
    assert len(before) == len(metadata.tables) - 1
    found = move(folder, the_server().url())
    assert _tables(folder) == before and not found.again and found.streams[0].sound
    assert sum(held.rows for held in found.tables.values()) > 60
    store = Store(folder)
    assert store.database.durability["engine"] == "postgresql"
    assert store.begin()["live"].seq == 29
    assert _now(store) == _told({"m0": OLD["m0"], "m1": OLD["m1"], "m2": OLD["m2"]}, NEW)
    assert store.answered(["command-1"])["command-1"].detail == {"reply": {"call_id": "call-1"}}
    while store.settle():
        pass
    with store.reading() as connection:
        texts = [fact.body.text for fact in store.journal.read(connection, "live", kinds=["CallReceived"])]  # type: ignore[attr-defined]
    assert texts[-1] is None and all(texts[:-1])
    store.append({"live": facts_of([call(100)], after=29)})
    store.close()
    assert not (folder / DATABASE).exists() and not (folder / "vault.db").exists()


@pytest.mark.parametrize("table", ["commands", "facts", "timers", "keys"])
def test_a_move_that_is_killed_half_way_leaves_nothing_and_is_done_again(folder: Path, table: str) -> None:
    url, before = the_server().url(), _tables(folder)

    def told(name: str) -> None:
        if name == table:
            os._exit(9)

    if (child := os.fork()) == 0:
        move(folder, url, told)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert record.url_of(folder) is None and _tables(folder) == before
    assert not move(folder, url).again
    assert _tables(folder) == before


@pytest.mark.parametrize("last", ["rename", "point"])
def test_a_move_that_is_killed_at_its_end_is_compared_once_more_and_finished(
    folder: Path, last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, before = the_server().url(), _tables(folder)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(*((moving, "_switch") if last == "rename" else (record, "point")), dies)
    with pytest.raises(KeyboardInterrupt):
        move(folder, url)
    monkeypatch.undo()
    if last == "point":
        with pytest.raises(StorageRefused, match="was moved"):
            Store(folder)
    assert move(folder, url).again
    assert _tables(folder) == before and record.url_of(folder) == url


def test_another_record_there_is_never_touched(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = the_server().url()
    other = Store(tmp_path_factory.mktemp("other"), url=url)
    other.begin()
    other.append({"live": facts_of([call(1)])})
    with pytest.raises(StorageRefused, match="leads the record"):
        move(folder, url)
    other.close()
    with pytest.raises(StorageRefused, match="another record"):
        move(folder, url)
    assert record.url_of(folder) is None
    Store(folder).close()


def test_a_row_that_differs_afterwards_undoes_the_move(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy, url = moving._copy, the_server().url()

    def bent(here: object, there: object, table: object) -> None:
        copy(here, there, table)  # type: ignore[arg-type]
        if table.name == "timers":  # type: ignore[attr-defined]
            there.exec_driver_sql("UPDATE timers SET due_s = due_s + 1 WHERE subject = 'incident-1'")  # type: ignore[attr-defined]

    monkeypatch.setattr(moving, "_copy", bent)
    with pytest.raises(StorageRefused, match="not the same on both sides: timers"):
        move(folder, url)
    monkeypatch.undo()
    assert record.url_of(folder) is None and not move(folder, url).again


def test_text_that_the_server_cannot_keep_stops_the_move(folder: Path) -> None:
    with raw(folder) as connection:
        connection.execute("UPDATE outbox SET recipient = ?", ("p\x001",))
    with pytest.raises(StorageRefused, match="cannot keep"):
        move(folder, the_server().url())
    Store(folder).close()


def test_the_command_line_moves_and_says_what_it_moved(folder: Path) -> None:
    url = the_server().url()
    running = Store(folder)
    words = ["store", "move", url, "--data", str(folder), "--lang", "en"]
    said = CliRunner().invoke(main, words)
    assert said.exit_code == 1 and "is writing" in said.output
    running.close()
    said = CliRunner().invoke(main, [*words, "--json"])
    assert said.exit_code == 0, said.output
    found = json.loads(said.output)
    assert found["tables"]["facts"]["rows"] == 30 and found["streams"][0]["sound"]
    said = CliRunner().invoke(main, ["store", "status", "--data", str(folder), "--json"])
    assert json.loads(said.output)["where"].startswith("postgresql://firstminute@/city")
    assert CliRunner().invoke(main, ["verify", "--data", str(folder)]).exit_code == 0
    said = CliRunner().invoke(main, [*words[:2], "mysql://x", *words[3:]])
    assert said.exit_code == 1 and "is no URL of PostgreSQL" in said.output


def test_a_record_put_back_without_its_keys_gets_them_from_a_backup(folder: Path) -> None:
    move(folder, the_server().url())
    (copy,) = (folder / "vault-backups").glob("vault-*.db")
    words = ["store", "keys", str(copy), "--data", str(folder), "--lang", "en"]
    said = CliRunner().invoke(main, words)
    assert said.exit_code == 1 and "holds something already" in said.output
    lose_keys(folder)
    said = CliRunner().invoke(main, words)
    assert said.exit_code == 0 and "keys are there" in said.output, said.output
    store = Store(folder)
    store.begin()
    with store.reading() as connection:
        texts = [fact.body.text for fact in store.journal.read(connection, "live", kinds=["CallReceived"])]  # type: ignore[attr-defined]
    assert texts[-1] is None and all(texts[:-1])
    store.close()


def test_a_folder_with_a_record_of_its_own_does_not_start_elsewhere_by_a_setting(folder: Path) -> None:
    with pytest.raises(StorageRefused, match="move it first"):
        Store(folder, url=the_server().url())


@pytest.mark.usefixtures("engine")
def test_the_tables_go_back_and_forth_between_releases_with_all_they_hold(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.begin()
    store.append({"live": facts_of(list(incidents(3)))})
    store.close()
    words = ["store", "back", "0001", "--data", str(tmp_path), "--lang", "en"]
    said = CliRunner().invoke(main, words)
    assert said.exit_code == 0 and "revision 0001" in said.output, said.output
    status = CliRunner().invoke(main, ["store", "status", "--data", str(tmp_path), "--json"])
    assert json.loads(status.output)["revision"] == "0001"
    again = Store(tmp_path)
    assert again.begin()["live"].seq == 12
    with again.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    again.append({"live": facts_of([call(50)], after=12)})
    again.close()
    assert CliRunner().invoke(main, [*words[:2], "0000", *words[3:]]).exit_code == 1


@pytest.mark.usefixtures("engine")
def test_the_tables_do_not_go_back_while_an_import_would_lose_rows(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.begin()
    _begun(store)
    store.close()
    said = CliRunner().invoke(main, ["store", "back", "0001", "--data", str(tmp_path), "--lang", "en"])
    assert said.exit_code == 1 and "let it settle" in said.output


def test_what_was_moved_is_plain_data() -> None:
    assert Moved({}, (), True).plain() == {"tables": {}, "streams": [], "again": True}
