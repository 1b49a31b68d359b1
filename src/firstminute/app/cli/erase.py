"""`firstminute erase`: destroy the keys of persons, without a running service."""

from __future__ import annotations

import os
from pathlib import Path

import click

from firstminute.app.cli.refusal import refused
from firstminute.app.desk import Desk
from firstminute.app.messages import language_of, sentence
from firstminute.app.settings import Settings
from firstminute.flow.deciders.desk import ERASE_REASONS
from firstminute.model.envelope import Actor
from firstminute.store.errors import StorageRefused
from firstminute.store.store import Store


@click.command()
@click.argument("subjects", nargs=-1, required=True, metavar="SUBJECT...")
@click.option(
    "--reason", type=click.Choice(ERASE_REASONS), required=True, help="Why; it is part of the fact."
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of the record (default: the settings' data_dir).",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--lang", type=click.Choice(["en", "zh-CN"]), help="Language; default: LANG.")
def erase(subjects: tuple[str, ...], reason: str, data: Path | None, yes: bool, lang: str | None) -> None:
    """Destroy the keys of SUBJECTs for ever: calls, incidents, rolls, or rows such as members/m17. All of them, or none.

    While the service runs, use POST /erasures.
    """
    language, settings = language_of(lang, os.environ), Settings()
    if not yes:
        click.confirm(sentence(language, "erase.confirm", {"count": len(set(subjects))}), abort=True)
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
        actor = Actor(id="command-line", role="admin")
        arguments = {"subject_ids": list(subjects), "reason": reason}
        ack = desk.submit("erase_subjects", arguments, actor, os.urandom(16).hex()).result()
        desk.stop()
    finally:
        store.close()
    if not ack.done:
        raise click.ClickException(sentence(language, f"refused.{ack.code}", ack.params))
    said = {"count": len(set(subjects)), "seq": ack.seq, "days": settings.vault_backups}
    click.echo(sentence(language, "erase.done", said))
