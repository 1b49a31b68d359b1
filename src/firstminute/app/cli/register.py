"""`firstminute register`: registers in and out of files, without a running service."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from firstminute.app.cli.city import plain_errors
from firstminute.app.cli.record import do, say
from firstminute.app.cli.refusal import refused
from firstminute.app.desk import Desk
from firstminute.app.ports import RegisterFiles
from firstminute.app.settings import Settings
from firstminute.flow.acks import Ack
from firstminute.model.envelope import Actor
from firstminute.model.purposes import BREAK_GLASS
from firstminute.model.records import TABLES
from firstminute.store.datum_mask import read_mask
from firstminute.store.errors import StorageRefused
from firstminute.store.import_export import FORMS, change_of
from firstminute.store.store import Store

SHOWN = 50
ACTOR = Actor(id="command-line", role="admin")
Folder = click.Path(path_type=Path, file_okay=False)
TABLE = click.argument("table", type=click.Choice(sorted(TABLES)))
DATA = click.option("--data", type=Folder, help="Folder of the record (default: the settings' data_dir).")


@click.group()
def register() -> None:
    """Import and export what the city wrote down about itself: venues, teams, members, units, plans …"""


@register.command("import")
@TABLE
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@DATA
@click.option(
    "--datum",
    type=click.Choice(["wgs84", "gcj02", "bd09"]),
    default="wgs84",
    show_default=True,
    help="Datum of the file's coordinates.",
)
@click.option(
    "--mask",
    type=click.Path(path_type=Path),
    help="GeoJSON polygon in which the datum is shifted; default: mainland China, coarse.",
)
@click.option("--check", is_flag=True, help="Only say what is wrong with the file.")
def import_(table: str, file: Path, data: Path | None, *, datum: str, mask: Path | None, check: bool) -> None:
    """Write the rows of FILE (.csv, .geojson or .json) into TABLE: all of them, or none."""
    form = _form(file)
    with plain_errors(None):
        ring = read_mask(mask)
    store = _open(data)
    try:
        change, errors = RegisterFiles(store).prepare(table, form, file.read_bytes(), datum, ring)
        for each in errors[:SHOWN]:
            click.echo(f"row {each['row']}: {each['field']} {each['problem']}", err=True)
        if change is None:
            raise click.ClickException(f"{len(errors)} errors: nothing was imported")
        if check:
            click.echo(f"{len(change['rows'])} rows are right; nothing was imported")
            return
        ack = _change(store, change)
        click.echo(f"{len(change['rows'])} rows imported as fact {ack.seq}")
    finally:
        store.close()


@register.command("remove")
@TABLE
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@DATA
def remove(table: str, keys: tuple[str, ...], data: Path | None) -> None:
    """Let the rows KEY of TABLE be valid no longer: all of them, or none. Their history stays."""
    store = _open(data)
    try:
        ack = _change(store, change_of(table, [], dict.fromkeys(keys)))
    finally:
        store.close()
    click.echo(f"{len(set(keys))} rows removed as fact {ack.seq}")


def _change(store: Store, change: Mapping[str, Any]) -> Ack:
    """Run one change through a desk of its own, after what an import before it has left to do."""
    while store.settle():
        pass
    desk = Desk(store, ticking=False).start()
    ack = desk.submit("change_register", change, ACTOR, os.urandom(16).hex()).result()
    desk.stop()
    if not ack.done:
        raise click.ClickException(f"nothing was changed: {ack.code} {ack.params}")
    return ack


@register.command("export")
@TABLE
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@DATA
@click.option(
    "--sealed",
    is_flag=True,
    help="Open names and phones too: that is on record, and a second person reviews it.",
)
@click.option(
    "--reason",
    type=click.Choice(BREAK_GLASS),
    help="With --sealed: why they must be opened; it is part of the fact.",
)
@click.option("--lang", type=click.Choice(["en", "zh-CN"]), help="Language; default: LANG.")
def export(
    table: str, file: Path, *, data: Path | None, sealed: bool, reason: str | None, lang: str | None
) -> None:
    """Write the rows of TABLE that are valid now to FILE (.csv, .geojson or .json).

    Names and phones of a whole table are nobody's to open alone: with --sealed the glass is broken, and a second person looks at it within a day.
    """
    form = _form(file)
    if sealed and reason is None:
        raise click.UsageError(say(lang, "register.sealed_reason"))
    store = _open(data)
    try:
        if reason is not None and sealed:
            _break_glass(store, table, reason, lang)
        content, _ = RegisterFiles(store, sealed=sealed).export(table, form)
    finally:
        store.close()
    file.write_bytes(content)
    click.echo(f"{table} written to {file}")


def _break_glass(store: Store, table: str, reason: str, lang: str | None) -> None:
    """On record before anything is opened."""
    desk = Desk(store, ticking=False).start()
    try:
        ack = do(desk, "break_glass", {"subject_id": f"{table}/*", "reason": reason}, lang)
    finally:
        desk.stop()
    click.echo(say(lang, "register.sealed", {"seq": ack.seq}))


def _form(file: Path) -> str:
    form = file.suffix.lstrip(".").lower()
    if form not in FORMS:
        raise click.ClickException(f"{file.name}: the name must end with one of {', '.join(FORMS)}")
    return form


def _open(data: Path | None) -> Store:
    settings = Settings()
    try:
        return Store(
            data or settings.data_dir,
            settings.desk,
            hash_name=settings.hash_name,
            vault_cipher=settings.vault_cipher,
            url=settings.database_url,
        )
    except StorageRefused as problem:
        raise refused(problem) from None
