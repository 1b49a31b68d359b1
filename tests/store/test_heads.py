"""Heads: what is signed, what a file and a sheet of paper must look like, and that no slip and no forgery passes."""

from __future__ import annotations

import json
import stat
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstminute.store.errors import StorageRefused
from firstminute.store.head_key import PUBLIC, SECRET, HeadKey, public_key_of
from firstminute.store.head_text import block_of, read_head
from firstminute.store.heads import FORM, NoHead, SignedHead, head_of, key_id_of
from firstminute.store.merkle import Frontier, hashes_of
from firstminute.store.store import Store

pytestmark = pytest.mark.usefixtures("engine")

HEX = "0123456789abcdef"


def a_head(seq: int = 81_234, hashes: str = "1:sha256", world: str = "live") -> SignedHead:
    """A head over made-up leaves, not signed yet."""
    names = {int(first): name for first, name in (each.split(":") for each in hashes.split(","))}
    tree = Frontier(hashes_of(names))
    for number in range(min(seq, 300)):
        tree.add(number.to_bytes(32, "big"))
    return SignedHead(
        desk="north-2", world=world, seq=tree.size, tree=tree.root().hex(), chain="c4" * 32, at_s=1_795_757_400, hashes=hashes, key_id="",
        peaks=tuple(peak.hex() for peak in tree.peaks),
    )  # fmt: skip


@pytest.fixture
def key(tmp_path: Path) -> HeadKey:
    return HeadKey(tmp_path)


