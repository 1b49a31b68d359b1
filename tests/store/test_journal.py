"""The journal: what is written is what is read, and only one desk may write."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstminute.model import encoding
from firstminute.model.envelope import Body
from firstminute.model.facts.call import CallReceived
from firstminute.model.facts.desk import SubjectErased, TimerSet
from firstminute.store.engine import has_wal_reset_bug
from firstminute.store.errors import HeadLost, NotDurable, StorageRefused
from firstminute.store.migrations.upgrade import revision, upgrade
from firstminute.store.schema import REVISION, facts
from firstminute.store.store import Store
from firstminute.store.verify import verify
from tests.support.raw import lose_keys, put_keys_back
from tests.support.record import PLACE, NoLock, call, facts_of, incident, incidents

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path)
    made.begin()
    return made


def test_facts_are_read_as_they_were_written_with_their_sealed_parts(store: Store) -> None:
    run = facts_of(list(incidents(3)))
    store.append({"live": run[:5]})
    store.append({"live": run[5:]})
    with store.reading() as connection:
        assert list(store.journal.read(connection, "live")) == run
        assert list(store.journal.read(connection, "live", 4, upto=6)) == run[4:6]
        assert store.journal.about(connection, "live", "call-1") == [run[4], run[6]]


def test_a_restart_finds_the_same_facts_and_goes_on_after_the_head(store: Store, tmp_path: Path) -> None:
    run = facts_of(incident(1))
    store.append({"live": run})
    store.close()
    again = Store(tmp_path)
    heads = again.begin()
    assert (heads["live"].epoch, heads["live"].seq) == (2, 4)
    more = facts_of(incident(2), after=4)
    again.append({"live": more})
    with again.reading() as connection:
        assert list(again.journal.read(connection, "live")) == run + more


def test_no_name_phone_word_or_exact_place_of_a_caller_stands_in_the_database_files(
    store: Store, tmp_path: Path
) -> None:
    store.append({"live": facts_of(incident(1))})
    store.close()
    whole = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in ("张三", "13900001234", "持刀", "东门路", "113.264412"):
        assert secret.encode() not in whole


def erased(*subjects: str) -> list[Body]:
    return [SubjectErased(subject_id=subject, reason="retention") for subject in subjects]


def _texts(store: Store) -> list[str | None]:
    with store.reading() as connection:
        found = store.journal.read(connection, "live", kinds=["CallReceived"])
        return [fact.body.text for fact in found]  # type: ignore[attr-defined]


def test_each_world_has_its_own_stream_and_they_are_committed_together(store: Store) -> None:
    live, drill = facts_of(incident(1)), facts_of([call(9)], world="exercise")
    store.append({"live": live, "exercise": drill})
    assert (store.heads["live"].seq, store.heads["exercise"].seq) == (4, 1)
    with store.reading() as connection:
        assert list(store.journal.read(connection, "exercise")) == drill


def test_a_desk_that_was_taken_over_loses_the_head_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firstminute.store.engine.Lock", NoLock)
    monkeypatch.setattr("firstminute.store.lease.Lease.take", lambda lease: lease._lead())
    old, new = Store(tmp_path), Store(tmp_path)
    old.begin()
    new.begin()
    with pytest.raises(HeadLost):
        old.append({"live": facts_of([call(1)])})
    new.append({"live": facts_of([call(2)])})
    with new.reading() as connection:
        assert [fact.subject for fact in new.journal.read(connection, "live")] == ["call-2"]


def test_a_failed_commit_writes_nothing_and_the_connection_is_not_used_again(tmp_path: Path) -> None:
    failing = [False]

    def before_commit() -> None:
        if failing[0]:
            raise OSError("disk full")

    store = Store(tmp_path, before_commit=before_commit)
    store.begin()
    connection = store.database._writing
    failing[0] = True
    with pytest.raises(NotDurable, match="disk full"):
        store.append({"live": facts_of(incident(1))})
    failing[0] = False
    assert store.heads["live"].seq == 0
    store.begin()
    assert store.database._writing is not connection
    store.append({"live": facts_of([call(2)])})
    with store.reading() as reading:
        assert [fact.subject for fact in store.journal.read(reading, "live")] == ["call-2"]


def test_an_erased_subject_reads_with_its_sealed_fields_empty_and_others_whole(store: Store) -> None:
    store.append({"live": facts_of([*incident(1), *incident(2)])})
    store.append({"live": facts_of(erased("call-1", "incident-1"), after=8)})
    with store.reading() as connection:
        bodies = [fact.body for fact in store.journal.read(connection, "live")]
    first, other = bodies[0], bodies[4]
    assert isinstance(first, CallReceived) and isinstance(other, CallReceived)
    assert (first.text, first.caller_phone, first.place) == (None, None, None)
    assert first.cell == (113.26, 23.13)
    assert other.place == PLACE


def test_an_erased_subject_that_is_written_about_again_gets_a_new_key(store: Store) -> None:
    store.append({"live": facts_of([call(1), *erased("call-1")])})
    store.append({"live": facts_of([call(1, "again")], after=2)})
    assert _texts(store) == [None, "again"]


def test_an_erasure_takes_effect_in_its_place_among_the_facts_of_one_commit(store: Store) -> None:
    run = [
        call(1, "before"),
        call(2, "other"),
        *erased("call-1"),
        call(1, "after"),
        *erased("call-2", "call-3"),
        call(3, "x"),
    ]
    store.append({"live": facts_of(run)})
    assert _texts(store) == [None, None, "after", "x"]
    with store.reading() as connection:
        assert all(each.sound for each in verify(connection))


def test_an_erasure_whose_commit_failed_is_no_fact_and_can_be_asked_again(tmp_path: Path) -> None:
    failing = [False]

    def before_commit() -> None:
        if failing[0]:
            raise OSError("disk full")

    store = Store(tmp_path, before_commit=before_commit)
    store.begin()
    store.append({"live": facts_of([call(1), call(2)])})
    failing[0] = True
    with pytest.raises(NotDurable):
        store.append({"live": facts_of(erased("call-1"), after=2)})
    failing[0] = False
    store.begin()
    assert store.heads["live"].seq == 2 and store.keyless(["call-1", "call-9"]) == ("call-9",)
    store.append({"live": facts_of([*erased("call-1"), call(1, "again")], after=2)})
    assert _texts(store) == [None, call(2).text, "again"]


def test_a_key_file_put_back_from_a_backup_does_not_bring_an_erased_person_back(
    store: Store, tmp_path: Path
) -> None:
    store.append({"live": facts_of([call(1), call(2), call(3)])})
    store.append({"live": facts_of(erased("call-3"), after=3)})
    store.vault.back_up(tmp_path / "copy.db")
    store.append({"live": facts_of(erased("call-1"), after=4)})
    store.close()
    put_keys_back(tmp_path, tmp_path / "copy.db")
    again = Store(tmp_path)
    again.begin()
    assert _texts(again) == [None, call(2).text, None]
    again.append({"live": facts_of(erased("call-2"), after=5)})
    assert _texts(again) == [None, None, None]


def test_an_erasure_leaves_no_snapshot_behind(store: Store, tmp_path: Path) -> None:
    for name in ("snapshot-live.bin", "snapshot-exercise.bin", "snapshot-live.new"):
        (tmp_path / name).touch()
    store.append({"live": facts_of([call(1), *erased("call-1")])})
    assert not list(tmp_path.glob("snapshot-*"))


def test_a_key_file_put_back_from_a_backup_never_gives_an_old_number_to_a_new_key(
    store: Store, tmp_path: Path
) -> None:
    store.append({"live": facts_of([call(1)])})
    store.vault.back_up(tmp_path / "copy.db")
    many = facts_of([call(n) for n in range(2, 1500)], after=1)
    store.append({"live": many})
    store.append({"live": facts_of(erased("call-1499"), after=1499)})
    store.close()
    put_keys_back(tmp_path, tmp_path / "copy.db")
    again = Store(tmp_path)
    again.begin()
    again.append({"live": facts_of([call(1500)], after=1500)})
    with again.reading() as connection:
        texts = [fact.body.text for fact in again.journal.read(connection, "live", kinds=["CallReceived"])]  # type: ignore[attr-defined]
    assert texts[0] and texts[-1] and not any(texts[1100:1499])


def test_a_journal_whose_vault_is_lost_altogether_goes_on_with_a_new_one(
    store: Store, tmp_path: Path
) -> None:
    store.append({"live": facts_of([call(1)])})
    store.close()
    lose_keys(tmp_path)
    (tmp_path / "master.key").unlink()
    again = Store(tmp_path)
    again.begin()
    again.append({"live": facts_of([call(2)], after=1)})
    with again.reading() as connection:
        texts = [fact.body.text is None for fact in again.journal.read(connection, "live")]  # type: ignore[attr-defined]
    assert texts == [True, False]


def test_a_journal_of_an_older_version_is_lifted_on_reading_and_not_rewritten(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append({"live": facts_of([TimerSet(timer_subject="i", timer="t", round=1, due_s=2.0)])})
    with store.reading() as connection:
        before = connection.execute(facts.select()).one()
    monkeypatch.setattr(TimerSet, "VERSION", 2)
    monkeypatch.setitem(encoding.UPCASTS, "TimerSet", {1: lambda old: {**old, "due_s": old["due_s"] * 60}})
    with store.reading() as connection:
        (fact,) = store.journal.read(connection, "live")
        assert fact.body.due_s == 120.0  # type: ignore[attr-defined]
        assert connection.execute(facts.select()).one() == before


def test_text_that_json_cannot_say_is_kept_with_a_mark_in_place_of_the_bad_character(store: Store) -> None:
    store.append({"live": facts_of([call(1, "help\ud800me\x00")])})
    with store.reading() as connection:
        (fact,) = store.journal.read(connection, "live")
    assert fact.body.text == "help\ufffdme\x00"  # type: ignore[attr-defined]


def test_sequence_numbers_beyond_32_and_53_bits_are_kept(store: Store) -> None:
    for start in (2**31 - 2, 2**53 - 2):
        with store.database.write() as connection:
            moved = store.heads["live"].__class__(store.heads["live"].epoch, start, store.heads["live"].chain)
            store.journal._move(connection, "live", store.heads["live"], moved)
        store.heads["live"] = moved
        run = facts_of([call(start + n) for n in range(4)], after=start)
        store.append({"live": run})
        with store.reading() as connection:
            assert list(store.journal.read(connection, "live", start)) == run


def test_time_spans_are_found_by_their_ends(store: Store) -> None:
    run = facts_of(list(incidents(5)))
    store.append({"live": run})
    with store.reading() as connection:
        assert store.journal.between(connection, "live", 1003.0, 1006.0, most=100) == run[2:5]
        assert store.journal.between(connection, "live", 0.0, 9e9, kinds=["TimerSet"], most=2) == [
            run[3],
            run[7],
        ]
        assert store.journal.between(connection, "live", 9e9, 9e9 + 1, most=2) == []


def test_a_second_writer_is_refused_on_every_sqlite_and_let_in_once_the_first_is_gone(tmp_path: Path) -> None:
    first = Store(tmp_path / "a")
    with pytest.raises(StorageRefused, match="another process"):
        Store(tmp_path / "a")
    first.close()
    Store(tmp_path / "a").close()


@pytest.mark.parametrize(
    ("version", "affected"),
    [((3, 6, 23), False), ((3, 7, 0), True), ((3, 40, 1), True), ((3, 44, 5), True), ((3, 44, 6), False), ((3, 45, 0), True),
     ((3, 50, 6), True), ((3, 50, 7), False), ((3, 51, 2), True), ((3, 51, 3), False), ((3, 54, 1), False)],
)  # fmt: skip
def test_the_versions_that_may_corrupt_a_file_are_known(version: tuple[int, ...], affected: bool) -> None:
    assert has_wal_reset_bug(version) is affected


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_setting_that_is_not_durable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firstminute.store.engine.FULL", 1)
    with pytest.raises(StorageRefused, match="synchronous=FULL"):
        Store(tmp_path)


def test_a_database_of_a_newer_release_is_refused(store: Store, tmp_path: Path) -> None:
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    with pytest.raises(StorageRefused, match="newer release"):
        Store(tmp_path)


def test_the_migrations_make_exactly_the_tables_that_are_declared(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from firstminute.store.schema import metadata

    with store.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_database_of_the_first_release_is_brought_up_to_date_with_all_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firstminute.store.store.upgrade", lambda connection: upgrade(connection, "0001"))
    old = Store(tmp_path)
    with old.database.write() as connection:
        old.heads = old.journal.take_over(connection)
    old.append({"live": facts_of(incident(1))})
    old.close()
    monkeypatch.undo()
    new = Store(tmp_path)
    assert new.begin()["live"].seq == 4
    new.append({"live": facts_of(erased("call-1"), after=4)})
    with new.reading() as connection:
        assert revision(connection) == REVISION and all(each.sound for each in verify(connection))
    assert _texts(new) == [None]


def test_readers_cannot_write(store: Store) -> None:
    from sqlalchemy.exc import DBAPIError

    with store.reading() as connection, pytest.raises(DBAPIError, match=r"readonly|read-only"):
        connection.exec_driver_sql("DELETE FROM facts")
