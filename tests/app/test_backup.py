"""A backup taken beside the running service can be put back, and a drill says so; whatever is changed in it is found."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table

from firstminute.app.border.link import Link
from firstminute.app.restoring import drill, restore
from firstminute.app.secrets import SHOWN_ONCE
from firstminute.model.facts.call import CallReceived
from firstminute.model.facts.desk import SubjectErased
from firstminute.model.facts.incident import AttachmentKept
from firstminute.store import from_server, record
from firstminute.store.accounts_file import AccountsFile
from firstminute.store.attachments import Attachments
from firstminute.store.backup import LEFT_OUT, PARTS, back_up, read_manifest
from firstminute.store.border_out import Letter
from firstminute.store.errors import StorageRefused
from firstminute.store.kept_files import KeptFiles
from firstminute.store.move import move
from firstminute.store.store import Store
from firstminute.store.tracks import Batch, TrackWriter
from tests.support.desk import desk_at, receive
from tests.support.faulty import call, command, served
from tests.support.postgres import the_server
from tests.support.record import facts_of, incidents

NOW = 1_000_000.0
EVERY = ("vault", "accounts", "tracks", "attachments", "border")


def _backed_up(folder: Path, to: Path, **more: Any) -> Path:
    back_up(folder, to / "b", EVERY, **{"keys_to": to / "k", "about": ("city", NOW, "test"), **more})
    return to / "b"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small record with everything in it that is backed up."""
    folder = tmp_path_factory.mktemp("backup") / "record"
    store = Store(folder)
    store.begin()
    store.append({"live": facts_of(list(incidents(40)))})
    store.close()
    tracks = TrackWriter(folder / "tracks")
    tracks.append(Batch(["u1"], NOW, [113.2], [23.1], [NOW], [1.0], [2.0])).result(10)
    tracks.close()
    return folder


@pytest.mark.parametrize("where", ["file", "server"])
def test_a_backup_beside_a_service_under_load_holds_every_call_answered_before_it_and_passes_its_drill(
    tmp_path: Path, where: str
) -> None:
    data, going, accepted = tmp_path / "record", threading.Event(), list[str]()
    if where == "server":
        data.mkdir(mode=0o700)
        record.point(data, the_server().url())

    def load(number: int) -> None:
        with service.client() as client:
            count = 0
            while not going.is_set():
                count += 1
                if call(client, f"{number}-{count}").status_code == 201:
                    accepted.append(f"{number}-{count}")

    with served(data) as service:
        with (
            service.client() as client
        ):  # alone, so that it is taken up at once and has clocks; in a rush that waits
            assert call(client, "first").json()["incident_id"]
        callers = [threading.Thread(target=load, args=(number,)) for number in range(3)]
        for each in callers:
            each.start()
        while len(accepted) < 30:
            going.wait(0.02)
        before = list(accepted)
        made = command("backup", str(tmp_path / "out"), "--data", str(data), "--keys", str(tmp_path / "keys"), "--json")  # fmt: skip
        during = len(accepted) - len(before)
        going.set()
        for each in callers:
            each.join()
        assert made.returncode == 0 and during > 0, made.stderr
    said = json.loads(made.stdout)
    keys = next((tmp_path / "keys").iterdir())
    found = command("restore", said["folder"], "--drill", "--keys", str(keys), "--json")
    report = json.loads(found.stdout)
    assert found.returncode == 0 and report["sound"], report["wrong"]
    assert report["replayed"] == report["facts"]["city/live"] > 30 and report["timers"] > 0
    assert report["rpo_s"] > 0 and 0 < report["rto_s"] < 60
    assert not Path(report["folder"]).exists()
    back = command("restore", said["folder"], "--to", str(tmp_path / "back"), "--keys", str(keys))
    assert back.returncode == 0, back.stderr
    shutil.copyfile(data / SHOWN_ONCE, tmp_path / "back" / SHOWN_ONCE)
    with served(tmp_path / "back") as again, again.client() as client:
        assert [call(client, key).status_code for key in before[:5]] == [201] * 5, "known by their keys"
        assert call(client, "new").status_code == 201
    store = Store(tmp_path / "back")
    with store.reading() as connection:
        words = [
            f.body.text for f in store.journal.read(connection, "live") if isinstance(f.body, CallReceived)
        ]
    store.close()
    assert {f"help {key}" for key in before} <= set(words) and len(words) == len(set(words))


