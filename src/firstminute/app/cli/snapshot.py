"""`firstminute snapshot`: keep the state as of now, beside a running service or without one."""

from __future__ import annotations

import json
from pathlib import Path

import click

from firstminute.app.cli.refusal import refused
from firstminute.app.desk_state import save_beside
from firstminute.app.settings import Settings
from firstminute.store.errors import StorageRefused
from firstminute.store.onlooker import Onlooker


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the record (default: the settings' data_dir).",
)
@click.option("--json", "as_json", is_flag=True, help="Print world and fact as JSON.")
def snapshot(data: Path | None, as_json: bool) -> None:
    """Fold a snapshot from the record, so that the next start reads only what comes after it. The service does so by itself."""
    settings = Settings()
    try:
        with Onlooker(data or settings.data_dir, settings.desk) as onlooker:
            kept = save_beside(onlooker, settings.closed_kept_h * 3600.0)
    except StorageRefused as problem:
        raise refused(problem) from None
    if as_json:
        click.echo(json.dumps(kept))
        return
    for world, seq in kept.items():
        click.echo(f"{settings.desk}/{world}: kept as of fact {seq}")
