"""An incident as its calls and its dispatcher tell it: opened, amended, claimed, noted, commanded, graded up.

Idea: what the calls of an incident say together is one picture: the most urgent kind, the most precise place, silent where any caller must not be
heard. It is drawn again with every word, and only what differs becomes an amendment; what a dispatcher set by hand no call overrides. Limits:
the picture takes the best single place, it does not average places.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from firstminute.model.envelope import Body
from firstminute.model.errors import Refused
from firstminute.model.facts.incident import (
    CommandPostSet,
    CommandTaken,
    IncidentAmended,
    IncidentClaimed,
    IncidentOpened,
    IncidentReviewed,
    LevelRaised,
    NoteAdded,
)
from firstminute.model.place import Place, cell_of
from firstminute.model.records import IncidentType
from firstminute.respond import lifecycle, reasons
from firstminute.respond.attach import RowOf
from firstminute.respond.records import CLAIM_GRACE_S, Call, Cell, Incident, Respond

LEVEL_MOST = 3
TIERS = ("tactical", "overall")
POSTS = ("staging", "cordon", "sector", "post")
ABOUT = ("log", "safety", "resource", "hand_over", "keep_away")
VAGUE_M = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where something is in the city's own terms: found from its point or venue."""

    zone: str = "other"
    district: str | None = None
    station_id: str | None = None
    venue_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of an incident: the fields that an amendment may change."""

    type_code: str
    priority: int
    silent: bool
    desk_only: bool
    place: Place | None
    cell: Cell | None
    summary: str | None
    zone: str
    district: str | None
    station_id: str | None
    venue_id: str | None


AMENDABLE = tuple(each.name for each in fields(Known) if each.name != "cell")


def find(respond: Respond, incident_id: str, kind: type[Body]) -> Incident:
    """The open incident to which a fact of `kind` may happen now, or `Refused` with the reason."""
    incident = respond.incidents.get(incident_id)
    if incident is None:
        if incident_id in respond.closed:
            lifecycle.refuse_unlawful(lifecycle.CLOSED, kind)
            return respond.closed[incident_id].incident
        raise Refused("unknown_incident", incident=incident_id)
    lifecycle.refuse_unlawful(incident.status, kind)
    return incident


def is_desk_work(row: IncidentType) -> bool:
    """Fraud and network calls go to a desk first; a crew only when somebody asks for one."""
    return bool(row.desk_measures) and row.rings.get("reinforcement") != "automatic"


def best_place(calls: Sequence[Call]) -> tuple[Place | None, Cell | None, Call | None]:
    """The most precise place that the calls give, the first of equals; a bare cell where no exact place is known (any more).

    Where the same device, or the same caller as exactly, has named a later place, the earlier one no longer counts: it moves.
    """
    best: Call | None = None
    moved_on = _moved_on(calls)
    for call in calls:
        if call.place is None or call.call_id in moved_on:
            continue
        if best is None or _vagueness(call) < _vagueness(best):
            best = call
    if best is None:
        best = next((call for call in calls if call.cell is not None), None)
    return (best.place, best.cell, best) if best is not None else (None, None, None)


def _moved_on(calls: Sequence[Call]) -> set[str]:
    """Calls whose sender has said since that it is somewhere else."""
    by_id = {call.call_id: call for call in calls}
    gone: set[str] = set()
    for call in calls:
        if call.place is None:
            continue
        earlier = by_id.get(call.phone_before or "")
        if call.device_before is not None:
            gone.add(call.device_before)
        if earlier is not None and _vagueness(call) <= _vagueness(earlier):
            gone.add(earlier.call_id)
    return gone


def _vagueness(call: Call) -> float:
    return (call.place.radius_m or VAGUE_M) if call.place is not None else 1e9


def worst_type(calls: Iterable[Call], row_of: RowOf, guesses: Iterable[str | None] = ()) -> IncidentType:
    """The most urgent kind that anybody named; `unknown` where nobody did. A guess from words counts only upwards."""
    named = [row_of(call.type_code) for call in calls if call.type_code]
    guessed = [row_of(code) for code in guesses if code]
    if not named:
        return min(guessed, key=lambda row: row.priority) if guessed else row_of(None)
    worst = min(named, key=_urgency)
    for row in guessed:
        if _urgency(row) < _urgency(worst):
            worst = row
    return worst


def _urgency(row: IncidentType) -> tuple[bool, int]:
    """An officer in danger comes before everything a caller can name."""
    return row.code != "officer_sos", row.priority


def opened(
    incident_id: str, call: Call, known: Known, *, grade: str, plan_id: str, started_s: float
) -> IncidentOpened:
    """Something happens in the world that answers to nobody yet."""
    return IncidentOpened(
        incident_id=incident_id,
        call_id=call.call_id,
        type_code=known.type_code,
        priority=known.priority,
        grade=grade,
        plan_id=plan_id,
        zone=known.zone,
        district=known.district,
        station_id=known.station_id,
        venue_id=known.venue_id,
        silent=known.silent,
        desk_only=known.desk_only,
        found_by_team=call.team_id,
        started_s=started_s,
        cell=known.cell,
        place=known.place,
        summary=known.summary,
    )


def amended(incident: Incident, known: Known, *, by_calls: bool) -> list[Body]:
    """What is known now and was not; nothing new, no fact. Calls never override what a dispatcher set, and never unset silence."""
    changed: list[str] = []
    for name in AMENDABLE:
        value, before = getattr(known, name), getattr(incident, name)
        if value == before or (by_calls and name in incident.by_hand):
            continue
        if name == "place" and value is None and known.cell in (None, incident.cell):
            continue
        if by_calls and (value is None or (name == "silent" and not value)):
            continue
        changed.append(name)
    if not changed:
        return []
    kept = {name: getattr(known, name) for name in changed}
    if "place" in changed:
        kept["cell"] = known.cell
    return [IncidentAmended(incident_id=incident.incident_id, changed=tuple(changed), **kept)]


def claim(incident: Incident, seat: str, who: str, *, at_s: float, take_over: bool = False) -> list[Body]:
    """A seat owns the incident from now on; the one before is named. Within the grace seats may change their minds, later it takes a deliberate take-over.

    Another person at the same seat claims it to answer for it by name.
    """
    if incident.seat == seat and incident.claimed_s is not None and incident.holder == who:
        return []
    since_s = incident.opened_s if incident.claimed_s is None else incident.claimed_s
    if incident.seat not in (None, seat) and not take_over and at_s - since_s > CLAIM_GRACE_S:
        raise Refused("incident_claimed", seat=incident.seat)
    return [IncidentClaimed(incident_id=incident.incident_id, seat=seat, taken_over_from=incident.seat)]


def note(incident: Incident, about: str, text: str) -> list[Body]:
    """A line in the log."""
    if about not in ABOUT:
        raise Refused("unknown_kind", kind=about)
    return [NoteAdded(incident_id=incident.incident_id, about=about, note=text)]


def raise_level(incident: Incident, level: int, reason: str, note: str | None = None) -> list[Body]:
    """The next alarm level's needs apply; levels go up only."""
    if not incident.level < level <= LEVEL_MOST:
        raise Refused("level_not_higher", level=incident.level, most=LEVEL_MOST)
    reason, note = reasons.settle("level", reason, note)
    return [LevelRaised(incident_id=incident.incident_id, level=level, reason=reason, note=note)]


