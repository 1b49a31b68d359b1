"""`firstminute webhook`: the machines that hear of incidents, the secret that each shares with us, and a message to try one."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from firstminute.app.cli.record import DATA, LANG, say
from firstminute.app.cli.refusal import refused
from firstminute.app.ids import new_id
from firstminute.app.settings import Settings
from firstminute.app.webhooks import envelope, key_of, line_of
from firstminute.gateways.webhook.codec import secret_of, signed
from firstminute.gateways.webhook.transport import NotSent, send
from firstminute.model.records import Receiver
from firstminute.store import registers
from firstminute.store.errors import StorageRefused
from firstminute.store.onlooker import Onlooker

NAME = click.argument("receiver_id", metavar="RECEIVER")


@click.group()
def webhook() -> None:
    """Machines that hear of incidents: rows of the register `receivers`, hosts of the setting `webhook_hosts`."""


def _receivers(data: Path | None, lang: str | None) -> dict[str, tuple[Receiver, bytes]]:
    """Receiver id → its row and the key that we share."""
    settings = Settings()
    try:
        with Onlooker(data or settings.data_dir, settings.desk) as record, record.reading() as connection:
            found = [
                row for _, _, row in registers.current(connection, record.desk, "receivers", record.keys)
            ]
            return {
                row.receiver_id: (row, key_of(record.vault, row))
                for row in found
                if isinstance(row, Receiver)
            }
    except StorageRefused as problem:
        raise refused(problem, lang) from None


def _one(receiver_id: str, data: Path | None, lang: str | None) -> tuple[Receiver, bytes]:
    found = _receivers(data, lang).get(receiver_id)
    if found is None:
        raise click.ClickException(say(lang, "webhook.unknown", {"receiver": receiver_id}))
    return found


@webhook.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@DATA
@LANG
def list_receivers(as_json: bool, data: Path | None, lang: str | None) -> None:
    """Who hears what; addresses are not shown, they may hold a secret."""
    rows = [row for _, (row, _) in sorted(_receivers(data, lang).items())]
    if as_json:
        shown = ("receiver_id", "name", "events", "districts", "secret_round")
        click.echo(
            json.dumps([{name: getattr(row, name) for name in shown} for row in rows], ensure_ascii=False)
        )
        return
    for row in rows:
        click.echo(f"{row.receiver_id}\t{row.name}\t{', '.join(row.events)}")


@webhook.command("secret")
@NAME
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@DATA
@LANG
def secret(receiver_id: str, as_json: bool, data: Path | None, lang: str | None) -> None:
    """Print the secret by which RECEIVER checks our signatures. It is stored nowhere; raise `secret_round` in its row for another."""
    _, key = _one(receiver_id, data, lang)
    click.echo(
        json.dumps({"receiver_id": receiver_id, "secret": secret_of(key)}) if as_json else secret_of(key)
    )


@webhook.command("test")
@NAME
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@DATA
@LANG
def test(receiver_id: str, as_json: bool, data: Path | None, lang: str | None) -> None:
    """Send RECEIVER a message of the event `test`, with nothing in it, and say what became of it."""
    settings = Settings()
    row, key = _one(receiver_id, data, lang)
    message_id, at_s = new_id(), time.time()
    body = envelope(message_id, "test", settings.desk, at_s, {})
    try:
        status = send(line_of(settings), row.url or "", signed(key, message_id, int(at_s), body), body)
    except NotSent as problem:
        if as_json:
            click.echo(json.dumps({"receiver_id": receiver_id, "sent": False, "problem": str(problem)}))
            raise SystemExit(1) from None
        raise click.ClickException(say(lang, "webhook.not_sent", {"problem": str(problem)})) from None
    click.echo(
        json.dumps({"receiver_id": receiver_id, "sent": True, "status": status})
        if as_json
        else say(lang, "webhook.sent", {"status": status})
    )
