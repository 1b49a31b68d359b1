"""`firstminute verify`: is the journal still what was written?"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from firstminute.app.cli.refusal import refused
from firstminute.app.settings import Settings
from firstminute.store.engine import read_only
from firstminute.store.errors import StorageRefused
from firstminute.store.store import DATABASE
from firstminute.store.verify import verify as walk


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the record (default: the settings' data_dir).",
)
@click.option(
    "--anchor",
    "anchors",
    multiple=True,
    metavar="WORLD:SEQ:CHAIN",
    help="A head noted earlier, which the chain must still pass through.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def verify(data: Path | None, anchors: tuple[str, ...], as_json: bool) -> None:
    """Check the hash chain of every journal stream, also beside a running service. Exit code 1 where it is broken.

    Each line ends with the anchor (world:seq:chain) to write down somewhere else.
    """
    folder = data or Settings().data_dir
    try:
        with read_only(folder / DATABASE) as connection:
            desks = {row[0] for row in connection.exec_driver_sql("SELECT DISTINCT desk FROM desk_head")}
            findings = list(
                walk(
                    connection,
                    {(desk, world): at for desk in desks for world, at in map(_anchor, anchors)},
                    step_aside=True,
                )
            )
    except StorageRefused as problem:
        raise refused(problem) from None
    if as_json:
        click.echo(
            json.dumps(
                {
                    "sound": all(each.sound for each in findings),
                    "streams": [each.plain() for each in findings],
                },
                indent=1,
            )
        )
    else:
        for each in findings:
            state = "sound" if each.sound else f"BROKEN at fact {each.broken_at}: {each.problem}"
            click.echo(
                f"{each.desk}/{each.world}: {each.facts} facts, {state}  anchor {each.world}:{each.seq}:{each.chain}"
            )
    sys.exit(0 if all(each.sound for each in findings) else 1)


def _anchor(text: str) -> tuple[str, tuple[int, str]]:
    world, _, rest = text.partition(":")
    seq, _, chain = rest.partition(":")
    if world not in ("live", "exercise", "twin") or not seq.isdigit() or len(chain) != 64:
        raise click.BadParameter(f"{text!r} is not WORLD:SEQ:CHAIN")
    return world, (int(seq), chain)
