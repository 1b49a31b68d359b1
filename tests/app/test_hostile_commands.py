"""Every command with arguments that fit its schema and make no sense, on a town that lives: refused, invalid or facts, and never an error.

Idea: values are real ids, near misses and what programs choke on. What is recorded is written down and read back as the journal does, so that a fold
after a restart sees what it must not choke on either.
"""

from __future__ import annotations

import random
import types
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from firstminute.app.admission import Admission
from firstminute.flow.acks import Ack
from firstminute.flow.commands import COMMANDS, Command
from firstminute.flow.step import Submitted, fold, step
from firstminute.model.encoding import decode_body, encode_body
from firstminute.model.envelope import Act, Actor
from firstminute.store.canonical import canonical, read
from tests.respond.test_any_course import check
from tests.support.course import a_town, try_one
from tests.support.play import COMMANDER, DISPATCHER, Play

TEXTS = (
    "", " ", "\x00", "\ud800", "x" * 20_000, "😀", "../../etc", "D", "S1", "default", "page", "fix", "radio", "normal", "day", "police", "120",
    "reinforcement", "self_rescue", "car", "12 到", "NaN", "e" + "\u0301" * 50, "members/Mh0", "fight", "false_alarm", "resting",
)  # fmt: skip
NUMBERS = (
    0.0,
    -0.0,
    1.0,
    -1.0,
    1e15,
    -1e15,
    1e-300,
    113.0,
    23.0,
    181.0,
    1e9,
    60.0,
    float("nan"),
    float("inf"),
)
WHOLES = (0, 1, -1, 2, 2**31 - 1, -(2**31), 99, 10**40)
ACTORS = (
    DISPATCHER, COMMANDER, Actor(id="Mh0", role="member", team_id="Th"), Actor(id="U1", role="patrol", unit_id="U1"), Actor(id="a", role="admin"),
    Actor(id="d", role="device", unit_id="U1"), Actor(id="r", role="resident"), Actor(id="p", role="partner"),
)  # fmt: skip
OWN = frozenset({"fire_timer", "change_register", "leave_drill", "take_up_call"})
"""The desk's own commands, and register rows, which have their own tests."""


class Nonsense:
    """Values for a type hint."""

    def __init__(self, seed: int, town: Play) -> None:
        self.pick, self._town = random.Random(seed), town

    def _ids(self) -> list[str]:
        state = self._town.state
        respond, muster, books = state.respond, state.muster, state.registers
        tables = (
            respond.incidents,
            respond.calls,
            respond.assignments,
            respond.alerts,
            respond.closed,
            respond.tasks,
            muster.spots,
            muster.drills,
        )
        promises = [key for call in respond.calls.values() for key in call.promises]
        asked = [key for incident in respond.incidents.values() for key in incident.agencies]
        return [
            *(key for table in tables for key in table),
            *books.units,
            *books.teams,
            *books.members,
            *books.venues,
            *books.devices,
            *promises,
            *asked,
        ]

    def of(self, hint: Any) -> Any:
        """A value that the hint allows."""
        origin, arguments, pick = get_origin(hint), get_args(hint), self.pick
        if origin in (Union, types.UnionType):
            return self.of(pick.choice(arguments))
        if origin is Literal:
            return pick.choice(arguments)
        if hint is str:
            return pick.choice(self._ids()) if pick.random() < 0.6 else pick.choice(TEXTS)
        if hint in (float, int):
            return pick.choice(NUMBERS if hint is float else WHOLES)
        if hint is bool:
            return pick.random() < 0.5
        if is_dataclass(hint):
            return self.arguments(hint)
        if origin is tuple:
            return [
                self.of(arguments[0])
                for _ in range(2 if arguments[-1] is not Ellipsis else pick.choice((0, 1, 2, 5)))
            ]
        if origin is dict:
            return {self.of(str): self.of(arguments[1]) for _ in range(pick.choice((0, 1, 3)))}
        return None

    def arguments(self, schema: Any) -> dict[str, Any]:
        """Arguments for a schema; what has a default is sometimes left out."""
        hints = get_type_hints(schema)
        return {
            each.name: self.of(hints[each.name])
            for each in fields(schema)
            if (each.default is MISSING and each.default_factory is MISSING) or self.pick.random() < 0.6
        }


