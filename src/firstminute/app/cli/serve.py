"""`firstminute serve`: the service on a data folder and a city."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from firstminute.app import logs
from firstminute.app.cli.refusal import refused
from firstminute.app.messages import language_of, sentence
from firstminute.app.secrets import SHOWN_ONCE
from firstminute.app.serve import serve as run_service
from firstminute.app.services import Service
from firstminute.app.settings import Settings
from firstminute.app.transport import TransportRefused, address_of
from firstminute.store.errors import Broken, HeadLost, NotDurable, StorageRefused
from firstminute.store.ground_osm import GroundSourceError


@click.command()
@click.option(
    "--data",
    "data_dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the record; made where it is missing.",
)
@click.option(
    "--city",
    "city_dir",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder that `city build` wrote.",
)
@click.option("--host", help="Address to listen on (default 127.0.0.1).")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on (default 8135; 0 takes a free one)."
)
@click.option(
    "--stand-by",
    is_flag=True,
    help="Wait until nobody leads the record, then lead it. Needs a record in PostgreSQL.",
)
@click.option("--json", "as_json", is_flag=True, help="Say where it listens as one JSON line.")
def serve(
    data_dir: Path | None,
    city_dir: Path | None,
    *,
    host: str | None,
    port: int | None,
    stand_by: bool,
    as_json: bool,
) -> None:
    """Run the service until it is told to stop."""
    logs.begin()
    given: dict[str, Any] = {"data_dir": data_dir, "city_dir": city_dir, "host": host, "port": port}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})

    async def started(service: Service, at: int) -> None:
        _announce(service, at, as_json)

    def waiting(name: str, unseen: tuple[str, ...]) -> None:
        said = {"stands_by": name, "unseen": list(unseen)}
        language = language_of(None, os.environ)
        click.echo(json.dumps(said) if as_json else sentence(language, "serve.stands_by", said))
        for each in unseen:
            told = {"folder": settings.data_dir / each}
            click.echo(sentence(language, f"serve.unseen_{each}", told), err=True)

    try:
        run_service(settings, started, waiting=waiting if stand_by else None)
    except HeadLost:
        raise click.ClickException(sentence(language_of(None, os.environ), "serve.superseded")) from None
    except (StorageRefused, TransportRefused) as problem:
        raise refused(problem) from problem
    except (Broken, NotDurable) as problem:
        said = {"path": settings.data_dir, "reason": str(problem)}
        raise click.ClickException(
            sentence(language_of(None, os.environ), "store.damaged", said)
        ) from problem
    except GroundSourceError as problem:
        raise click.ClickException(str(problem)) from problem


def _announce(service: Service, port: int, as_json: bool) -> None:
    settings = service.settings
    address = address_of(settings.host, port, service.transport.scheme)
    code = service.entrance.accounts.first_link()
    link = f"{address}/#setup={code}" if code else None
    if as_json:
        click.echo(
            json.dumps(
                {
                    "address": address,
                    "data": str(settings.data_dir),
                    "tokens": str(settings.data_dir / SHOWN_ONCE),
                    "setup": link,
                }
            )
        )
        return
    click.echo(f"firstminute listens on {address}")
    if link is not None:
        click.echo(sentence(language_of(None, os.environ), "serve.setup", {"link": link}))
    if service.tokens.fresh:
        click.echo(
            f"First start: one token per role is in {settings.data_dir / SHOWN_ONCE}. Keep them and delete the file."
        )
        click.echo(f"Dispatcher: {address}/#token={service.tokens.fresh['dispatcher']}")
