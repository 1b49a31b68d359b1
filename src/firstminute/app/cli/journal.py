"""`firstminute verify`: is the journal still what was written, does a fact stand in it, does an earlier head still hold?"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from sqlalchemy import Connection

from firstminute.app.cli.heads import head_in, seal_of
from firstminute.app.cli.refusal import refused
from firstminute.app.messages import language_of, sentence
from firstminute.app.settings import Settings
from firstminute.store.engine import read_only
from firstminute.store.errors import StorageRefused
from firstminute.store.heads import SignedHead
from firstminute.store.store import DATABASE
from firstminute.store.tree_check import Asked
from firstminute.store.verify import Finding
from firstminute.store.verify import verify as walk

WORLDS = ("live", "exercise", "twin")


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
    help="A value of the chain noted earlier, which the chain must still pass through.",
)
@click.option(
    "--fact",
    "facts",
    multiple=True,
    metavar="[WORLD:]SEQ",
    help="Prove that this fact stands in the tree. May be given several times.",
)
@click.option(
    "--since",
    "heads",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A signed head kept earlier (JSON, or typed in from paper): prove that nothing before it changed. May be given several times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings, with all proofs, as JSON.")
@click.option("--lang", type=click.Choice(["en", "zh-CN"]), help="Language; default: LANG.")
def verify(
    data: Path | None,
    anchors: tuple[str, ...],
    facts: tuple[str, ...],
    *,
    heads: tuple[Path, ...],
    as_json: bool,
    lang: str | None,
) -> None:
    """Check the hash chain and the Merkle tree of every journal stream, also beside a running service.

    Exit code 1 where it is broken, an earlier head does not hold, or a fact is not there. Each line ends with the anchor (world:seq:chain) to
    write down somewhere else; `firstminute head` prints a signed one.
    """
    folder, language = data or Settings().data_dir, language_of(lang, os.environ)
    given = [head_in(path, language) for path in heads]
    seals = {id(head): seal_of(head, folder) for head in given}
    for head in given:
        if seals[id(head)] == "wrong":
            said = {"desk": head.desk, "world": head.world, "seq": head.seq}
            raise click.ClickException(sentence(language, "head.wrong_signature", said))
    try:
        with read_only(folder / DATABASE) as connection:
            streams = _streams(connection)
            asked = _asked(streams, facts, given, language)
            chains = {(desk, world): at for world, at in map(_anchor, anchors) for desk, _ in streams}
            findings = list(walk(connection, chains, asked=asked, step_aside=True))
    except StorageRefused as problem:
        raise refused(problem) from None
    sound = all(each.sound for each in findings)
    if as_json:
        click.echo(json.dumps({"sound": sound, "streams": [each.plain() for each in findings]}, indent=1))
    else:
        for each in findings:
            _say(each, language)
        for kind in sorted(set(seals.values()) - {"ours"}):
            click.echo(sentence(language, f"head.seal_{kind}"))
    sys.exit(0 if all(each.proved for each in findings) else 1)


def _streams(connection: Connection) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in connection.exec_driver_sql("SELECT desk, world FROM desk_head")]


def _asked(
    streams: list[tuple[str, str]], facts: tuple[str, ...], heads: list[SignedHead], language: str
) -> dict[tuple[str, str], Asked]:
    """What is to be proved of each stream."""
    for head in heads:
        if head.stream not in streams:
            said = {"stream": "/".join(head.stream), "streams": ", ".join("/".join(each) for each in streams)}
            raise click.ClickException(sentence(language, "head.other_stream", said))
    wanted = [_fact(text) for text in facts]
    return {
        (desk, world): Asked(
            tuple(seq for its_world, seq in wanted if its_world == world),
            tuple(head for head in heads if head.stream == (desk, world)),
        )
        for desk, world in streams
    }


def _say(each: Finding, language: str) -> None:
    """One stream in lines to read."""
    place = (
        f"{each.broken_at}"
        if each.broken_upto in (None, each.broken_at)
        else f"{each.broken_at}-{each.broken_upto}"
    )
    state = "sound" if each.sound else f"BROKEN at fact {place}: {each.problem}"
    click.echo(
        f"{each.desk}/{each.world}: {each.facts} facts, {state}  anchor {each.world}:{each.seq}:{each.chain}"
    )
    click.echo(sentence(language, "verify.tree", {"tree": each.tree, "seq": each.seq}))
    for line in _proofs(each, language):
        click.echo(line)
    if not each.sound:
        said = {"first": each.broken_at, "last": each.broken_upto or each.broken_at}
        click.echo(sentence(language, f"verify.{each.problem}", said))


def _proofs(each: Finding, language: str) -> Iterator[str]:
    for fact in each.facts_proved:
        said = {"seq": fact.seq, "facts": each.facts, "steps": len(fact.proof), "leaf": fact.leaf}
        yield sentence(language, f"verify.fact_{fact.problem or 'included'}", said)
    for head in each.heads_proved:
        told = {
            "seq": head.seq,
            "steps": len(head.proof),
            "first": head.first,
            "last": head.last,
            "key": head.key_id,
        }
        yield sentence(language, f"verify.head_{head.problem or 'consistent'}", told)


def _fact(text: str) -> tuple[str, int]:
    world, _, seq = text.rpartition(":")
    if world not in ("", *WORLDS) or not seq.isascii() or not seq.isdigit() or len(seq) > 16:
        raise click.BadParameter(f"{text!r} is not [WORLD:]SEQ")
    return world or "live", int(seq)


def _anchor(text: str) -> tuple[str, tuple[int, str]]:
    world, _, rest = text.partition(":")
    seq, _, chain = rest.partition(":")
    if world not in WORLDS or not seq.isdigit() or len(chain) != 64:
        raise click.BadParameter(f"{text!r} is not WORLD:SEQ:CHAIN")
    return world, (int(seq), chain)
