"""`firstminute erase`: destroy the keys of persons, without a running service; one person proposes it, another one confirms."""

from __future__ import annotations

from pathlib import Path

import click

from firstminute.app.cli.record import BY, DATA, LANG, desk_on, do, say
from firstminute.app.settings import Settings
from firstminute.flow.deciders.desk import ERASE_REASONS


@click.command()
@click.argument("subjects", nargs=-1, metavar="[SUBJECT]...")
@click.option("--reason", type=click.Choice(ERASE_REASONS), help="Why; it is part of the fact.")
@click.option(
    "--confirm", metavar="PROPOSAL", help="Say yes, as a second person, to what somebody else proposed."
)
@BY
@DATA
@click.option("--yes", is_flag=True, help="Do not ask.")
@LANG
def erase(
    subjects: tuple[str, ...],
    *,
    reason: str | None,
    confirm: str | None,
    by: str | None,
    data: Path | None,
    yes: bool,
    lang: str | None,
) -> None:
    """Propose to destroy the keys of SUBJECTs for ever: calls, incidents, rolls, or rows such as members/m17. All of them, or none.

    It needs a second person: firstminute erase --confirm PROPOSAL --by NAME. While the service runs, use POST /erasures.
    """
    settings, count = Settings(), len(set(subjects))
    if confirm is None and (not subjects or reason is None):
        raise click.UsageError(say(lang, "erase.says_what"))
    if not yes and confirm is None:
        click.confirm(say(lang, "erase.confirm", {"count": count}), abort=True)
    with desk_on(data, settings, lang) as desk:
        if confirm is None:
            wanted = {"subject_ids": list(subjects), "reason": reason}
            proposed = do(desk, "erase_subjects", wanted, lang, by=by)
            click.echo(say(lang, "erase.proposed", {"proposal": str(proposed.reply["proposal_id"])}))
            return
        ack = do(desk, "confirm_proposal", {"proposal_id": confirm}, lang, by=by)
    said = {"count": ack.reply.get("erased", 0), "seq": ack.seq, "days": settings.vault_backups}
    click.echo(say(lang, "erase.done", said))
