"""Passing on: the sheet that one person at a seat leaves to the next (交接班), and the list of callers to call back (回访).

Idea: incidents, calls and promises belong to seats, not to persons, so a hand-over changes no owner: it lists what is open, whoever leaves signs, and
it is one when whoever comes has signed too. The sheet is read from the state, so nobody can forget a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from firstminute.model.envelope import Body
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import HandOverOffered, SeatHandedOver
from firstminute.respond import reasons
from firstminute.respond.lifecycle import OVER
from firstminute.respond.records import Call, Respond


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What is open at a seat.

    Attributes
    ----------
    incidents : open incidents of the seat;  reports : those whose crews are done and whose report is missing
    promises : (promise id, call id, what, due_s) to callers, most urgent first
    units_out : crews bound to its incidents
    calls : calls it claimed that belong to no incident
    callbacks : calls of incidents closed within the last shift that nobody called back
    """

    seat: str
    incidents: tuple[str, ...]
    reports: tuple[str, ...]
    promises: tuple[tuple[str, str, str, float], ...]
    units_out: tuple[str, ...]
    calls: tuple[str, ...]
    callbacks: tuple[str, ...]


def sheet(respond: Respond, seat: str) -> Sheet:
    """The sheet of a seat, now."""
    owned = [i for i in respond.incidents.values() if i.seat == seat]
    known = {i.incident_id for i in owned} | {
        key for key, kept in respond.closed.items() if kept.incident.seat == seat
    }
    promises = [
        (promise_id, call.call_id, what, due_s)
        for call in respond.calls.values()
        if call.promises and (call.seat == seat or call.incident_id in known)
        for promise_id, (what, due_s) in call.promises.items()
    ]
    units = {
        bound.responder_id: None
        for i in owned
        for bound in map(respond.assignments.get, i.assignments)
        if bound is not None and bound.responder_kind == "unit" and bound.state not in OVER
    }
    return Sheet(
        seat=seat,
        incidents=tuple(i.incident_id for i in owned),
        reports=tuple(i.incident_id for i in owned if i.status == "cleared"),
        promises=tuple(sorted(promises, key=lambda p: p[3])),
        units_out=tuple(units),
        calls=tuple(c for c in respond.loose if respond.calls[c].seat == seat),
        callbacks=tuple(call.call_id for call in callbacks(respond, seat)),
    )


def callbacks(respond: Respond, seat: str | None = None) -> list[Call]:
    """Whom to call back: callers with a number whose incident ended lately, never a silent one. Oldest first."""
    found: list[Call] = []
    for kept in respond.closed.values():
        if seat is not None and kept.incident.seat != seat:
            continue
        for call_id in kept.call_ids:
            call = respond.calls.get(call_id)
            if call is None or call.silent or not call.caller_phone or kept.incident.silent:
                continue
            if call.called_back in (None, "no_answer"):
                found.append(call)
    return found


def offer(
    respond: Respond,
    seat: str,
    people: tuple[str, str],
    *,
    faults: tuple[str, ...],
    note: str | None,
    ids: Iterator[str],
) -> list[Body]:
    """Whoever leaves signs the sheet as it stands.

    Parameters
    ----------
    people : who leaves, who comes
    faults : codes; what the desk itself knows to be broken is among them
    """
    leaves, comes = people
    if leaves == comes:
        raise Refused("hand_over_to_oneself", seat=seat)
    for code in faults:
        reasons.check("fault", code)
    now = sheet(respond, seat)
    return [
        HandOverOffered(
            hand_over_id=next(ids),
            seat=seat,
            from_person=leaves,
            to_person=comes,
            open_incidents=now.incidents,
            promises=tuple(p[0] for p in now.promises),
            units_out=now.units_out,
            calls=now.calls,
            faults=tuple(dict.fromkeys(faults)),
            note=note,
        )
    ]


def sign(respond: Respond, seat: str, person: str) -> list[Body]:
    """Whoever comes signs the sheet as it stands now; what came since the offer is named."""
    offered = respond.hand_overs.get(seat)
    if offered is None:
        raise Refused("hand_over_not_offered", seat=seat)
    if person != offered.to_person:
        raise Refused("hand_over_other_person", seat=seat, person=offered.to_person)
    now = sheet(respond, seat)
    return [
        SeatHandedOver(
            seat=seat,
            from_person=offered.from_person,
            to_person=offered.to_person,
            open_incidents=now.incidents,
            promises=tuple(p[0] for p in now.promises),
            units_out=now.units_out,
            faults=offered.faults,
            signed_by_both=True,
            hand_over_id=offered.hand_over_id,
            since=tuple(i for i in now.incidents if i not in offered.open_incidents),
        )
    ]
