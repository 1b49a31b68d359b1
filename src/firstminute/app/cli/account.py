"""`firstminute account`: who may sign in, for whoever has the machine: the locked-out, and the three duties that nobody gives over the network.

Idea: works beside a running service or without one; a running service sees a change within a second. Every act is written down and becomes a fact, by
`command-line`. Nobody chooses a password for somebody else: `add` and `reset` print a link that works once, for a day.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from firstminute.app.cli.city import lang_option
from firstminute.app.cli.refusal import refused
from firstminute.app.messages import language_of, sentence
from firstminute.app.settings import Settings
from firstminute.model.errors import Refused
from firstminute.model.roles import ACCOUNT_ROLES
from firstminute.store.accounts import Account, Accounts, Role
from firstminute.store.accounts_file import AccountsFile
from firstminute.store.errors import NotDurable, StorageRefused
from firstminute.store.sessions import Session, Sessions
from firstminute.store.signing_in import SigningIn
from firstminute.store.staff_cards import StaffCards
from firstminute.store.totp import uri_of

BY = "command-line"
Command = Callable[..., Any]


@click.group()
def account() -> None:
    """Accounts of people: who may sign in, and as what. A running service sees a change within a second."""


def common(command: Command) -> Command:
    """`--data`, `--json` and `--lang`, which every command takes."""
    for option in (
        click.option(
            "--data",
            type=click.Path(path_type=Path, file_okay=False),
            help="Folder of the record (default: the settings' data_dir).",
        ),
        click.option("--json", "as_json", is_flag=True, help="Say it as one JSON line."),
        lang_option,
    ):
        command = option(command)
    return command


def place_options(command: Command) -> Command:
    """What a role speaks for."""
    for name, what in (
        ("unit", "patrol"),
        ("team", "lead, member"),
        ("seat", "dispatcher, commander"),
        ("district", "any"),
    ):
        command = click.option(f"--{name}", help=f"What the role speaks for ({what}).")(command)
    return command


@contextmanager
def opened(data: Path | None, lang: str | None) -> Iterator[Accounts]:
    """The accounts of a data folder; a refusal ends the command with one sentence and exit code 1."""
    language = language_of(lang, os.environ)
    try:
        file = AccountsFile(data or Settings().data_dir)
    except StorageRefused as problem:
        raise refused(problem, lang) from None
    try:
        yield Accounts(file)
    except Refused as problem:
        said = sentence(language, f"refused.{problem.code}", problem.parameters)
        raise click.ClickException(said) from None
    except NotDurable as problem:
        raise click.ClickException(
            sentence(language, "account.not_written", {"reason": str(problem)})
        ) from None
    finally:
        file.close()


def say(as_json: bool, lang: str | None, key: str, **said: Any) -> None:
    """What was done: a sentence, or its parameters as JSON."""
    click.echo(
        json.dumps(said) if as_json else sentence(language_of(lang, os.environ), f"account.{key}", said)
    )


@account.command("list")
@common
def show(data: Path | None, as_json: bool, lang: str | None) -> None:
    """Everybody: name, state, roles and what they speak for."""
    with opened(data, lang) as accounts:
        for each in accounts.everybody():
            click.echo(json.dumps(asdict(each)) if as_json else _line(each))


def _line(each: Account) -> str:
    roles = ", ".join(
        " ".join(
            [
                held.role,
                *(f"{k.removesuffix('_id')}={v}" for k, v in asdict(held).items() if v and k != "role"),
            ]
        )
        for held in each.roles
    )
    return "\t".join((each.name, each.state, roles or "-", each.account_id))


@account.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ACCOUNT_ROLES), required=True, help="Its first role.")
@place_options
@common
def add(
    name: str, role: str, data: Path | None, as_json: bool, lang: str | None, **place: str | None
) -> None:
    """Make an account for NAME and print its set-up link, once."""
    with opened(data, lang) as accounts:
        account_id, link = accounts.add(name, _role(role, place), by=BY)
    say(as_json, lang, "added", name=name, account_id=account_id, link=link)


@account.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice(ACCOUNT_ROLES))
@click.option("--take", is_flag=True, help="Take the role away instead of giving it.")
@place_options
@common
def role(
    *,
    name: str,
    role: str,
    take: bool,
    data: Path | None,
    as_json: bool,
    lang: str | None,
    **place: str | None,
) -> None:
    """Give NAME one more ROLE, or take it away; its sessions in that role end at once."""
    with opened(data, lang) as accounts:
        account_id = accounts.get(name).account_id
        if take:
            accounts.take(account_id, role, by=BY)
        else:
            accounts.give(account_id, _role(role, place), by=BY)
    say(as_json, lang, "role_taken" if take else "role_given", name=name, role=role)


def _role(role: str, place: dict[str, str | None]) -> Role:
    return Role(
        role=role,
        unit_id=place["unit"],
        team_id=place["team"],
        seat=place["seat"],
        district=place["district"],
    )


@account.command("lock")
@click.argument("name")
@click.option("--left", is_flag=True, help="For good: NAME has left; secrets and roles are forgotten.")
@common
def lock(name: str, left: bool, data: Path | None, as_json: bool, lang: str | None) -> None:
    """Nobody signs in as NAME, and whoever is in is out at once."""
    with opened(data, lang) as accounts:
        accounts.lock(accounts.get(name).account_id, by=BY, why="left" if left else "order")
    say(as_json, lang, "locked", name=name)


@account.command("unlock")
@click.argument("name")
@common
def unlock(name: str, data: Path | None, as_json: bool, lang: str | None) -> None:
    """Let NAME in again, after a lock or after wrong guesses."""
    with opened(data, lang) as accounts:
        accounts.unlock(accounts.get(name).account_id, by=BY)
    say(as_json, lang, "unlocked", name=name)


@account.command("reset")
@click.argument("name")
@common
def reset(name: str, data: Path | None, as_json: bool, lang: str | None) -> None:
    """Forget NAME's password, second factor and recovery codes, end every session, and print a new set-up link."""
    with opened(data, lang) as accounts:
        link = accounts.reset(accounts.get(name).account_id, by=BY)
    say(as_json, lang, "reset", name=name, link=link)


