"""What is known of an incident, put together from its calls, the catalogue and the map of areas: the adaptor between state and `respond.incident`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firstminute.flow import areas
from firstminute.flow.areas import Areas
from firstminute.flow.state import State
from firstminute.model.place import Place
from firstminute.model.records import IncidentType
from firstminute.respond.attach import RowOf
from firstminute.respond.catalogue import type_of
from firstminute.respond.incident import Known, best_place, is_desk_work, worst_type
from firstminute.respond.intake import type_guess
from firstminute.respond.records import HIGHEST, Call, Cell, Incident


def rows_of(state: State) -> RowOf:
    """Type code → catalogue row, as the register says now."""
    types = state.registers.incident_types
    return lambda code: type_of(types, code)


def areas_of(state: State) -> Areas:
    """The areas as the registers say now; laid out anew where they changed."""
    if state.areas.version != areas.version_of(state.registers):
        state.areas = areas.lay_out(state.registers)
    return state.areas


def picture_of(state: State, calls: Sequence[Call]) -> Known:
    """What calls about one thing say together."""
    types = state.registers.incident_types
    guesses = [type_guess(c.text, types) for c in calls if not c.type_code and c.text]
    row = worst_type(calls, rows_of(state), guesses)
    place, cell, best = best_place(calls)
    venue_id = best.venue_id if best is not None else None
    return located(
        state,
        row,
        Spot(place, cell, venue_id or next((c.venue_id for c in calls if c.venue_id), None)),
        silent=any(c.silent for c in calls),
        summary=next((c.text for c in calls if c.text), None),
    )


@dataclass(frozen=True, slots=True)
class Spot:
    """A place as far as it is said: exactly, by its cell, by its venue."""

    place: Place | None
    cell: Cell | None
    venue_id: str | None


def located(state: State, row: IncidentType, spot: Spot, *, silent: bool, summary: str | None) -> Known:
    """The picture of a kind of incident at a spot: zone, district, station and venue found."""
    point = spot.place.centre if spot.place is not None else spot.cell
    radius_m = spot.place.radius_m if spot.place is not None else 50.0
    there = areas.where(areas_of(state), state.registers, point, spot.venue_id, radius_m)
    return Known(
        type_code=row.code,
        priority=HIGHEST if row.code == "officer_sos" else row.priority,
        silent=silent,
        desk_only=is_desk_work(row),
        place=spot.place,
        cell=spot.cell,
        summary=summary,
        zone=there.zone,
        district=there.district,
        station_id=there.station_id,
        venue_id=there.venue_id,
    )


def calls_of(state: State, incident: Incident) -> list[Call]:
    """The calls of an incident that are known, oldest first."""
    calls = state.respond.calls
    return [calls[call_id] for call_id in incident.calls if call_id in calls]
