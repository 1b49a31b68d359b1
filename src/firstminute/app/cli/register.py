"""`firstminute register`: registers in and out of files, without a running service."""

from __future__ import annotations

import os
from pathlib import Path

import click

from firstminute.app.cli.refusal import refused
from firstminute.app.desk import Desk
from firstminute.app.ports import RegisterFiles
from firstminute.app.settings import Settings
from firstminute.model.envelope import Actor
from firstminute.model.records import TABLES
from firstminute.store.errors import StorageRefused
from firstminute.store.import_export import FORMS
from firstminute.store.store import Store

SHOWN = 50
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
@click.option("--check", is_flag=True, help="Only say what is wrong with the file.")
def import_(table: str, file: Path, data: Path | None, datum: str, check: bool) -> None:
    """Write the rows of FILE (.csv, .geojson or .json) into TABLE: all of them, or none."""
    form = _form(file)
    store = _open(data)
    try:
        change, errors = RegisterFiles(store).prepare(table, form, file.read_bytes(), datum)
        for each in errors[:SHOWN]:
            click.echo(f"row {each['row']}: {each['field']} {each['problem']}", err=True)
        if change is None:
            raise click.ClickException(f"{len(errors)} errors: nothing was imported")
        if check:
            click.echo(f"{len(change['rows'])} rows are right; nothing was imported")
            return
        desk = Desk(store).start()
        ack = desk.submit(
            "change_register", change, Actor(id="command-line", role="admin"), os.urandom(16).hex()
        ).result()
        desk.stop()
        if not ack.done:
            raise click.ClickException(f"not imported: {ack.code} {ack.params}")
        click.echo(f"{len(change['rows'])} rows imported as fact {ack.seq}")
    finally:
        store.close()


@register.command("export")
@TABLE
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@DATA
@click.option("--sealed", is_flag=True, help="Open names and phones too.")
def export(table: str, file: Path, data: Path | None, sealed: bool) -> None:
    """Write the rows of TABLE that are valid now to FILE (.csv, .geojson or .json)."""
    form = _form(file)
    store = _open(data)
    try:
        content, _ = RegisterFiles(store, sealed=sealed).export(table, form)
    finally:
        store.close()
    file.write_bytes(content)
    click.echo(f"{table} written to {file}")


def _form(file: Path) -> str:
    form = file.suffix.lstrip(".").lower()
    if form not in FORMS:
        raise click.ClickException(f"{file.name}: the name must end with one of {', '.join(FORMS)}")
    return form


def _open(data: Path | None) -> Store:
    settings = Settings()
    try:
        return Store(data or settings.data_dir, settings.desk, hash_name=settings.hash_name)
    except StorageRefused as problem:
        raise refused(problem) from None
