"""Seats: a room splits one when it is too much for one person, and joins them when the rush is over (分席、并席); and the lines of the room's own log.

Idea: incidents and calls belong to seats, so splitting and joining moves them and changes nothing else: no clock, no crew, no promise. Whoever sits at the
other seat claims them to answer for them by name. Limits: a seat is its name; which seats stand in the room nobody registers.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

from firstminute.model.envelope import Body
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import RoomNoted, SeatMoved
from firstminute.respond import reasons
from firstminute.respond.records import Respond

SEAT_MOST = 64


def of_seat(respond: Respond, seat: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Open incidents of a seat, and calls that it claimed and that belong to none."""
    return (
        tuple(key for key, each in respond.incidents.items() if each.seat == seat),
        tuple(key for key in respond.loose if respond.calls[key].seat == seat),
    )


def counted(respond: Respond, among: Set[str]) -> dict[str, tuple[int, int]]:
    """Seat → how many of these incidents it has and how many of them nobody answers for by name."""
    found: dict[str, tuple[int, int]] = {}
    for each in map(respond.incidents.__getitem__, among):
        if each.seat is not None:
            had, open_ = found.get(each.seat, (0, 0))
            found[each.seat] = (had + 1, open_ + (each.holder is None))
    return found


def move(
    seat: str, to_seat: str, held: tuple[tuple[str, ...], tuple[str, ...]], picked: tuple[str, ...]
) -> list[Body]:
    """Incidents of a seat become another's.

    Parameters
    ----------
    held : incidents and calls of the seat that may be moved
    picked : incidents to move, a split; empty = all of them and the calls, the seats are joined
    """
    to_seat = to_seat.strip()
    if not to_seat or len(to_seat) > SEAT_MOST or to_seat == seat:
        raise Refused("seat_to_itself", seat=seat)
    incidents, calls = held
    strange = [key for key in picked if key not in incidents]
    if strange:
        raise Refused("not_of_seat", incident=strange[0], seat=seat)
    if not (incidents or calls):
        raise Refused("seat_empty", seat=seat)
    moved = SeatMoved(
        seat=seat, to_seat=to_seat, incident_ids=picked or incidents, call_ids=() if picked else calls, joined=not picked
    )  # fmt: skip
    return [moved]


def note(about: str, said: str, *, seat: str | None, district: str | None, ids: Iterator[str]) -> list[Body]:
    """A line of the room's log that is about no incident."""
    if not said.strip():
        raise Refused("nothing_said")
    return [
        RoomNoted(room_note_id=next(ids), about=reasons.check("room_note", about), note=said.strip(), seat=seat, district=district)
    ]  # fmt: skip
