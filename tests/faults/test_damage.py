"""Files damaged, cut or taken away: a record starts sound, or it is refused in a sentence; nothing lost goes unseen."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from firstminute.store.errors import Broken, NotDurable, StorageRefused
from firstminute.store.store import DATABASE, Store
from tests.support.desk import desk_at, receive
from tests.support.faulty import call, command, health, served
from tests.support.record import facts_of, incidents

WAL = f"{DATABASE}-wal"
REFUSED = (StorageRefused, NotDurable, Broken)
Words = dict[int, tuple[str, str]]


class Left:
    """What a killed desk left: most of it in the file, the end in its log; every fact that was acknowledged, and a head kept elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.head = folder / "left", folder / "head.json"
        store = Store(folder / "live")
        store.begin()
        bodies = list(incidents(400))
        for start in range(0, 1600, 400):
            if start == 1200:  # what was written up to here is in the file, the rest stays in the log
                store.close()
                store = Store(folder / "live")
                store.begin()
            store.append({"live": facts_of(bodies[start : start + 400], after=start)})
        shutil.copytree(folder / "live", self.folder, ignore=shutil.ignore_patterns("*.lock"))
        store.close()
        made = command("head", "--data", str(folder / "live"), "--out", str(self.head))
        assert made.returncode == 0, made.stderr
        self.words = facts(folder / "live")
        assert len(self.words) == 1600

    def copy(self, to: Path, *, closed: bool = False) -> Path:
        """For one test to damage; `closed`: of a desk that was stopped in order, whose log is empty."""
        source = self.folder.parent / "live" if closed else self.folder
        return Path(shutil.copytree(source, to, ignore=shutil.ignore_patterns("*.lock")))


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """Made once."""
    return Left(tmp_path_factory.mktemp("damage"))


def facts(folder: Path) -> Words:
    """Every fact of a record, by its number."""
    store = Store(folder)
    try:
        with store.reading() as connection:
            return {fact.seq: (fact.kind, repr(fact.body)) for fact in store.journal.read(connection, "live")}
    finally:
        store.close()


def judged(folder: Path, left: Left) -> str:
    """What becomes of a damaged record: refused; found by `verify`; whole; or a sound beginning whose lost end the kept head names."""
    try:
        with desk_at(folder) as desk:
            receive(desk, 1)
        kept = facts(folder)
    except REFUSED:
        return "refused"
    found = command("verify", "--data", str(folder), "--since", str(left.head), "--json")
    if found.returncode:
        return "found"
    missing = [seq for seq, words in left.words.items() if kept.get(seq) != words]
    assert not missing, f"{len(missing)} facts are lost or others and nobody says so, first {missing[0]}"
    return "whole"


def test_48_a_log_that_was_cut_leaves_a_sound_beginning_and_the_head_names_what_is_lost(
    left: Left, tmp_path: Path
) -> None:
    size = (left.folder / WAL).stat().st_size
    outcomes = []
    for number, cut in enumerate((0, 16, 32, 5000, size // 3, size // 2, size - 4120, size - 1, size)):
        folder = left.copy(tmp_path / str(number))
        with (folder / WAL).open("r+b") as file:
            file.truncate(cut)
        try:
            kept = facts(folder)
        except REFUSED:
            outcomes.append("refused")
            continue
        assert list(kept) == list(range(1, len(kept) + 1))
        assert all(left.words[seq] == words for seq, words in kept.items())
        assert command("verify", "--data", str(folder)).returncode == 0
        found = command("verify", "--data", str(folder), "--since", str(left.head), "--json")
        assert (found.returncode == 0) == (len(kept) == 1600)
        if found.returncode:
            live = next(each for each in json.loads(found.stdout)["streams"] if each["world"] == "live")
            assert live["problem"] == "cut" and live["broken_at"] <= len(kept) + 1
        outcomes.append("whole" if len(kept) == 1600 else "cut")
    assert outcomes[-1] == "whole" and outcomes.count("cut") >= 4, outcomes


@pytest.mark.parametrize(
    ("name", "place"),
    [(DATABASE, "page 1"), (DATABASE, "middle"), (WAL, "log")],
    ids=["page-1", "middle", "log"],
)
def test_48_a_flipped_bit_is_refused_or_found_or_harmless_and_never_goes_unseen(
    left: Left, tmp_path: Path, name: str, place: str
) -> None:
    closed = name == DATABASE
    size = (left.copy(tmp_path / "whole", closed=closed) / name).stat().st_size
    offsets = {
        "page 1": (0, 18, 28, 44, 100, 105, 2000),
        "middle": tuple(4096 * page + at for page in (2, 7, size // 8192) for at in (0, 2600)),
        "log": (0, 17, 24, 40, size // 2, size - 4000),
    }[place]
    outcomes: dict[str, int] = {}
    for offset in offsets:
        folder = left.copy(tmp_path / f"{offset}", closed=closed)
        with (folder / name).open("r+b") as file:
            file.seek(offset)
            byte = file.read(1)[0]
            file.seek(offset)
            file.write(bytes([byte ^ (1 << (offset % 8))]))
        said = judged(folder, left)
        outcomes[said] = outcomes.get(said, 0) + 1
    assert sum(outcomes.values()) == len(offsets)
    assert outcomes.get("refused", 0) + outcomes.get("found", 0) > 0, outcomes


def test_48_what_is_no_database_any_more_is_refused_in_a_sentence(left: Left, tmp_path: Path) -> None:
    for name in (DATABASE, "vault.db", "accounts.db"):
        folder = left.copy(tmp_path / name)
        for each in folder.glob(f"{name}-*"):
            each.unlink()
        (folder / name).write_bytes(b"not a database " * 400)
        said = command("serve", "--data", str(folder), "--port", "0")
        assert said.returncode == 1 and "Error: " in said.stderr, (name, said.stderr)
    assert command("verify", "--data", str(tmp_path / DATABASE)).returncode == 1


def test_48_a_record_deleted_while_it_is_open_stops_the_desk_which_says_paper_and_is_not_begun_anew(
    tmp_path: Path,
) -> None:
    data = tmp_path / "record"
    with served(data) as service, service.client() as client:
        assert call(client, "before").status_code == 201
        (data / DATABASE).unlink()
        assert call(client, "after").status_code == 503
        answer = call(client, "later")
        assert (answer.status_code, answer.json()["code"]) == (503, "desk_stopped")
        assert "paper" in answer.json()["title"].lower()
        found = health(client)
        assert not found["running"] and "deleted" in found["problem"]
    with pytest.raises(StorageRefused, match="is missing"):
        Store(data)


def test_a_journal_that_ends_before_a_snapshot_of_it_is_said_to_be_cut_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = tmp_path / "record"
    with desk_at(data) as desk:
        receive(desk, 1)
    shutil.copyfile(data / DATABASE, tmp_path / "older.db")
    with desk_at(data) as desk:
        receive(desk, 2)
    shutil.copyfile(tmp_path / "older.db", data / DATABASE)
    with desk_at(data) as desk:
        assert receive(desk, 3).done
    assert "was cut back, or put back from an older copy" in caplog.text
