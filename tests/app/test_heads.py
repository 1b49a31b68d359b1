"""Two districts keep each other honest: north signs, south anchors, and north's rewritten past is found with what south kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from firstminute.app.cli import main
from firstminute.app.desk import Desk
from firstminute.app.ports import JournalReader
from firstminute.flow.acks import Ack
from firstminute.store.head_key import HeadKey
from firstminute.store.heads import SignedHead
from firstminute.store.store import Store
from tests.store.test_tree_check import BODY, change, forge
from tests.support.desk import ADMIN, desk_at, do, receive
from tests.support.record import facts_of, incidents

NORTH, SOUTH = {"FIRSTMINUTE_DESK": "north"}, {"FIRSTMINUTE_DESK": "south"}


def run(environment: dict[str, str], *words: str | Path) -> Result:
    return CliRunner(env={**environment, "LANG": "en"}).invoke(main, [str(word) for word in words])


def grow(folder: Path, desk: str, count: int = 5) -> None:
    store = Store(folder, desk)
    store.begin()
    store.append({"live": facts_of(list(incidents(count)), after=store.heads["live"].seq)})
    store.close()


@pytest.fixture
def north(tmp_path: Path) -> Path:
    grow(tmp_path / "north", "north")
    return tmp_path / "north"


@pytest.fixture
def south(tmp_path: Path) -> Path:
    grow(tmp_path / "south", "south", 2)
    return tmp_path / "south"


def signed(folder: Path, name: str, environment: dict[str, str] = NORTH) -> Path:
    """A head of the folder's live stream in a file."""
    path = folder.parent / name
    said = run(environment, "head", "--data", folder, "--out", path)
    assert said.exit_code == 0, said.output
    return path


