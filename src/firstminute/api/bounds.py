"""Bounds on what a body may say: every text, number and list of a command has a largest size at the edge.

Idea: a command's schema is a plain dataclass; here its fields become a model whose texts, numbers and lists are bounded, so that no route needs to
remember. Limits: the bounds are the same for all fields; a field that needs less says so in its decide function.
"""

import types
from dataclasses import MISSING, fields
from datetime import datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, create_model

TEXT_MOST = 20_000
LIST_MOST = 1_000
NUMBER_MOST = 1e15
INTEGER_MOST = 2**31 - 1

Text = Annotated[str, StringConstraints(max_length=TEXT_MOST)]
Number = Annotated[float, Field(ge=-NUMBER_MOST, le=NUMBER_MOST, allow_inf_nan=False)]
Whole = Annotated[int, Field(ge=-INTEGER_MOST - 1, le=INTEGER_MOST)]


class Said(BaseModel):
    """What every command may say beside its own fields: when it happened, how that is known, and whether it is an exercise."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    occurred_at: AwareDatetime | None = Field(
        None, description="when it happened, with its zone; now where left out"
    )
    time_source: Literal["system", "device", "radio", "typed", "paper"] = Field(
        "system", description="how that time is known"
    )
    exercise: bool = Field(False, description="true in a drill: never touches live")


EARLIEST = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


def bounded(hint: Any) -> Any:
    """A type hint with the bounds put in, at every depth."""
    if hint is str:
        return Text
    if hint is float:
        return Number
    if hint is int:
        return Whole
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        made = bounded(arguments[0])
        for each in arguments[1:]:
            made = made | bounded(each)
        return made
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            items: Any = types.GenericAlias(tuple, (bounded(arguments[0]), ...))
            return Annotated[items, Field(max_length=LIST_MOST)]
        return tuple[tuple(bounded(each) for each in arguments)]  # type: ignore[misc]
    if origin is dict:
        rows: Any = types.GenericAlias(dict, (Text, bounded(arguments[1])))
        return Annotated[rows, Field(max_length=LIST_MOST)]
    return hint


def body_model(
    name: str, schema: type[Any], *, without: frozenset[str], optional: frozenset[str] = frozenset()
) -> type[Said]:
    """The model of a command's body: the fields of its schema but those that the path or the edge gives."""
    hints = get_type_hints(schema)
    made: dict[str, Any] = {}
    for each in fields(schema):
        if each.name in without:
            continue
        default: Any = ...
        if each.default is not MISSING:
            default = each.default
        elif each.default_factory is not MISSING:
            default = each.default_factory()
        hint = bounded(hints[each.name])
        made[each.name] = (hint | None, None) if each.name in optional else (hint, default)
    title = "".join(part.capitalize() for part in name.split("_"))
    return create_model(title, __base__=Said, __doc__=schema.__doc__, **made)
