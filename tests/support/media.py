"""Small real files of every kind that people attach, made here so that nothing foreign lies in the repository."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence

from PIL import Image

from firstminute.gateways.media.sound import checksum

PLACE = b"+23.1291+113.2644/"


def picture(form: str = "JPEG", size: tuple[int, int] = (64, 48), **more: object) -> bytes:
    """A picture with a gradient, so that it has something to lose."""
    made = Image.linear_gradient("L").resize(size).convert("RGB")
    out = io.BytesIO()
    made.save(out, form, **more)  # type: ignore[arg-type]
    return out.getvalue()


def picture_with_place() -> bytes:
    """A JPEG whose EXIF says where it was taken, by which camera, and that it lies on its side."""
    exif = Image.Exif()
    exif[0x010F] = "CANARY-CAMERA"
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (23.0, 7.0, 44.8), 3: "E", 4: (113.0, 15.0, 51.8)})
    return picture("JPEG", exif=exif, comment=b"CANARY-COMMENT")


def bomb(side: int = 60_000) -> bytes:
    """A PNG that says it is `side` by `side` pixels and is small."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    row = bytes(1 + side // 8)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(row * 64))
        + chunk(b"IEND", b"")
    )


def box(kind: bytes, *inside: bytes) -> bytes:
    """One box of an MP4."""
    data = b"".join(inside)
    return struct.pack(">I", 8 + len(data)) + kind + data


def _track(handler: bytes, offset: int, sizes: Sequence[int]) -> bytes:
    said = box(b"hdlr", bytes(8), handler, bytes(13))
    tables = box(
        b"stbl",
        box(b"stsc", bytes(4), struct.pack(">IIII", 1, 1, len(sizes), 1)),
        box(
            b"stsz", bytes(4), struct.pack(">II", 0, len(sizes)), *(struct.pack(">I", each) for each in sizes)
        ),
        box(b"stco", bytes(4), struct.pack(">II", 1, offset)),
    )
    return box(b"trak", box(b"tkhd", bytes(84)), box(b"mdia", said, box(b"minf", tables)))


def film(brand: bytes = b"isom", *, records_places: bool = False) -> bytes:
    """An MP4 with one track of pictures and, where asked for, a track in which the camera keeps its places."""
    head = box(b"ftyp", brand, bytes(4), b"isom")
    seen, places = b"PICTURES" * 4, PLACE * 2

    def index(at: int) -> bytes:
        tracks = [_track(b"vide", at, [len(seen)])]
        if records_places:
            tracks.append(_track(b"meta", at + len(seen), [len(PLACE), len(PLACE)]))
        told = box(b"udta", box(b"\xa9xyz", struct.pack(">HH", len(PLACE), 0), PLACE))
        return box(b"moov", box(b"mvhd", bytes(100)), *tracks, told)

    length = len(head) + len(index(0)) + 8
    return head + index(length) + box(b"mdat", seen, places if records_places else b"")


def _page(number: int, flags: int, packet: bytes) -> bytes:
    lacing = bytes([255] * (len(packet) // 255) + [len(packet) % 255])
    made = (
        struct.pack("<4sBBqIII", b"OggS", 0, flags, number * 960, 7, number, 0)
        + bytes([len(lacing)])
        + lacing
        + packet
    )
    return made[:22] + struct.pack("<I", checksum(made)) + made[26:]


def voice(label: bytes = b"LOCATION=" + PLACE) -> bytes:
    """An Ogg Opus recording with one label."""
    head = b"OpusHead" + struct.pack("<BBHIHB", 1, 1, 312, 48_000, 0, 0)
    maker = b"recorder"
    tags = b"OpusTags" + struct.pack("<I", len(maker)) + maker + struct.pack("<II", 1, len(label)) + label
    return _page(0, 2, head) + _page(1, 0, tags) + _page(2, 4, b"\xfc" * 40)


def tone(*, label: bytes = b"LIST" + struct.pack("<I", len(PLACE)) + PLACE) -> bytes:
    """A WAV with a label behind the sound."""
    shape = struct.pack("<HHIIHH", 1, 1, 8_000, 16_000, 2, 16)
    inside = (
        b"WAVEfmt "
        + struct.pack("<I", len(shape))
        + shape
        + b"data"
        + struct.pack("<I", 8)
        + bytes(8)
        + label
    )
    return b"RIFF" + struct.pack("<I", len(inside)) + inside


SMALL = {
    "image/jpeg": picture("JPEG"), "image/png": picture("PNG"), "image/webp": picture("WEBP"), "video/mp4": film(), "audio/mp4": film(b"M4A "),
    "audio/ogg": voice(), "audio/wav": tone(),
}  # fmt: skip
