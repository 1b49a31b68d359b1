"""Settings, facts and commands, read from the objects themselves."""

from __future__ import annotations

import dataclasses
import inspect
import re
from types import ModuleType
from typing import Any

from firstminute.app.settings import Settings
from firstminute.flow.commands import COMMANDS
from firstminute.model.envelope import Body
from firstminute.model.facts import (
    KINDS,
    access,
    account,
    call,
    data,
    desk,
    incident,
    patrol,
    people,
    response,
)
from firstminute.model.records import KEYS, TABLES
from scripts.reference.text import first_sentence, page, table, type_text


def settings_page() -> str:
    """Every field of `Settings` with its environment variable."""
    prefix = str(Settings.model_config.get("env_prefix", ""))
    rows = [
        (
            f"`{(prefix + name).upper()}`",
            type_text(field.annotation),
            "required"
            if field.is_required()
            else f"`{_default(field.get_default(call_default_factory=True))}`",
            field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]
    lead = "Read once at start from the environment; there is no other configuration file. User-visible names are the variables below."
    return page("Settings", lead, table(("variable", "type", "default", "meaning"), rows))


def _default(value: object) -> str:
    return "(empty)" if value == "" else str(value)


def facts_page() -> str:
    """Every fact kind, in the order an incident lives them, with its fields and their marks."""
    modules = (call, incident, response, people, patrol, desk, account, data, access)
    parts = [part for module in modules for part in (f"## {first_sentence(module)}\n", _facts_of(module))]
    lead = (
        "A fact is what happened, in the past tense, for ever. *sealed* fields can identify a person and are encrypted under a key that erasure "
        "destroys; *detached* fields are rows of a register; every other field is in the journal as it is. The envelope (desk, seq, at_s, "
        "occurred_s, time_source, actor, command_id, origin, world, because) is described in "
        "[ARCHITECTURE.md](../../ARCHITECTURE.md)."
    )
    return page("Facts", lead, *parts)


def _facts_of(module: ModuleType) -> str:
    kinds = [kind for kind in KINDS.values() if kind.__module__ == module.__name__]
    return "\n".join(_fact(kind) for kind in kinds)


def _fact(kind: type[Body]) -> str:
    marks = [f"version {kind.VERSION}", f"subject `{kind.SUBJECT}`"]
    for word, named in (("opens", kind.OPENS), ("closes", kind.CLOSES)):
        marks += [f"{word} {', '.join(f'`{name}`' for name in named)}"] if named else []
    notes = _field_notes(kind)
    rows = []
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        mark = (
            "sealed. " if field.name in kind.SEALED else "detached. " if field.name in kind.DETACHED else ""
        )
        rows.append((f"`{field.name}`", type_text(field.type), mark + notes.get(field.name, "")))
    return f"### {kind.NAME}\n\n{first_sentence(kind)} ({'; '.join(marks)})\n\n{table(('field', 'type', 'note'), rows)}"


def _field_notes(kind: type[Any]) -> dict[str, str]:
    """The comment that stands behind a field in the source."""
    found = re.findall(r"^    (\w+): [^#\n]+#\s*(.+)$", inspect.getsource(kind), flags=re.MULTILINE)
    return dict(found)


def registers_page() -> str:
    """Every register table with its fields."""
    parts = []
    for table_name, record in TABLES.items():
        notes = _field_notes(record)
        rows = []
        for field in dataclasses.fields(record):
            mark = "key. " if field.name == KEYS[table_name] else ""
            mark += "sealed. " if field.name in record.SEALED else ""
            mark += (
                ""
                if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
                else "optional. "
            )
            rows.append(
                (f"`{field.name}`", type_text(field.type), (mark + notes.get(field.name, "")).strip())
            )
        parts.append(
            f"## {table_name}\n\n{first_sentence(record)}\n\n{table(('field', 'type', 'note'), rows)}"
        )
    lead = (
        "Venues, teams, units and the rest are tables with history. `GET` and `PUT /registers/{table}` speak JSON, CSV and GeoJSON; "
        "`firstminute register` does the same on the command line. Errors are reported row by row and nothing is half imported. *sealed* "
        "fields live in the vault."
    )
    return page("Registers", lead, *parts)


def commands_page() -> str:
    """Every command: who may submit it, what it takes, what it does."""
    rows = [
        (
            f"`{command.name}`",
            f"`{command.policy}`",
            ", ".join(f"`{field.name}`" for field in dataclasses.fields(command.schema)),
            first_sentence(command.decide),
        )
        for command in COMMANDS
    ]
    lead = "Everything that can change the desk. A shell submits a command by name with plain arguments; the desk decides and answers."
    return page("Commands", lead, table(("command", "policy", "arguments", "what it does"), rows))
