"""JT/T 808 byte by byte: frames that are none, parts that never end, stolen identities, places that cannot be. Numbers are those of the bad inputs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstminute.gateways.jt808 import messages
from firstminute.gateways.jt808.codec import (
    FRAME_MOST,
    ON_THEIR_WAY_MOST,
    Broken,
    Framer,
    Message,
    Parts,
    decode,
    encode,
)
from firstminute.gateways.jt808.messages import Asked, Fix
from firstminute.gateways.jt808.session import BAD_MOST, Session
from tests.support.terminals import PHONE, asks, batch, code, frame, place

NOW_S = 1_780_000_000.0
EXAMPLE = bytes.fromhex("7E000200000138000011110001" + "3C" + "7E")

message = st.builds(
    Message, st.integers(0, 0xFFFF), st.integers(1, 10**11).map(str), st.integers(0, 0xFFFF), st.binary(max_size=1023),
    st.none() | st.integers(1, 64).flatmap(lambda total: st.tuples(st.just(total), st.integers(1, total))), st.booleans(),
)  # fmt: skip


def one(data: bytes) -> Message:
    """The message in the only frame of some bytes."""
    (found,) = [each for each in Framer().feed(data) if each is not None]
    return decode(found)


def spoilt(data: bytes, at: int, value: int) -> bytes:
    """A frame's inside with one byte changed."""
    inside = bytearray(data[1:-1])
    inside[at] = value
    return bytes(inside)


def test_a_heartbeat_written_by_hand_is_read() -> None:
    whole = EXAMPLE[:-2]
    checksum = 0
    for byte in whole[1:]:
        checksum ^= byte
    assert one(whole + bytes([checksum]) + b"\x7e") == Message(0x0002, "13800001111", 1, b"")


@given(message, st.lists(st.integers(1, 40), max_size=30))
def test_every_message_comes_through_whatever_pieces_it_comes_in(said: Message, cuts: list[int]) -> None:
    data, framer, found = encode(said), Framer(), []
    while data:
        size = cuts.pop() if cuts else len(data)
        found += list(framer.feed(data[:size]))
        data = data[size:]
    assert [decode(each) for each in found if each is not None] == [said]


@given(st.binary(max_size=600))
def test_30_no_bytes_break_the_reader_of_frames(data: bytes) -> None:
    for each in Framer().feed(b"\x7e" + data + b"\x7e"):
        try:
            decode(each or b"")
        except Broken:
            pass


@pytest.mark.parametrize(
    ("inside", "why"),
    [
        (spoilt(frame(0x0002), -1, 0xFF), "checksum"), (frame(0x0002)[1:-1] + b"\x7d\x03", "escape"), (b"\x7d", "escape"), (b"", "short"),
        (spoilt(frame(0x0002), 3, 9), "checksum"), (b"\x00" * 2_500, "too_long"),
    ],
)  # fmt: skip
def test_30_a_frame_that_is_none_says_why(inside: bytes, why: str) -> None:
    with pytest.raises(Broken, match=why):
        decode(inside)


def test_30_a_body_longer_or_shorter_than_its_length_is_refused() -> None:
    for length in (0, 3, 1023):
        plain = bytearray(frame(0x0002, b"ab")[1:-2])
        plain[2:4] = length.to_bytes(2, "big")
        checksum = 0
        for byte in plain:
            checksum ^= byte
        with pytest.raises(Broken, match="length"):
            decode(bytes([*plain, checksum]))


def test_30_a_frame_without_end_is_forgotten_and_the_next_one_is_read() -> None:
    framer = Framer()
    found = list(framer.feed(b"\x7e" + b"x" * 64_000))
    assert found == [None]
    assert [decode(each).kind for each in framer.feed(frame(0x0002)) if each] == [0x0002]
    one_piece = [each for each in Framer().feed(b"\x7e" + b"x" * 64_000 + frame(0x0002))]
    assert [each is None for each in one_piece] == [True, False]
    assert FRAME_MOST < 64_000


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5), st.integers(1, 5)), max_size=60))
def test_31_parts_in_any_order_with_any_missing_hold_little_and_make_no_message_twice(
    said: list[tuple[int, int, int]],
) -> None:
    parts = Parts()
    for number, (base, total, index) in enumerate(said):
        index = min(index, total)
        whole = parts.put(
            Message(0x0704, PHONE, base * 100 + index, b"x" * index, (total, index)), NOW_S + number
        )
        assert whole is None or len(whole.body) == sum(range(1, total + 1))
        assert len(parts) <= ON_THEIR_WAY_MOST


