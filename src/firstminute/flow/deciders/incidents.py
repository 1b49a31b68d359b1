"""Commands about incidents: amend, claim, note, level, command, posts, cancel, stand-down, close, reopen."""

from __future__ import annotations

from dataclasses import dataclass, replace

from firstminute.flow.known import Spot, calls_of, located, rows_of
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import TimerCancelled
from firstminute.model.facts.incident import (
    CancelRequested,
    CommandPostSet,
    CommandTaken,
    DeskMeasureTaken,
    IncidentAmended,
    IncidentClaimed,
    IncidentClosed,
    IncidentReopened,
    LevelRaised,
    NoteAdded,
    StandDownOrdered,
)
from firstminute.model.place import Place, cell_of
from firstminute.respond import closure, incident, lifecycle, reasons
from firstminute.respond.intake import since
from firstminute.respond.records import HIGHEST, Call, Incident

MEASURE = "measure:"
MEASURES = ("stop_payment", "dissuasion", "keep_evidence")
RESULTS = ("done", "refused_by_bank", "too_late", "not_needed")
CANCELLED_BY = ("caller", "partner", "device", "member", "crew")
SENDS_DURESS = frozenset({"device", "dispatcher", "commander", "patrol", "lead", "member", "system"})
"""A stranger's word makes no incident silent."""
MAY_CANCEL = frozenset({"dispatcher", "commander", "system"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendIncident:
    """What a dispatcher knows better; what is left out stays as it is."""

    incident_id: str
    type_code: str | None = None
    priority: int | None = None
    venue_id: str | None = None
    silent: bool | None = None
    place: Place | None = None
    summary: str | None = None


def amend_incident(state: State, a: AmendIncident, act: Act) -> list[Body]:
    """Correct type, place, venue or priority by hand; calls no longer override it, crews are told."""
    now = incident.find(state.respond, a.incident_id, IncidentAmended)
    if (
        a.type_code is not None
        and state.registers.incident_types
        and a.type_code not in state.registers.incident_types
    ):
        raise Refused("unknown_type", type=a.type_code)
    if a.priority is not None and not HIGHEST <= a.priority <= 4:
        raise Refused("unknown_priority", priority=a.priority)
    if a.venue_id is not None and a.venue_id not in state.registers.venues:
        raise Refused("unknown_venue", venue=a.venue_id)
    row = rows_of(state)(a.type_code or now.type_code)
    venue = state.registers.venues.get(a.venue_id or "")
    place, cell = now.place, now.cell
    if a.place is not None:
        place = since(a.place, act.at_s if act.occurred_s is None else act.occurred_s)
        cell = cell_of(*a.place.centre)
    elif venue is not None and a.venue_id != now.venue_id:
        place, cell = None, cell_of(venue.lon, venue.lat)
    moved = a.place is not None or a.venue_id is not None
    venue_id = a.venue_id or (None if a.place is not None else now.venue_id)
    silent = now.silent if a.silent is None else a.silent
    summary = now.summary if a.summary is None else a.summary
    known = located(state, row, Spot(place, cell, venue_id), silent=silent, summary=summary)
    if not moved:
        known = replace(
            known, zone=now.zone, district=now.district, station_id=now.station_id, venue_id=now.venue_id
        )
    if "district" in now.by_hand:
        known = replace(known, district=now.district, station_id=now.station_id)
    known = replace(
        known,
        priority=a.priority if a.priority is not None else (row.priority if a.type_code else now.priority),
        desk_only=known.desk_only if a.type_code else now.desk_only,
    )
    return incident.amended(now, known, by_calls=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimIncident:
    """The seat that owns it from now on; `take_over` from another seat after its grace of 20 s."""

    incident_id: str
    seat: str
    take_over: bool = False


def claim_incident(state: State, a: ClaimIncident, act: Act) -> list[Body]:
    """A seat takes an incident; the one before is named."""
    about = incident.find(state.respond, a.incident_id, IncidentClaimed)
    return incident.claim(about, a.seat, act.actor.id, at_s=act.at_s, take_over=a.take_over)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNote:
    """A line for the log, about: log, safety, resource, hand_over, keep_away."""

    incident_id: str
    note: str
    about: str = "log"


def add_note(state: State, a: AddNote, act: Act) -> list[Body]:
    """Add a line to the log, also after the end."""
    return incident.note(incident.find(state.respond, a.incident_id, NoteAdded), a.about, a.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseLevel:
    """The alarm level (2, 3) and why (a code, and a note where there is more to say)."""

    incident_id: str
    level: int
    reason: str
    note: str | None = None


def raise_level(state: State, a: RaiseLevel, act: Act) -> list[Body]:
    """The run card's next needs apply."""
    about = incident.find(state.respond, a.incident_id, LevelRaised)
    return incident.raise_level(about, a.level, a.reason, a.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeCommand:
    """Who commands, at which of the two levels (tactical, overall), and who hands over where somebody holds it."""

    incident_id: str
    commander_id: str
    tier: str = "tactical"
    handed_over_by: str | None = None


def take_command(state: State, a: TakeCommand, act: Act) -> list[Body]:
    """Take command, or hand it over by name."""
    about = incident.find(state.respond, a.incident_id, CommandTaken)
    return incident.take_command(about, a.commander_id, a.tier, handed_over_by=a.handed_over_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPost:
    """A staging point, cordon, sector or command post."""

    incident_id: str
    what: str
    name: str
    place: Place | None = None


def set_post(state: State, a: SetPost, act: Act) -> list[Body]:
    """Name a place of the scene."""
    about = incident.find(state.respond, a.incident_id, CommandPostSet)
    return incident.set_post(about, a.what, a.name, a.place)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeMeasure:
    """A desk measure (stop_payment, dissuasion, keep_evidence) and what came of it."""

    incident_id: str
    measure: str
    result: str = "done"


def take_measure(state: State, a: TakeMeasure, act: Act) -> list[Body]:
    """止付 or 劝阻 was done, or found to be impossible."""
    about = incident.find(state.respond, a.incident_id, DeskMeasureTaken)
    if a.result not in RESULTS:
        raise Refused("unknown_result", result=a.result)
    if a.measure not in MEASURES and a.measure not in about.measures:
        raise Refused("unknown_kind", kind=a.measure[:40])
    if about.measures.get(a.measure, (0.0, None))[1] == a.result:
        return []
    taken = DeskMeasureTaken(incident_id=about.incident_id, measure=a.measure, result=a.result)
    return [taken, TimerCancelled(timer_subject=about.incident_id, timer=MEASURE + a.measure)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCancel:
    """Who says it is over; `pin` as typed on the sender's device."""

    incident_id: str
    by: str = "caller"
    pin: str | None = None
    duress: bool = False


def request_cancel(state: State, a: RequestCancel, act: Act) -> list[Body]:
    """A caller's cancel is information. The duress PIN looks like a cancel to whoever watches, and makes everything silent and urgent."""
    if a.by not in CANCELLED_BY:
        raise Refused("unknown_kind", kind=a.by)
    if a.incident_id in state.respond.closed:
        return []
    about = incident.find(state.respond, a.incident_id, CancelRequested)
    calls = calls_of(state, about)
    duress = act.actor.role in SENDS_DURESS and (a.duress or _is_duress(state, calls, a.pin))
    if about.cancel_requested and not duress:
        return []
    facts: list[Body] = [CancelRequested(incident_id=about.incident_id, by=a.by, duress=duress)]
    if duress:
        facts += _under_duress(state, about)
    return facts


def _is_duress(state: State, calls: list[Call], pin: str | None) -> bool:
    """A wrong PIN counts as duress as well: somebody else may be typing."""
    if pin is None:
        return False
    known = [state.registers.devices.get(c.device_id or "") for c in calls]
    right = {d.cancel_pin for d in known if d is not None and d.cancel_pin}
    return bool(right) and pin not in right


def _under_duress(state: State, about: Incident) -> list[Body]:
    row = rows_of(state)("sos" if about.type_code in ("unknown", "sensor_alarm") else about.type_code)
    spot = Spot(about.place, about.cell, about.venue_id)
    known = located(state, row, spot, silent=True, summary=about.summary)
    known = replace(
        known,
        priority=min(1, about.priority),
        zone=about.zone,
        district=about.district,
        station_id=about.station_id,
        venue_id=about.venue_id,
    )
    return incident.amended(about, known, by_calls=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandDown:
    """Why everybody may stop (a code, and a note where there is more to say)."""

    incident_id: str
    reason: str
    note: str | None = None


def stand_down(state: State, a: StandDown, act: Act) -> list[Body]:
    """Everybody may stop: only a dispatcher or commander cancels."""
    if act.actor.role not in MAY_CANCEL:
        raise Refused("only_desk_cancels", role=act.actor.role)
    about = incident.find(state.respond, a.incident_id, StandDownOrdered)
    reason, note = reasons.settle("stand_down", a.reason, a.note)
    return [StandDownOrdered(incident_id=about.incident_id, reason=reason, note=note)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseIncident:
    """The closing report: outcome, corrected type, handed to whom, a note."""

    incident_id: str
    outcome: str
    type_code: str | None = None
    handed_to: str | None = None
    note: str | None = None


def close_incident(state: State, a: CloseIncident, act: Act) -> list[Body]:
    """End it (处警反馈): everybody is freed, alerts withdrawn, timers cancelled. A second report is refused, never silently dropped."""
    about = incident.find(state.respond, a.incident_id, IncidentClosed)
    types = state.registers.incident_types
    if a.type_code is not None and types and a.type_code not in types:
        raise Refused("unknown_type", type=a.type_code)
    ending = closure.Ending(outcome=a.outcome, type_code=a.type_code, handed_to=a.handed_to, note=a.note)
    return [*closure.close(state.respond, about, ending), *timers_of(state, about)]


def timers_of(state: State, about: Incident) -> list[Body]:
    """Cancellations of all that is pending about an incident."""
    pending = state.timers.by_subject
    subjects = (about.incident_id, *about.alerts, *about.assignments)
    return closure.timers_ended(s for s in subjects if s in pending)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenIncident:
    """Why it was not over (a code, and a note where there is more to say)."""

    incident_id: str
    reason: str
    note: str | None = None


def reopen_incident(state: State, a: ReopenIncident, act: Act) -> list[Body]:
    """Open again what ended within the last shift, or call people again after a stand-down."""
    if a.incident_id in state.respond.incidents:
        about = state.respond.incidents[a.incident_id]
        if about.status != lifecycle.STOOD_DOWN:
            return []
        return closure.reopen(about, a.reason, a.note)
    about = incident.find(state.respond, a.incident_id, IncidentReopened)
    return closure.reopen(about, a.reason, a.note)