def take_command(
    incident: Incident, commander_id: str, tier: str, *, handed_over_by: str | None
) -> list[Body]:
    """Two levels of command: on scene (tactical) and of the whole (overall). Who holds it hands it over by name, nobody loses it silently."""
    if tier not in TIERS:
        raise Refused("unknown_kind", kind=tier)
    holder = incident.commanders.get(tier)
    if holder == commander_id:
        return []
    if holder is not None and handed_over_by != holder:
        raise Refused("command_held", holder=holder, tier=tier)
    return [
        CommandTaken(
            incident_id=incident.incident_id, commander_id=commander_id, tier=tier, handed_over_by=holder
        )
    ]


def set_post(incident: Incident, what: str, name: str, place: Place | None) -> list[Body]:
    """A staging point, cordon, sector or command post gets a name and a place."""
    if what not in POSTS:
        raise Refused("unknown_kind", kind=what)
    cell = cell_of(*place.centre) if place is not None else None
    return [CommandPostSet(incident_id=incident.incident_id, what=what, name=name, cell=cell, place=place)]


def reviewed(incident_id: str, findings: tuple[str, ...], note: str | None) -> list[Body]:
    """What was learned; the tasks that follow are set beside it."""
    if not findings:
        raise Refused("nothing_found", incident=incident_id)
    for code in findings:
        reasons.check("finding", code)
    return [IncidentReviewed(incident_id=incident_id, findings=findings, note=note)]
