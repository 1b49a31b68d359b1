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
@click.argument("subjects", nargs=-1, metavar="[SUBJECT]...")
@click.option("--reason", type=click.Choice(ERASE_REASONS), help="Why; it is part of the fact.")
@click.option(
    "--confirm", metavar="PROPOSAL", help="Say yes, as a second person, to what somebody else proposed."
)
@click.option("--by", metavar="NAME", help="Who does this; a second person must name another than the first.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of the record (default: the settings' data_dir).",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--lang", type=click.Choice(["en", "zh-CN"]), help="Language; default: LANG.")
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
    language, settings = language_of(lang, os.environ), Settings()
    if confirm is None and (not subjects or reason is None):
        raise click.UsageError(sentence(language, "erase.says_what", {}))
    if not yes and confirm is None:
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
        actor = Actor(id=f"command-line:{by}" if by else "command-line", role="admin")
        name, arguments = "erase_subjects", {"subject_ids": list(subjects), "reason": reason}
        if confirm is not None:
            name, arguments = "confirm_proposal", {"proposal_id": confirm}
        ack = desk.submit(name, arguments, actor, os.urandom(16).hex()).result()
        desk.stop()
    finally:
        store.close()
    if not ack.done:
        raise click.ClickException(sentence(language, f"refused.{ack.code}", ack.params))
    if confirm is None:
        click.echo(sentence(language, "erase.proposed", {"proposal": str(ack.reply["proposal_id"])}))
        return
    said = {"count": ack.reply.get("erased", 0), "seq": ack.seq, "days": settings.vault_backups}
    click.echo(sentence(language, "erase.done", said))
