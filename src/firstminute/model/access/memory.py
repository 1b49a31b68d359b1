"""An expression as a predicate over things in memory.

Idea: compiled once to one Python function, as `sql` makes one condition of it, so that the desk may ask at every command and the feed for every row and every
reader. What a role alone decides is decided before (`known`), and is no part of the function any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

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


def predicate(expr: Expr) -> Predicate:
    """Whether somebody may, about a thing. Compiles: to be called once for an expression, not once for a question."""
    roles: dict[str, Any] = {}
    made: Predicate = eval(f"lambda who, thing: {_written(expr, roles)}", roles)
    return made


def _written(expr: Expr, roles: dict[str, Any]) -> str:
    match expr:
        case Always():
            return "True"
        case Never():
            return "False"
        case Role(some):
            name = f"roles{len(roles)}"
            roles[name] = some
            return f"who.role in {name}"
        case Flag(name):
            return f"who.{name}"
        case Unsaid(attribute):
            return f"thing.{attribute} is None"
        case AllOf(parts):
            return f"({' and '.join(_written(part, roles) for part in parts) or True})"
        case AnyOf(parts):
            return f"({' or '.join(_written(part, roles) for part in parts) or False})"
        case Not(part):
            return f"(not {_written(part, roles)})"
        case Same(attribute, of):
            return f"(thing.{attribute} is not None and thing.{attribute} == who.{of})"
        case Within(attribute, of):
            return f"thing.{attribute} in who.{of}"
        case Holds(attribute, of):
            return f"who.{of} in thing.{attribute}"


def known(expr: Expr, role: str, flags: Mapping[str, bool] | None = None) -> Expr:
    """What is left of an expression where the role, and perhaps flags, of whoever asks are known."""
    match expr:
        case Role(roles):
            return Always() if role in roles else Never()
        case Flag(name) if flags is not None and name in flags:
            return Always() if flags[name] else Never()
        case AllOf(parts):
            return _joined(AllOf, [known(part, role, flags) for part in parts], Never(), Always())
        case AnyOf(parts):
            return _joined(AnyOf, [known(part, role, flags) for part in parts], Always(), Never())
        case Not(part):
            match known(part, role, flags):
                case Always():
                    return Never()
                case Never():
                    return Always()
                case left:
                    return Not(left)
        case _:
            return expr


def _joined(kind: type[AllOf | AnyOf], parts: list[Expr], absorbing: Expr, neutral: Expr) -> Expr:
    left = tuple(part for part in parts if part != neutral)
    if absorbing in left:
        return absorbing
    return left[0] if len(left) == 1 else kind(left) if left else neutral
