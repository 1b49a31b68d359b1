"""A key per subject: sealed, opened, bound, destroyed."""

from __future__ import annotations

import resource
import sqlite3
from pathlib import Path

import pytest

from firstminute.store.errors import Broken, StorageRefused
from firstminute.store.vault import BLOCK, Vault


def test_what_is_sealed_opens_again_also_after_a_restart(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    (key,) = vault.draw(1)
    sealed = vault.seal(key, "张三".encode(), b"call-1")
    vault.close()
    again = Vault(tmp_path)
    assert again.open(key, sealed, b"call-1") == "张三".encode()
    assert "张三".encode() not in sealed


def test_a_destroyed_key_opens_nothing_and_leaves_no_trace_in_its_file(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    one, two = vault.draw(2)
    sealed, other = vault.seal(one, b"x", b"a"), vault.seal(two, b"y", b"b")
    wrapped = vault._file.rows("SELECT wrapped FROM keys WHERE key_id = ?", one)[0][0]
    vault.destroy([one], 1)
    assert vault.open(one, sealed, b"a") is None
    assert vault.open(two, other, b"b") == b"y"
    vault.close()
    assert all(wrapped not in file.read_bytes() for file in tmp_path.glob("vault.db*"))


def test_a_changed_byte_or_another_subject_is_noticed(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    (key,) = vault.draw(1)
    sealed = vault.seal(key, b"x", b"a")
    with pytest.raises(Broken):
        vault.open(key, sealed[:-1] + bytes([sealed[-1] ^ 1]), b"a")
    with pytest.raises(Broken):
        vault.open(key, sealed, b"b")
    with pytest.raises(Broken):
        vault.open(key, b"\x09" + sealed[1:], b"a")


def test_keys_come_in_blocks_and_unused_ones_are_handed_out_after_a_restart(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    first = vault.draw(3)
    assert first == [1, 2, 3]
    assert vault.draw(2 * BLOCK)[-1] == 3 + 2 * BLOCK
    vault.close()
    again = Vault(tmp_path)
    again.begin(last_used=3)
    assert again.draw(1) == [4]


def test_both_files_are_readable_by_the_owner_alone(tmp_path: Path) -> None:
    Vault(tmp_path).close()
    assert {path.stat().st_mode & 0o077 for path in tmp_path.glob("*[yb]")} == {0}


def test_a_lost_or_foreign_master_key_is_refused_with_a_clear_sentence(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    (key,) = vault.draw(1)
    vault.close()
    (tmp_path / "master.key").unlink()
    with pytest.raises(StorageRefused, match="missing"):
        Vault(tmp_path)
    (tmp_path / "master.key").write_bytes(b"short")
    with pytest.raises(StorageRefused, match="5 bytes"):
        Vault(tmp_path)
    (tmp_path / "master.key").write_bytes(bytes(32))
    with pytest.raises(StorageRefused, match="does not belong"):
        Vault(tmp_path).open(key, b"\x01" + bytes(40), b"")


def test_a_cache_opens_only_with_the_same_master_key(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    sealed = vault.seal_cache(b"state")
    assert vault.open_cache(sealed) == b"state"
    assert vault.open_cache(sealed[:-1] + bytes([sealed[-1] ^ 1])) is None


def test_a_backup_holds_the_same_keys(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    (key,) = vault.draw(1)
    sealed = vault.seal(key, b"x", b"a")
    other = tmp_path / "copy"
    other.mkdir()
    vault.back_up(other / "vault.db")
    (other / "master.key").write_bytes((tmp_path / "master.key").read_bytes())
    vault.destroy([key], 1)
    assert Vault(other).open(key, sealed, b"a") == b"x"


def test_a_key_file_whose_disk_failed_is_opened_anew_and_goes_on(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    vault.begin(0)
    vault.draw(1)
    size = (tmp_path / "vault.db-wal").stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        with pytest.raises(sqlite3.Error):
            vault.draw(3000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(set(vault.draw(3000))) == 3000
    sealed = vault.seal(1, b"x", b"about")
    vault.close()
    again = Vault(tmp_path)
    assert again.open(1, sealed, b"about") == b"x" and again.last_made >= 3001
    again.close()
