"""`firstminute token`: bearer tokens for crews, teams, devices and seats, beside a running service or without one."""

from __future__ import annotations

import os
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
NAMES = {"patrol": "unit", "lead": "team", "member": "team"}
"""Whom a role's token must name: without it the token would speak for nobody."""


@click.group()
def token() -> None:
    """Bearer tokens: who may speak, and for whom. A running service sees a change within a second."""


@token.command("add")
@click.argument("holder", metavar="ID")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the token may do.")
@click.option("--unit", help="The unit it speaks for (patrol, device).")
@click.option("--team", help="The team it speaks for (lead, member).")
@click.option("--seat", help="The seat it sits at (dispatcher, commander).")
@click.option("--lang", type=click.Choice(["en", "zh-CN"]), help="Language; default: LANG.")
@DATA
def add(holder: str, role: str, lang: str | None, data: Path | None, **names: str | None) -> None:
    """Make a token for ID and print it, once: only its hash is kept."""
    needed = NAMES.get(role)
    if needed is not None and not names[needed]:
        said = {"role": role, "option": f"--{needed}"}
        raise click.UsageError(sentence(language_of(lang, os.environ), "token.names_nobody", said))
    actor = Actor(id=holder, role=role, unit_id=names["unit"], team_id=names["team"], seat=names["seat"])
    click.echo(_tokens(data).add(actor))


@token.command("list")
@DATA
def show(data: Path | None) -> None:
    """Who holds a token: role, id, and whom it speaks for."""
    for actor in _tokens(data).everybody():
        words = (("unit", actor.unit_id), ("team", actor.team_id), ("seat", actor.seat))
        click.echo("\t".join([actor.role, actor.id, *(f"{name}={value}" for name, value in words if value)]))


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


def _tokens(data: Path | None) -> Tokens:
    return Tokens(data or Settings().data_dir)
