"""An expression as the text and the parameters of a WHERE, for one who asks.

Idea: what depends on who asks alone is decided here, so that the database is handed only comparisons of columns with bound values: no text of anybody ever
stands in the statement. Every comparison guards against NULL, so that NOT means the same as in memory. Named parameters, IN lists and EXISTS are written
alike by SQLite and PostgreSQL. Limits: an attribute that a table has not must be said to be missing (`Columns.missing`), it is never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from firstminute.model.access.expr import (
    AllOf,
    Always,
    AnyOf,
    Expr,
    Flag,
    Holds,
    Never,
    Not,
    Role,
    Same,
    Unsaid,
    Within,
)
from firstminute.model.access.things import Who

TRUE, FALSE = "1 = 1", "1 = 0"


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list attribute as a table beside: its rows whose `key` is the `outer` column hold one `value` each."""

    table: str
    key: str
    outer: str
    value: str


@dataclass(frozen=True, slots=True)
class Columns:
    """How a table spells the attributes of things. `missing`: attributes that it has not, which are then unsaid in every row."""

    scalars: Mapping[str, str]
    lists: Mapping[str, ListOf] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()


def where(expr: Expr, who: Who, columns: Columns, prefix: str = "may") -> tuple[str, dict[str, Any]]:
    """The condition, and its parameters by name (`:may0`, `:may1` …).

    Raises
    ------
    KeyError : an attribute that the table neither has nor is said to miss
    """
    made = _Writer(who, columns, prefix)
    return made.write(expr), made.parameters


class _Writer:
    def __init__(self, who: Who, columns: Columns, prefix: str) -> None:
        self._who, self._columns, self._prefix = who, columns, prefix
        self.parameters: dict[str, Any] = {}

    def write(self, expr: Expr) -> str:
        match expr:
            case Always():
                return TRUE
            case Never():
                return FALSE
            case Role(roles):
                return TRUE if self._who.role in roles else FALSE
            case Flag(name):
                return TRUE if getattr(self._who, name) else FALSE
            case Unsaid(attribute):
                column = self._column(attribute)
                return TRUE if column is None else f"{column} IS NULL"
            case AllOf(parts):
                return self._joined(parts, FALSE, TRUE, " AND ")
            case AnyOf(parts):
                return self._joined(parts, TRUE, FALSE, " OR ")
            case Not(part):
                inner = self.write(part)
                return {TRUE: FALSE, FALSE: TRUE}.get(inner, f"NOT ({inner})")
            case Same(attribute, of):
                value = getattr(self._who, of)
                return self._among(attribute, () if value is None else (value,))
            case Within(attribute, of):
                return self._among(attribute, sorted(getattr(self._who, of)))
            case Holds(attribute, of):
                return self._holds(attribute, getattr(self._who, of))

    def _joined(self, parts: tuple[Expr, ...], absorbing: str, neutral: str, word: str) -> str:
        """Parts under AND or OR, with those left out that change nothing."""
        before = len(self.parameters)
        written = [text for text in map(self.write, parts) if text != neutral]
        if absorbing in written:
            for name in list(self.parameters)[before:]:
                del self.parameters[name]
            return absorbing
        return word.join(f"({text})" for text in written) if written else neutral

    def _among(self, attribute: str, values: Any) -> str:
        column = self._column(attribute)
        if column is None or not values:
            return FALSE
        return f"{column} IS NOT NULL AND {column} IN ({', '.join(map(self._bound, values))})"

    def _holds(self, attribute: str, value: Any) -> str:
        if attribute in self._columns.missing or value is None:
            return FALSE
        beside = self._columns.lists[attribute]
        return (
            f"EXISTS (SELECT 1 FROM {beside.table} WHERE {beside.table}.{beside.key} = {beside.outer} "
            f"AND {beside.table}.{beside.value} = {self._bound(value)})"
        )

    def _column(self, attribute: str) -> str | None:
        return None if attribute in self._columns.missing else self._columns.scalars[attribute]

    def _bound(self, value: Any) -> str:
        name = f"{self._prefix}{len(self.parameters)}"
        while name in self.parameters:
            name += "x"
        self.parameters[name] = value
        return f":{name}"