def test_the_key_is_made_once_readable_by_its_owner_alone_and_its_public_half_can_be_handed_out(
    tmp_path: Path,
) -> None:
    key = HeadKey(tmp_path)
    assert stat.S_IMODE((tmp_path / SECRET).stat().st_mode) == 0o600
    assert HeadKey(tmp_path).public_key == key.public_key == public_key_of(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [SECRET, PUBLIC]
    assert HeadKey(tmp_path).sign(a_head()) == key.sign(a_head()), "Ed25519 signs the same thing the same way"


def test_a_store_makes_the_key_at_its_first_start_beside_the_vault(tmp_path: Path) -> None:
    Store(tmp_path).close()
    assert (tmp_path / SECRET).stat().st_size == 32 and (tmp_path / "master.key").exists()


def test_a_key_of_the_wrong_size_is_refused_not_replaced(tmp_path: Path) -> None:
    (tmp_path / SECRET).write_bytes(b"short")
    with pytest.raises(StorageRefused, match="5 bytes") as refused:
        HeadKey(tmp_path)
    assert refused.value.code == "no_head_key"
    assert (tmp_path / SECRET).read_bytes() == b"short"


def test_the_public_key_shown_is_always_that_of_the_key_and_an_older_one_is_kept(tmp_path: Path) -> None:
    old = HeadKey(tmp_path)
    (tmp_path / PUBLIC).write_text("nonsense", encoding="ascii")
    assert public_key_of(tmp_path) is None
    assert HeadKey(tmp_path).public_key == public_key_of(tmp_path) == old.public_key
    (tmp_path / SECRET).unlink()
    new = HeadKey(tmp_path)
    assert public_key_of(tmp_path) == new.public_key != old.public_key
    assert (tmp_path / f"head-{old.key_id}.pub").read_text() == old.public_key + "\n"


def test_a_signature_holds_for_what_was_signed_alone(key: HeadKey) -> None:
    head = key.sign(a_head())
    assert head.signed_by(key.public_key)
    others: dict[str, Any] = {
        "desk": "south", "world": "exercise", "seq": 299, "tree": "00" * 32, "chain": "00" * 32, "at_s": 5, "hashes": "1:sm3",
        "key_id": "0" * 16, "signature": "0" * 128,
    }  # fmt: skip
    for name, value in others.items():
        assert not replace(head, **{name: value}).signed_by(key.public_key), name
    assert not head.signed_by("00" * 32) and not head.signed_by("nonsense")
    assert replace(head, public_key="ab" * 32, peaks=()).signed_by(key.public_key), (
        "neither is what was signed"
    )


def test_peaks_hold_only_where_they_lead_to_the_signed_root(key: HeadKey) -> None:
    head = a_head()
    assert head.peaks_hold()
    assert not replace(head, peaks=(*head.peaks[:-1], "00" * 32)).peaks_hold()
    assert not replace(head, peaks=()).peaks_hold()
    assert not replace(head, hashes="1:sha3_256").peaks_hold()


@pytest.mark.parametrize("hashes", ["1:sha256", "1:sha256,211:sha3_256"])
def test_a_head_comes_back_from_its_file_and_from_paper(key: HeadKey, hashes: str) -> None:
    for seq in (0, 1, 7, 256, 300):
        for world in ("live", "exercise"):
            head = key.sign(a_head(seq, hashes, world))
            assert read_head(json.dumps(head.plain(), indent=1)) == head
            typed = read_head(block_of(head))
            assert typed == replace(head, public_key="", peaks=())
            assert typed.signed_by(key.public_key)


def test_the_block_fits_a_strip_of_paper(key: HeadKey) -> None:
    block = block_of(key.sign(a_head())).splitlines()
    assert len(block) == 15 and max(map(len, block)) <= 52 and all(line.isascii() for line in block)


def test_what_is_read_out_without_chain_and_signature_is_a_head_without_a_signature(key: HeadKey) -> None:
    head = key.sign(a_head())
    read_out = "\n".join(
        line for line in block_of(head).splitlines() if not line.startswith(("chain", "sign"))
    )
    typed = read_head(read_out.upper().replace("0", "O"))
    assert (typed.seq, typed.tree, typed.at_s) == (head.seq, head.tree, head.at_s)
    assert typed.signature == "" and not typed.signed_by(key.public_key)


@given(st.data())
def test_one_wrong_letter_in_a_typed_block_is_found_nearly_always_and_never_passes_the_signature(
    data: st.DataObject,
) -> None:
    head = replace(a_head(), key_id="0123456789abcdef", signature="5a" * 64)
    block = block_of(head)
    place = data.draw(st.sampled_from([at for at, letter in enumerate(block) if letter in HEX and at > 20]))
    other = data.draw(st.sampled_from([letter for letter in HEX if letter != block[place]]))
    try:
        typed = read_head(block[:place] + other + block[place + 1 :])
    except NoHead as problem:
        assert problem.what
        return
    assert typed.said() != head.said() or typed.signature != head.signature or typed == head_typed(head)


def head_typed(head: SignedHead) -> SignedHead:
    """What paper keeps of a head."""
    return replace(head, public_key="", peaks=())


def test_a_mistyped_line_is_named(key: HeadKey) -> None:
    lines = block_of(key.sign(a_head())).splitlines()
    row = next(number for number, line in enumerate(lines) if line.startswith("tree2"))
    for bent in (
        lines[row].replace(" /", "0 /"),
        lines[row][:12] + "_" + lines[row][13:],
        "tree2   dead beef",
    ):
        with pytest.raises(NoHead) as problem:
            read_head("\n".join([*lines[:row], bent, *lines[row + 1 :]]))
        assert (problem.value.what, problem.value.code) == ("tree2", "line")
    with pytest.raises(NoHead) as swapped:
        read_head(
            "\n".join(lines)
            .replace("tree1 ", "tree9 ")
            .replace("tree2 ", "tree1 ")
            .replace("tree9 ", "tree2 ")
        )
    assert swapped.value.code == "line", "check letters know which line they are of"
    with pytest.raises(NoHead) as seq:
        read_head("\n".join(lines).replace("facts   300", "facts   301"))
    assert seq.value.code == "check"


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda data: data.decode("latin-1")))
def test_nonsense_is_no_head_and_never_an_error_of_another_kind(text: str) -> None:
    with pytest.raises(NoHead):
        read_head(text)
    with pytest.raises(NoHead):
        read_head("{" + text)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_any_value_in_any_field_is_a_head_or_no_head(data: st.DataObject) -> None:
    good = replace(a_head(), key_id="0" * 16, signature="ab" * 64, public_key="cd" * 32).plain()
    name = data.draw(st.sampled_from([field.name for field in fields(SignedHead)] + ["form", "more"]))
    try:
        head = head_of({**good, name: data.draw(plain)})
    except NoHead as problem:
        assert problem.what
        return
    assert isinstance(head.peaks_hold(), bool) and isinstance(head.said(), bytes) and block_of(head)
    assert not head.signed_by("cd" * 32)


def test_what_is_missing_unknown_or_of_another_form_is_named() -> None:
    good = replace(a_head(), key_id="0" * 16).plain()
    for bent, what in (
        ({name: value for name, value in good.items() if name != "tree"}, "tree"),
        ({**good, "form": "firstminute-head-2"}, "form"),
        ({**good, "word": 1}, "word"),
        ({**good, "peaks": ["ab" * 32]}, "peaks"),
        ({**good, "at_s": 10**15}, "at_s"),
        ({**good, "seq": True}, "seq"),
        ({**good, "hashes": "2:sha256"}, "hashes"),
        ({**good, "chain": "", "signature": "ab" * 64}, "chain"),
        ([good], "not an object"),
    ):
        with pytest.raises(NoHead) as problem:
            head_of(bent)
        assert problem.value.what == what
    assert good["form"] == FORM and key_id_of("ab" * 32) != key_id_of("cd" * 32)


@pytest.mark.parametrize("page", ["heads.md", "heads.zh-CN.md"])
def test_the_block_that_the_guide_shows_can_be_typed_in(page: str) -> None:
    text = (Path(__file__).parents[2] / "docs/operate" / page).read_text(encoding="utf-8")
    shown = next(part for part in text.split("```") if part.startswith("\nfirstminute head\ndesk"))
    assert block_of(read_head(shown)) == shown.lstrip("\n")
