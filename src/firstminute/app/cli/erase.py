"""`firstminute erase`: destroy the keys of persons, without a running service."""

from __future__ import annotations

from pathlib import Path

import click

from firstminute.app.cli.record import DATA, LANG, desk_on, do, say
from firstminute.app.settings import Settings
from firstminute.flow.deciders.desk import ERASE_REASONS


@click.command()
@click.argument("subjects", nargs=-1, required=True, metavar="SUBJECT...")
@click.option(
    "--reason", type=click.Choice(ERASE_REASONS), required=True, help="Why; it is part of the fact."
)
@DATA
@click.option("--yes", is_flag=True, help="Do not ask.")
@LANG
def erase(subjects: tuple[str, ...], reason: str, data: Path | None, yes: bool, lang: str | None) -> None:
    """Destroy the keys of SUBJECTs for ever: calls, incidents, rolls, or rows such as members/m17. All of them, or none.

    While the service runs, use POST /erasures.
    """
    settings, count = Settings(), len(set(subjects))
    if not yes:
        click.confirm(say(lang, "erase.confirm", {"count": count}), abort=True)
    with desk_on(data, settings, lang) as desk:
        ack = do(desk, "erase_subjects", {"subject_ids": list(subjects), "reason": reason}, lang)
    click.echo(say(lang, "erase.done", {"count": count, "seq": ack.seq, "days": settings.vault_backups}))
