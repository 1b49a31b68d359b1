"""Frozen dataclasses that are made as fast as open ones.

Idea: a frozen dataclass of the standard library writes every field by a call of `object.__setattr__`, because its own is shut; a call that is answered makes
hundreds of them. `swift` gives such a class an `__init__` that makes the object an instance of an open twin with the same slots, writes the fields plainly and
shuts it again. What comes out is of the same class and as frozen as before. Limits: slotted frozen dataclasses without `__post_init__`.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, TypeVar, cast

Made = TypeVar("Made", bound=type[Any])


def swift(cls: Made) -> Made:
    """The class with a faster `__init__`, whose parameters are those it had."""
    assert "__slots__" in vars(cls) and not hasattr(cls, "__post_init__"), cls.__name__
    names: dict[str, Any] = {
        "_unsaid": MISSING, "_become": object.__setattr__, "_shut": cls,
        "_open": type(cls.__name__, cls.__bases__, {"__slots__": cls.__slots__}),
    }  # fmt: skip
    said: list[str] = []
    named: list[str] = []
    lines = ["_become(self, '__class__', _open)"]
    for field in fields(cast(Any, cls)):
        name, value = field.name, field.name
        if field.default_factory is not MISSING:
            names[f"_make_{name}"] = field.default_factory
            value = f"_make_{name}() if {name} is _unsaid else {name}"
        default = field.default if field.default_factory is MISSING else MISSING
        optional = default is not MISSING or field.default_factory is not MISSING
        names[f"_default_{name}"] = default
        (named if field.kw_only else said).append(f"{name}=_default_{name}" if optional else name)
        lines.append(f"self.{name} = {value}")
    lines.append("self.__class__ = _shut")
    parameters = ", ".join(["self", *said, *(["*", *named] if named else [])])
    exec("\n    ".join([f"def __init__({parameters}):", *lines]), names)
    names["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    names["__init__"].__annotations__ = cls.__init__.__annotations__
    cls.__init__ = names["__init__"]
    return cls
