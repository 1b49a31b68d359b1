"""An expression as a predicate over things in memory.

Idea: compiled once to nested closures, so that the feed may ask for every row and every reader.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import TypeAlias

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
from firstminute.model.access.things import Thing, Who

Predicate: TypeAlias = Callable[[Who, Thing], bool]


@cache
def predicate(expr: Expr) -> Predicate:
    """Whether somebody may, about a thing."""
    match expr:
        case Always():
            return lambda who, thing: True
        case Never():
            return lambda who, thing: False
        case Role(roles):
            return lambda who, thing: who.role in roles
        case Flag(name):
            flag = attrgetter(name)
            return lambda who, thing: bool(flag(who))
        case Unsaid(attribute):
            said = attrgetter(attribute)
            return lambda who, thing: said(thing) is None
        case AllOf(parts):
            every = tuple(map(predicate, parts))
            return lambda who, thing: all(each(who, thing) for each in every)
        case AnyOf(parts):
            some = tuple(map(predicate, parts))
            return lambda who, thing: any(each(who, thing) for each in some)
        case Not(part):
            inner = predicate(part)
            return lambda who, thing: not inner(who, thing)
        case _:
            return _comparing(expr)


def _comparing(expr: Same | Within | Holds) -> Predicate:
    row, brought = attrgetter(expr.attribute), attrgetter(expr.of)
    match expr:
        case Same():
            return lambda who, thing: (value := row(thing)) is not None and value == brought(who)
        case Within():
            return lambda who, thing: row(thing) in brought(who)
        case Holds():
            return lambda who, thing: brought(who) in row(thing)
