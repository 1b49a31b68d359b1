"""The signed queue alone: whatever a carrier does, each message is done once and in order, or refused and counted; kills lose and double nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from firstminute.store.border_in import REASONS
from firstminute.store.border_out import BorderFull, Letter
from firstminute.store.border_wire import BATCH_MOST, LINE_MOST, read_batch
from firstminute.store.errors import StorageRefused
from tests.support.border import Pair, course


@pytest.fixture
def pair(tmp_path: Path) -> Any:
    """Two ends that trust each other."""
    found = Pair(tmp_path)
    yield found
    found.close()


def lines(data: bytes) -> list[bytes]:
    """The lines of a batch."""
    return data.rstrip(b"\n").split(b"\n")


def changed(data: bytes, number: int, **values: Any) -> bytes:
    """The batch with fields of one line changed."""
    found = lines(data)
    found[number] = orjson.dumps({**orjson.loads(found[number]), **values})
    return b"\n".join(found) + b"\n"


def test_what_goes_over_is_done_once_and_forgotten_once_acknowledged(pair: Pair) -> None:
    pair.put(1, 2, 3)
    pair.hear(pair.one.speak()[0])
    assert pair.one.out.waiting().count == 3
    pair.answer()
    assert pair.done == [1, 2, 3] and pair.one.out.waiting().count == 0
    pair.put(4)
    pair.hear(pair.one.speak()[0])
    assert pair.done == [1, 2, 3, 4] and pair.two.into.refused() == {}


def test_what_is_refused_is_counted_by_its_reason_and_comes_right_when_it_comes_whole(pair: Pair) -> None:
    pair.put(1, 2, 3)
    whole = pair.one.speak()[0]
    hello, first, second = lines(whole)[:3]
    end = lines(whole)[-1]
    for spoilt, reason in (
        (changed(whole, 1, kind="other"), "forged"),
        (changed(whole, 1, seq=9), "gap"),
        (changed(whole, 1, signature="00" * 64), "forged"),
        (changed(whole, 1, body="AAAA"), "changed"),
        (changed(whole, 1, prev="00" * 32), "gap"),
        (whole[: len(hello) + len(first) // 2], "truncated"),
        (b"x" * (BATCH_MOST + 1), "oversized"),
        (b"\n".join([hello, b"x" * (LINE_MOST + 1), end]), "unreadable"),
        (b"\n".join([hello, b'{"a":1}', end]), "unreadable"),
        (b"\n".join([hello, second, end]), "gap"),
        (b"", "truncated"),
    ):
        before = pair.two.into.refused().get(reason, 0)
        assert pair.hear(spoilt).refused.get(reason), reason
        assert pair.two.into.refused()[reason] > before and reason in REASONS
        assert pair.done == [] and pair.two.into.place.seq == 0
    assert pair.hear(changed(whole, 0, hello={**orjson.loads(hello)["hello"], "acked": 7})).hello is None
    assert pair.done == [1, 2, 3]
    assert pair.hear(whole).refused == {"doubled": 3}
    assert pair.hear(changed(whole, 3, digest="00" * 32)).refused["forked"] == 1
    assert pair.done == [1, 2, 3]


def test_a_batch_that_was_cut_off_gives_its_whole_lines_and_the_rest_comes_again(pair: Pair) -> None:
    pair.put(*range(1, 6))
    whole = pair.one.speak()[0]
    for cut in range(0, len(whole), max(1, len(whole) // 23)):
        pair.hear(whole[:cut])
    pair.hear(whole)
    assert pair.done == [1, 2, 3, 4, 5]


def test_a_stranger_with_keys_of_its_own_is_not_believed(pair: Pair, tmp_path: Path) -> None:
    stranger = Pair(tmp_path / "stranger")
    stranger.one.into.trust(pair.two.card)
    stranger.put(66)
    found = pair.hear(stranger.one.speak()[0])
    assert found.run == [] and found.hello is None and found.refused["forged"] >= 2
    nobody = pair.open("nobody")
    with pytest.raises(StorageRefused):
        nobody.need_trust()
    assert nobody.into.take(pair.one.speak()[0], pair.do).run == []
    nobody.close()
    stranger.close()


def test_nobody_else_can_read_what_waits_or_what_is_carried(pair: Pair, tmp_path: Path) -> None:
    pair.one.out.put(Letter(kind="n", body={"n": 1, "words": "救命 canary"}))
    data = pair.one.speak()[0]
    files = b"".join(path.read_bytes() for path in (tmp_path / "one").rglob("*") if path.is_file())
    for canary in (b"canary", "救命".encode()):
        assert canary not in data and canary not in files
    (message,) = read_batch(data).messages
    assert pair.one.keys.open(message.body or b"", b"") is None


def test_new_keys_are_announced_under_the_old_one_and_what_was_on_its_way_still_opens(pair: Pair) -> None:
    pair.put(1)
    early = pair.one.speak()[0]
    old = pair.one.card
    pair.one.out.rotate()
    pair.put(2)
    assert pair.one.card.sign != old.sign
    pair.hear(early)
    assert pair.two.other() == old
    pair.hear(pair.one.speak()[0])
    assert pair.done == [1, 2] and pair.two.other() == pair.one.card
    pair.two.out.put(Letter(kind="n", body={"n": 9}))  # sealed to the new key by now
    got: list[Any] = []
    pair.one.hear(pair.two.speak()[0], lambda run: got.extend(each.body for each in run) or len(run))
    assert got == [{"n": 9}]
    forged = pair.open("one-again")
    forged.close()
    pair.put(3)
    data = pair.one.speak()[0]
    signature = pair.one.keys.sign(read_batch(data).messages[-1].said(), old.sign)
    found = pair.hear(changed(data, -2, signature=signature))
    assert found.refused["forged"] == 1 and pair.done == [1, 2]


def test_a_card_that_is_replaced_by_hand_ends_the_old_key(pair: Pair, tmp_path: Path) -> None:
    pair.put(1)
    other = pair.open("other")
    pair.two.into.trust(other.card)
    assert pair.hear(pair.one.speak()[0]).refused["forged"] >= 1 and pair.done == []
    other.close()


def test_an_expired_message_travels_without_its_body_and_is_not_done(pair: Pair) -> None:
    pair.put(1, expires_s=pair.now_s + 5.0)
    pair.put(2)
    pair.now_s += 10.0
    data = pair.one.speak()[0]
    assert [message.body is None for message in read_batch(data).messages] == [True, False]
    assert pair.hear(data).refused == {"expired": 1} and pair.done == [2]
    pair.answer()
    assert pair.one.out.waiting().count == 0


def test_calls_find_room_when_nothing_else_does(pair: Pair, tmp_path: Path) -> None:
    small = pair.open("small", most_bytes=10_000)
    small.into.trust(pair.two.card)
    big = {"n": 1, "text": "x" * 900}
    put = 0
    with pytest.raises(BorderFull):
        while True:
            small.out.put(Letter(kind="positions", body=big, share=0.5))
            put += 1
    assert 4 <= put <= 6 and not small.health()["nearly_full"]
    for _ in range(4):
        small.out.put(Letter(kind="command", body=big))
    assert small.health()["nearly_full"]
    with pytest.raises(BorderFull):
        for _ in range(4):
            small.out.put(Letter(kind="command", body=big))
    with pytest.raises(BorderFull):
        pair.put(2, 3, share=0.0)
    assert pair.one.out.last == 0  # together or not at all
    small.close()


def test_after_a_backup_was_put_back_on_either_side_nothing_is_lost_silently(
    pair: Pair, tmp_path: Path
) -> None:
    pair.put(1, 2)
    pair.one.close()
    kept = {name: (tmp_path / "one/border" / name).read_bytes() for name in ("out.db",)}
    pair.one = pair.open("one")
    pair.put(3, 4)
    pair.hear(pair.one.speak()[0])
    pair.answer()
    pair.one.close()
    for name, data in kept.items():  # the sender is put back to where it had sent two
        (tmp_path / "one/border" / name).write_bytes(data)
        for tail in ("-wal", "-shm"):
            (tmp_path / "one/border" / f"{name}{tail}").unlink(missing_ok=True)
    pair.one = pair.open("one")
    pair.put(5, 6)
    pair.hear(pair.one.speak()[0])  # their numbers were used before
    pair.answer()  # … which the sender learns here
    assert pair.one.into.refused()["forked"] == 1 and pair.one.out.waiting().count == 4
    pair.hear(pair.one.speak()[0])
    pair.answer()
    assert pair.done[:4] == [1, 2, 3, 4] and pair.done[-2:] == [5, 6] and pair.one.out.waiting().count == 0
    pair.two.close()
    (tmp_path / "two/border/in.db").unlink()  # the receiver has lost its place altogether
    for tail in ("-wal", "-shm"):
        (tmp_path / f"two/border/in.db{tail}").unlink(missing_ok=True)
    pair.two = pair.open("two")
    pair.two.into.trust(pair.one.card)
    pair.put(7)
    assert pair.hear(pair.one.speak()[0]).refused == {"gap": 1}
    pair.answer()
    pair.hear(pair.one.speak()[0])
    assert pair.done[-1] == 7


@pytest.mark.parametrize("seed", range(6))
def test_any_carrier_and_kills_at_every_step_do_each_message_once_and_in_order(
    tmp_path: Path, seed: int
) -> None:
    course(tmp_path, seed)
