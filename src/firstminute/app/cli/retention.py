"""`firstminute retention` and `firstminute hold`: what goes when its time is up, and what must stay."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import click

from firstminute.app.cli.record import DATA, LANG, desk_on, do, say
from firstminute.app.cli.refusal import refused
from firstminute.app.retention import days_of, plan, run_through
from firstminute.app.settings import Settings
from firstminute.respond.reasons import REASONS
from firstminute.store.ageing import holds
from firstminute.store.errors import StorageRefused
from firstminute.store.onlooker import Onlooker
from firstminute.store.tracks import files_before


@click.command()
@click.option(
    "--plan",
    "only_look",
    is_flag=True,
    help="Show what would go, and change nothing; also beside a running service.",
)
@click.option("--run", "run", is_flag=True, help="Destroy the keys of what is due and not on hold.")
@DATA
@LANG
def retention(only_look: bool, run: bool, data: Path | None, lang: str | None) -> None:
    """What has been kept for as long as its class may be kept. A running service does --run by itself, a bite at a time."""
    if only_look == run:
        raise click.UsageError(say(lang, "retention.plan_or_run"))
    settings = Settings()
    for name, days in days_of(settings).items():
        click.echo(
            say(lang, "retention.class" if days else "retention.class_kept", {"name": name, "days": days})
        )
    if run:
        with desk_on(data, settings, lang) as desk:
            click.echo(say(lang, "retention.done", {"count": run_through(desk, settings)}))
        return
    folder = data or settings.data_dir
    try:
        with Onlooker(folder, settings.desk) as onlooker:
            counts: Counter[str] = Counter()
            for due, on_hold in plan(onlooker, settings, time.time()):
                counts["held" if on_hold else "due"] += 1
                since = datetime.fromtimestamp(due.since_s, UTC).date().isoformat()
                said = {"subject": due.subject_id, "name": due.kept_as, "since": since}
                click.echo(say(lang, "retention.held" if on_hold else "retention.due", said))
    except StorageRefused as problem:
        raise refused(problem, lang) from None
    for path in files_before(folder / "tracks", time.time(), settings.tracks_kept_days):
        click.echo(say(lang, "retention.tracks", {"file": path.name}))
    click.echo(say(lang, "retention.planned", {"count": counts["due"], "held": counts["held"]}))


@click.group()
def hold() -> None:
    """Legal hold: what must not be erased, by whatever way, until it is released."""


@hold.command("place")
@click.argument("subjects", nargs=-1, required=True, metavar="SUBJECT...")
@click.option(
    "--reason", type=click.Choice(REASONS["hold"]), required=True, help="Why; it is part of the fact."
)
@click.option("--note", help="What else there is to say, the court's number for example; sealed.")
@DATA
@LANG
def place(
    subjects: tuple[str, ...], reason: str, note: str | None, data: Path | None, lang: str | None
) -> None:
    """Keep what is known of SUBJECTs: calls, incidents with their calls, rolls, or rows such as members/m17. While the service runs, use POST /holds."""
    with desk_on(data, Settings(), lang) as desk:
        ack = do(desk, "hold_data", {"subject_ids": list(subjects), "reason": reason, "note": note}, lang)
    click.echo(say(lang, "hold.placed", {"hold": ack.reply["hold_id"], "seq": ack.seq}))


@hold.command("release")
@click.argument("hold_id", metavar="HOLD")
@click.option(
    "--reason", type=click.Choice(REASONS["release_hold"]), required=True, help="Why; it is part of the fact."
)
@click.option("--note", help="What else there is to say; sealed.")
@DATA
@LANG
def release(hold_id: str, reason: str, note: str | None, data: Path | None, lang: str | None) -> None:
    """End a hold. While the service runs, use POST /holds/release."""
    with desk_on(data, Settings(), lang) as desk:
        ack = do(desk, "release_hold", {"hold_id": hold_id, "reason": reason, "note": note}, lang)
    click.echo(say(lang, "hold.released", {"hold": hold_id, "seq": ack.seq}))


@hold.command("list")
@DATA
@LANG
def show(data: Path | None, lang: str | None) -> None:
    """The holds that stand and whom they name; also beside a running service."""
    settings = Settings()
    try:
        with Onlooker(data or settings.data_dir, settings.desk) as onlooker, onlooker.reading() as connection:
            for hold_id, subjects in holds(connection, onlooker.journal).items():
                click.echo(f"{hold_id}\t{' '.join(subjects)}")
    except StorageRefused as problem:
        raise refused(problem, lang) from None
