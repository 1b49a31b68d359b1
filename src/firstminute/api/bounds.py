"""Bounds on what a body may say: every text, number and list of a command has a largest size at the edge, and every text can be kept and shown.

Idea: a command's schema is a plain dataclass; here its fields become a model whose texts, numbers and lists are bounded, at every depth, so that no
route needs to remember. A character that no store or screen can hold is replaced rather than the words refused. Limits: the bounds are the same for
all fields; a field that needs less says so in its decide function.
"""

import types
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    create_model,
)

from firstminute.api.loose import clean

TEXT_MOST = 20_000
LIST_MOST, NESTED_MOST = 1_000, 5_000
NUMBER_MOST = 1e15
INTEGER_MOST = 2**31 - 1


def _cleaned(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_cleaned), StringConstraints(max_length=TEXT_MOST)]
ID_PATTERN = (
    r"^([0-9a-f]{32}|[A-Za-z0-9_.:@+-]{0,127}[A-Za-z_][A-Za-z0-9_.:@+-]{0,127}(/[A-Za-z0-9_.:@|+-]{1,128})?)$"
)
Identifier = Annotated[str, StringConstraints(max_length=257, pattern=ID_PATTERN)]
"""An id, or a register and the key of its row (members/m17), for what stands openly in a fact: no words, and no bare number that could be a telephone's."""
FILE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.:/()-]{0,63}$"
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


def sensible(value: Any) -> Any:
    """A nested value with its texts cleaned; raises ValueError where something in it is out of bounds."""
    if isinstance(value, str):
        if len(value) > TEXT_MOST:
            raise ValueError("text_too_long")
        return clean(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        most = INTEGER_MOST if isinstance(value, int) else NUMBER_MOST
        if not -most <= value <= most:  # also of NaN
            raise ValueError("number_out_of_range")
        return value
    if isinstance(value, (tuple, list)):
        if len(value) > NESTED_MOST:
            raise ValueError("too_many")
        return type(value)(map(sensible, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: sensible(getattr(value, each.name)) for each in fields(value)})
    return value


EARLIEST = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


def bounded(hint: Any) -> Any:
    """A type hint with the bounds put in, at every depth."""
    if hint is str:
        return Text
    if hint is float:
        return Number
    if hint is int:
        return Whole
    if is_dataclass(hint):
        return Annotated[hint, AfterValidator(sensible)]
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