def _try(town: Play, admission: Admission, command: Command, nonsense: Nonsense) -> None:
    actor, arguments = nonsense.pick.choice(ACTORS), nonsense.arguments(command.schema)
    admitted = admission.admit(
        command.name,
        arguments,
        actor,
        "c",
        occurred_s=None,
        time_source="system",
        world="live",
        repeatable=True,
    )
    if isinstance(admitted, Ack):
        assert admitted.status == "invalid"
        return
    ids = town.ids()
    act = Act(at_s=town.at_s, actor=actor, command_id=next(ids), ids=ids)
    outcome = step(town.state, Submitted(command.name, admitted.arguments, act))
    for fact in outcome.facts:
        town.facts.append(fact)
        plain, sealed = encode_body(fact.body)
        kept = read(canonical(plain)), read(canonical(sealed)) if sealed is not None else None
        decode_body(fact.kind, fact.body.VERSION, *kept)


@pytest.mark.parametrize("name", sorted(command.name for command in COMMANDS if command.name not in OWN))
@settings(max_examples=6, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_no_arguments_whatever_bring_a_command_to_an_error(name: str, seed: int) -> None:
    command = next(each for each in COMMANDS if each.name == name)
    town = a_town()
    nonsense, admission = Nonsense(seed, town), Admission(lambda data: b"", lambda subjects: ())
    for _ in range(12):
        try_one(town, *(nonsense.pick.randrange(58) for _ in range(3)))
    for _ in range(8):
        _try(town, admission, command, nonsense)
        town.at_s += nonsense.pick.choice((0.1, 1.0, 30.0))
    check(town.state.respond)


@settings(max_examples=25, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_what_nonsense_left_in_the_journal_folds_again(seed: int) -> None:
    town = a_town()
    nonsense, admission = Nonsense(seed, town), Admission(lambda data: b"", lambda subjects: ())
    start = len(town.facts)
    commands = [each for each in COMMANDS if each.name not in OWN]
    for _ in range(60):
        if nonsense.pick.random() < 0.3:
            try_one(town, *(nonsense.pick.randrange(58) for _ in range(3)))
        _try(town, admission, nonsense.pick.choice(commands), nonsense)
        town.at_s += nonsense.pick.choice((0.1, 1.0, 30.0))
    again = a_town()
    for fact in town.facts[start:]:
        plain, sealed = encode_body(fact.body)
        written = read(canonical(plain)), read(canonical(sealed)) if sealed is not None else None
        body = decode_body(fact.kind, fact.body.VERSION, *written)
        fold(
            again.state, type(fact)(**{**{f.name: getattr(fact, f.name) for f in fields(fact)}, "body": body})
        )
    assert list(again.state.respond.incidents) == list(town.state.respond.incidents)
    assert again.state.timers.pending == town.state.timers.pending


def test_characters_that_not_every_store_keeps_are_replaced_and_a_command_id_with_one_is_refused() -> None:
    admission = Admission(lambda data: data[:32], lambda wanted: ())
    more = {"occurred_s": None, "time_source": "system", "world": "live", "repeatable": True}
    call = {"channel": "phone", "text": "fire\x00 at \ud800 the door", "caller_phone": "139\x00"}
    found = admission.admit("receive_call", call, DISPATCHER, "c1", **more)  # type: ignore[arg-type]
    assert not isinstance(found, Ack)
    assert (found.arguments.text, found.arguments.caller_phone) == (
        "fire\ufffd at \ufffd the door",
        "139\ufffd",
    )
    for harmful in ("c\x00", "c\ud800"):
        refused = admission.admit("receive_call", call, DISPATCHER, harmful, **more)  # type: ignore[arg-type]
        assert isinstance(refused, Ack) and refused.status == "invalid"
