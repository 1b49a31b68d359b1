"""`firstminute audit`: the record searched by who, what, about whom and when, with a proof for each fact; the search is itself a fact."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from firstminute.app.audit import proofs_in, told
from firstminute.app.cli.record import DATA, LANG, desk_on, say
from firstminute.app.cli.refusal import refused
from firstminute.app.settings import Settings
from firstminute.model.envelope import Actor
from firstminute.store import commands
from firstminute.store.accounts_file import READ, AccountsFile
from firstminute.store.engine import alone, read_only
from firstminute.store.errors import StorageRefused
from firstminute.store.open_journal import PAGE_MOST, OpenJournal, Wanted
from firstminute.store.store import DATABASE
from firstminute.store.tree_check import Asked
from firstminute.store.verify import verify

AUDITOR = Actor(id="command-line", role="auditor")
NOTED_WITHIN_S, LOOK_S = 15.0, 0.2
"""A running service takes lines of its file of accounts once a second."""


@click.command()
@click.option("--actor", help="Who acted: an account or device.")
@click.option("--subject", help="What it is about: an incident, a call, an account, a unit …")
@click.option(
    "--kind", "kinds", multiple=True, help="Kind of fact, for example DataOpened. May be given several times."
)
@click.option("--since", help="Recorded from this time on, 2026-11-27 or 2026-11-27T08:00+08:00.")
@click.option("--until", help="Recorded before this time.")
@click.option("--after", type=click.IntRange(0), default=0, show_default=True, help="Go on behind this fact.")
@click.option(
    "--most", type=click.IntRange(1, PAGE_MOST), default=50, show_default=True, help="So many facts at once."
)
@click.option(
    "--proofs", is_flag=True, help="Prove of each fact that it stands in the tree: walks the whole journal."
)
@click.option("--json", "as_json", is_flag=True, help="Print facts and proofs as JSON.")
@DATA
@LANG
def audit(data: Path | None, lang: str | None, *, proofs: bool, as_json: bool, **asked: Any) -> None:
    """Search the record: open parts of facts, oldest first, a page at a time. Also beside a running service.

    What is sealed stays sealed. What is searched for is a fact before anything is read.
    """
    wanted = Wanted(
        actor=asked["actor"], subject=asked["subject"], kinds=tuple(asked["kinds"]), since_s=_time(asked["since"], lang), until_s=_time(asked["until"], lang),
        after=asked["after"], most=asked["most"],
    )  # fmt: skip
    settings = Settings()
    folder = data or settings.data_dir
    try:
        with read_only(folder / DATABASE) as connection:
            seq = _noted(folder, settings, connection, wanted, lang)
            connection.rollback()  # from here on it sees what stands there now
            answer = _found(connection, settings.desk, wanted, proofs)
    except StorageRefused as problem:
        raise refused(problem, lang) from None
    answer = {"read": seq, **answer}
    if as_json:
        click.echo(json.dumps(answer, indent=1, ensure_ascii=False))
    else:
        _print(answer, lang)


def _noted(folder: Path, settings: Settings, connection: Connection, wanted: Wanted, lang: str | None) -> int:
    """The fact that says what is searched for: by a desk of our own, or by the one of the service that writes this folder."""
    noted = {
        "what": "search", "kinds": list(wanted.kinds), "actor": wanted.actor, "subject_id": wanted.subject, "since_s": wanted.since_s,
        "until_s": wanted.until_s, "seq": wanted.after, "most": wanted.most,
    }  # fmt: skip
    try:
        with alone(folder / DATABASE):
            pass
    except StorageRefused as problem:
        seq = _beside(folder, settings.desk, connection, noted)
        if seq is None:
            said = "nothing was read: what writes this record did not take the search down"
            raise StorageRefused("read_not_noted", said, **problem.parameters) from None
        return seq
    with desk_on(folder, settings, lang) as desk:
        ack = desk.submit("note_read", noted, AUDITOR, os.urandom(16).hex()).result()
    if not ack.done or ack.seq is None:
        raise click.ClickException(say(lang, f"refused.{ack.code}", ack.params))
    return ack.seq


def _beside(folder: Path, desk: str, connection: Connection, noted: dict[str, Any]) -> int | None:
    """Hand the search to the running service as a line of its file of accounts, and wait for its fact; None where none came."""
    file = AccountsFile(folder)
    try:
        with file.write() as writing:
            line = file.tell(writing, READ, AUDITOR.id, asked=noted)
        until_s = time.monotonic() + NOTED_WITHIN_S
        while time.monotonic() < until_s:
            connection.rollback()
            found = commands.find(connection, desk, [line]).get(line)
            if found is not None:
                return found.seq if found.status == "done" else None
            time.sleep(LOOK_S)
        file.told(line)
        return None
    finally:
        file.close()


def _found(connection: Connection, desk: str, wanted: Wanted, proofs: bool) -> dict[str, Any]:
    """The page, and where it is asked for the root of the tree and each fact's way to it."""
    found = [told(fact) for fact in OpenJournal(connection, desk).search(wanted)]
    answer: dict[str, Any] = {
        "facts": found,
        "next": found[-1]["seq"] if len(found) == wanted.most else None,
    }
    if proofs and found:
        stream = (desk, "live")
        asked = {stream: Asked(tuple(each["seq"] for each in found))}
        walked = verify(connection, asked=asked, step_aside=True, only=stream)
        answer["root"], proved = proofs_in([each.plain() for each in walked], stream)
        for each in found:
            each["proof"] = proved.get(each["seq"])
    return answer


def _print(answer: dict[str, Any], lang: str | None) -> None:
    for each in answer["facts"]:
        when = datetime.fromtimestamp(each["at_s"], UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        body = json.dumps(each["body"], ensure_ascii=False, sort_keys=True)
        click.echo(f"{each['seq']}  {when}  {each['actor']}  {each['kind']}  {body}")
        proof = each.get("proof")
        if proof is not None:
            root = answer["root"]
            params = {
                "steps": len(proof["proof"]),
                "tree": root["tree"],
                "facts": root["facts"],
                "problem": proof["problem"],
            }
            click.echo(f"  {say(lang, 'audit.proved' if proof['included'] else 'audit.not_proved', params)}")
    if not answer["facts"]:
        click.echo(say(lang, "audit.none"))
    if answer["next"] is not None:
        click.echo(say(lang, "audit.more", {"seq": answer["next"]}))
    click.echo(say(lang, "audit.recorded", {"seq": answer["read"]}))


def _time(text: str | None, lang: str | None) -> float | None:
    """Seconds since 1970; a time without an offset is UTC."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(say(lang, "audit.bad_time", {"text": text[:40]})) from None
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()
