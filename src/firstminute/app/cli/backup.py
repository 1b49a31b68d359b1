"""`firstminute backup` and `firstminute restore`: a copy beside the running service, and the way back, which can be drilled."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import click

from firstminute.app.cli.record import DATA, LANG, say
from firstminute.app.cli.refusal import refused
from firstminute.app.restoring import Restored, drill, restore
from firstminute.app.settings import Settings
from firstminute.store.backup import Manifest, back_up
from firstminute.store.errors import StorageRefused

CHOICE = ("vault", "accounts", "tracks", "attachments", "border")
EVERY_S = 0.5
JSON = click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")


@click.command()
@click.argument("target", type=click.Path(path_type=Path, file_okay=False))
@DATA
@click.option("--keys", type=click.Path(path_type=Path, file_okay=False), help="Also copy the key files, into this other folder.")  # fmt: skip
@click.option("--without", multiple=True, type=click.Choice(CHOICE), help="Leave a part out. May be given several times.")  # fmt: skip
@JSON
@LANG
def backup(
    target: Path,
    data: Path | None,
    keys: Path | None,
    *,
    without: tuple[str, ...],
    as_json: bool,
    lang: str | None,
) -> None:
    """Copy record, vault, accounts, tracks, attachments and border into a new folder below TARGET, also beside a running service, and check the copy.

    A record on a PostgreSQL server is read there in one moment and becomes the same files. The vault stays encrypted; without --keys no key leaves the machine.

    Exit code 1 where the journal in the copy is not sound.
    """
    settings = Settings()
    now = datetime.now(UTC)
    name = f"{settings.desk}-{now:%Y%m%dT%H%M%SZ}"
    _keep_apart(target, keys, lang)
    try:
        made = back_up(
            data or settings.data_dir, target / name, [part for part in CHOICE if part not in without],
            keys_to=None if keys is None else keys / f"{name}-keys",
            about=(settings.desk, now.timestamp(), version("firstminute")), progress=_progress(lang),
        )  # fmt: skip
    except StorageRefused as problem:
        raise refused(problem, lang) from None
    if as_json:
        click.echo(json.dumps({"folder": str(target / name), **json.loads(made.text())}))
    else:
        _say(made, target / name, lang)
    sys.exit(0 if made.sound else 1)


def _keep_apart(target: Path, keys: Path | None, lang: str | None) -> None:
    if keys is not None and (
        keys.resolve() == target.resolve() or target.resolve() in keys.resolve().parents
    ):
        raise click.ClickException(say(lang, "backup.keys_apart"))


def _say(made: Manifest, folder: Path, lang: str | None) -> None:
    size = sum(each.bytes for each in made.files)
    said = {"folder": folder, "files": len(made.files), "megabytes": round(size / 1e6, 1), "parts": ", ".join(made.parts)}  # fmt: skip
    click.echo(say(lang, "backup.made", said))
    for head in made.heads:
        click.echo(say(lang, "backup.head", head))
    if "keys" not in made.parts:
        click.echo(say(lang, "backup.no_keys"))
    if not made.sound:
        click.echo(say(lang, "backup.unsound"), err=True)


def _progress(lang: str | None) -> Callable[[str, int, int], None]:
    """A line now and then, on standard error, so that `--json` stays one document."""
    said_s = time.monotonic()

    def tell(name: str, done: int, of: int) -> None:
        nonlocal said_s
        if time.monotonic() - said_s >= EVERY_S:
            said_s = time.monotonic()
            percent = 100 * done // max(of, 1)
            click.echo(say(lang, "backup.progress", {"file": name, "percent": percent}), err=True)

    return tell


@click.command("restore")
@click.argument("folder", metavar="BACKUP", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), help="The data folder to put it into; new or empty.")  # fmt: skip
@click.option("--keys", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Folder of the key files that belong to it.")  # fmt: skip
@click.option("--drill", "drilling", is_flag=True, help="Restore to a temporary place, start and replay it, say what was seen, and delete it.")  # fmt: skip
@JSON
@LANG
def restore_command(
    folder: Path, to: Path | None, keys: Path | None, *, drilling: bool, as_json: bool, lang: str | None
) -> None:
    """Put a backup back into an empty folder, held against its manifest; or drill it (--drill).

    Exit code 1 where a file is missing or changed, the chain or a head does not hold, or the replay differs.
    """
    if to is None and not drilling:
        raise click.UsageError(say(lang, "backup.where"))
    try:
        if drilling:
            found = drill(folder, keys, time.time(), to)
        else:
            assert to is not None
            found = restore(folder, to, keys, time.time())
    except StorageRefused as problem:
        raise refused(problem, lang) from None
    if as_json:
        click.echo(json.dumps({**found.plain(), "drill": drilling}))
    else:
        _report(found, drilling, keys is not None, lang)
    sys.exit(0 if found.sound else 1)


def _report(found: Restored, drilling: bool, with_keys: bool, lang: str | None) -> None:
    for each in found.wrong:
        click.echo(say(lang, f"backup.wrong_{each.what}", {"where": each.where, "said": each.said}), err=True)
    if not found.sound:
        click.echo(say(lang, "backup.not_restored" if not found.facts else "backup.not_sound"), err=True)
        return
    said = {"folder": found.folder, "facts": sum(found.facts.values()), "rows": found.rows, "rpo_s": found.rpo_s, "rto_s": found.rto_s}  # fmt: skip
    click.echo(say(lang, "backup.drilled" if drilling else "backup.restored", said))
    if drilling and found.replayed is not None:
        click.echo(say(lang, "backup.replayed", {"facts": found.replayed, "timers": found.timers}))
    if not with_keys:
        click.echo(say(lang, "backup.shut" if drilling else "backup.put_keys"))
