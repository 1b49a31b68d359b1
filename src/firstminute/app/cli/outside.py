"""`firstminute outside`: the zone that the public reaches, before a desk that it does not."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import click
import uvicorn

from firstminute.app import logs
from firstminute.app.border import service as zone
from firstminute.app.cli.refusal import refused
from firstminute.app.messages import language_of, sentence
from firstminute.app.secrets import SHOWN_ONCE
from firstminute.app.serve import take_files
from firstminute.app.settings import Settings
from firstminute.app.transport import TransportRefused, address_of
from firstminute.store.errors import StorageRefused


@click.command()
@click.option(
    "--data", "data_dir", type=click.Path(path_type=Path, file_okay=False), help="Folder of this zone; made where it is missing."
)  # fmt: skip
@click.option("--host", help="Address to listen on (default 127.0.0.1).")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on (default 8135; 0 takes a free one)."
)
@click.option(
    "--folder", "border_folder", type=click.Path(path_type=Path, file_okay=False), help="Folder of the carrier, where one moves files."
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Say where it listens as one JSON line.")
def outside(as_json: bool, **given: Any) -> None:
    """Run the zone outside until it is told to stop: it keeps calls, check-ins, answers and positions for the inside, and shows what comes out.

    Keys first: `firstminute border card`, and `border trust` on both sides.
    """
    logs.begin()
    settings = Settings(**{name: value for name, value in given.items() if value is not None})
    try:
        service = zone.assemble(settings)
    except (StorageRefused, TransportRefused) as problem:
        raise refused(problem) from problem

    async def started(port: int) -> None:
        address = address_of(settings.host, port, service.transport.scheme)
        shown = settings.data_dir / SHOWN_ONCE
        if as_json:
            click.echo(json.dumps({"address": address, "data": str(settings.data_dir), "tokens": str(shown)}))
        else:
            click.echo(
                sentence(
                    language_of(None, os.environ), "border.listens", {"address": address, "tokens": shown}
                )
            )

    take_files()
    loop = uvicorn.Config(service.app, loop="uvloop").get_loop_factory()
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(zone.run(service, started))
