"""`firstminute terminal`: the code by which a vehicle terminal (JT/T 808) is known, and a number freed for another terminal."""

from __future__ import annotations

import json
from pathlib import Path

import click

from firstminute.app.cli.record import DATA, LANG, say
from firstminute.app.cli.refusal import refused
from firstminute.app.settings import Settings
from firstminute.app.terminals import BINDINGS, code_of, digits_of
from firstminute.store.errors import StorageRefused
from firstminute.store.onlooker import Onlooker

NUMBER = click.argument("number", metavar="NUMBER")


@click.group()
def terminal() -> None:
    """Vehicle terminals that speak JT/T 808: their codes, and whose a number is."""


def _digits(number: str, lang: str | None) -> str:
    found = digits_of(number)
    if not found:
        raise click.ClickException(say(lang, "terminal.no_number", {"number": number}))
    return found


@terminal.command("code")
@NUMBER
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@DATA
@LANG
def code(number: str, as_json: bool, data: Path | None, lang: str | None) -> None:
    """Print the authentication code of the terminal whose telephone number is NUMBER, for its own settings."""
    settings, phone = Settings(), _digits(number, lang)
    try:
        with Onlooker(data or settings.data_dir, settings.desk) as record:
            made = code_of(record.vault, phone)
    except StorageRefused as problem:
        raise refused(problem, lang) from None
    click.echo(json.dumps({"number": phone, "code": made}) if as_json else made)


@terminal.command("free")
@NUMBER
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@DATA
@LANG
def free(number: str, as_json: bool, data: Path | None, lang: str | None) -> None:
    """Forget to which terminal and plate NUMBER is bound, so that another one may register. Stop the service before, start it afterwards."""
    path, phone = (data or Settings().data_dir) / BINDINGS, _digits(number, lang)
    bound = json.loads(path.read_text()) if path.exists() else {}
    was = bound.pop(phone, None) is not None
    if was:
        fresh = path.with_suffix(".new")
        fresh.touch(0o600)
        fresh.write_text(json.dumps(bound))
        fresh.replace(path)
    click.echo(
        json.dumps({"number": phone, "freed": was})
        if as_json
        else say(lang, "terminal.freed" if was else "terminal.was_free", {"number": phone})
    )
