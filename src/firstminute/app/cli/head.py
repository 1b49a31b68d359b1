"""`firstminute head`: sign what the journal is now, check what was signed earlier, anchor what another district signed."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import click

from firstminute.app.cli.heads import head_in, seal_of
from firstminute.app.cli.refusal import refused
from firstminute.app.desk import Desk
from firstminute.app.messages import language_of, sentence
from firstminute.app.settings import Settings
from firstminute.model.envelope import Actor
from firstminute.model.facts.desk import HeadAnchored
from firstminute.store.engine import read_only
from firstminute.store.errors import StorageRefused
from firstminute.store.head_key import HeadKey
from firstminute.store.head_text import block_of
from firstminute.store.heads import HEX32, SignedHead, key_id_of
from firstminute.store.onlooker import Onlooker
from firstminute.store.store import DATABASE, Store
from firstminute.store.tree_check import Asked
from firstminute.store.verify import Finding, verify

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
ALL = "*"


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the record (default: the settings' data_dir).",
)
@click.option(
    "--world",
    type=click.Choice(["live", "exercise"]),
    default="live",
    show_default=True,
    help="Which stream to sign.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the head as JSON instead of the block.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the JSON to this file too."
)
@click.option(
    "--check",
    "checked",
    type=FILE,
    help="Check this head (JSON, or typed in from paper) against key and journal.",
)
@click.option(
    "--by", type=FILE, help="With --check or --anchor: the public key to expect, another desk's head.pub."
)
@click.option("--anchor", "foreign", type=FILE, help="Record this head of another desk in our journal.")
@click.option("--new-key", is_flag=True, help="With --anchor: that district has said that its key changed.")
@click.option(
    "--anchored",
    is_flag=False,
    flag_value=ALL,
    metavar="[DESK[/WORLD]]",
    help="List the heads anchored here, or print the last one of a desk as JSON.",
)
@click.option("--lang", type=click.Choice(["en", "zh-CN"]), help="Language; default: LANG.")
def head(data: Path | None, lang: str | None, **asked: Any) -> None:
    """Print a signed head of the journal, as a block to print or read out, or as JSON. Also beside a running service.

    A head kept elsewhere (another district's journal, paper) is what later proves that nothing before it was changed, dropped or moved:
    `firstminute verify --since FILE`. Only --anchor writes, and needs the service to be stopped; while it runs, use POST /heads.
    """
    language, folder = language_of(lang, os.environ), data or Settings().data_dir
    if sum(asked[name] is not None for name in ("checked", "foreign", "anchored")) > 1:
        raise click.UsageError(sentence(language, "head.one_of"))
    try:
        if asked["checked"] is not None:
            _check(folder, asked["checked"], asked["by"], language)
        elif asked["foreign"] is not None:
            _anchor(folder, _with_key(asked["foreign"], asked["by"], language), asked["new_key"], language)
        elif asked["anchored"] is not None:
            _show(folder, asked["anchored"], language)
        else:
            _sign(folder, asked, language)
    except StorageRefused as problem:
        raise refused(problem, lang) from None


def _sign(folder: Path, asked: dict[str, Any], language: str) -> None:
    """Walk the stream, and sign where it is sound: a head of a broken journal would vouch for the break."""
    found = _walk(folder, (Settings().desk, asked["world"]), (), language)
    stream = f"{found.desk}/{found.world}"
    if not found.sound:
        said = {"stream": stream, "seq": found.broken_at, "problem": found.problem}
        raise click.ClickException(sentence(language, "head.broken", said))
    signed = HeadKey(folder).sign(found.head(int(time.time())))
    text = json.dumps(signed.plain(), indent=1) + "\n"
    click.echo(text if asked["as_json"] else block_of(signed), nl=False)
    if asked["out"] is not None:
        asked["out"].write_text(text, encoding="ascii")
        said = {"stream": stream, "seq": signed.seq, "path": asked["out"]}
        click.echo(sentence(language, "head.written", said), err=True)


def _walk(folder: Path, stream: tuple[str, str], heads: tuple[SignedHead, ...], language: str) -> Finding:
    with read_only(folder / DATABASE) as connection:
        asked = {stream: Asked(heads=heads)}
        for found in verify(connection, asked=asked, step_aside=True, only=stream):
            return found
    raise click.ClickException(sentence(language, "head.no_stream", {"stream": "/".join(stream)}))


def _check(folder: Path, path: Path, by: Path | None, language: str) -> None:
    given = head_in(path, language)
    said = {
        "stream": "/".join(given.stream),
        "desk": given.desk,
        "world": given.world,
        "seq": given.seq,
        "key": given.key_id,
    }
    expected = _public_key(by, language)
    with read_only(folder / DATABASE) as connection:
        here = {row[0] for row in connection.exec_driver_sql("SELECT DISTINCT desk FROM desk_head")}
    ours, seal = given.desk in here, seal_of(given, folder, expected)
    if seal == "wrong":
        raise click.ClickException(sentence(language, "head.wrong_signature", said))
    if seal in ("own", "unknown") and (ours or expected is not None):
        wanted = key_id_of(expected or HeadKey(folder).public_key)
        raise click.ClickException(sentence(language, "head.not_our_key", {**said, "expected": wanted}))
    if not ours and seal in ("unsigned", "unknown"):
        raise click.ClickException(sentence(language, "head.needs_signature", said))
    if seal != "ours":
        click.echo(sentence(language, f"head.seal_{seal}"))
    if not ours:
        click.echo(sentence(language, "head.signed_sound", said))
        return
    found = _walk(folder, given.stream, (given,), language)
    (proof,) = found.heads_proved
    if not proof.consistent:
        told = {**said, "problem": proof.problem, "first": proof.first, "last": proof.last}
        raise click.ClickException(sentence(language, "head.fails", told))
    click.echo(sentence(language, "head.holds", {**said, "since": found.seq - given.seq}))


def _public_key(path: Path | None, language: str) -> str | None:
    if path is None:
        return None
    with path.open("rb") as file:
        text = file.read(200).decode("ascii", "replace").strip()
    if not HEX32.fullmatch(text):
        raise click.ClickException(sentence(language, "head.no_public_key", {"path": path}))
    return text


def _with_key(path: Path, by: Path | None, language: str) -> SignedHead:
    """A head with the public key that is expected of it: a block from paper brings none."""
    given, expected = head_in(path, language), _public_key(by, language)
    return given if expected is None else replace(given, public_key=expected)


def _anchor(folder: Path, given: SignedHead, new_key: bool, language: str) -> None:
    """Through the desk, as everything that becomes a fact."""
    settings = Settings()
    arguments = {name: value for name, value in given.plain().items() if name != "form"}
    store = Store(folder, settings.desk, hash_name=settings.hash_name, url=settings.database_url)
    try:
        desk = Desk(store, ticking=False).start()
        actor = Actor(id="command-line", role="admin")
        ack = desk.submit(
            "anchor_head", {**arguments, "new_key": new_key}, actor, os.urandom(16).hex()
        ).result()
        desk.stop()
    finally:
        store.close()
    if not ack.done:
        raise click.ClickException(sentence(language, f"refused.{ack.code}", ack.params))
    said = {"stream": "/".join(given.stream), "seq": given.seq, "fact": ack.seq}
    click.echo(sentence(language, "head.anchored", said))
    for name, key in (("contradicts", "head.contradicts"), ("key_before", "head.key_changed")):
        if ack.reply.get(name):
            click.echo(sentence(language, key, said), err=True)


def _show(folder: Path, wanted: str, language: str) -> None:
    """What stands in our journal: every head in a line, or the last one of a stream as its desk wrote it."""
    with Onlooker(folder, Settings().desk) as onlooker, onlooker.reading() as connection:
        kept = onlooker.journal.read(connection, "live", kinds=("HeadAnchored",), opening=False)
        found = [(fact.seq, cast(HeadAnchored, fact.body)) for fact in kept]
    if wanted == ALL:
        for seq, body in found:
            when = datetime.fromtimestamp(body.signed_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            said = {
                "stream": body.stream,
                "seq": body.head_seq,
                "signed": when,
                "key": body.key_id,
                "fact": seq,
            }
            click.echo(sentence(language, "head.row", said))
        if not found:
            click.echo(sentence(language, "head.nothing_anchored"))
        return
    stream = wanted if "/" in wanted else f"{wanted}/live"
    last = next((body for _, body in reversed(found) if body.stream == stream), None)
    if last is None:
        raise click.ClickException(sentence(language, "head.none_anchored", {"stream": stream}))
    click.echo(json.dumps(as_signed(last).plain(), indent=1))


def as_signed(body: HeadAnchored) -> SignedHead:
    """The head that a fact holds, as it was signed."""
    desk, _, world = body.stream.partition("/")
    return SignedHead(
        desk=desk, world=world, seq=body.head_seq, tree=body.tree, chain=body.chain, at_s=body.signed_s, hashes=body.hashes,
        key_id=body.key_id, public_key=body.public_key, signature=body.signature, peaks=body.peaks,
    )  # fmt: skip
