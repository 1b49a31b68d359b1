"""A class that is made swiftly is the class that it was: its parameters, its defaults, and shut."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from firstminute.model.facts import KINDS
from firstminute.model.swift import swift


@dataclass(frozen=True, slots=True)
class Plain:
    """Made slowly."""

    first: int
    second: str = "b"
    third: list[int] = field(default_factory=list)
    fourth: int = field(default=4, kw_only=True)


@swift
@dataclass(frozen=True, slots=True)
class Swift:
    """Made swiftly."""

    first: int
    second: str = "b"
    third: list[int] = field(default_factory=list)
    fourth: int = field(default=4, kw_only=True)


def test_it_is_made_of_the_same_arguments_with_the_same_defaults() -> None:
    for arguments, named in (((1,), {}), ((1, "x", [2]), {"fourth": 5}), ((), {"first": 3, "third": [1]})):
        made, plain = Swift(*arguments, **named), Plain(*arguments, **named)  # type: ignore[arg-type]
        assert type(made) is Swift
        assert [getattr(made, f.name) for f in fields(made)] == [
            getattr(plain, f.name) for f in fields(plain)
        ]
    assert Swift(1).third is not Swift(1).third
    assert list(inspect.signature(Swift).parameters) == list(inspect.signature(Plain).parameters)


@pytest.mark.parametrize("arguments", [(), (1, "x", [], 5)])
def test_wrong_arguments_are_a_type_error(arguments: tuple[object, ...]) -> None:
    with pytest.raises(TypeError):
        Swift(*arguments)  # type: ignore[arg-type]


def test_it_is_shut_and_can_be_copied_compared_and_replaced() -> None:
    made = Swift(1, fourth=2)
    for name in ("first", "other", "__class__"):
        with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
            setattr(made, name, 3)
    assert made == Swift(1, fourth=2) != replace(made, first=2)
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made


def test_every_fact_keeps_its_own_class_and_is_shut() -> None:
    for cls in KINDS.values():
        needed = {f.name: "x" for f in fields(cls)}  # type: ignore[arg-type]
        made = cls(**needed)
        assert type(made) is cls and made == cls(**needed)
        with pytest.raises(FrozenInstanceError):
            setattr(made, cls.SUBJECT, "y")
