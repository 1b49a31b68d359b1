"""Accounts and tokens follow the record from folder to folder, and a folder that led before never brings old doors back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from firstminute.app.kept import kept_files
from firstminute.app.secrets import Tokens
from firstminute.model.envelope import Actor
from firstminute.store.accounts import Accounts, Role
from firstminute.store.accounts_file import AccountsFile
from firstminute.store.errors import HeadLost, NotDurable, StorageRefused
from firstminute.store.kept_files import KeptFiles
from firstminute.store.lease import Lease
from firstminute.store.store import Store
from tests.support.postgres import the_server


def _led(folder: Path, url: str) -> tuple[Store, KeptFiles]:
    """A store whose process leads, and its kept files, taken already."""
    store = Store(folder, url=url)
    kept = kept_files(store)
    assert kept is not None
    store.begin()
    return store, kept


def _second(folder: Path) -> Path:
    """A second machine: only the master key was brought there."""
    (folder / "two").mkdir(mode=0o700)
    shutil.copy2(folder / "one" / "master.key", folder / "two" / "master.key")
    return folder / "two"


def _names(folder: Path) -> list[str]:
    accounts = AccountsFile(folder)
    try:
        return sorted(row["name"] for row in accounts.read("SELECT name FROM accounts"))
    finally:
        accounts.close()


def test_who_may_come_in_is_known_wherever_the_desk_comes_up(tmp_path: Path) -> None:
    url = the_server().url()
    store, kept = _led(tmp_path / "one", url)
    token = Tokens(tmp_path / "one").add(Actor(id="U1", role="patrol", unit_id="U1"))
    file = AccountsFile(tmp_path / "one")
    Accounts(file).add("chen", Role(role="dispatcher"), by="test")
    assert kept.keep() and not kept.keep(), "nothing changed since"
    Accounts(file).add("wang", Role(role="dispatcher"), by="test")
    assert kept.keep(), "what stands in the write-ahead log counts"
    store.close()
    second = _second(tmp_path)
    store, kept = _led(second, url)
    assert _names(second) == ["chen", "wang"]
    found = Tokens(second).find(token)
    assert found is not None and found.unit_id == "U1"
    gone = AccountsFile(second)
    with gone.write() as connection:
        connection.execute("DELETE FROM accounts WHERE name = 'wang'")
    assert kept.keep()
    store.close()
    file.close()
    store, _ = _led(tmp_path / "one", url)
    assert _names(tmp_path / "one") == ["chen"], "a folder that led before does not bring old doors back"
    store.close()
    file = AccountsFile(tmp_path / "one")
    Accounts(file).add("zhao", Role(role="dispatcher"), by="test")
    file.close()
    store, _ = _led(tmp_path / "one", url)
    assert _names(tmp_path / "one") == ["chen", "zhao"], "what was changed at the machine that led last stays"
    store.close()


def test_a_leader_that_was_replaced_keeps_nothing_and_another_master_key_takes_nothing(
    tmp_path: Path,
) -> None:
    url = the_server().url()
    store, kept = _led(tmp_path / "one", url)
    Tokens(tmp_path / "one")
    assert kept.keep()
    store.database.attend(lambda: False, lambda: None)
    lease = Lease(url)
    lease.wait()
    second = _second(tmp_path)
    new = Store(second, url=url, lease=lease)
    new.begin()
    (tmp_path / "one" / "tokens.json").write_text("{}")
    for _ in range(2):
        with pytest.raises((HeadLost, NotDurable)):
            kept.keep()
    taken = kept_files(new)
    assert taken is not None and len(Tokens(second).everybody()) > 5
    new.vault.open_cache = lambda sealed: None  # type: ignore[method-assign]
    (second / "kept.stamp").unlink()
    with pytest.raises(StorageRefused, match="does not open"):
        taken.take()
    new.close()
    store.close()


def test_a_record_in_a_file_has_no_copy_elsewhere(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert kept_files(store) is None
    store.close()