def test_nothing_in_a_backup_opens_without_the_keys_and_none_of_them_stands_in_it(
    small: Path, tmp_path: Path
) -> None:
    backup = _backed_up(small, tmp_path, keys_to=None)
    names = {path.name for path in backup.rglob("*") if path.is_file()}
    assert names.isdisjoint({"master.key", "accounts.key", "head.key", "tokens-first-start.txt"})
    whole = b"".join(path.read_bytes() for path in backup.rglob("*") if path.is_file())
    for words in ("13900001234", "张三", "救命", "东门路"):
        assert words.encode() not in whole
    found = drill(backup, None, NOW + 60)
    assert found.sound and found.replayed is None and found.rpo_s == 60
    refused = command(
        "backup", str(tmp_path / "x"), "--data", str(small), "--keys", str(tmp_path / "x" / "k")
    )
    assert refused.returncode == 1 and "Keys never stand beside" in refused.stderr


@pytest.mark.parametrize("name", ["desk.db", "vault.db", "head.pub", "tracks/1970-01-12.track"])
def test_a_byte_changed_or_a_file_missing_in_a_backup_is_found_and_nothing_is_restored(
    small: Path, tmp_path: Path, name: str
) -> None:
    backup = _backed_up(small, tmp_path)
    path = backup / name
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    found = restore(backup, tmp_path / "to", None, NOW)
    assert [(each.what, each.where) for each in found.wrong] == [("changed", name)]
    path.unlink()
    said = command("restore", str(backup), "--to", str(tmp_path / "to"), language="zh_CN.UTF-8")
    assert said.returncode == 1 and f"缺少 {name}" in said.stderr
    assert not (tmp_path / "to").exists()


def test_a_backup_whose_manifest_was_changed_too_is_found_by_its_heads_and_counts(
    small: Path, tmp_path: Path
) -> None:
    backup = _backed_up(small, tmp_path)
    store = Store(shutil.copytree(small, tmp_path / "other"))
    store.begin()
    store.append({"live": facts_of(list(incidents(1)), after=160)})
    store.close()
    other = _backed_up(tmp_path / "other", tmp_path / "o")
    plain, newer = (json.loads((each / "manifest.json").read_text()) for each in (backup, other))
    plain["heads"], plain["tables"] = newer["heads"], newer["tables"]
    (backup / "manifest.json").write_text(json.dumps(plain))
    found = drill(backup, tmp_path / "k", NOW)
    assert {"head", "rows"} <= {each.what for each in found.wrong} and not found.sound


def test_keys_that_do_not_belong_to_it_and_a_key_file_older_than_the_record_are_found(
    small: Path, tmp_path: Path
) -> None:
    backup = _backed_up(small, tmp_path)
    (tmp_path / "k" / "master.key").write_bytes(bytes(32))
    assert [each.what for each in drill(backup, tmp_path / "k", NOW).wrong] == ["changed"]
    early = tmp_path / "early"
    store = Store(early)
    store.begin()
    shutil.copyfile(early / "vault.db", tmp_path / "old-vault.db")
    for number in range(5):
        store.append({"live": facts_of(list(incidents(1)), after=4 * number)})
    store.vault.destroy([1], 0)  # gone from the key file, and no fact says that anybody was erased
    store.close()
    found = drill(_backed_up(early, tmp_path / "e"), tmp_path / "e" / "k", NOW)
    assert {each.what for each in found.wrong} == {"sealed"}


def _with_a_photo(folder: Path) -> tuple[Path, bytes]:
    """A record whose one incident has a photo and whose border has keys and something that waits; the sealed original, and what it holds."""
    whole, store = b"a photo " * 99, Store(folder)
    store.begin()
    Attachments(store, most=1_000_000).put("call-0", "a" * 32, {"original": whole, "shown": b"drawn anew"})
    kept = AttachmentKept(
        subject_id="call-0", attachment_id="a" * 32, media="image/jpeg", size=len(whole), shown_size=10, call_id="call-0",
        digest=hashlib.sha256(whole).hexdigest(),
    )  # fmt: skip
    store.append({"live": facts_of([*incidents(2), kept])})
    store.close()
    two = [Link(folder, "inside"), Link(folder.parent / "out", "outside")]
    two[0].into.trust(two[1].card)
    two[0].out.put(Letter(kind="rows", body={"x": "CANARY"}, expires_s=NOW + 1e6))
    for link in two:
        link.close()
    (original,) = (folder / "attachments").glob("*/*.original")
    return original, whole


