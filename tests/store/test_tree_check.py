"""Whoever can write the database can make a journal that is sound from inside; a head kept elsewhere finds him, and says where."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from firstminute.app.cli import main
from firstminute.store.chain import START, hash_called, leaf, link
from firstminute.store.engine import read_only
from firstminute.store.head_key import HeadKey
from firstminute.store.heads import SignedHead
from firstminute.store.journal import ENVELOPE
from firstminute.store.merkle import Tree, consistent, hashes_of, included, root_of
from firstminute.store.store import DATABASE, Store
from firstminute.store.tree_check import Asked
from firstminute.store.verify import Finding, verify
from tests.support.raw import change, raw
from tests.support.record import facts_of, incident, incidents

pytestmark = pytest.mark.usefixtures("engine")

LIVE = ("city", "live")


def grown(folder: Path, count: int = 11, **options: str) -> None:
    """Write the facts of `count` incidents, four each, after what is there."""
    store = Store(folder, **options)
    store.begin()
    before = store.heads["live"].seq
    store.append({"live": facts_of(list(incidents(count)), after=before)})
    store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    grown(tmp_path)
    return tmp_path


def look(folder: Path, *heads: SignedHead, facts: tuple[int, ...] = ()) -> Finding:
    """What a walk over the live stream finds."""
    with read_only(folder / DATABASE) as connection:
        found = {each.world: each for each in verify(connection, asked={LIVE: Asked(facts, heads)})}
    return found["live"]


def head_now(folder: Path) -> SignedHead:
    """A signed head of the live stream as it is."""
    return HeadKey(folder).sign(look(folder).head(1_700_000_000))


def forge(folder: Path) -> None:
    """What an attacker with write access does after a change: number the facts anew, compute every link and move the head."""
    hashed = hash_called("sha256")
    with raw(folder) as connection:
        order = "FROM facts WHERE world = 'live' ORDER BY seq"
        for new, (old,) in enumerate(connection.execute(f"SELECT seq {order}"), 1):
            connection.execute("UPDATE facts SET seq = ? WHERE world = 'live' AND seq = ?", (new, old))
        chain = START
        for row in connection.execute(f"SELECT {', '.join(ENVELOPE)}, body, sealed {order}"):
            *envelope, body, sealed = row
            chain = link(hashed, chain, leaf(hashed, tuple(envelope), body, sealed))
            seq = row[ENVELOPE.index("seq")]
            connection.execute("UPDATE facts SET chain = ? WHERE world = 'live' AND seq = ?", (chain, seq))
        connection.execute("UPDATE desk_head SET seq = ?, chain = ? WHERE world = 'live'", (seq, chain))


def swap(one: int, two: int) -> tuple[str, ...]:
    place = "UPDATE facts SET seq = {} WHERE world = 'live' AND seq = {}"
    return place.format(10**6, one), place.format(one, two), place.format(two, 10**6)


BODY = (
    "UPDATE facts SET body = CAST(replace(body, 'fight', 'theft') AS BLOB) WHERE world = 'live' AND seq = {}"
)


@pytest.mark.parametrize(
    ("statements", "at", "problem"),
    [
        ((BODY.format(18),), 18, "rewritten"),
        (("DELETE FROM facts WHERE world = 'live' AND seq = 7",), 7, "rewritten"),
        (("DELETE FROM facts WHERE world = 'live' AND seq = 42",), 42, "cut"),
        (swap(3, 30), 3, "rewritten"),
        (("UPDATE facts SET at_s = at_s - 1 WHERE world = 'live' AND seq = 44",), 44, "rewritten"),
        (("DELETE FROM facts WHERE world = 'live' AND seq > 40",), 41, "cut"),
    ],
    ids=["body changed", "row removed", "late row removed", "two rows swapped", "time changed", "tail cut"],
)
def test_a_forged_journal_is_sound_from_inside_and_found_and_placed_by_a_head(
    folder: Path, statements: tuple[str, ...], at: int, problem: str
) -> None:
    head = head_now(folder)
    assert look(folder, head).sound
    change(folder, *statements)
    assert look(folder).broken_at == at, "without the attacker's second step the chain alone tells"
    forge(folder)
    assert look(folder).sound, "the attacker's work is without fault from inside"
    found = look(folder, head)
    assert not found.sound and found.broken_at is not None and found.broken_upto is not None
    assert found.broken_at <= at <= found.broken_upto
    assert found.problem == problem
    assert look(folder, replace(head, peaks=())).problem in ("cut", "rewritten"), (
        "a head from paper finds him too"
    )


def test_later_facts_do_not_hide_what_was_cut_before_them(folder: Path) -> None:
    head = head_now(folder)
    change(folder, "DELETE FROM facts WHERE world = 'live' AND seq > 38")
    forge(folder)
    grown(folder, 5)
    found = look(folder, head)
    assert found.facts == 58 and found.problem == "rewritten"
    assert (found.broken_at, found.broken_upto) == (33, 40), "the subtree over facts 33 to 40"


def test_the_more_heads_are_kept_the_nearer_the_place(tmp_path: Path) -> None:
    heads = []
    for _ in range(6):
        grown(tmp_path, 2)
        heads.append(head_now(tmp_path))
    assert [head.seq for head in heads] == [8, 16, 24, 32, 40, 48]
    assert all(each.consistent for each in look(tmp_path, *heads).heads_proved)
    change(tmp_path, BODY.format(26))
    forge(tmp_path)
    found = look(tmp_path, *reversed(heads))
    assert [each.consistent for each in found.heads_proved] == [True, True, True, False, False, False]
    assert (found.problem, found.broken_at, found.broken_upto) == ("rewritten", 25, 32)
    on_paper = [replace(head, peaks=()) for head in heads[-1:]]
    alone = look(tmp_path, *on_paper)
    assert (alone.broken_at, alone.broken_upto) == (1, 48), "without peaks only the whole is known"


def test_a_head_that_never_was_of_this_journal_does_not_shake_a_later_one(folder: Path) -> None:
    early = head_now(folder)
    grown(folder)
    later = head_now(folder)
    false = replace(early, tree="ab" * 32, peaks=())
    found = look(folder, false, later)
    assert [each.problem for each in found.heads_proved] == ["contradicted", None] and not found.sound


def test_proofs_convince_somebody_who_has_nothing_but_two_roots(folder: Path) -> None:
    early = head_now(folder)
    grown(folder, 9)
    found = look(folder, early, facts=(1, 17, 80, 81))
    hash_at = hashes_of({1: "sha256"})
    *inside, beyond = found.facts_proved
    for each in inside:
        proof = [bytes.fromhex(step) for step in each.proof]
        root = bytes.fromhex(found.tree)
        assert included(Tree(root, 80), each.seq - 1, bytes.fromhex(each.leaf), proof, hash_at)
    assert (beyond.seq, beyond.included, beyond.problem) == (81, False, "beyond")
    assert found.sound and not found.proved
    (kept,) = found.heads_proved
    steps = [bytes.fromhex(step) for step in kept.proof]
    assert consistent(
        Tree(bytes.fromhex(early.tree), 44), Tree(bytes.fromhex(found.tree), 80), steps, hash_at
    )


def test_the_tree_is_over_the_leaves_that_the_chain_has(folder: Path) -> None:
    hashed = hash_called("sha256")
    with raw(folder) as connection:
        columns = f"SELECT {', '.join(ENVELOPE)}, body, sealed FROM facts WHERE world = 'live' ORDER BY seq"
        leaves = [leaf(hashed, tuple(row[:-2]), row[-2], row[-1]) for row in connection.execute(columns)]
    assert look(folder).tree == root_of(leaves, hashes_of({1: "sha256"})).hex()


def test_heads_and_proofs_hold_across_a_change_of_the_hash_function(folder: Path) -> None:
    early = head_now(folder)
    grown(folder, 3, hash_name="sha3_256")
    later = head_now(folder)
    assert (early.hashes, later.hashes) == ("1:sha256", "1:sha256,45:sha3_256")
    grown(folder, 3)
    found = look(folder, early, later, facts=(2, 46, 60))
    assert found.proved and all(each.consistent for each in found.heads_proved)
    assert early.peaks_hold() and later.peaks_hold()


def test_what_stands_before_a_break_is_still_compared_with_early_heads(folder: Path) -> None:
    early = head_now(folder)
    grown(folder, 5)
    late = head_now(folder)
    change(folder, "UPDATE facts SET actor = 'x' WHERE world = 'live' AND seq = 50")
    found = look(folder, early, late, facts=(3,))
    assert (found.problem, found.broken_at) == ("changed", 50)
    assert [each.problem for each in found.heads_proved] == [None, "broken"]
    assert found.facts_proved[0].problem == "broken" and not found.proved


def test_an_unknown_hash_function_or_a_segment_that_begins_too_late_is_a_finding_not_a_crash(
    folder: Path,
) -> None:
    change(folder, "UPDATE segments SET hash_name = 'rot13'")
    assert (look(folder).problem, look(folder).broken_at) == ("no_segment", 1)
    change(folder, "UPDATE segments SET hash_name = 'sha256', first_seq = 9")
    assert look(folder).problem == "no_segment"


def test_the_command_line_proves_facts_and_heads_and_exits_accordingly(folder: Path, tmp_path: Path) -> None:
    head = tmp_path / "head.json"
    head.write_text(json.dumps(head_now(folder).plain()), encoding="utf-8")
    grown(folder, 2)
    words = ["verify", "--data", str(folder), "--since", str(head), "--lang", "en"]
    said = CliRunner().invoke(main, [*words, "--fact", "18"])
    assert said.exit_code == 0, said.output
    assert "fact 18 stands in the tree" in said.output and "head at fact 44" in said.output
    plain = json.loads(CliRunner().invoke(main, [*words, "--fact", "18", "--json"]).output)
    (live,) = [each for each in plain["streams"] if each["world"] == "live"]
    assert live["facts_proved"][0]["included"] and live["heads_proved"][0]["consistent"]
    assert CliRunner().invoke(main, [*words, "--fact", "53"]).exit_code == 1
    assert CliRunner().invoke(main, [*words, "--fact", "all"]).exit_code == 2
    change(folder, BODY.format(18))
    forge(folder)
    said = CliRunner().invoke(main, words)
    assert said.exit_code == 1 and "BROKEN at fact 1-32: rewritten" in said.output
    assert "被改写" in CliRunner().invoke(main, [*words[:-1], "zh-CN"]).output


def test_a_head_of_elsewhere_or_with_a_bent_signature_is_refused_with_a_sentence(
    folder: Path, tmp_path: Path
) -> None:
    head = head_now(folder).plain()
    for field, value, words in (
        ("desk", "north", "names"), ("at_s", 5, "not signed"), ("tree", "xyz", "tree is missing"), ("seq", -1, "seq"), ("more", 1, "more"),
    ):  # fmt: skip
        bent = tmp_path / f"{field}.json"
        bent.write_text(json.dumps({**head, field: value}), encoding="utf-8")
        said = CliRunner().invoke(
            main, ["verify", "--data", str(folder), "--since", str(bent), "--lang", "en"]
        )
        assert said.exit_code == 1 and words in said.output, said.output


def test_memory_does_not_grow_with_the_journal(folder: Path) -> None:
    store = Store(folder)
    store.begin()
    for number in range(40):
        store.append({"live": facts_of(incident(number), after=store.heads["live"].seq)})
    store.close()
    found = look(folder, facts=(1,))
    assert len(found.peaks) == found.facts.bit_count() and len(found.facts_proved[0].proof) == 8
