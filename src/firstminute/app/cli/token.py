"""`firstminute token`: bearer tokens for crews, teams, devices and seats, beside a running service or without one."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from firstminute.app.messages import language_of, sentence
from firstminute.app.secrets import ROLES, Tokens
from firstminute.app.settings import Settings
from firstminute.model.envelope import Actor

DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the record (default: the settings' data_dir).",
)
DAYS = click.option(
    "--days", type=click.IntRange(1, 3650), help="How long it is good, days; for ever where left out."
)
DAY_S = 86_400.0
NAMES = {"patrol": "unit", "lead": "team", "member": "team"}
"""Whom a role's token must name: without it the token would speak for nobody."""


@click.group()
def token() -> None:
    """Bearer tokens: who may speak, and for whom. A running service sees a change within a second."""


@token.command("add")
@click.argument("holder", metavar="ID")
@click.option("--role", type=click.Choice((*ROLES, "border")), required=True, help="What the token may do.")
@click.option("--unit", help="The unit it speaks for (patrol, device).")
@click.option("--team", help="The team it speaks for (lead, member).")
@click.option("--seat", help="The seat it sits at (dispatcher, commander).")
@click.option(
    "--district",
    help="The station or district it answers for; left out: the whole city (desk), the unit's own (patrol).",
)
@DAYS
@click.option("--lang", type=click.Choice(["en", "zh-CN"]), help="Language; default: LANG.")
@DATA
def add(
    holder: str, role: str, days: int | None, lang: str | None, data: Path | None, **names: str | None
) -> None:
    """Make a token for ID and print it, once: only its hash is kept."""
    needed = NAMES.get(role)
    if needed is not None and not names[needed]:
        said = {"role": role, "option": f"--{needed}"}
        raise click.UsageError(sentence(language_of(lang, os.environ), "token.names_nobody", said))
    actor = Actor(
        id=holder,
        role=role,
        unit_id=names["unit"],
        team_id=names["team"],
        seat=names["seat"],
        district=names["district"],
    )
    click.echo(_tokens(data).add(actor, lasts_s=days * DAY_S if days else None))


@token.command("rotate")
@click.argument("holder", metavar="ID")
@click.option(
    "--overlap-h",
    type=click.FloatRange(0, 24 * 30),
    default=24.0,
    show_default=True,
    help="How long the old tokens of ID still work, hours.",
)
@DAYS
@click.option("--lang", type=click.Choice(["en", "zh-CN"]), help="Language; default: LANG.")
@DATA
def rotate(holder: str, overlap_h: float, days: int | None, lang: str | None, data: Path | None) -> None:
    """Make a new token for ID, which holds one, and print it, once; the old ones end after the overlap."""
    made = _tokens(data).rotate(holder, overlap_s=overlap_h * 3600.0, lasts_s=days * DAY_S if days else None)
    if made is None:
        raise click.ClickException(sentence(language_of(lang, os.environ), "token.nobody", {"id": holder}))
    click.echo(made)


@token.command("list")
@DATA
def show(data: Path | None) -> None:
    """Who holds a token: role, id, whom it speaks for, and when each of its tokens ends."""
    tokens = _tokens(data)
    for actor in dict.fromkeys(tokens.everybody()):
        words = (
            ("unit", actor.unit_id),
            ("team", actor.team_id),
            ("seat", actor.seat),
            ("district", actor.district),
        )
        ends = [_day(until_s) for until_s in tokens.until_s_of(actor.id) if until_s is not None]
        said = [
            *(f"{name}={value}" for name, value in words if value),
            *(f"until={end}" for end in sorted(ends)),
        ]
        click.echo("\t".join([actor.role, actor.id, *said]))


@token.command("revoke")
@click.argument("holder", metavar="ID")
@click.option("--lang", type=click.Choice(["en", "zh-CN"]), help="Language; default: LANG.")
@DATA
def revoke(holder: str, lang: str | None, data: Path | None) -> None:
    """Take every token of ID away."""
    gone = _tokens(data).revoke(holder)
    if not gone:
        raise click.ClickException(sentence(language_of(lang, os.environ), "token.nobody", {"id": holder}))
    click.echo(sentence(language_of(lang, os.environ), "token.revoked", {"id": holder, "count": gone}))


def _day(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="minutes")


def _tokens(data: Path | None) -> Tokens:
    return Tokens(data or Settings().data_dir)
