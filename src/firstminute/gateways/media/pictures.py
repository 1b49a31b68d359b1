"""A picture drawn anew, in a process of its own that may do little: whatever hangs on it, or stands in it beside what is seen, is gone.

Idea: decoders of pictures are large, old and written in C. `main` runs in a child that `app.attachments` starts: it reads a picture from its input and
writes a JPEG to its output, or one word that says why not; it has little memory, little time, no files and no privilege to lose. The size is read and
held against a bound before a single pixel is decoded. Orientation is applied, transparency becomes white, of an animation the first picture is left.
Limits: the copy that is shown is at most `SIDE_SHOWN_MOST` pixels wide or high; the original is kept sealed beside it.
"""

from __future__ import annotations

import io
import resource
import sys
import warnings

PIXELS_MOST = 50_000_000
SIDE_MOST = 30_000
SIDE_SHOWN_MOST = 2560
QUALITY = 85
MEMORY_MOST = 1_500_000_000
CPU_MOST_S = 15
FORMATS = ("JPEG", "PNG", "WEBP")
REFUSED = 3
"""Exit code with which the child says a word in the place of a picture: too_large or broken."""


class Undrawable(ValueError):
    """No picture comes of it. The text is a word: too_large or broken."""


def main() -> None:
    """Draw what comes in on standard input anew."""
    _give_up_rights()
    try:
        sys.stdout.buffer.write(drawn_anew(sys.stdin.buffer.read()))
    except Undrawable as problem:
        sys.stdout.write(str(problem))
        sys.exit(REFUSED)


def _give_up_rights() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_MOST),
        (resource.RLIMIT_CPU, CPU_MOST_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def drawn_anew(data: bytes, most: int = PIXELS_MOST) -> bytes:
    """The picture, of at most so many pixels, as a JPEG that holds pixels alone. Raises Undrawable."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = most
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            width, height = picture.size
            if width * height > most or max(width, height) > SIDE_MOST:
                raise Undrawable("too_large")
            picture.draft("RGB", (SIDE_SHOWN_MOST, SIDE_SHOWN_MOST))  # a large JPEG is decoded small
            picture.load()
            seen = ImageOps.exif_transpose(picture)
        seen.thumbnail((SIDE_SHOWN_MOST, SIDE_SHOWN_MOST))
        if seen.has_transparency_data:
            seen = seen.convert("RGBA")
            ground = Image.new("RGB", seen.size, "white")
            ground.paste(seen, mask=seen.getchannel("A"))
            seen = ground
        made = io.BytesIO()
        plain = Image.new("RGB", seen.size)
        plain.paste(seen.convert("RGB"))
        plain.save(made, "JPEG", quality=QUALITY)
        return made.getvalue()
    except (Image.DecompressionBombError, MemoryError):
        raise Undrawable("too_large") from None
    except Undrawable:
        raise
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        TypeError,
        KeyError,
        IndexError,
        EOFError,
        ArithmeticError,
        AttributeError,
        RuntimeError,
        AssertionError,
    ):
        raise Undrawable("broken") from None
