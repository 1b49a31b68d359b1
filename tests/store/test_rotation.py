"""A new master key: every key is wrapped anew, online, and killed after any of its writes the vault opens all the same."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from firstminute.store import masters
from firstminute.store.errors import StorageRefused
from firstminute.store.masters import MASTER, NEXT, order_rotation
from firstminute.store.vault import NONCE, Vault

KEYS = 7
KILLED = 9


def _sealed(vault: Vault, count: int = KEYS) -> dict[int, bytes]:
    return {key: vault.seal(key, b"%d" % key, b"s") for key in vault.draw(count)}


def _all_open(vault: Vault, sealed: dict[int, bytes]) -> None:
    assert {key: vault.open(key, each, b"s") for key, each in sealed.items()} == {
        key: b"%d" % key for key in sealed
    }


def _rotate(folder: Path, vault: Vault, most: int = 3) -> None:
    order_rotation(folder)
    while vault.rotate(most):
        pass


@pytest.mark.parametrize("cipher", ["aes-256-gcm", "sm4-gcm"])
def test_after_a_rotation_the_new_key_opens_everything_and_the_old_one_nothing(
    tmp_path: Path, cipher: str
) -> None:
    vault = Vault(tmp_path)
    sealed, old, stamp = _sealed(vault), (tmp_path / MASTER).read_bytes(), vault.stamp(b"retried")
    vault.close()
    vault = Vault(tmp_path, cipher=cipher)
    _rotate(tmp_path, vault)
    _all_open(vault, sealed)
    assert [(each.number, each.cipher) for each in vault.unrecorded()] == [(2, cipher)]
    vault.recorded(2)
    vault.close()
    assert (tmp_path / MASTER).read_bytes() != old and not (tmp_path / NEXT).exists()
    again = Vault(tmp_path)
    _all_open(again, sealed)
    assert again.stamp(b"retried") == stamp  # the answer to a command that is sent again is still found
    assert again.unrecorded() == []
    again.close()
    (tmp_path / MASTER).write_bytes(old)
    with pytest.raises(StorageRefused, match="does not belong"):
        Vault(tmp_path)


def test_what_the_old_master_wrapped_is_gone_from_the_file(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    _sealed(vault)
    wrapped = [row[0] for row in vault._file.rows("SELECT wrapped FROM keys")]
    _rotate(tmp_path, vault, 500)
    vault.close()
    held = b"".join(file.read_bytes() for file in tmp_path.glob("vault.db*"))
    assert [each for each in wrapped if each in held] == []


def test_calls_go_on_being_sealed_while_keys_are_wrapped_anew(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    sealed = _sealed(vault)
    order_rotation(tmp_path)
    while vault.rotate(100):
        sealed |= _sealed(vault, 40)
        looker = Vault(tmp_path, read_only=True)
        _all_open(looker, sealed)
        looker.close()
    vault.close()
    _all_open(Vault(tmp_path), sealed)


def test_a_process_beside_the_desk_follows_a_rotation_through(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    sealed = _sealed(vault)
    looker = Vault(tmp_path, read_only=True)
    _rotate(tmp_path, vault)
    _all_open(looker, sealed)


def test_threads_open_and_seal_while_a_rotation_runs(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    sealed, over = _sealed(vault), threading.Event()

    def work() -> None:
        while not over.is_set():
            _all_open(vault, sealed | _sealed(vault, 3))

    with ThreadPoolExecutor(3) as threads:
        working = [threads.submit(work) for _ in range(3)]
        try:
            _rotate(tmp_path, vault, 50)
            _rotate(tmp_path, vault, 50)
        finally:
            over.set()
    assert [each.exception() for each in working] == [None] * 3


def _count_writes(monkeypatch: pytest.MonkeyPatch, at: Callable[[], None]) -> None:
    """Call `at` before each change of a file: each statement that writes, each rename, each sync of a file."""
    connect = sqlite3.connect

    class Watched(sqlite3.Connection):
        def execute(self, sql: str, *more: object) -> sqlite3.Cursor:  # type: ignore[override]
            if not sql.startswith("SELECT"):
                at()
            return super().execute(sql, *more)  # type: ignore[arg-type]

        def executemany(self, sql: str, rows: object) -> sqlite3.Cursor:  # type: ignore[override]
            at()
            return super().executemany(sql, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **{**k, "factory": Watched}))
    for module, name in ((os, "fsync"), (Path, "replace"), (os, "open")):
        whole = getattr(module, name)

        def before(*a: object, _whole: Callable[..., object] = whole, **k: object) -> object:
            at()
            return _whole(*a, **k)

        monkeypatch.setattr(module, name, before)


def _killed_at(folder: Path, step: int, sealed: dict[int, bytes], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Rotate in a process of its own that dies right before its n-th write; False where it came to its end before."""
    child = os.fork()
    if child == 0:
        seen = 0

        def at() -> None:
            nonlocal seen
            seen += 1
            if seen == step:
                os._exit(KILLED)

        try:
            _count_writes(monkeypatch, at)
            vault = Vault(folder)
            _rotate(folder, vault)
            _all_open(vault, sealed)
            vault.recorded(2)
            os._exit(0)
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, KILLED), f"write {step}: the rotation itself failed"
    return code == KILLED


