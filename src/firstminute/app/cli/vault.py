"""`firstminute vault`: a new master key, fresh keys for subjects, and how the vault stands."""

from __future__ import annotations

from pathlib import Path

import click

from firstminute.app.cli.record import DATA, LANG, desk_on, do, say
from firstminute.app.cli.refusal import refused
from firstminute.app.desk import Desk
from firstminute.app.rotation import record_rotations
from firstminute.app.settings import Settings
from firstminute.respond.reasons import REASONS
from firstminute.store import record
from firstminute.store.errors import StorageRefused
from firstminute.store.masters import MASTER, order_rotation, read_key
from firstminute.store.vault import Vault


@click.group()
def vault() -> None:
    """The keys of what can identify a person: rotate, renew, look."""


@vault.command("rotate")
@DATA
@LANG
@click.option("--yes", is_flag=True, help="Do not ask.")
def rotate(data: Path | None, lang: str | None, yes: bool) -> None:
    """Wrap every key under a new master key. Also beside a running service, which then does it in small bites.

    Copies of vault.db made before open only with the old master.key: keep that in the safe until the last of them is gone.
    """
    settings = Settings()
    folder = data or settings.data_dir
    try:
        read_key(folder / MASTER)
        if not yes:
            click.confirm(say(lang, "vault.confirm_rotate"), abort=True)
        order_rotation(folder)
    except StorageRefused as problem:
        raise refused(problem, lang) from None
    try:
        with desk_on(data, settings, lang) as desk:
            click.echo(say(lang, "vault.rotated", {"number": _finish(desk)}))
    except click.ClickException as problem:
        if not isinstance(problem.__context__, StorageRefused) or problem.__context__.code != "in_use":
            raise
        click.echo(say(lang, "vault.rotation_ordered"))


def _finish(desk: Desk) -> int:
    while desk.store.vault.rotate():
        pass
    return max((record_rotations(desk)), default=0)


@vault.command("status")
@DATA
@LANG
def status(data: Path | None, lang: str | None) -> None:
    """How many keys there are, under which master key, by which cipher; also beside a running service."""
    settings = Settings()
    try:
        folder = data or settings.data_dir
        opened = Vault(folder, read_only=True, url=record.url_of(folder))
    except StorageRefused as problem:
        raise refused(problem, lang) from None
    try:
        for master, cipher, keys in opened.counts():
            click.echo(say(lang, "vault.counts", {"number": master, "cipher": cipher, "keys": keys}))
        if opened.rotating:
            click.echo(say(lang, "vault.rotating"))
    finally:
        opened.close()


@vault.command("renew")
@click.argument("subjects", nargs=-1, required=True, metavar="SUBJECT...")
@click.option(
    "--reason", type=click.Choice(REASONS["renew"]), required=True, help="Why; it is part of the fact."
)
@DATA
@LANG
def renew(subjects: tuple[str, ...], reason: str, data: Path | None, lang: str | None) -> None:
    """Seal what is written about SUBJECTs from now on with fresh keys; what was sealed stays readable. While the service runs, use POST /keys/renew."""
    with desk_on(data, Settings(), lang) as desk:
        ack = do(desk, "renew_keys", {"subject_ids": list(subjects), "reason": reason}, lang)
    click.echo(say(lang, "vault.renewed", {"count": len(set(subjects)), "seq": ack.seq}))