def test_photos_and_the_border_are_in_a_backup_and_its_drill_opens_every_photo(tmp_path: Path) -> None:
    folder = tmp_path / "record"
    original, whole = _with_a_photo(folder)
    backup, keys = _backed_up(folder, tmp_path), tmp_path / "k"
    found = drill(backup, keys, NOW)
    assert found.sound and found.attachments == 1, found.wrong
    names = {each.name: each.part for each in read_manifest(backup).files}
    assert {names["border/in.db"], names["border/out.db"], names["border/card.json"]} == {"border"}
    assert names["border/keys.json"] == "keys" and not (backup / "border" / "keys.json").exists()
    assert names[original.relative_to(folder).as_posix()] == "attachments"
    back = tmp_path / "back"
    assert restore(backup, back, keys, NOW).sound
    store, link = Store(back), Link(back, "inside")
    assert Attachments(store, most=1).get("call-0", "a" * 32, "original") == whole
    assert link.out.waiting().count == 1 and link.other() is not None
    link.close()
    store.close()


def test_a_photo_that_is_missing_or_another_is_found_by_the_drill(tmp_path: Path) -> None:
    folder = tmp_path / "record"
    original, _ = _with_a_photo(folder)
    store = Store(folder)
    store.begin()
    Attachments(store, most=1_000_000).put("call-0", "a" * 32, {"original": b"another photo"})
    store.close()
    said = drill(_backed_up(folder, tmp_path), tmp_path / "k", NOW).wrong
    assert [(each.what, each.where) for each in said] == [("changed", f"attachment {'a' * 32}")]
    original.unlink()
    said = drill(_backed_up(folder, tmp_path / "2"), tmp_path / "2" / "k", NOW).wrong
    assert [(each.what, each.where) for each in said] == [("missing", f"attachment {'a' * 32}")]
    without = back_up(
        folder, tmp_path / "w", ("vault",), keys_to=tmp_path / "wk", about=("city", NOW, "test")
    )
    assert "attachments" not in without.parts and drill(tmp_path / "w", tmp_path / "wk", NOW).sound


def test_a_record_on_a_server_is_backed_up_and_can_be_brought_to_another_server(tmp_path: Path) -> None:
    folder = tmp_path / "record"
    _, whole = _with_a_photo(folder)
    store = Store(folder)
    store.begin()
    erased = SubjectErased(subject_id="call-1", reason="request_of_person")
    store.append({"live": facts_of([erased], after=9)})
    store.close()
    here = next(each for each in move(folder, the_server().url()).streams if each.world == "live")
    assert not (folder / "desk.db").exists() and not (folder / "vault.db").exists()
    backup, keys = _backed_up(folder, tmp_path), tmp_path / "k"
    assert not [*backup.glob("*.lock"), *backup.glob("*-wal"), *backup.glob("database.url")]
    found = drill(backup, keys, NOW)
    assert found.sound and found.attachments == 1 and found.replayed, found.wrong
    assert restore(backup, tmp_path / "back", keys, NOW).sound
    again = move(tmp_path / "back", the_server().url())
    (there,) = (each for each in again.streams if each.world == "live")
    assert (there.chain, there.tree, there.seq) == (here.chain, here.tree, here.seq)
    back = Store(tmp_path / "back")
    assert back.begin()["live"].seq == here.seq
    assert Attachments(back, most=1).get("call-0", "a" * 32, "original") == whole
    with back.reading() as connection:
        texts = [
            f.body.text for f in back.journal.read(connection, "live") if isinstance(f.body, CallReceived)
        ]
    back.close()
    assert sum(text is None for text in texts) == 1, "who was erased stays erased"


