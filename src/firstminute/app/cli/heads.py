"""What the commands about heads share: reading one from a file, and saying what its signature is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from firstminute.app.messages import sentence
from firstminute.store.head_key import public_key_of
from firstminute.store.head_text import read_head
from firstminute.store.heads import MOST_BYTES, NoHead, SignedHead, key_id_of

Seal = Literal["ours", "own", "unsigned", "unknown", "wrong"]
"""ours: by the key that the data folder shows · own: by the key that the head itself brings · unsigned: it has none, as when read out ·
unknown: by a key that nobody here has · wrong: not by the key it names."""


def head_in(path: Path, language: str) -> SignedHead:
    """The head in a file; a sentence that says what is wrong where it holds none."""
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1).decode("utf-8")
        return read_head(text)
    except UnicodeDecodeError:
        problem = NoHead("UTF-8")
    except NoHead as found:
        problem = found
    said = {"path": path, "what": problem.what}
    raise click.ClickException(sentence(language, f"head.wrong_{problem.code}", said))


def seal_of(head: SignedHead, folder: Path, by: str | None = None) -> Seal:
    """What the signature of a head is worth to somebody who holds this data folder, or the public key `by`."""
    if not head.signature:
        return "unsigned"
    known = by or public_key_of(folder)
    if known is not None and head.key_id == key_id_of(known):
        return "ours" if head.signed_by(known) else "wrong"
    if head.public_key:
        return "own" if head.signed_by(head.public_key) else "wrong"
    return "unknown"
