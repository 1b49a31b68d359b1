"""Facts and stores for tests of the record: small, seeded, without a flow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from firstminute.model.envelope import Body, Fact, World
from firstminute.model.facts.call import CallAttached, CallReceived
from firstminute.model.facts.desk import TimerSet
from firstminute.model.facts.incident import IncidentClosed, IncidentOpened
from firstminute.model.place import Place

PLACE = Place(points=((113.264412, 23.129187),), address="东门路1号3栋502", private=True)


def facts_of(
    bodies: Sequence[Body], after: int = 0, world: World = "live", at_s: float = 1000.0
) -> list[Fact]:
    """Bodies in envelopes, counted on from `after`, a second apart."""
    return [
        Fact(
            seq=seq, at_s=at_s + seq, occurred_s=at_s + seq - 0.25, time_source="system", body=body, actor="seat-1",
            command_id=f"command-{seq}", origin="officer", world=world, because=None,
        )
        for seq, body in enumerate(bodies, after + 1)
    ]  # fmt: skip


def call(number: int, text: str = "救命，有人持刀") -> CallReceived:
    """A call with everything in it that must be sealed."""
    return CallReceived(
        call_id=f"call-{number}", channel="phone", caller_name="张三", caller_phone="13900001234", text=text, place=PLACE, cell=(113.26, 23.13)
    )  # fmt: skip


def incident(number: int) -> list[Body]:
    """A call, its incident and a timer."""
    return [
        call(number),
        IncidentOpened(
            incident_id=f"incident-{number}", call_id=f"call-{number}", type_code="fight", priority=2, grade="normal", plan_id="default",
            zone="core", district="d1", station_id=None, venue_id=None, started_s=1000.0, place=PLACE, summary="持刀",
        ),
        CallAttached(call_id=f"call-{number}", incident_id=f"incident-{number}", reasons=("new",)),
        TimerSet(timer_subject=f"incident-{number}", timer="clock:reinforcement", round=1, due_s=1300.0),
    ]  # fmt: skip


def closing(number: int) -> IncidentClosed:
    """The end of `incident(number)`."""
    return IncidentClosed(
        incident_id=f"incident-{number}", outcome="resolved", type_code="fight", call_ids=(f"call-{number}",)
    )


def incidents(count: int) -> Iterator[Body]:
    """The bodies of several incidents, one after another."""
    for number in range(count):
        yield from incident(number)


class NoLock:
    """In the place of the lock, for tests of what stands behind it: the head, which only one desk can move."""

    in_place = True

    def __init__(self, path: Path) -> None:
        self.path = path

    def close(self) -> None:
        """Nothing is held."""