def test_what_is_written_while_a_record_is_read_from_its_server_is_in_no_part_of_the_copy(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "record"
    record.point((folder.mkdir(), folder)[1], the_server().url())
    store = Store(folder)
    store.begin()
    store.append({"live": facts_of(list(incidents(30)))})
    seen: list[str] = []

    def more(name: str, done: int, of: int) -> None:
        if name == "desk.db" and len(seen) < 5:
            seen.append(name)
            store.append({"live": facts_of(list(incidents(1)), after=store.heads["live"].seq)})

    made = back_up(
        folder, tmp_path / "b", ("vault",), keys_to=tmp_path / "k", about=("city", NOW, "test"), progress=more
    )
    store.close()
    assert len(seen) == 5 and made.sound and made.tables["facts"] == 120
    assert [head["seq"] for head in made.heads if head["world"] == "live"] == [120]
    assert drill(tmp_path / "b", tmp_path / "k", NOW).sound


def test_a_copy_that_is_not_what_was_read_is_no_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "record"
    _with_a_photo(folder)
    move(folder, the_server().url())
    insert = from_server.insert_rows

    def bent(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
        insert(connection, table, rows)
        if table.name == "timers":
            connection.exec_driver_sql("UPDATE timers SET due_s = due_s + 1")

    monkeypatch.setattr(from_server, "insert_rows", bent)
    with pytest.raises(StorageRefused, match="timers is not the same"):
        _backed_up(folder, tmp_path)
    assert not (tmp_path / "b").exists()


def test_accounts_that_another_machine_keeps_are_not_taken_for_those_of_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(from_server, "KEPT_WITHIN_S", 0.3)
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    record.point(one, (url := the_server().url()))
    store = Store(one)
    store.begin()
    AccountsFile(one).close()
    assert KeptFiles(store).keep()
    store.close()
    record.point(two, url)
    shutil.copyfile(one / "master.key", two / "master.key")
    assert "accounts.db" in {each.name for each in read_manifest(_backed_up(one, tmp_path)).files}
    for language, words in (("en", "another machine leads"), ("zh_CN.UTF-8", "另一台机器")):
        said = command("backup", str(tmp_path / "n"), "--data", str(two), language=language)
        assert said.returncode == 1 and words in said.stderr and not (tmp_path / "n").exists()
    said = command("backup", str(tmp_path / "n"), "--data", str(two), "--without", "accounts", "--json")
    assert said.returncode == 0 and json.loads(said.stdout)["sound"]


def test_whoever_was_erased_is_not_missed_by_the_drill(tmp_path: Path) -> None:
    store = Store(tmp_path / "record")
    store.begin()
    erased = SubjectErased(subject_id="call-0", reason="request_of_person")
    store.append({"live": facts_of([*incidents(2), erased])})
    store.close()
    backup = _backed_up(tmp_path / "record", tmp_path)
    assert drill(backup, tmp_path / "k", NOW).sound


def test_what_is_in_the_way_is_never_written_over(small: Path, tmp_path: Path) -> None:
    backup = _backed_up(small, tmp_path)
    with pytest.raises(StorageRefused, match="not empty"):
        _backed_up(small, tmp_path)
    with pytest.raises(StorageRefused, match="not empty"):
        restore(backup, small, None, NOW)
    with pytest.raises(StorageRefused, match="no backup"):
        read_manifest(tmp_path)
    with pytest.raises(StorageRefused, match="no database"):
        _backed_up(tmp_path / "empty", tmp_path / "n")


def test_every_file_of_a_data_folder_belongs_to_a_part_or_is_left_out_by_name(tmp_path: Path) -> None:
    with served(tmp_path / "record") as service, service.client() as client:
        assert call(client, "1").status_code == 201
        service.stop()
    names = [path.relative_to(tmp_path / "record").as_posix() for path in (tmp_path / "record").rglob("*") if path.is_file()]  # fmt: skip
    assert len(names) > 8
    patterns = [*(pattern for part in PARTS.values() for pattern in part), *LEFT_OUT]
    assert [name for name in names if not any(fnmatch(name, each) for each in patterns)] == []


def test_a_record_that_is_gone_is_not_begun_anew_in_its_place(tmp_path: Path) -> None:
    data = tmp_path / "record"
    with desk_at(data) as desk:
        receive(desk, 1)
    (data / "desk.db").unlink()
    with pytest.raises(StorageRefused, match="is missing"):
        Store(data)
    said = command("serve", "--data", str(data), "--port", "0")
    assert said.returncode == 1 and "firstminute restore" in said.stderr
