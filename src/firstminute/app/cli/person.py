"""`firstminute person`: what is kept about somebody, handed out or put right on their request."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import IO

import click

from firstminute.app.cli.record import BY, DATA, LANG, desk_on, do, named, say
from firstminute.app.desk import Desk
from firstminute.app.persons import Persons
from firstminute.app.settings import Settings
from firstminute.flow.opening import granted_to
from firstminute.flow.state import State
from firstminute.model.envelope import Actor
from firstminute.model.records import TABLES
from firstminute.respond.reasons import REASONS


@click.group()
def person() -> None:
    """A person's own data, on request: export and correct. To erase, see `firstminute erase`."""


@person.command("export")
@click.argument("subject", metavar="SUBJECT")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="File to write, readable by you alone; it must not exist yet.",
)
@BY
@DATA
@LANG
def export(subject: str, out: Path, by: str | None, data: Path | None, lang: str | None) -> None:
    """Write everything kept about SUBJECT (a call, an incident, a roll, or a row such as members/m17) as JSON.

    What belongs to no open incident needs a second person: the first time it is proposed; once somebody else has confirmed it
    (firstminute person confirm), the same command writes the file, within an hour. That it was taken out is a fact before it is read.
    While the service runs, use POST /exports.
    """
    if out.exists():
        raise click.ClickException(say(lang, "person.file_there", {"file": out}))
    with desk_on(data, Settings(), lang) as desk:
        if not _granted(desk, named(by), subject):
            wanted = {"subject_id": subject, "purpose": "request_of_person", "export": True}
            ack = do(desk, "open_data", wanted, lang, by=by)
            if "proposal_id" in ack.reply:
                click.echo(say(lang, "person.proposed", {"proposal": ack.reply["proposal_id"]}))
                return
        try:
            handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise click.ClickException(say(lang, "person.file_there", {"file": out})) from None
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            found = Persons(desk.store).export(subject)
            json.dump(found, file, ensure_ascii=False, indent=1)
    said = {
        "facts": len(found["facts"]),
        "rows": len(found["rows"]),
        "mentions": len(found["mentions"]),
        "file": out,
    }
    click.echo(say(lang, "person.exported", said))


def _granted(desk: Desk, actor: Actor, subject: str) -> bool:
    """Whether a second person lets this one export the subject now."""
    now_s = desk.now_s()

    def look(state: State) -> bool:
        return any(
            each.subject_id == subject and each.how == "export" for each in granted_to(state, actor, now_s)
        )

    return desk.ask(look).result()


@person.command("confirm")
@click.argument("proposal")
@BY
@DATA
@LANG
def confirm(proposal: str, by: str | None, data: Path | None, lang: str | None) -> None:
    """Say yes, as the second person, to an export that somebody else proposed. Whoever proposed it writes the file."""
    with desk_on(data, Settings(), lang) as desk:
        proposed = desk.ask(lambda state: state.access.proposals.get(proposal)).result()
        if proposed is None or proposed.command != "open_data":
            raise click.ClickException(say(lang, "refused.unknown_proposal"))
        ack = do(desk, "confirm_proposal", {"proposal_id": proposal}, lang, by=by)
    click.echo(say(lang, "person.confirmed", {"seq": ack.seq}))


@person.command("correct")
@click.argument("subject", metavar="SUBJECT")
@click.argument("values", type=click.File(encoding="utf-8"), metavar="FILE")
@click.option(
    "--reason",
    type=click.Choice(REASONS["correct"]),
    required=True,
    help="What it rests on; it is part of the fact.",
)
@click.option("--note", help="What else there is to say; sealed.")
@DATA
@LANG
def correct(subject: str, values: IO[str], data: Path | None, lang: str | None, **about: str | None) -> None:
    """Record that fields of SUBJECT are wrong and what is right, read from FILE ('-' = standard input): {"phone": "13900001111"}.

    A row of a register is changed with it. While the service runs, use POST /corrections.
    """
    try:
        right = json.load(values)
    except ValueError:
        right = None
    if not isinstance(right, dict) or not all(isinstance(each, str) for each in right.values()):
        raise click.ClickException(say(lang, "person.no_values", {"example": '{"phone": "13900001111"}'}))
    with desk_on(data, Settings(), lang) as desk:
        arguments = {"subject_id": subject, "values": right, **about}
        ack = do(desk, "correct_data", arguments, lang)
        table = subject.partition("/")[0]
        change = Persons(desk.store).corrected_row(subject, right) if table in TABLES else None
        if change is not None:
            do(desk, "change_register", change, lang)
    click.echo(say(lang, "person.corrected", {"fields": ", ".join(sorted(right)), "seq": ack.seq}))
