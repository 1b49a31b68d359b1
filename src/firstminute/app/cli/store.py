"""`firstminute store`: where the record is, moving it to PostgreSQL, and its tables back to those of an older release."""

from __future__ import annotations

import json
from pathlib import Path

import click
from sqlalchemy import Connection

from firstminute.app.cli.record import DATA, LANG, say
from firstminute.app.cli.refusal import refused
from firstminute.app.settings import Settings
from firstminute.model.envelope import WORLDS
from firstminute.store import record
from firstminute.store.engine import opened, read_only
from firstminute.store.errors import StorageRefused
from firstminute.store.journal import read_head
from firstminute.store.lease import Lease
from firstminute.store.migrations.upgrade import downgrade, revision
from firstminute.store.move import move as move_record
from firstminute.store.postgres_keys import PostgresKeys

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Say it as JSON.")


@click.group()
def store() -> None:
    """The record itself: where it is, to another place, to older tables."""


@store.command("status")
@DATA
@LANG
@AS_JSON
def status(data: Path | None, lang: str | None, as_json: bool) -> None:
    """Where the record is and how far it has come; also beside a running service."""
    settings = Settings()
    folder = data or settings.data_dir
    try:
        with read_only(folder / record.DATABASE) as connection:
            at, streams = revision(connection), _streams(connection, settings.desk)
    except StorageRefused as problem:
        raise refused(problem, lang) from None
    if as_json:
        click.echo(json.dumps({"where": _where(folder), "revision": at, "streams": streams}))
        return
    click.echo(say(lang, "store.at", {"where": _where(folder)}))
    click.echo(say(lang, "store.revision", {"revision": at}))
    for each in streams:
        click.echo(say(lang, "store.stream", each))


def _where(folder: Path) -> str:
    url = record.url_of(folder)
    return record.shown(url) if url is not None else str(folder / record.DATABASE)


def _streams(connection: Connection, desk: str) -> list[dict[str, str | int]]:
    found = ((world, read_head(connection, desk, world)) for world in WORLDS)
    return [
        {"desk": desk, "world": world, "seq": head.seq, "epoch": head.epoch}
        for world, head in found
        if head is not None
    ]


@store.command("move")
@click.argument("url")
@DATA
@LANG
@AS_JSON
def move(url: str, data: Path | None, lang: str | None, as_json: bool) -> None:
    """Move the record from its file to the empty PostgreSQL database at URL, and compare every row; nothing may run on it meanwhile.

    Stopped half way it leaves nothing there and is simply done again.
    """
    folder = data or Settings().data_dir

    def told(table: str) -> None:
        if not as_json:
            click.echo(say(lang, "store.moving", {"table": table}))

    try:
        moved = move_record(folder, url, told)
    except StorageRefused as problem:
        raise refused(problem, lang) from None
    if as_json:
        click.echo(json.dumps(moved.plain()))
        return
    rows = {name: held.rows for name, held in moved.tables.items()}
    done = {
        "facts": rows["facts"], "rows": sum(rows.values()), "keys": rows["vault.keys"], "url": record.shown(url), "file": record.MOVED,
    }  # fmt: skip
    click.echo(say(lang, "store.move_done", done))


@store.command("keys")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@DATA
@LANG
def put_keys(file: Path, data: Path | None, lang: str | None) -> None:
    """Bring the keys of a backup (`vault-backups/vault-….db`) to a record in PostgreSQL that has none: one put back from a dump without them.

    Keys that were destroyed since the backup are destroyed once more at the next start. Nothing may run on the record meanwhile.
    """
    folder = data or Settings().data_dir
    url = record.url_of(folder)
    try:
        if url is None:
            raise StorageRefused("keys_in_a_file", f"the keys of {folder} are a file", folder=folder)
        lease = Lease(url)
        try:
            lease.take()
            keys = PostgresKeys(url)
            count = keys.take_in(file)
            keys.close()
        finally:
            lease.close()
    except StorageRefused as problem:
        raise refused(problem, lang) from None
    click.echo(say(lang, "store.keys_put", {"keys": count}))


@store.command("back")
@click.argument("wanted", metavar="REVISION")
@DATA
@LANG
def back(wanted: str, data: Path | None, lang: str | None) -> None:
    """Bring the tables back to those of an older release, which then opens the record. Nothing may run on it meanwhile."""
    folder = data or Settings().data_dir
    try:
        with read_only(folder / record.DATABASE):
            pass  # there is one
        database = opened(folder, record.url_of(folder))
        try:
            with database.write() as connection:
                downgrade(connection, wanted)
        finally:
            database.close()
    except StorageRefused as problem:
        raise refused(problem, lang) from None
    click.echo(say(lang, "store.at_revision", {"revision": wanted}))