@pytest.mark.parametrize("first", ["aes-256-gcm", "sm4-gcm"])
def test_killed_before_any_of_its_writes_everything_opens_and_the_rotation_ends_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """Each write in turn; then the vault opens for a reader, for a writer, and the rotation that is taken up again comes to its end."""
    monkeypatch.setattr("firstminute.store.vault.BLOCK", 8)
    (tmp_path / "whole").mkdir()
    vault = Vault(tmp_path / "whole", cipher=first)
    sealed = _sealed(vault)
    vault.close()
    steps = 0
    while True:
        folder = tmp_path / "tried"
        shutil.copytree(tmp_path / "whole", folder)
        if not _killed_at(folder, steps + 1, sealed, monkeypatch):
            break
        steps += 1
        looker = Vault(folder, read_only=True)
        _all_open(looker, sealed)
        looker.close()
        vault = Vault(folder)
        _all_open(vault, sealed)
        if vault.rotating:
            while vault.rotate(3):
                pass
            assert [each.number for each in vault.unrecorded()] == [2]
        vault.close()
        vault = Vault(folder)
        _all_open(vault, sealed)
        assert vault.draw(1)[0] > 0
        vault.close()
        shutil.rmtree(folder)
    assert steps > 20  # files, tables, three bites, the secret, the rename


def test_a_vault_of_the_first_release_opens_and_rotates(tmp_path: Path) -> None:
    """One table, one master, no marks: as 0.1.0 wrote it."""
    master, secret = bytes(range(32)), bytes(range(32, 64))
    masters.write_key(tmp_path / MASTER, master)
    nonce = bytes(NONCE)
    wrap = masters.built(masters.AES_GCM, hashlib.sha256(b"wrap" + master).digest())
    file = sqlite3.connect(tmp_path / "vault.db")
    file.execute("CREATE TABLE keys (key_id INTEGER PRIMARY KEY AUTOINCREMENT, wrapped BLOB NOT NULL)")
    file.execute(
        "INSERT INTO keys VALUES (1, ?)", (nonce + wrap.encrypt(nonce, secret, (1).to_bytes(8, "big")),)
    )
    file.commit()
    file.close()
    sealed = b"\x01" + nonce + masters.built(masters.AES_GCM, secret).encrypt(nonce, b"x", b"s")
    looker = Vault(tmp_path, read_only=True)
    assert looker.open(1, sealed, b"s") == b"x"
    stamp = looker.stamp(b"a")
    looker.close()
    (tmp_path / "foreign").mkdir()
    shutil.copy(tmp_path / "vault.db", tmp_path / "foreign")
    (tmp_path / "foreign" / MASTER).write_bytes(bytes(32))
    with pytest.raises(StorageRefused, match="does not belong"):
        Vault(tmp_path / "foreign", cipher="sm4-gcm")
    vault = Vault(tmp_path, cipher="sm4-gcm")
    _rotate(tmp_path, vault)
    assert vault.open(1, sealed, b"s") == b"x" and vault.stamp(b"a") == stamp


def test_a_second_order_waits_for_the_first(tmp_path: Path) -> None:
    Vault(tmp_path).close()
    assert order_rotation(tmp_path)
    key = (tmp_path / NEXT).read_bytes()
    assert not order_rotation(tmp_path)
    assert (tmp_path / NEXT).read_bytes() == key
    assert {path.stat().st_mode & 0o077 for path in tmp_path.glob("master*")} == {0}