@account.command("sessions")
@click.argument("name")
@common
def sessions(name: str, data: Path | None, as_json: bool, lang: str | None) -> None:
    """Where NAME is signed in: session, role, last used, device, address."""
    with opened(data, lang) as accounts:
        for each in Sessions(accounts.file).list_of(accounts.get(name).account_id):
            click.echo(
                json.dumps(_plain(each))
                if as_json
                else "\t".join(str(part) for part in _plain(each).values())
            )


def _plain(each: Session) -> dict[str, str]:
    """Shown in a terminal, so what a device says of itself loses its control characters."""
    seen = datetime.fromtimestamp(each.seen_s, UTC).isoformat(timespec="seconds")
    agent = "".join(sign if sign.isprintable() else "?" for sign in each.agent)
    return {
        "session_id": each.session_id,
        "role": each.actor.role,
        "seen": seen,
        "agent": agent,
        "address": each.address,
    }


@account.command("revoke")
@click.argument("name")
@click.option("--session", help="One session alone, by its id; all of them where left out.")
@common
def revoke(name: str, session: str | None, data: Path | None, as_json: bool, lang: str | None) -> None:
    """End NAME's sessions; the account itself stays as it is."""
    with opened(data, lang) as accounts:
        account_id = accounts.get(name).account_id
        found = Sessions(accounts.file)
        count = int(found.end(session, account_id)) if session else found.end_all(account_id, by=BY)
        if session and not count:
            raise Refused("unknown_session")
    say(as_json, lang, "revoked", name=name, count=count)


@account.command("card")
@click.argument("name")
@click.argument("certificate", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False)
@click.option("--drop", help="Take the card with this fingerprint away instead; NAME is out at once.")
@common
def card(
    name: str,
    certificate: Path | None,
    *,
    drop: str | None,
    data: Path | None,
    as_json: bool,
    lang: str | None,
) -> None:
    """Bind a smart card's CERTIFICATE (PEM) to NAME as second factor; without it, list NAME's cards."""
    settings = Settings()
    with opened(data, lang) as accounts:
        account_id = accounts.get(name).account_id
        cards = StaffCards(accounts.file, settings.staff_card_authorities, settings.staff_card_withdrawn)
        if drop is not None:
            cards.drop(account_id, drop, by=BY)
            say(as_json, lang, "card_dropped", name=name, fingerprint=drop)
        elif certificate is not None:
            bound = cards.bind(account_id, certificate.read_bytes(), by=BY)
            say(as_json, lang, "card_bound", name=name, fingerprint=bound.fingerprint)
        else:
            for each in cards.of(account_id):
                until = datetime.fromtimestamp(each.until_s, UTC).isoformat(timespec="seconds")
                click.echo(
                    json.dumps(asdict(each)) if as_json else f"{each.fingerprint}\t{each.serial}\t{until}"
                )


@account.command("setup")
@click.option(
    "--link", help="The code of a set-up link; without it the first system administrator is set up."
)
@common
def setup(link: str | None, data: Path | None, as_json: bool, lang: str | None) -> None:
    """Choose name, password and second factor here instead of on the page."""
    language = language_of(lang, os.environ)
    with opened(data, lang) as accounts:
        code = link or accounts.first_link()
        if code is None:
            raise Refused("admin_exists")
        door = SigningIn(accounts)
        look = door.look(code)
        name = look.name or click.prompt(sentence(language, "account.ask_name"), err=True)
        password = click.prompt(
            sentence(language, "account.ask_password"), hide_input=True, confirmation_prompt=True, err=True
        )
        key, uri = base64.b32encode(look.secret).decode(), uri_of(look.secret, name)
        click.echo(sentence(language, "account.put_into_app", {"secret": key, "uri": uri}), err=True)
        one_time = click.prompt(sentence(language, "account.ask_code"), err=True)
        account_id, codes = door.set_up(code, name, password, one_time)
    say(
        as_json,
        lang,
        "set_up",
        name=name,
        account_id=account_id,
        codes=codes if as_json else "\n".join(codes),
    )