def test_a_head_is_printed_as_a_block_and_as_json_and_both_check(north: Path, tmp_path: Path) -> None:
    block, plain = run(NORTH, "head", "--data", north), run(NORTH, "head", "--data", north, "--json")
    assert block.output.startswith("firstminute head\ndesk    north/live\nfacts   20\n")
    assert json.loads(plain.output)["seq"] == 20 and json.loads(plain.output)["signature"]
    for name, text in (("paper.txt", block.output), ("head.json", plain.output)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        said = run(NORTH, "head", "--data", north, "--check", tmp_path / name)
        assert said.exit_code == 0 and "holds" in said.output, said.output
        assert "no signature" not in said.output
        assert run(NORTH, "verify", "--data", north, "--since", tmp_path / name).exit_code == 0
    grow(north, "north", 3)
    said = run(NORTH, "head", "--data", north, "--check", tmp_path / "paper.txt")
    assert "12 facts came since" in said.output


def test_a_head_is_signed_beside_a_running_desk_and_of_a_drill_too(tmp_path: Path) -> None:
    with desk_at(tmp_path / "city") as desk:
        receive(desk, 1)
        said = run({"FIRSTMINUTE_DESK": "city"}, "head", "--data", tmp_path / "city", "--json")
        assert json.loads(said.output)["seq"] == desk.store.heads["live"].seq
        drill = run({"FIRSTMINUTE_DESK": "city"}, "head", "--data", tmp_path / "city", "--world", "exercise")
        assert "desk    city/exercise\nfacts   0\n" in drill.output


def test_a_broken_journal_is_not_signed_and_an_unknown_stream_has_no_head(north: Path) -> None:
    assert "no stream city/live" in run({}, "head", "--data", north).output
    change(north, BODY.format(6))
    said = run(NORTH, "head", "--data", north)
    assert said.exit_code == 1 and "broken at fact 6: changed" in said.output


def test_south_anchors_norths_head_and_later_proves_norths_rewriting_with_it(
    north: Path, south: Path
) -> None:
    head = signed(north, "north.json")
    said = run(SOUTH, "head", "--data", south, "--anchor", head)
    assert said.exit_code == 0 and "anchored here as fact 9" in said.output, said.output
    assert run(SOUTH, "verify", "--data", south, "--fact", "9").exit_code == 0
    assert "north/live: 20 facts" in run(SOUTH, "head", "--data", south, "--anchored").output
    head.unlink()
    grow(north, "north")
    back = north.parent / "from-south.json"
    back.write_text(run(SOUTH, "head", "--data", south, "--anchored", "north").output, encoding="utf-8")
    assert run(NORTH, "verify", "--data", north, "--since", back).exit_code == 0
    change(north, BODY.format(18))
    forge(north)
    assert run(NORTH, "verify", "--data", north).exit_code == 0, "from inside nothing is to be seen"
    found = run(NORTH, "verify", "--data", north, "--since", back)
    assert found.exit_code == 1 and "BROKEN at fact 17-20: rewritten" in found.output, found.output
    checked = run(NORTH, "head", "--data", north, "--check", back)
    assert checked.exit_code == 1 and "does NOT hold (rewritten)" in checked.output


def test_the_attacker_who_also_signs_anew_is_found_by_the_old_head_and_by_his_new_one(
    north: Path, south: Path
) -> None:
    before = signed(north, "before.json")
    assert run(SOUTH, "head", "--data", south, "--anchor", before).exit_code == 0
    change(north, BODY.format(2))
    forge(north)
    after = signed(north, "after.json")
    assert run(NORTH, "head", "--data", north, "--check", after).exit_code == 0
    assert run(NORTH, "verify", "--data", north, "--since", before).exit_code == 1
    said = run(SOUTH, "head", "--data", south, "--anchor", after)
    assert said.exit_code == 0 and "One key has signed two pasts" in said.output
    (_, second) = _anchored(south)
    assert second.contradicts == json.loads(before.read_text())["tree"]


def _anchored(folder: Path, desk: str = "south") -> list[Any]:
    store = Store(folder, desk)
    try:
        return [fact.body for fact in JournalReader(store).after(0) if fact.kind == "HeadAnchored"]
    finally:
        store.close()


def test_what_is_no_head_of_another_desk_is_refused_and_leaves_no_fact(north: Path, south: Path) -> None:
    head = signed(north, "north.json")
    bent = north.parent / "bent.json"
    bent.write_text(head.read_text().replace('"seq": 20', '"seq": 24'), encoding="utf-8")
    for path, words in (
        (bent, "not signed by the key"),
        (signed(south, "south.json", SOUTH), "this desk itself"),
        (_paper(north), "not signed by the key"),
    ):
        said = run(SOUTH, "head", "--data", south, "--anchor", path)
        assert said.exit_code == 1 and words in said.output, said.output
    assert _anchored(south) == []


def test_a_whole_block_from_paper_is_anchored_with_the_public_key_beside_it(north: Path, south: Path) -> None:
    paper = north.parent / "paper.txt"
    paper.write_text(run(NORTH, "head", "--data", north).output, encoding="utf-8")
    assert run(SOUTH, "head", "--data", south, "--anchor", paper).exit_code == 1
    said = run(SOUTH, "head", "--data", south, "--anchor", paper, "--by", north / "head.pub")
    assert said.exit_code == 0, said.output


def _paper(folder: Path) -> Path:
    path = folder.parent / "short.txt"
    lines = run(NORTH, "head", "--data", folder).output.splitlines()
    path.write_text(
        "\n".join(line for line in lines if not line.startswith(("chain", "sign"))), encoding="utf-8"
    )
    return path


def test_a_head_read_out_is_checked_against_the_journal_and_said_to_be_unsigned(north: Path) -> None:
    paper = _paper(north)
    said = run(NORTH, "head", "--data", north, "--check", paper)
    assert said.exit_code == 0 and "holds" in said.output and "no signature" in said.output
    change(north, BODY.format(2))
    forge(north)
    assert run(NORTH, "head", "--data", north, "--check", paper).exit_code == 1


def test_another_key_is_told_apart_until_somebody_names_it(north: Path, south: Path) -> None:
    old = signed(north, "old.json")
    assert run(SOUTH, "head", "--data", south, "--anchor", old).exit_code == 0
    kept = north / f"head-{_key_id(old)}.pub"
    (north / "head.key").unlink()
    grow(north, "north")
    new = signed(north, "new.json")
    said = run(NORTH, "head", "--data", north, "--check", old)
    assert said.exit_code == 1 and "not the expected one" in said.output
    assert run(NORTH, "head", "--data", north, "--check", old, "--by", kept).exit_code == 0
    since = run(NORTH, "verify", "--data", north, "--since", old)
    assert since.exit_code == 0 and "which is not the key of this folder" in since.output
    said = run(SOUTH, "head", "--data", south, "--anchor", new)
    assert said.exit_code == 1 and "Heads of north/live were signed by the key" in said.output
    said = run(SOUTH, "head", "--data", south, "--anchor", new, "--new-key")
    assert said.exit_code == 0 and "Its key is another one" in said.output
    assert [body.key_before for body in _anchored(south)] == [None, _key_id(old)]


def _key_id(path: Path) -> str:
    return str(json.loads(path.read_text())["key_id"])


def test_somebody_elses_head_is_checked_by_its_key_alone(north: Path, south: Path, tmp_path: Path) -> None:
    head = signed(north, "north.json")
    said = run(SOUTH, "head", "--data", south, "--check", head, "--by", north / "head.pub")
    assert said.exit_code == 0 and "signature of the head of north/live" in said.output
    said = run(SOUTH, "head", "--data", south, "--check", head, "--by", south / "head.pub")
    assert said.exit_code == 1 and "not the expected one" in said.output
    said = run(SOUTH, "head", "--data", south, "--check", head)
    assert said.exit_code == 0 and "the key that it brings itself" in said.output
    said = run(SOUTH, "head", "--data", south, "--check", _paper(north))
    assert said.exit_code == 1 and "no signature that can be checked" in said.output
    assert "no public key" in run(SOUTH, "head", "--data", south, "--check", head, "--by", head).output
    assert run(SOUTH, "head", "--data", south, "--check", head, "--anchored").exit_code == 2


def test_nothing_anchored_is_said_and_a_desk_that_was_never_anchored_too(south: Path) -> None:
    assert "No head of another desk" in run(SOUTH, "head", "--data", south, "--anchored").output
    said = run(SOUTH, "head", "--data", south, "--anchored", "east/exercise")
    assert said.exit_code == 1 and "east/exercise" in said.output


def _head(tmp_path: Path, seq: int, desk: str = "north", filler: str = "aa") -> dict[str, Any]:
    tmp_path.mkdir(exist_ok=True)
    head = SignedHead(
        desk=desk, world="live", seq=seq, tree=filler * 32, chain="bb" * 32, at_s=1_700_000_000, hashes="1:sha256", key_id=""
    )  # fmt: skip
    plain = HeadKey(tmp_path).sign(head).plain()
    return {name: value for name, value in plain.items() if name != "form"}


def test_a_desk_decides_by_what_it_anchored_before_also_after_a_restart(tmp_path: Path) -> None:
    folder, key = tmp_path / "city", tmp_path / "key"

    def anchor(here: Desk, number: int, **head: Any) -> Ack:
        return do(here, "anchor_head", _head(key, **head), f"anchor-{number}", ADMIN)

    with desk_at(folder) as desk:
        first = anchor(desk, 1, seq=20)
        assert first.done and anchor(desk, 1, seq=20).again
        assert anchor(desk, 2, seq=20).code == "head_already"
        assert anchor(desk, 3, seq=19).code == "head_older"
        assert anchor(desk, 4, seq=31, desk="east").done
    (folder / "snapshot-live.bin").unlink(missing_ok=True)
    with desk_at(folder) as desk:
        assert anchor(desk, 5, seq=20).code == "head_already"
        assert anchor(desk, 6, seq=20, filler="cc").reply == {"contradicts": "aa" * 32}
        other = do(desk, "anchor_head", _head(tmp_path / "other", 40), "anchor-7", ADMIN)
        assert other.code == "head_other_key"
        taken = do(desk, "anchor_head", {**_head(tmp_path / "other", 40), "new_key": True}, "anchor-8", ADMIN)
        assert taken.done and taken.reply["key_before"] == _head(key, 1)["key_id"]
        wrong = do(desk, "anchor_head", {**_head(key, 50), "hashes": "md5"}, "anchor-9", ADMIN)
        assert (wrong.code, wrong.params) == ("head_wrong", {"field": "hashes"})
        kept = desk.ask(lambda state: {name: body.head_seq for name, body in state.desk.anchored.items()})
        assert kept.result(10) == {"north/live": 40, "east/live": 31}
