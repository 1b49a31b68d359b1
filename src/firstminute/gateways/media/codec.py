"""What a file is by its first bytes, and what of it may be shown: a name or a declared type is never believed.

Idea: `media_of` tells the few kinds that phones make; everything else (SVG, HTML, archives, programs) is none of them. `shareable` takes sound and film
apart just far enough to know that the file is whole and nothing hangs on its end, and empties what says where and by whom it was made (`boxes`, `sound`).
Pictures are drawn anew by a process of their own (`pictures`), because their decoders are the ones that get attacked.
Limits: JPEG, PNG, WebP; MP4, MOV, M4A and 3GP; Ogg Opus; WAV. HEIC is refused: a browser sends JPEG where it is asked for one.
"""

from __future__ import annotations

from firstminute.gateways.media import boxes, sound
from firstminute.gateways.media.broken import Broken

PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})
SHARED_PICTURE = "image/jpeg"
OPUS_HEAD = b"OpusHead"
BEGINNING = 64


def media_of(data: bytes) -> str | None:
    """The media type that the content shows, None where it is nothing that is taken.

    >>> media_of(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), media_of(b"\\xff\\xd8\\xff\\xe0")
    (None, 'image/jpeg')
    """
    head = data[:BEGINNING]
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])
    if head.startswith(b"OggS"):
        return "audio/ogg" if OPUS_HEAD in head else None
    if head[4:8] == b"ftyp":
        return boxes.media_of(head[8:12])
    return None


def shareable(data: bytes, media: str) -> bytes:
    """Sound or film as it may be shown: whole, and silent about place and maker. Raises Broken."""
    if media == "audio/ogg":
        return sound.opus(data)
    if media == "audio/wav":
        return sound.wave(data)
    assert media in boxes.MEDIA, media
    return boxes.emptied(data)


__all__ = ["PICTURES", "SHARED_PICTURE", "Broken", "media_of", "shareable"]
