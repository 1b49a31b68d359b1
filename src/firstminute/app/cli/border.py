"""`firstminute border`: the keys of the two zones, whom each trusts, and what waits between them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from firstminute.app.border.link import Link
from firstminute.app.cli.refusal import refused
from firstminute.app.messages import language_of, sentence
from firstminute.app.settings import Settings
from firstminute.store.border_keys import CARD, read_card
from firstminute.store.errors import StorageRefused

DATA = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Folder of this zone (default: the settings' data_dir)."
)  # fmt: skip
LANG = click.option("--lang", type=click.Choice(["en", "zh-CN"]), help="Language; default: LANG.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@contextmanager
def _link(data: Path | None, name: str, lang: str | None) -> Iterator[Link]:
    settings = Settings()
    try:
        link = Link(data or settings.data_dir, name, most_bytes=settings.border_most_mb * 1_000_000)
    except StorageRefused as problem:
        raise refused(problem, lang) from None
    try:
        yield link
    finally:
        link.close()


@click.group()
def border() -> None:
    """Two zones: keys, trust, and what waits between them. May run beside a service."""


@border.command("card")
@click.option(
    "--name",
    default="zone",
    show_default=True,
    help="Name of this zone, where its keys are still to be made: inside, outside.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the card to this file too."
)
@AS_JSON
@LANG
@DATA
def card(name: str, out: Path | None, as_json: bool, lang: str | None, data: Path | None) -> None:
    """Show this zone's card, made where it is missing. Hand the file over, read the fingerprint out by another way."""
    with _link(data, name, lang) as link:
        shown = link.card
        text = json.dumps(shown.plain(), indent=1)
        if out is not None:
            out.write_text(text + "\n", encoding="ascii")
        if as_json:
            click.echo(json.dumps({**shown.plain(), "fingerprint": shown.fingerprint}))
        else:
            where = out or link.out.file.path.with_name(CARD)
            said = {"name": shown.name, "fingerprint": shown.fingerprint, "path": where}
            click.echo(sentence(language_of(lang, os.environ), "border.card", said))


@border.command("trust")
@click.argument("file", metavar="CARD", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--fingerprint", required=True, help="As it was read out to you.")
@click.option(
    "--name",
    default="zone",
    show_default=True,
    help="Name of this zone, where its keys are still to be made.",
)
@LANG
@DATA
def trust(file: Path, fingerprint: str, name: str, lang: str | None, data: Path | None) -> None:
    """Trust the other zone by its card, if it has the fingerprint that was read out. The card trusted before is believed no longer."""
    language, found = language_of(lang, os.environ), read_card(file)
    if found is None:
        raise click.ClickException(sentence(language, "border.no_card", {"path": file}))
    if "".join(fingerprint.lower().split()) != found.fingerprint.replace(" ", ""):
        raise click.ClickException(
            sentence(language, "border.other_fingerprint", {"fingerprint": found.fingerprint})
        )
    with _link(data, name, lang) as link:
        link.into.trust(found)
    said = {"name": found.name, "fingerprint": found.fingerprint}
    click.echo(sentence(language, "border.trusted", said))


@border.command("rotate")
@LANG
@DATA
def rotate(lang: str | None, data: Path | None) -> None:
    """Make new keys and announce them to the other zone, signed by the old one; nothing else need be done."""
    with _link(data, "zone", lang) as link:
        try:
            link.need_trust()
            made = link.out.rotate()
        except StorageRefused as problem:
            raise refused(problem, lang) from None
        link.keys.show(made)
    click.echo(sentence(language_of(lang, os.environ), "border.rotated", {"fingerprint": made.fingerprint}))


@border.command("show")
@AS_JSON
@LANG
@DATA
def show(as_json: bool, lang: str | None, data: Path | None) -> None:
    """What waits here for the other zone, how far its words were read, and what was refused and why."""
    with _link(data, "zone", lang) as link:
        found = {name: value for name, value in link.health().items() if name in SHOWN}
    if as_json:
        click.echo(json.dumps(found))
        return
    language = language_of(lang, os.environ)
    refusals = ", ".join(f"{why} {count}" for why, count in found["refused"].items()) or "0"
    click.echo(
        sentence(language, "border.show", {**found, "refused": refusals, "trusts": found["trusts"] or "-"})
    )


SHOWN = ("waiting", "waiting_bytes", "waiting_s", "read", "refused", "trusts", "full")
