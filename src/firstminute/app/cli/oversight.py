"""`firstminute oversight`: the report of a month, or of a week of looking at people's data, from the journal alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from firstminute.app.cli.refusal import refused
from firstminute.app.messages import language_of, sentence
from firstminute.app.oversight import compute
from firstminute.app.report import oversight_page
from firstminute.app.settings import Settings
from firstminute.flow.oversight.period import offset_of
from firstminute.model.envelope import World
from firstminute.model.errors import Refused
from firstminute.store.engine import read_only
from firstminute.store.errors import StorageRefused
from firstminute.store.store import DATABASE


@click.command()
@click.option("--month", metavar="YYYY-MM", help="Report of a month, for example 2026-11.")
@click.option(
    "--week", metavar="YYYY-Www", help="Report of a week of looking at people's data, for example 2026-W48."
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the record, or of a copy of it (default: the settings' data_dir).",
)
@click.option("--desk", help="Whose journal, where the file holds several.")
@click.option(
    "--world",
    type=click.Choice(["live", "exercise"]),
    default="live",
    show_default=True,
    help="Which stream.",
)
@click.option(
    "--offset",
    default="+08:00",
    show_default=True,
    help="The city's clock against UTC; it is part of the report.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report and its digest as JSON.")
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write it as a page with a picture to this file too.",
)
@click.option("--lang", type=click.Choice(["en", "zh-CN"]), help="Language; default: LANG.")
def oversight(
    month: str | None,
    week: str | None,
    *,
    data: Path | None,
    lang: str | None,
    **asked: str | Path | bool | None,
) -> None:
    """Print what the journal says of a month of work, or of a week of looking at people's data. Also beside a running service.

    It reads the open parts of facts alone: a copy of the database without vault and keys gives the same report and the same digest, anywhere.
    """
    language, folder = language_of(lang, os.environ), data or Settings().data_dir
    name = month or week
    if name is None or (month is not None and week is not None) or ("W" in name) != (week is not None):
        raise click.UsageError(sentence(language, "oversight.one_of"))
    world: World = "exercise" if asked["world"] == "exercise" else "live"
    desk = None if asked["desk"] is None else str(asked["desk"])
    try:
        with read_only(folder / DATABASE) as connection:
            made = compute(connection, name, desk=desk, world=world, offset_s=offset_of(str(asked["offset"])))
    except StorageRefused as problem:
        raise refused(problem, lang) from None
    except Refused as problem:
        raise click.UsageError(sentence(language, f"refused.{problem.code}")) from None
    page = asked["page"]
    if isinstance(page, Path):
        page.write_text(oversight_page.html(made, language), encoding="utf-8")
    click.echo(
        json.dumps(made, indent=1, ensure_ascii=False)
        if asked["as_json"]
        else oversight_page.markdown(made, language),
        nl=bool(asked["as_json"]),
    )
