"""The words of a PDF as Chromium writes it, page by page, with the standard library alone.

Idea: what is printed must be looked at in what is printed. Skia names each font by its object number (Chinese ones are of type 3, a byte a glyph), gives
each a table from glyph to letter, and puts text into compressed streams; that is all that is read here. Limits: no other writer's files; order is that of
drawing; spaces are left out.
"""

from __future__ import annotations

import re
import unicodedata
import zlib

OBJECT = re.compile(rb"(\d+) 0 obj\b(.*?)\bendobj", re.DOTALL)
STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
SHOWN = re.compile(rb"/F(\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>|\((?:[^()\\]|\\.)*\)", re.DOTALL)
ESCAPED = {ord("n"): 10, ord("r"): 13, ord("t"): 9, ord("b"): 8, ord("f"): 12}
Letters = dict[int, str]
Font = tuple[int, Letters]
"""How many bytes a glyph has, and its letters."""


def pages(pdf: bytes) -> list[str]:
    """The text of each page, without spaces."""
    objects = {int(number): body for number, body in OBJECT.findall(pdf)}
    fonts: dict[int, Font] = {
        number: (1 if b"/Type3" in body else 2, _letters(_stream(objects[int(found[1])])))
        for number, body in objects.items()
        if (found := re.search(rb"/ToUnicode (\d+) 0 R", body)) is not None
    }
    found_pages = [
        body for _, body in sorted(objects.items()) if re.search(rb"/Type\s*/Page\b", body) is not None
    ]
    return [_text(_content(body, objects), fonts) for body in found_pages]


def _content(page: bytes, objects: dict[int, bytes]) -> bytes:
    found = re.search(rb"/Contents (?:\[([^\]]*)\]|(\d+) 0 R)", page)
    assert found is not None
    numbers = re.findall(rb"(\d+) 0 R", found[1]) if found[1] is not None else [found[2]]
    return b"\n".join(_stream(objects[int(number)]) for number in numbers)


def _stream(body: bytes) -> bytes:
    found = STREAM.search(body)
    assert found is not None
    return zlib.decompress(found[1]) if b"/FlateDecode" in body[: found.start()] else found[1]


def _letters(table: bytes) -> Letters:
    """Glyph → letters, from a ToUnicode table."""
    found: Letters = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for glyph, letters in re.findall(rb"<(\w+)>\s*<(\w+)>", block):
            found[int(glyph, 16)] = bytes.fromhex(letters.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, letter in re.findall(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            for step in range(int(last, 16) - int(first, 16) + 1):
                found[int(first, 16) + step] = chr(int(letter, 16) + step)
    return found


def _text(content: bytes, fonts: dict[int, Font]) -> str:
    said: list[str] = []
    wide, letters = 2, Letters()
    for found in SHOWN.finditer(content):
        if found[1] is not None:
            wide, letters = fonts.get(int(found[1]), (2, Letters()))
            continue
        glyphs = bytes.fromhex(found[2].decode()) if found[2] is not None else _plain(found[0][1:-1])
        for at in range(0, len(glyphs), wide):
            said.append(letters.get(int.from_bytes(glyphs[at : at + wide], "big"), ""))
    return "".join(unicodedata.normalize("NFKC", "".join(said)).split())


def _plain(text: bytes) -> bytes:
    """A string in brackets without its backslashes."""
    made = bytearray()
    at = 0
    while at < len(text):
        byte = text[at]
        at += 1
        if byte != ord("\\"):
            made.append(byte)
            continue
        octal = re.match(rb"[0-7]{1,3}", text[at:])
        if octal is not None:
            made.append(int(octal[0], 8) & 255)
            at += len(octal[0])
        else:
            made.append(ESCAPED.get(text[at], text[at]))
            at += 1
    return bytes(made)
