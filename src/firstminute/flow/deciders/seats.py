"""Commands about the room: seats split and join (分席、并席), a line of its running log, numbers of blank forms."""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.flow.access.objects import call_thing, incident_thing
from firstminute.flow.access.places import who_in
from firstminute.flow.state import State
from firstminute.model.access.policies import may
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.respond import paper, seats


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveSeat:
    """The seat that gives, the one that takes, and which incidents (a split); none named = all that it has (they are joined)."""

    seat: str
    to_seat: str
    incident_ids: tuple[str, ...] = ()


def move_seat(state: State, a: MoveSeat, act: Act) -> list[Body]:
    """Split a seat or join two: of what the seat has, whatever is of the actor's own place.

    Refused: seat_to_itself, seat_empty, not_of_seat
    """
    who = who_in(state, act.actor, act.at_s)
    incidents, calls = seats.of_seat(state.respond, a.seat)
    mine = tuple(
        key for key in incidents if (at := incident_thing(state, key)) and may("dispatcher", who, at)
    )
    heard = tuple(key for key in calls if (at := call_thing(state, key)) and may("dispatcher", who, at))
    return seats.move(a.seat, a.to_seat, (mine, heard), tuple(dict.fromkeys(a.incident_ids)))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRoom:
    """A line of the running log (值班日志): about log, order, visitor, press, weather, traffic, technical, other."""

    note: str
    about: str = "log"
    seat: str | None = None


def note_room(state: State, a: NoteRoom, act: Act) -> list[Body]:
    """Keep a line that is about no incident: an order by telephone, a visitor, a fault. It is sealed, and read by desks of the same place."""
    return seats.note(a.about, a.note, seat=a.seat, district=act.actor.district, ids=act.ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveForms:
    """How many blank call forms (at most 200) a seat is going to print."""

    seat: str
    count: int


def reserve_forms(state: State, a: ReserveForms, act: Act) -> list[Body]:
    """Numbers for blank call forms: nobody gets them again, also after a restart. Drills have none: a form is paper in a real drawer.

    Refused: forms_are_live, forms_count
    """
    if act.world != "live":
        raise Refused("forms_are_live")
    return paper.reserve(state.desk.forms_last, a.count, seat=a.seat, at_s=act.at_s)
