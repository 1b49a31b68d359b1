"""Accounts and tokens follow the record from folder to folder, and a folder that led before never brings old doors back."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from firstminute.app.border.link import Link
from firstminute.app.kept import kept_files
from firstminute.app.secrets import Tokens
from firstminute.model.envelope import Actor
from firstminute.store import record
from firstminute.store.accounts import Accounts, Role
from firstminute.store.accounts_file import AccountsFile
from firstminute.store.attached_place import seen
from firstminute.store.attachments import Attachments
from firstminute.store.border_in import Opened
from firstminute.store.border_out import Letter
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


@pytest.mark.parametrize("begun", [False, True], ids=["fresh", "with keys of its own"])
def test_the_border_goes_on_where_the_desk_comes_up_and_no_call_from_outside_is_lost(
    tmp_path: Path, begun: bool
) -> None:
    url, done = the_server().url(), list[str]()

    def do(run: Sequence[Opened]) -> int:
        done.extend(each.body["x"] for each in run)
        return len(run)

    def exchange(inner: Link) -> None:
        for _ in range(4):
            outer.hear(inner.speak()[0], do)
            inner.hear(outer.speak()[0], do)

    store, kept = _led(tmp_path / "one", url)
    inner, outer = Link(tmp_path / "one", "inside"), Link(tmp_path / "out", "outside")
    inner.into.trust(outer.card)
    outer.into.trust(inner.card)
    assert kept.keep() and not kept.keep()
    outer.out.put(Letter(kind="command", body={"x": "call 1"}))
    exchange(inner)
    outer.out.put(Letter(kind="command", body={"x": "call 2"}))  # kept outside while the leader dies
    assert not kept.keep(), "only whom it trusts is followed, not every message"
    inner.close()
    store.close()
    second = _second(tmp_path)
    if begun:
        Link(second, "inside").close()
    store, kept = _led(second, url)
    inner = Link(second, "inside")
    inner.need_trust()
    assert inner.card == outer.other()
    inner.out.put(Letter(kind="letter", body={"x": "alert"}))
    exchange(inner)
    assert (
        sorted(done) == ["alert", "call 1", "call 2"]
        and outer.out.waiting().count == inner.out.waiting().count == 0
    )
    outer.close()
    inner.close()
    store.close()


def test_a_machine_that_does_not_see_the_attachments_of_the_record_says_so_and_leads_all_the_same(
    tmp_path: Path,
) -> None:
    url = the_server().url()
    store, _ = _led(tmp_path / "one", url)
    second = _second(tmp_path)
    record.point(second, url)
    assert seen(second), "nothing can have been attached yet"
    files = Attachments(store, most=1_000_000)
    files.put("call-1", "a" * 32, {"original": b"a photo"})
    assert not files.elsewhere and not Attachments(store, most=1).elsewhere, "the first that leads names it"
    assert not seen(second)
    store.close()
    store, _ = _led(second, url)
    other = Attachments(store, most=1_000_000)
    assert other.elsewhere and other.get("call-1", "a" * 32, "original") is None
    store.close()
    shutil.rmtree(second / "attachments")
    (second / "attachments").symlink_to(tmp_path / "one" / "attachments")  # as a shared mount is
    assert seen(second)
    store, _ = _led(second, url)
    shared = Attachments(store, most=1_000_000)
    assert not shared.elsewhere and shared.get("call-1", "a" * 32, "original") == b"a photo"
    assert shared.sweep(1e12) == 1 and seen(second), "the sweep leaves the name"
    store.close()


def test_a_record_in_a_file_has_no_copy_elsewhere(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert kept_files(store) is None
    store.close()
