"""`firstminute certificate`: a self-signed certificate for a start, and what one says."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from firstminute.app import certificates
from firstminute.app.messages import language_of, sentence
from firstminute.app.settings import Settings

FOLDER = click.Path(path_type=Path, file_okay=False)
LANG = click.option("--lang", type=click.Choice(["en", "zh-CN"]), help="Language; default: LANG.")


@click.group()
def certificate() -> None:
    """Certificates for TLS: make one for a start, look at one."""


@certificate.command("make")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option(
    "--days",
    type=click.IntRange(1, certificates.MOST_DAYS),
    default=certificates.MOST_DAYS,
    show_default=True,
    help="How long it is valid.",
)
@click.option("--replace", is_flag=True, help="Write over the pair that is there.")
@click.option("--data", type=FOLDER, help="Folder to write into (default: the settings' data_dir).")
@LANG
def make(names: tuple[str, ...], days: int, replace: bool, data: Path | None, lang: str | None) -> None:
    """Make a certificate that signs itself for the host names and IP addresses NAME."""
    language = language_of(lang, os.environ)
    folder = data or Settings().data_dir
    held = [
        place for place in (folder / certificates.CERTIFICATE, folder / certificates.KEY) if place.exists()
    ]
    if held and not replace:
        raise click.ClickException(sentence(language, "certificate.exists", {"path": held[0]}))
    try:
        pair = certificates.make(names, days, datetime.now(UTC))
    except (ValueError, UnicodeError) as problem:
        raise click.UsageError(
            sentence(language, "certificate.no_name", {"names": " ".join(names)})
        ) from problem
    try:
        place, key = certificates.write(folder, *pair)
    except OSError as problem:
        said = {"path": folder, "reason": problem.strerror}
        raise click.ClickException(sentence(language, "certificate.not_written", said)) from problem
    told = {
        "certificate": place,
        "key": key,
        "fingerprint": certificates.about(pair[0]).fingerprint,
        "days": days,
    }
    click.echo(sentence(language, "certificate.made", told))


@certificate.command("show")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@LANG
def show(file: Path, lang: str | None) -> None:
    """Say for whom and until when a certificate is valid, and its fingerprint."""
    language = language_of(lang, os.environ)
    try:
        found = certificates.about(file.read_bytes())
    except ValueError as problem:
        raise click.ClickException(sentence(language, "tls.no_certificate", {"path": file})) from problem
    until = datetime.fromtimestamp(found.until_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
    told = {"names": ", ".join(found.names) or "-", "until": until, "fingerprint": found.fingerprint}
    click.echo(sentence(language, "certificate.says", told))
