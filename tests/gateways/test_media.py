"""Files that people attach: told by their content, whole or refused, and silent about where and by whom they were made."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from firstminute.gateways.media import boxes, codec, sound
from firstminute.gateways.media.broken import Broken
from firstminute.gateways.media.pictures import SIDE_SHOWN_MOST, Undrawable, drawn_anew
from tests.support import media

NOT_TAKEN = (
    b"", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"<!doctype html><script>", b"PK\x03\x04", b"MZ\x90", b"\x7fELF", b"GIF89a<script>",
    b"%PDF-1.7", b"\x00\x00\x00\x18ftypheic", b"\x00\x00\x00\x18ftypavif", b"RIFF\x00\x00\x00\x00AVI ", b"OggS" + bytes(60), b"#!/bin/sh",
)  # fmt: skip


@pytest.mark.parametrize("kind", sorted(media.SMALL))
def test_a_file_is_what_its_content_says(kind: str) -> None:
    assert codec.media_of(media.SMALL[kind]) == kind


@pytest.mark.parametrize("data", NOT_TAKEN)
def test_everything_else_is_nothing_that_is_taken(data: bytes) -> None:
    assert codec.media_of(data) is None


@pytest.mark.parametrize("kind", ["video/mp4", "audio/mp4", "audio/ogg", "audio/wav"])
def test_what_is_shown_says_no_place_and_is_itself_shareable(kind: str) -> None:
    whole = media.SMALL[kind]
    assert media.PLACE in whole
    shown = codec.shareable(whole, kind)
    assert media.PLACE not in shown and codec.media_of(shown) == kind
    assert codec.shareable(shown, kind) == shown


def test_a_track_in_which_a_camera_keeps_its_places_is_emptied_with_its_samples() -> None:
    whole = media.film(records_places=True)
    shown = boxes.emptied(whole)
    assert whole.count(media.PLACE) == 3 and media.PLACE not in shown
    assert len(shown) == len(whole) and b"PICTURES" * 4 in shown


def test_labels_of_a_voice_note_are_empty_and_its_checksum_is_right() -> None:
    shown = sound.opus(media.voice())
    first = 27 + 1 + 19
    page = shown[first : shown.index(b"OggS", first + 4)]
    said = struct.unpack("<I", page[22:26])[0]
    assert said == sound.checksum(page[:22] + bytes(4) + page[26:])
    assert b"recorder" not in shown


@pytest.mark.parametrize("kind", ["video/mp4", "audio/ogg", "audio/wav"])
def test_38_a_file_cut_off_anywhere_is_broken(kind: str) -> None:
    whole = media.SMALL[kind]
    for length in range(16, len(whole), 5):
        with pytest.raises(Broken):
            codec.shareable(whole[:length], kind)


@pytest.mark.parametrize("kind", ["video/mp4", "audio/ogg", "audio/wav"])
def test_38_what_hangs_on_the_end_of_a_file_makes_it_broken(kind: str) -> None:
    with pytest.raises(Broken):
        codec.shareable(media.SMALL[kind] + b"<script>alert(1)</script>", kind)


@given(
    st.binary(max_size=400), st.sampled_from(sorted(boxes.MEDIA | {"audio/ogg", "audio/wav"})), st.booleans()
)
def test_no_bytes_do_more_than_make_a_file_broken(data: bytes, kind: str, begun: bool) -> None:
    whole = media.SMALL[kind]
    try:
        assert len(codec.shareable(whole[:40] + data if begun else data, kind)) <= len(whole) + len(data) + 8
    except Broken:
        pass


@given(
    st.sampled_from(sorted(boxes.MEDIA | {"audio/ogg", "audio/wav"})),
    st.integers(0, 2_000),
    st.integers(0, 255),
)
def test_a_byte_changed_anywhere_does_no_more_than_that(kind: str, at: int, value: int) -> None:
    spoilt = bytearray(media.SMALL[kind] if kind != "video/mp4" else media.film(records_places=True))
    spoilt[at % len(spoilt)] = value
    try:
        codec.shareable(bytes(spoilt), kind)
    except Broken:
        pass


def test_boxes_within_boxes_without_end_are_broken() -> None:
    deep = b""
    for _ in range(40):
        deep = media.box(b"moov", deep)
    for inside in (deep, media.box(b"moov", media.box(b"trak") * 5_000)):
        with pytest.raises(Broken):
            boxes.emptied(media.box(b"ftyp", b"isom") + inside + media.box(b"mdat"))


def test_38_a_picture_drawn_anew_holds_no_place_no_camera_and_no_markup() -> None:
    shown = drawn_anew(media.picture_with_place() + b"<html><script>alert(1)</script>")
    assert b"CANARY" not in shown and b"script" not in shown and b"Exif" not in shown
    with Image.open(io.BytesIO(shown)) as seen:
        assert seen.size == (48, 64) and not dict(seen.getexif())  # it lay on its side


@pytest.mark.parametrize(
    ("form", "size"), [("PNG", (4_000, 30)), ("WEBP", (3_000, 20)), ("JPEG", (3_000, 3_000))]
)
def test_a_large_picture_is_shown_smaller(form: str, size: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(drawn_anew(media.picture(form, size)))) as seen:
        assert seen.format == "JPEG" and max(seen.size) == SIDE_SHOWN_MOST


def test_transparency_becomes_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(out, "PNG")
    with Image.open(io.BytesIO(drawn_anew(out.getvalue()))) as seen:
        assert seen.getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("side", [60_000, 8_000])
def test_38_a_picture_of_too_many_pixels_is_refused_by_its_head(side: int) -> None:
    with pytest.raises(Undrawable, match="too_large"):
        drawn_anew(media.bomb(side))


@given(st.integers(0, 2_000), st.binary(min_size=1, max_size=6), st.sampled_from(["JPEG", "PNG", "WEBP"]))
def test_a_picture_with_changed_bytes_is_drawn_or_refused(at: int, bytes_: bytes, form: str) -> None:
    whole = media.picture(form)
    at %= len(whole)
    try:
        drawn_anew(whole[:at] + bytes_ + whole[at + len(bytes_) :])
    except Undrawable:
        pass