def test_31_parts_are_put_together_doubled_ones_count_once_and_old_ones_are_forgotten() -> None:
    parts = Parts()
    three = [Message(0x0704, PHONE, 10 + number, bytes([number]), (3, number)) for number in (1, 2, 3)]
    assert (
        parts.put(three[2], NOW_S) is None
        and parts.put(three[0], NOW_S) is None
        and parts.put(three[0], NOW_S) is None
    )
    whole = parts.put(three[1], NOW_S)
    assert whole is not None and whole.body == b"\1\2\3" and whole.part is None and len(parts) == 0
    parts.put(three[0], NOW_S)
    parts.put(three[1], NOW_S)
    assert parts.put(three[2], NOW_S + 61) is None


@pytest.mark.parametrize("part", [(65_535, 1), (3, 0), (3, 4), (0, 0), (65, 65)])
def test_31_impossible_parts_are_refused(part: tuple[int, int]) -> None:
    with pytest.raises(Broken, match="parts"):
        one(frame(0x0704, b"x", part=part))


@pytest.mark.parametrize("phone", [b"\xab\xcd\xef\x00\x00\x01", b"\x00" * 6])
def test_33_a_number_that_is_none_is_refused(phone: bytes) -> None:
    plain = bytearray(frame(0x0002)[1:-2])
    plain[4:10] = phone
    checksum = 0
    for byte in plain:
        checksum ^= byte
    with pytest.raises(Broken, match="phone"):
        decode(bytes([*plain, checksum]))


def test_33_a_header_of_2019_on_a_body_of_2013_is_refused() -> None:
    """With the flag set the header is five bytes longer: what follows is no number, or has another length."""
    plain = bytearray(frame(0x0200, place(NOW_S))[1:-2])
    plain[2] |= 0x40
    checksum = 0
    for byte in plain:
        checksum ^= byte
    with pytest.raises(Broken):
        decode(bytes([*plain, checksum]))


# --- sessions ---------------------------------------------------------------------------------------------------------------------


@dataclass
class Known:
    """A register with one terminal."""

    phones: set[str] = field(default_factory=lambda: {PHONE})
    bound: dict[str, Asked] = field(default_factory=dict)
    free: bool = True

    def known(self, phone: str) -> bool:
        return phone in self.phones

    def code(self, phone: str) -> str:
        return f"code{phone[-4:]}"

    def bind(self, phone: str, asked: Asked) -> bool:
        return self.bound.setdefault(phone, asked) == asked

    def enter(self, phone: str, session: object) -> bool:
        return self.free


def session(registry: Known | None = None, *, entered: bool = False) -> Session:
    """A conversation, from its beginning or after the terminal has said who it is."""
    made = Session(registry or Known(), lambda: NOW_S)
    if entered:
        made.receive(frame(0x0102, code("code1111")))
        assert made.phone == PHONE
    return made


def results(data: bytes) -> list[tuple[int, int]]:
    """Kind and result of each answer."""
    found = [decode(each) for each in Framer().feed(data) if each is not None]
    return [(each.kind, each.body[4] if each.kind == 0x8001 else each.body[2]) for each in found]


@pytest.mark.parametrize("v2019", [False, True])
def test_a_terminal_registers_authenticates_and_tells_where_it_is(v2019: bool) -> None:
    made = session()
    answer, _ = made.receive(frame(0x0100, asks(v2019=v2019), v2019=v2019))
    (registered,) = [decode(each) for each in Framer().feed(answer) if each]
    assert registered.kind == 0x8100 and registered.body[2] == 0 and registered.v2019 == v2019
    answer, _ = made.receive(frame(0x0102, code(registered.body[3:].decode(), v2019=v2019), v2019=v2019))
    assert results(answer) == [(0x8001, 0)]
    answer, fixes = made.receive(frame(0x0200, place(NOW_S) + b"\x01\x04\x00\x00\x00\x00", v2019=v2019))
    assert results(answer) == [(0x8001, 0)]
    assert fixes == [Fix(113.26, 23.13, NOW_S, 10.0, 90.0)]


def test_32_a_position_before_it_is_known_whose_counts_for_nobody() -> None:
    made = session()
    answer, fixes = made.receive(frame(0x0200, place(NOW_S)) * 3)
    assert fixes == [] and results(answer) == [(0x8001, 1)] * 3
    made.receive(frame(0x0200, place(NOW_S)) * 2)
    assert made.closed


