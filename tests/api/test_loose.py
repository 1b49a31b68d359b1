"""A call is read however it comes: nothing that was said is lost, nothing unreadable passes for read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstminute.api import loose
from firstminute.api.loose import Unreadable, clean, read_call

JSON = "application/json"


def read(value: object) -> tuple[dict[str, object], list[str]]:
    reading = read_call(json.dumps(value).encode(), JSON)
    return reading.arguments, reading.problems


def test_a_good_call_has_no_problems() -> None:
    arguments, problems = read(
        {
            "text": "两个摊主打起来了",
            "type_code": "fight",
            "place": {"lon": 113.3, "lat": 23.1, "radius_m": 50, "floor": 2},
        }
    )
    assert problems == []
    assert arguments["text"] == "两个摊主打起来了"
    assert arguments["place"] == {"points": [(113.3, 23.1)], "radius_m": 50.0, "floor": 2}


def test_what_a_field_cannot_hold_is_said_in_the_text() -> None:
    arguments, problems = read({"text": "help", "type_code": 7, "lat": 91, "lon": 181, "colour": "red"})
    assert arguments["text"] == "help\n[type_code=7; colour=red; place=[181, 91]]"
    assert problems == ["type_code:not_a_code", "colour:unknown_field", "place:out_of_range"]
    assert "place" not in arguments


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "big5"])
def test_every_usual_encoding_is_understood(encoding: str) -> None:
    reading = read_call(json.dumps({"text": "市場打架"}, ensure_ascii=False).encode(encoding), JSON)
    assert reading.arguments["text"] == "市場打架" or encoding == "big5"


def test_a_rare_ideograph_survives() -> None:
    assert read({"text": "𠮷野家"})[0]["text"] == "𠮷野家"


@pytest.mark.parametrize(
    "raw",
    [b"[1,2]", b"{", b'"words"', b"{" * 100_000, b"\xff\xfe\x00\x01\x81", b"[" * 100_000 + b"]" * 100_000],
)
def test_what_is_no_object_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read_call(raw, JSON)


def test_an_empty_body_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="empty"):
        read_call(b"  \n", JSON)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 400])
def test_numbers_that_are_no_place_are_named(number: str) -> None:
    reading = read_call(f'{{"text": "fire", "lon": {number}, "lat": 23}}'.encode(), JSON)
    assert "place:out_of_range" in reading.problems
    assert reading.arguments["text"].startswith("fire")


def test_a_repeated_key_keeps_both_values() -> None:
    reading = read_call(b'{"text": "first", "text": "second"}', JSON)
    assert reading.arguments["text"] == "second\n[text=first]"
    assert reading.problems == ["text:repeated"]


def test_surrogates_and_nul_are_replaced_and_named() -> None:
    reading = read_call(b'{"text": "a\\ud800b\\u0000c\\u202ed"}', JSON)
    assert reading.arguments["text"] == "a�b�c�d"
    assert reading.problems == ["text:unprintable"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [("１３８０００", "138000"), ("tel:+86-10-1234", "+86-10-1234"), (13800001111, "13800001111")],
)
def test_telephone_numbers_come_in_many_dresses(said: object, kept: str) -> None:
    assert read({"caller_phone": said})[0]["caller_phone"] == kept


def test_two_hundred_digits_are_kept_and_doubted() -> None:
    arguments, problems = read({"caller_phone": "1" * 60})
    assert arguments["caller_phone"] == "1" * 60 and problems == ["caller_phone:unlikely"]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("1970-01-01T00:00:00Z", "out_of_range"),
        ("9999-01-01T00:00:00Z", "out_of_range"),
        ("2026-01-01T10:00:00", "no_zone"),
        ("23:59:60", "not_a_time"),
        (7, "not_a_time"),
    ],
)
def test_times_that_cannot_be_are_named_and_kept(said: object, problem: str) -> None:
    arguments, problems = read({"text": "x", "occurred_at": said})
    assert problems == [f"occurred_at:{problem}"] and str(said) in str(arguments["text"])


def test_null_island_is_no_place() -> None:
    assert read({"text": "x", "lon": 0, "lat": 0})[1] == ["place:null_island"]


def test_a_million_points_are_not_a_place() -> None:
    arguments, problems = read({"text": "x", "place": {"points": [[1, 1]] * 6_000}})
    assert problems == ["place.points:too_many"] and "place" not in arguments


def test_plain_text_and_forms_are_calls() -> None:
    assert read_call("救命".encode(), "text/plain").arguments == {"text": "救命"}
    assert read_call(b"text=help&lon=113&lat=23", "application/x-www-form-urlencoded").arguments["place"] == {
        "points": [(113.0, 23.0)]
    }


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text() | st.integers(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
        max_leaves=10,
    )
)
def test_any_value_of_any_field_is_read_or_named(value: object) -> None:
    fields = [
        "text",
        "type_code",
        "place",
        "lon",
        "lat",
        "caller_phone",
        "silent",
        "occurred_at",
        "venue_id",
        "answered_at",
        "address",
    ]
    reading = read_call(json.dumps(dict.fromkeys(fields, value)).encode(), JSON)
    assert all(isinstance(problem, str) for problem in reading.problems)


@given(st.text())
def test_clean_text_can_be_stored_anywhere(text: str) -> None:
    kept = clean(text)
    kept.encode("utf-8")
    assert "\0" not in kept


@given(st.binary(max_size=500))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    try:
        read_call(data, JSON)
    except Unreadable as unreadable:
        assert unreadable.problem


def form(*parts: tuple[str, bytes], mark: str = "x", end: str = "--") -> bytes:
    """A form as a browser sends it: (its disposition, its value) each."""
    made = [
        f"--{mark}\r\nContent-Disposition: form-data; {said}\r\n\r\n".encode() + value + b"\r\n"
        for said, value in parts
    ]
    return b"".join(made) + f"--{mark}{end}".encode()


def test_words_in_a_form_are_read_and_the_photo_among_them_is_named() -> None:
    for photo in (b"\xff\xd8\xff" + bytes(range(256)) * 40, b"<svg onload=alert(1)>", b""):
        data = form(
            ('name="text"', "两个摊主打起来了".encode()),
            ('name="photo"; filename="../../x.jpg"', photo),
            ('name="lon"', b"113.3"),
            ('name="lat"', b"23.1"),
        )
        reading = read_call(data, "multipart/form-data; boundary=x")
        assert reading.arguments["text"] == "两个摊主打起来了"
        assert reading.problems == ["attachment:not_with_the_call"]
        assert reading.arguments["place"]["points"] == [(113.3, 23.1)]


@pytest.mark.parametrize("cut", [1, 20, 45, 62, 70, 90])
def test_a_form_cut_off_anywhere_loses_nothing_that_arrived(cut: int) -> None:
    data = form(('name="text"', b"help " * 10), ('name="caller_phone"', b"110"))[:-cut]
    reading = read_call(data, 'multipart/form-data; boundary="x"')
    assert "help help" in reading.arguments["text"]


def test_a_form_without_end_without_mark_or_with_a_thousand_parts_is_bounded() -> None:
    many = form(*[(f'name="f{number}"', b"v") for number in range(1_000)])
    assert len(read_call(many, "multipart/form-data; boundary=x").problems) <= 100
    for kind in (
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\u00e9",
    ):
        with pytest.raises(Unreadable):
            read_call(many, kind)
    with pytest.raises(Unreadable, match="too_many_fields"):
        read_call(
            "&".join(f"f{number}=v" for number in range(200)).encode(), "application/x-www-form-urlencoded"
        )


@given(st.binary(max_size=300))
def test_no_form_breaks_the_reader(data: bytes) -> None:
    for whole in (data, b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + data):
        try:
            read_call(whole, "multipart/form-data; boundary=x")
        except Unreadable:
            pass


CAREFUL = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(), st.text(max_size=8), st.sampled_from([":", "a:b", "\\", '"'])
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", "lon", "lat", "place", "a:b", ""]), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@given(
    st.lists(
        st.tuples(st.sampled_from(["text", "lon", "lat", "place", "caller_phone", "x:y"]), CAREFUL),
        max_size=5,
    ),
    st.booleans(),
)
def test_the_quick_reading_of_an_object_is_the_careful_one(
    pairs: list[tuple[str, object]], ascii_only: bool
) -> None:
    said = ", ".join(
        f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=ascii_only)}" for name, value in pairs
    )
    text = "{" + said + "}"
    quick = loose._quick(text)
    if quick is not None:
        slow = loose.Reading()
        assert repr(quick) == repr(loose._plain(slow, loose._JSON.decode(text))) and not slow.left_over


def test_a_plain_call_is_read_quickly_and_what_needs_care_is_not() -> None:
    assert loose._quick('{"text": "a: b", "place": {"lon": 113.3, "lat": 23.1}}') is not None
    for text in (
        '{"text": "a", "text": "b"}',
        '{"text": "a\\u003a", "text": "b"}',
        '{"place": {"lon": 1.5, "lon": 2.5}}',
        '{"caller_phone": 123456789012345678901}',
        '{"lon": NaN}',
        "[1]",
    ):
        assert loose._quick(text) is None


@given(st.floats(-200, 200), st.floats(-100, 100))
def test_two_coordinates_alone_are_read_as_they_are_beside_other_words(lon: float, lat: float) -> None:
    alone, beside = (
        read({"text": "x", "place": {"lon": lon, "lat": lat, **more}}) for more in ({}, {"floor": 0})
    )
    beside[0].get("place", {}).pop("floor", None)  # type: ignore[attr-defined]
    assert alone[1] == beside[1] and alone[0].get("place", {}) == beside[0].get("place", {})
