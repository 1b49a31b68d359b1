"""The language of policies: a few words that say when a row may be seen or acted on.

Idea: an expression is data. It is compiled twice, by `memory` to a predicate over rows and by `sql` to the text and parameters of a WHERE;
a property test draws expressions, people and rows and shows that both agree. Every word is true or false, never unknown: what is not said
(None, NULL) matches nothing but `Unsaid`. Limits: it compares for being the same; there is no order, no text search and no arithmetic, so
that an index can serve it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Always:
    """True."""


@dataclass(frozen=True, slots=True)
class Never:
    """False."""


@dataclass(frozen=True, slots=True)
class Role:
    """Who asks holds one of these roles."""

    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Flag:
    """Who asks has this property: on_duty, everywhere, reading."""

    name: str


@dataclass(frozen=True, slots=True)
class Same:
    """The row's value is the one that who asks brings."""

    attribute: str
    of: str


@dataclass(frozen=True, slots=True)
class Within:
    """The row's value is among those that who asks brings."""

    attribute: str
    of: str


@dataclass(frozen=True, slots=True)
class Holds:
    """The row's list holds the value that who asks brings."""

    attribute: str
    of: str


@dataclass(frozen=True, slots=True)
class Unsaid:
    """The row does not say."""

    attribute: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """Each of these."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of these at least."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Expr


Expr: TypeAlias = Always | Never | Role | Flag | Same | Within | Holds | Unsaid | AllOf | AnyOf | Not


def role(*roles: str) -> Role:
    """Who asks holds one of these roles."""
    return Role(frozenset(roles))


def all_of(*parts: Expr) -> AllOf:
    """Each of these."""
    return AllOf(parts)


def any_of(*parts: Expr) -> AnyOf:
    """One of these at least."""
    return AnyOf(parts)
