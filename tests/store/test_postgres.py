"""What only a server can do to a record: weaker settings, a standby, a restart, a second leader; each is refused, survived or fenced."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from firstminute.store import postgres
from firstminute.store.engine import read_only
from firstminute.store.errors import HeadLost, NotDurable, StorageRefused
from firstminute.store.lease import Lease
from firstminute.store.server import encrypted
from firstminute.store.store import DATABASE, Store
from firstminute.store.vault import Vault
from firstminute.store.verify import verify
from tests.support.postgres import NAME, ROLE, Server, the_server
from tests.support.record import call, facts_of, incident

TAKEN_OVER_S = 5.0


@pytest.fixture
def own() -> Iterator[Server]:
    """A server that a test may stop, weaken and break."""
    server = Server()
    yield server
    server.close()


@pytest.fixture
def url() -> str:
    return the_server().url()


def _store(folder: Path, url: str) -> Store:
    store = Store(folder, url=url)
    store.begin()
    return store


def _calls(folder: Path) -> list[str]:
    with read_only(folder / DATABASE) as connection:
        assert all(each.sound for each in verify(connection))
        found = connection.exec_driver_sql(
            "SELECT subject FROM facts WHERE kind = 'CallReceived' ORDER BY seq"
        )
        return [row[0] for row in found]


def test_health_says_what_makes_a_commit_durable(tmp_path: Path, url: str) -> None:
    store = _store(tmp_path, url)
    shown = store.database.durability
    assert (shown["engine"], shown["fsync"], shown["full_page_writes"], shown["synchronous_commit"]) == (
        "postgresql",
        "on",
        "on",
        "on",
    )
    assert shown["data_sync_retry"] == "off" and shown["synchronous_standby_names"] == ""
    store.close()


def test_weak_settings_are_refused_at_the_start_and_end_a_desk_that_runs(tmp_path: Path, own: Server) -> None:
    for more in ({"synchronous_commit": "off"}, {"synchronous_commit": "local"}):
        with pytest.raises(StorageRefused, match="synchronous_commit") as refused:
            Store(tmp_path / "a", url=own.url(None, **more))
        assert refused.value.code == "server_not_durable"
    store = _store(tmp_path / "b", own.url())
    store.append({"live": facts_of([call(1)])})
    with own.owner() as connection:
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")
    lost = threading.Event()
    store.database.attend(lambda: True, lost.set)
    assert lost.wait(TAKEN_OVER_S)
    with pytest.raises(HeadLost, match="full_page_writes"):
        store.append({"live": facts_of([call(2)], after=1)})
    store.close()


def test_a_standby_is_never_written_nor_read(tmp_path: Path, own: Server) -> None:
    url = own.url("public")
    _store(tmp_path, url).close()
    own.stop()
    signal_file = own.folder / "data" / "standby.signal"
    signal_file.touch()
    own.start()
    for opening in (lambda: Store(tmp_path), lambda: read_only(tmp_path / DATABASE).__enter__()):
        with pytest.raises(StorageRefused, match="primary only"):
            opening()
    own.stop()
    signal_file.unlink()
    own.start()
    _store(tmp_path, url).close()


def test_a_database_whose_text_is_not_safe_is_refused(tmp_path: Path, own: Server) -> None:
    with own.owner() as connection:
        connection.execute(
            f"CREATE DATABASE ascii OWNER {ROLE} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
        )
    with pytest.raises(StorageRefused, match="encoding"):
        Store(tmp_path, url=own.url("public", "ascii"))


def test_a_server_that_crashes_and_comes_back_has_all_that_was_acknowledged(
    tmp_path: Path, own: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "PATIENCE_S", 0.3)
    store = _store(tmp_path, own.url())
    store.append({"live": facts_of(incident(1))})
    own.stop(signal.SIGQUIT)
    with pytest.raises(NotDurable):
        store.append({"live": facts_of(incident(2), after=4)})
    with pytest.raises(NotDurable):
        store.answered(["c"])
    with pytest.raises(NotDurable):
        store.begin()
    own.start()
    monkeypatch.setattr(postgres, "PATIENCE_S", 5.0)
    assert store.begin()["live"].seq == 4
    store.append({"live": facts_of(incident(3), after=4)})
    assert store.answered(["c"]) == {}
    assert _calls(tmp_path) == ["call-1", "call-3"]
    store.close()


def test_a_leader_that_is_silent_is_replaced_and_fenced_off(tmp_path: Path, url: str) -> None:
    old = _store(tmp_path / "old", url)
    old.append({"live": facts_of([call(1)])})
    lost = threading.Event()
    old.database.attend(lambda: False, lost.set)
    lease, began_s = Lease(url), time.monotonic()
    lease.wait()
    _keys(tmp_path)
    new = Store(tmp_path / "new", url=url, lease=lease)
    new.begin()
    assert time.monotonic() - began_s < TAKEN_OVER_S
    new.append({"live": facts_of([call(2)], after=1)})
    for _ in range(3):
        with pytest.raises((HeadLost, NotDurable)):
            old.append({"live": facts_of([call(3)], after=1)})
        with pytest.raises(HeadLost):
            old.begin()
    with pytest.raises(HeadLost), old.database.write():
        pass
    assert lost.wait(TAKEN_OVER_S)
    old.close()
    new.append({"live": facts_of([call(4)], after=2)})
    assert _calls(tmp_path / "new") == ["call-1", "call-2", "call-4"]
    new.close()


def test_a_leader_that_freezes_within_a_transaction_holds_nobody_up(tmp_path: Path, url: str) -> None:
    old = _store(tmp_path / "old", url)
    old.database.attend(lambda: False, lambda: None)
    with pytest.raises((NotDurable, HeadLost)), old.database.write() as connection:
        connection.exec_driver_sql("UPDATE desk_head SET seq = 99")
        lease, began_s = Lease(url), time.monotonic()
        lease.wait()
        _keys(tmp_path)
        new = Store(tmp_path / "new", url=url, lease=lease)
        new.begin()
        assert time.monotonic() - began_s < TAKEN_OVER_S
        new.append({"live": facts_of([call(1)])})
    old.close()
    new.close()


def test_a_leader_that_is_gone_is_replaced_at_once(tmp_path: Path, url: str) -> None:
    old = _store(tmp_path / "old", url)
    waited = list[float]()

    def stand_by() -> None:
        lease, began_s = Lease(url), time.monotonic()
        lease.wait()
        waited.append(time.monotonic() - began_s)
        lease.close()

    thread = threading.Thread(target=stand_by)
    thread.start()
    time.sleep(3.5)
    assert not waited, "a leader that beats is never replaced"
    old.close()
    closed_s = time.monotonic()
    thread.join(TAKEN_OVER_S)
    assert waited and time.monotonic() - closed_s < 1.5


def test_a_failure_is_told_without_what_was_to_be_written(tmp_path: Path, url: str) -> None:
    store = _store(tmp_path, url)
    store.append({"live": facts_of([call(1)])})
    secret = replace(facts_of([call(2)], after=1)[0], actor="NameOfAPerson\x00")
    with pytest.raises(NotDurable) as failed:
        store.append({"live": [secret]})
    assert "NameOfAPerson" not in str(failed.value)
    with (
        pytest.raises(NotDurable, match=r"UniqueViolation \(23505\)") as failed,
        store.database.write() as connection,
    ):
        connection.exec_driver_sql("INSERT INTO segments SELECT * FROM segments")
    assert "city" not in str(failed.value)
    store.begin()
    store.append({"live": facts_of([call(3)], after=1)})
    store.close()


def test_where_there_is_no_server_the_refusal_names_no_password(tmp_path: Path) -> None:
    words = "hunter2"
    with pytest.raises(StorageRefused, match="no connection to") as refused:
        Store(tmp_path, url=f"postgresql://desk:{words}@127.0.0.1:1/city")
    assert words not in str(refused.value) and refused.value.code == "unreachable"
    with pytest.raises(StorageRefused, match="no URL"):
        Store(tmp_path, url="sqlite:///x")


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require"])
def test_a_server_elsewhere_is_reached_by_verified_tls_or_not_at_all(tmp_path: Path, mode: str) -> None:
    with pytest.raises(StorageRefused, match="verify-full is needed"):
        Store(tmp_path, url=f"postgresql://desk@192.0.2.1/city?sslmode={mode}")
    assert encrypted("postgresql://desk@192.0.2.1/city")["sslmode"] == "verify-full"
    assert encrypted(f"postgresql://desk@127.0.0.1,[::1]/city?sslmode={mode}") == {}
    with pytest.raises(StorageRefused, match="verify-full is needed"):
        encrypted(f"postgresql://desk@127.0.0.1,db.example/city?sslmode={mode}")


def test_keys_on_the_server_are_made_rotated_destroyed_and_backed_up(tmp_path: Path, url: str) -> None:
    from firstminute.store.masters import order_rotation

    vault = Vault(tmp_path, url=url)
    vault.begin(0)
    one, two = vault.draw(2)
    sealed, other = vault.seal(one, b"x", b"a"), vault.seal(two, b"y", b"b")
    vault.back_up(tmp_path / "copy.db")
    vault.destroy([one], 1)
    assert (vault.open(one, sealed, b"a"), vault.open(two, other, b"b"), vault.generation) == (None, b"y", 1)
    before = (tmp_path / "master.key").read_bytes()
    order_rotation(tmp_path)
    while vault.rotate():
        pass
    assert vault.open(two, other, b"b") == b"y" and vault.counts()[0][0] == 2
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "master.key").write_bytes(before)
    with pytest.raises(StorageRefused, match="does not belong"):
        Vault(tmp_path / "old", read_only=True, url=url)
    highest = vault._file.last
    vault.close()
    again = Vault(tmp_path, url=url)
    again.begin(two)
    assert again.open(two, other, b"b") == b"y" and not again.has(one)
    again.destroy(range(1, highest + 1), 2)
    again.begin(0)
    assert again.draw(1)[0] > highest, "a number is never given twice"
    assert NAME in again._file.where
    again.close()


def _keys(folder: Path) -> None:
    """The new leader has a folder of its own and the same master key."""
    (folder / "new").mkdir(mode=0o700, exist_ok=True)
    (folder / "new" / "master.key").write_bytes((folder / "old" / "master.key").read_bytes())