def test_32_a_wrong_code_another_number_and_another_numbers_position_open_nothing() -> None:
    made = session()
    assert results(made.receive(frame(0x0102, code("code9999")))[0]) == [(0x8001, 1)] and made.phone is None
    assert results(made.receive(frame(0x0102, code("code2222"), phone="13800002222"))[0]) == [(0x8001, 1)]
    entered = session(entered=True)
    _, fixes = entered.receive(frame(0x0200, place(NOW_S), phone="13800002222"))
    assert fixes == []
    assert results(entered.receive(frame(0x0102, code("code2222"), phone="13800002222"))[0]) == [(0x8001, 1)]
    assert entered.phone == PHONE


def test_32_a_second_terminal_cannot_register_for_a_number_or_take_its_plate() -> None:
    registry = Known()
    assert results(session(registry).receive(frame(0x0100, asks()))[0]) == [(0x8100, 0)]
    for body in (asks(terminal=b"T2"), asks(plate=b"B99999")):
        answer, _ = session(registry).receive(frame(0x0100, body))
        assert results(answer) == [(0x8100, 3)] and b"code" not in answer
    assert results(session(registry).receive(frame(0x0100, asks()))[0]) == [(0x8100, 0)]
    assert results(session(registry).receive(frame(0x0100, asks(), phone="999"))[0]) == [(0x8100, 4)]


def test_32_a_code_replayed_while_its_owner_speaks_from_elsewhere_is_refused() -> None:
    made = session(Known(free=False))
    assert results(made.receive(frame(0x0102, code("code1111")))[0]) == [(0x8001, 1)] and made.phone is None


def test_a_terminal_taken_off_the_register_is_nobody_at_once() -> None:
    registry = Known()
    made = session(registry, entered=True)
    registry.phones.clear()
    assert made.receive(frame(0x0200, place(NOW_S)))[1] == []


CANNOT_BE = {
    "no fix": place(NOW_S, status=0x1), "nowhere": place(NOW_S, 0.0, 0.0), "off the earth": place(NOW_S, 181.0), "latitude 91": place(NOW_S, lat=91.0),
    "6,553.5 km/h": place(NOW_S, speed=65_535), "eight hours ahead": place(NOW_S, hours=16), "a month old": place(NOW_S - 30 * 86_400),
    "no time": place(NOW_S, when=b"\xaa" * 6), "month 13": place(NOW_S, when=bytes.fromhex("261301000000")), "nothing": b"", "half": place(NOW_S)[:20],
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(CANNOT_BE))
def test_34_a_place_that_cannot_be_is_counted_and_kept_by_nobody(what: str) -> None:
    made = session(entered=True)
    answer, fixes = made.receive(frame(0x0200, CANNOT_BE[what]))
    assert fixes == [] and made.refused == 1 and results(answer) == [(0x8001, 0)]


def test_34_nobody_goes_five_hundred_kilometres_in_a_second() -> None:
    made = session(entered=True)
    _, fixes = made.receive(
        frame(0x0200, place(NOW_S - 2))
        + frame(0x0200, place(NOW_S - 1, 118.0))
        + frame(0x0200, place(NOW_S, 113.2601))
    )
    assert [fix.lon for fix in fixes] == [113.26, 113.2601] and made.refused == 1


def test_34_a_batch_keeps_what_can_be_and_a_lie_about_its_length_ends_it() -> None:
    made = session(entered=True)
    good, old = place(NOW_S - 10), place(NOW_S - 40 * 86_400)
    _, fixes = made.receive(frame(0x0704, batch(good, old, good)))
    assert len(fixes) == 2 and made.refused == 1
    lying = b"\x27\x10\x01" + b"\x00\x1c" + good + b"\xff\xff" + good
    assert len(messages.batch(lying, NOW_S)) == 2 and messages.batch(lying, NOW_S)[1] is None
    assert messages.batch(b"\xff\xff\x01" + (b"\x00\x1c" + good) * 2_000, NOW_S).count(None) <= 1


def test_too_many_bad_frames_end_a_conversation() -> None:
    made = session(entered=True)
    made.receive((b"\x7e" + b"\0" * 20 + b"\x7e") * BAD_MOST)
    assert made.closed


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=80),
            st.builds(
                frame,
                st.sampled_from([0x0100, 0x0102, 0x0200, 0x0704, 0x0002, 0x0801]),
                st.binary(max_size=60),
            ),
        ),
        max_size=12,
    )
)
def test_no_conversation_breaks_a_session_or_places_anybody_unknown(said: list[bytes]) -> None:
    made = session()
    began = time.thread_time()
    for data in said:
        _, fixes = made.receive(data)
        assert fixes == [] or made.phone == PHONE
    assert time.thread_time() - began < 1.0
