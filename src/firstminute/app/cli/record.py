"""The record for a command or two, without a running service: store and desk opened, timers still, closed again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from firstminute.app.cli.refusal import refused
from firstminute.app.desk import Desk
from firstminute.app.messages import language_of, sentence
from firstminute.app.settings import Settings
from firstminute.flow.acks import Ack
from firstminute.model.envelope import Actor
from firstminute.store.errors import StorageRefused
from firstminute.store.store import Store

ACTOR = Actor(id="command-line", role="admin")
DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of the record (default: the settings' data_dir).",
)
LANG = click.option("--lang", type=click.Choice(["en", "zh-CN"]), help="Language; default: LANG.")


@contextmanager
def desk_on(data: Path | None, settings: Settings, lang: str | None) -> Iterator[Desk]:
    """A desk that fires no timer, stopped and closed at the end. Where a service runs on the record that is said, in the reader's language."""
    try:
        store = Store(
            data or settings.data_dir,
            settings.desk,
            hash_name=settings.hash_name,
            vault_cipher=settings.vault_cipher,
            url=settings.database_url,
        )
    except StorageRefused as problem:
        raise refused(problem, lang) from None
    try:
        desk = Desk(store, ticking=False).start()
        try:
            yield desk
        finally:
            desk.stop()
    finally:
        store.close()


BY = click.option(
    "--by", metavar="NAME", help="Who does this; a second person must name another than the first."
)


def named(by: str | None) -> Actor:
    """The command line, or a person at it."""
    return ACTOR if by is None else replace(ACTOR, id=f"{ACTOR.id}:{by}")


def do(
    desk: Desk, name: str, arguments: Mapping[str, Any], lang: str | None, *, by: str | None = None
) -> Ack:
    """One command in the name of the command line, or of a person at it; a refusal ends the program with its sentence."""
    ack = desk.submit(name, arguments, named(by), os.urandom(16).hex()).result()
    if not ack.done:
        raise click.ClickException(say(lang, f"refused.{ack.code}", ack.params))
    return ack


def say(lang: str | None, key: str, parameters: Mapping[str, Any] | None = None) -> str:
    """A sentence in the reader's language."""
    return sentence(language_of(lang, os.environ), key, parameters or {})
