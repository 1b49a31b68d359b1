"""What is typed: the command line, read from click, and the make targets, read from the Makefile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from firstminute.app.cli import main
from scripts.reference.text import page, table

ROOT = Path(__file__).resolve().parent.parent.parent


def commands(group: click.Group, path: str = "firstminute") -> Iterator[tuple[str, click.Command]]:
    """Every command that is not itself a group, with its full name."""
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        elif command is not None:
            yield f"{path} {name}", command


def cli_page() -> str:
    """Each command with its arguments, options and help."""
    lead = "Installed by `make install` at `.venv/bin/firstminute`. Every command answers `--help`."
    return page("Command line", lead, *(_command(name, command) for name, command in commands(main)))


def _command(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join(command.collect_usage_pieces(context))
    rows = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record and record[1] and record[0] != "--help":
            rows.append((f"`{record[0]}`", record[1]))
    help_text = (command.help or "").split("\f")[0].replace("\b\n", "").strip()
    options = "\n" + table(("option", "meaning"), rows) if rows else ""
    return f"## {name}\n\n```\n{name} {usage}\n```\n\n{help_text}\n{options}"


def targets() -> dict[str, str]:
    """Make targets that are meant to be typed, with the sentence behind `##`."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z-]+):.*?## (.+)$", text, flags=re.MULTILINE))


def make_page() -> str:
    """The targets as a table."""
    rows = [(f"`make {name}`", meaning) for name, meaning in targets().items()]
    return page(
        "Make targets",
        "Each installs what it needs first and does nothing twice.",
        table(("target", "what it does"), rows),
    )
