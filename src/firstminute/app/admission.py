"""What a command must be before it may wait for the desk: known by name, in a world that is served, its arguments of the right shape.

Idea: all that can be refused without looking at the state is refused on the caller's own thread, so that the desk's thread only decides. The digest
of the arguments tells a retry from another command under the same id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from math import isfinite
from typing import Any, cast, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from firstminute.app.desk_loop import Waiting
from firstminute.app.desk_state import WORLDS
from firstminute.flow.acks import Ack
from firstminute.flow.commands import COMMAND_BY_NAME
from firstminute.flow.deciders.data import CorrectData, HoldData, RenewKeys
from firstminute.flow.deciders.desk import ChangeRegister, EraseSubjects
from firstminute.flow.deciders.heads import AnchorHead
from firstminute.model.envelope import Actor, TimeSource, World
from firstminute.model.place import Place, wrong_with
from firstminute.store.canonical import canonical
from firstminute.store.heads import SignedHead
from firstminute.store.heads import wrong_with as wrong_with_head
from firstminute.store.import_export import checked_change

MOST_PROBLEMS = 50


class Admission:
    """Checks commands.

    Parameters
    ----------
    stamp : a keyed digest of bytes
    keyless : those of some subjects about which nothing is sealed
    desk : whose commands they are
    calls_of : the calls of those of some subjects that are closed incidents
    """

    def __init__(
        self,
        stamp: Callable[[bytes], bytes],
        keyless: Callable[[Sequence[str]], tuple[str, ...]],
        calls_of: Callable[[Sequence[str]], tuple[str, ...]] = lambda _: (),
        desk: str = "",
    ) -> None:
        self._stamp, self._keyless, self._calls_of, self._desk = stamp, keyless, calls_of, desk
        self._schemas: dict[str, TypeAdapter[Any]] = {}

    def admit(
        self,
        name: str,
        arguments: Mapping[str, Any],
        actor: Actor,
        command_id: str,
        *,
        occurred_s: float | None,
        time_source: TimeSource,
        world: World,
        repeatable: bool,
    ) -> Waiting | Ack:
        """The command ready to wait, or why it may not. Its answer is remembered where it is `repeatable`."""
        command = COMMAND_BY_NAME.get(name)
        if command is None or world not in WORLDS:
            return answered(command_id, "invalid", "unknown_command", {"name": name, "world": world})
        plain = dict(arguments)
        try:
            checked = self._schema(name, command.schema).validate_python(plain)
            refuse_no_numbers(checked)
            if isinstance(checked, ChangeRegister):
                checked = checked_change(checked)
            elif (place := getattr(checked, "place", None)) is not None and (wrong := wrong_with(place)):
                raise ValueError(f"place: {wrong}")
            elif isinstance(checked, (EraseSubjects, RenewKeys)):
                checked = replace(checked, keyless=self._keyless(checked.subject_ids))
            elif isinstance(checked, AnchorHead):
                checked = replace(checked, problem=wrong_about(checked, self._desk))
            elif isinstance(checked, CorrectData):
                checked = replace(checked, keyless=self._keyless([checked.subject_id]))
            elif isinstance(checked, HoldData):
                checked = replace(checked, related=self._calls_of(checked.subject_ids))
        except ValidationError as problem:
            return answered(command_id, "invalid", "invalid", {"problems": _said(problem)})
        except ValueError as problem:
            return answered(command_id, "invalid", "invalid", {"problems": [str(problem)[:500]]})
        digest = self._stamp(canonical([name, world, actor.id, plain])) if repeatable else None
        return Waiting(name, checked, digest, actor, command_id, world, occurred_s, time_source)

    def _schema(self, name: str, schema: type[Any]) -> TypeAdapter[Any]:
        if name not in self._schemas:
            self._schemas[name] = TypeAdapter(schema)
        return self._schemas[name]


def wrong_about(given: AnchorHead, own: str) -> str:
    """What is wrong with a head that is to be anchored, empty where nothing is: form and signature are checked here, because deciding knows no keys."""
    head = SignedHead(**{each.name: getattr(given, each.name) for each in fields(SignedHead)})
    wrong = wrong_with_head(head)
    if wrong is not None:
        return wrong
    if head.peaks and not head.peaks_hold():
        return "peaks"
    if not head.signed_by(head.public_key):
        return "signature"
    return "own" if head.desk == own else ""


def refuse_no_numbers(checked: Any) -> None:
    """Raise ValueError for NaN or infinity, which could not be written down and would be missing when the journal is read again.

    Places have a check of their own, register rows too.
    """
    for name in _numbers(type(checked)):
        value = getattr(checked, name)
        if isinstance(value, tuple):
            for each in value:
                refuse_no_numbers(each)
        elif value is not None and not isfinite(value):
            raise ValueError(f"{name}: not_a_number")


_NUMBERS: dict[type[Any], tuple[str, ...]] = {}


def _numbers(cls: type[Any]) -> tuple[str, ...]:
    """The fields that are numbers, or tuples of what has such fields."""
    if cls not in _NUMBERS:
        _NUMBERS[cls] = tuple(name for name, hint in get_type_hints(cls).items() if _numeric(hint))
    return _NUMBERS[cls]


def _numeric(hint: Any) -> bool:
    parts = get_args(hint)
    rows = (each for each in parts if is_dataclass(each) and each is not Place)
    return hint is float or float in parts or any(_numbers(cast(Any, each)) for each in rows)


def answered(command_id: str, status: Any, code: str, params: Mapping[str, Any] | None = None) -> Ack:
    """The answer to a command that never reached the desk."""
    return Ack(seq=0, command_id=command_id, status=status, code=code, params=dict(params or {}))


def _said(problem: ValidationError) -> list[dict[str, str]]:
    """What is wrong where, without repeating what was sent."""
    return [
        {"field": ".".join(map(str, each["loc"])), "problem": each["type"]}
        for each in problem.errors(include_input=False)
    ][:MOST_PROBLEMS]
