"""An open incident, call, unit or venue as one row of plain data: what a screen needs, nothing it must work out.

Idea: `render(state) → view`. Rows say codes and numbers; sentences are the screen's. Shapes stand in docs/howto/follow-the-feed.md. Limits: the row of a busy
incident costs about 50 µs, so the desk renders an incident once a commit, however many facts touched it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from firstminute.model.records import IncidentType, Station, Team, Unit, Venue, Zone
from firstminute.respond.catalogue import type_of
from firstminute.respond.fleet import Fleet
from firstminute.respond.muster_records import Roll
from firstminute.respond.paper import shown
from firstminute.respond.records import (
    Alert,
    Assignment,
    Attachment,
    Call,
    Clock,
    Incident,
    Respond,
    UnitDuty,
)
from firstminute.respond.safety import to_caller
from firstminute.respond.surge import posts_missing, questions

Row = dict[str, Any]
CALLS_SHOWN = 30
"""A row shows the last calls of an incident; in a surge hundreds are about one thing."""
SHOWN_LIMIT = 160
"""An incident shows at most so many responders; a stand-down of hundreds is a count, not a list."""


def incident_row(
    respond: Respond,
    incident: Incident,
    *,
    units: Mapping[str, Unit],
    teams: Mapping[str, Team],
    venues: Mapping[str, Venue],
    types: Mapping[str, IncidentType],
) -> Row:
    """The row of one open incident."""
    kind = type_of(types, incident.type_code)
    venue = venues.get(incident.venue_id or "")
    names = {
        "unit": {u: row.call_sign for u, row in units.items()} if len(units) < 64 else _CallSigns(units),
        "team": _TeamNames(teams),
    }
    responders = responder_rows(respond, incident, names)
    return {
        "id": incident.incident_id,
        "label": incident.incident_id[-4:].upper(),
        "type": incident.type_code,
        "priority": incident.priority,
        "status": incident.status,
        "grade": incident.grade,
        "zone": incident.zone,
        "district": incident.district,
        "station_id": incident.station_id,
        "silent": incident.silent,
        "desk_only": incident.desk_only,
        "restricted": kind.restricted,
        "gentle": kind.gentle,
        "level": incident.level,
        "surge": incident.surge,
        **_where(incident, venue),
        "own_venue_team": next((t.team_id for t in teams.values() if t.venue_id == incident.venue_id), None)
        if incident.venue_id and len(teams) < 64
        else None,
        "opened_s": incident.opened_s,
        "started_s": incident.started_s,
        "kept_outside_s": round(incident.kept_outside_s, 1),
        "changed_s": incident.changed_s,
        "changed": list(incident.changed),
        "seat": incident.seat,
        "holder": incident.holder,
        "commander": incident.commanders.get("tactical") or incident.commanders.get("overall"),
        "commanders": dict(incident.commanders),
        "clocks": [clock_row(c) for c in incident.clocks.values()],
        "rings": dict(incident.rings),
        "responders": responders,
        "counts": counts_of(responders),
        "recommendation": recommendation_row(incident, names),
        "calls": [call_line(respond.calls[c]) for c in incident.calls[-CALLS_SHOWN:] if c in respond.calls],
        "calls_total": len(incident.calls),
        "advice": list(to_caller(kind.advice, _channels(respond, incident))),
        "protocol": list(questions(kind, surge=incident.surge)),
        "device": device_of(respond, incident),
        "posts_missing": list(posts_missing(incident)),
        "answers": {
            q: a for c in incident.calls if c in respond.calls for q, a in respond.calls[c].answers.items()
        },
        **_others(incident),
        "attachments": attachment_rows(respond, incident),
        "transfer_to": incident.transfer_to,
        "escalation_step": incident.escalation_step,
        "cancel_requested": incident.cancel_requested,
        "stand_down_s": incident.stand_down_s,
        "safety": dict(incident.safety),
        "welfare": dict(incident.welfare),
        "report_due_s": incident.report_due_s,
        "spoken": spoken(incident, responders, venue),
    }


def _warned(incident: Incident) -> Row | None:
    """A commander's keep-away notice that stands."""
    said = incident.warned
    if said is None:
        return None
    return {
        "at_s": said.at_s, "by": said.by, "radius_m": said.radius_m, "advice": list(said.advice), "venues": len(said.told), "reason_code": said.reason_code,
    }  # fmt: skip


def attachment_rows(respond: Respond, incident: Incident) -> list[Row]:
    """What hangs on an incident and on its calls, as it came. `of`: incidents or calls, and which one."""
    calls = [respond.calls[key] for key in incident.calls if key in respond.calls]
    held: list[tuple[str, str, Attachment]] = [
        ("incidents", incident.incident_id, each) for each in incident.attachments.values()
    ]
    held += [("calls", call.call_id, each) for call in calls for each in call.attachments.values()]
    held.sort(key=lambda each: each[2].kept_s)
    return [
        {"of": of, "subject_id": subject_id, "attachment_id": a.attachment_id, "media": a.media, "size": a.size, "at_s": a.kept_s, "name": a.name}
        for of, subject_id, a in held[-SHOWN_LIMIT:]
    ]  # fmt: skip


def device_of(respond: Respond, incident: Incident) -> Row | None:
    """The button or sensor that called, and how often it was wrong so far; None where a person called."""
    calls = (respond.calls.get(key) for key in incident.calls)
    device_id = next((call.device_id for call in calls if call is not None and call.device_id), None)
    if device_id is None:
        return None
    count, false = respond.false_by_device.get(device_id, (0, 0))
    return {"device_id": device_id, "calls": count, "false": false}


def _channels(respond: Respond, incident: Incident) -> Iterator[str]:
    """The channels of the calls that a row shows."""
    return (respond.calls[key].channel for key in incident.calls[-CALLS_SHOWN:] if key in respond.calls)


def _where(incident: Incident, venue: Venue | None) -> Row:
    """The fields of a row that say where it is, as far as anybody knows."""
    centre = incident.place.centre if incident.place else incident.cell
    if centre is None and venue is not None:
        centre = (venue.lon, venue.lat)
    return {
        "lon": centre[0] if centre else None,
        "lat": centre[1] if centre else None,
        "radius_m": incident.place.radius_m if incident.place else (50.0 if incident.cell else None),
        "place_kind": incident.place.kind if incident.place else None,
        "place_text": (incident.place.address if incident.place else None) or (venue.name if venue else None),
        "place_source": incident.place.source if incident.place else None,
        "place_known_s": incident.place.known_s if incident.place else None,
        "floor": incident.place.floor if incident.place else 0,
        "venue_id": incident.venue_id,
        "venue_name": venue.name if venue else None,
    }


def _others(incident: Incident) -> Row:
    """The fields of a row about other agencies, desk measures, posts and notices, and whether it is known from the public page alone."""
    return {
        "warned": _warned(incident),
        "confidential": incident.confidential,
        "agencies": [
            {
                "request_id": a.request_id,
                "agency": a.agency,
                "mode": a.mode,
                "asked_s": a.asked_s,
                "due_s": a.due_s,
                "answer": a.answer,
            }
            for a in incident.agencies.values()
        ],
        "measures": [
            {"measure": m, "due_s": due_s, "result": result}
            for m, (due_s, result) in incident.measures.items()
        ],
        "posts": [
            {"name": n, "what": what, "lon": c[0] if c else None, "lat": c[1] if c else None}
            for n, (what, c) in incident.posts.items()
        ],
    }


class _CallSigns:
    """Call signs looked up when asked for: a city has thousands of units, a row names ten."""

    def __init__(self, units: Mapping[str, Unit]) -> None:
        self._units = units

    def get(self, key: str, default: str) -> str:
        row = self._units.get(key)
        return row.call_sign if row else default


class _TeamNames:
    """Team names looked up when asked for."""

    def __init__(self, teams: Mapping[str, Team]) -> None:
        self._teams = teams

    def get(self, key: str, default: str) -> str:
        row = self._teams.get(key)
        return row.name if row else default


def clock_row(clock: Clock) -> Row:
    """One clock with both readings and what is known of its end."""
    return {
        "clock": clock.clock, "owner": clock.owner, "target_s": clock.target_s, "started_s": clock.started_s, "due_s": clock.due_s,
        "state": clock.state, "since_call_s": clock.since_call_s, "since_alert_s": clock.since_alert_s, "evidence": clock.evidence,
        "reason": clock.reason, "binds": clock.binds, "responder_id": clock.responder_id,
    }  # fmt: skip


def _name(names: Mapping[str, Any], kind: str, responder_id: str, team_id: str | None) -> str:
    if kind == "unit":
        return str(names["unit"].get(responder_id, responder_id))
    return str(names["team"].get(team_id or responder_id, responder_id[-6:]))


def responder_rows(respond: Respond, incident: Incident, names: Mapping[str, Any]) -> list[Row]:
    """Everybody asked or bound, one line each: an assignment takes the place of the alert that led to it."""
    rows: dict[str, Row] = {}
    for alert_id in incident.alerts[-SHOWN_LIMIT:]:
        alert = respond.alerts.get(alert_id)
        if alert is not None:
            rows[alert.responder_id] = _alert_row(alert, names)
    for assignment_id in incident.assignments[-SHOWN_LIMIT:]:
        bound = respond.assignments.get(assignment_id)
        if bound is not None:
            rows[bound.responder_id] = _assignment_row(bound, names, rows.get(bound.responder_id))
    return list(rows.values())


def _alert_row(alert: Alert, names: Mapping[str, Any]) -> Row:
    return {
        "responder_id": alert.responder_id, "kind": alert.responder_kind, "team_id": alert.team_id,
        "name": _name(names, alert.responder_kind, alert.responder_id, alert.team_id), "ring": alert.ring, "mode": None, "state": alert.state,
        "alert_id": alert.alert_id, "assignment_id": None, "travel_s": None, "role": alert.role, "task": alert.task, "evidence": None,
        "sent_s": alert.sent_s, "expires_s": alert.expires_s, "changed_s": alert.changed_s or alert.sent_s, "round": alert.round,
    }  # fmt: skip


def _assignment_row(bound: Assignment, names: Mapping[str, Any], asked: Row | None) -> Row:
    return {
        **(asked or {}),
        "responder_id": bound.responder_id, "kind": bound.responder_kind, "team_id": bound.team_id,
        "name": _name(names, bound.responder_kind, bound.responder_id, bound.team_id), "ring": bound.ring, "mode": bound.mode, "state": bound.state,
        "alert_id": bound.alert_id or (asked or {}).get("alert_id"), "assignment_id": bound.assignment_id, "travel_s": bound.travel_s,
        "role": bound.role, "task": (asked or {}).get("task", "respond"), "evidence": bound.evidence,
        "changed_s": bound.changed_s or bound.assigned_s, "assigned_s": bound.assigned_s, "arrived_s": bound.arrived_s, "how": bound.how,
    }  # fmt: skip


def counts_of(responders: list[Row]) -> dict[str, int]:
    """How many were asked, come, are on the way, are there."""
    states = [r["state"] for r in responders]
    return {
        "asked": len(states),
        "accepted": sum(
            s in ("accepted", "assigned", "en_route", "arrived", "reached", "cleared") for s in states
        ),
        "en_route": sum(s == "en_route" for s in states),
        "arrived": sum(s in ("arrived", "reached") for s in states),
    }


def recommendation_row(incident: Incident, names: Mapping[str, Any]) -> Row | None:
    """The last ranked list, with names."""
    found = incident.recommendation
    if found is None:
        return None
    return {
        "policy": found.policy,
        "at_s": found.at_s,
        "digest": found.digest,
        "candidates": [
            {
                "responder_id": c.responder_id, "kind": c.responder_kind, "ring": c.ring, "mode": c.mode, "travel_s": round(c.travel_s, 1),
                "chance": round(c.chance, 3), "people": c.people, "reasons": list(c.reasons), "fix_s": c.fix_s,
                "name": _name(names, c.responder_kind, c.responder_id, c.responder_id),
            }
            for c in found.candidates
        ],
        "shortfalls": [{"ring": s.ring, "need": s.need, "missing": s.missing, "code": s.code} for s in found.shortfalls],
    }  # fmt: skip


def call_line(call: Call) -> Row:
    """One call as a line of its incident. Who called is not in it: that is looked up, and each look is a fact (`flow.opening`)."""
    return {
        "call_id": call.call_id, "channel": call.channel, "at_s": call.received_s, "text": call.text,
        "has_caller": bool(call.caller_phone or call.caller_name), "language": call.language,
        "reasons": list(call.attach_reasons), "attached_s": call.attached_s,
        "form": shown(call.form) if call.form is not None else None,
        "confidential": call.confidential, "told": [{"at_s": at_s, "text": text} for at_s, text in call.told],
        "problems": list(call.problems), "news": list(call.news), "called_back": call.called_back, "attachments": len(call.attachments),
        "promises": [{"promise_id": p, "what": what, "due_s": due_s} for p, (what, due_s) in call.promises.items()],
    }  # fmt: skip


def call_row(call: Call) -> Row:
    """A call that belongs to no incident yet."""
    centre = call.place.centre if call.place else call.cell
    return {
        **call_line(call), "id": call.call_id, "unreadable": call.unreadable, "seat": call.seat, "type": call.type_code, "venue_id": call.venue_id,
        "lon": centre[0] if centre else None, "lat": centre[1] if centre else None, "silent": call.silent,
    }  # fmt: skip


def unit_row(unit: Unit, duty: UnitDuty | None, respond: Respond, fleet: Fleet) -> Row:
    """A police unit: what it is, what it does, where it was last seen."""
    at = fleet.row.get(unit.unit_id)
    known = at is not None and bool(fleet.fix_s[at] > 0)
    active = respond.assignments.get(duty.active) if duty and duty.active else None
    status = "off_duty" if duty is None else (active.state if active else duty.status)
    return {
        "id": unit.unit_id, "call_sign": unit.call_sign, "kind": unit.kind, "mode": unit.mode, "status": status, "on_duty": duty is not None,
        "lon": float(fleet.lon[at]) if known and at is not None else None, "lat": float(fleet.lat[at]) if known and at is not None else None,
        "fix_s": float(fleet.fix_s[at]) if known and at is not None else None, "station_id": unit.station_id, "district": unit.district,
        "incident_id": active.incident_id if active else None, "crew": duty.crew if duty else unit.crew,
        "stack": [respond.assignments[a].incident_id for a in duty.stack if a in respond.assignments] if duty else [],
    }  # fmt: skip


def venue_row(venue: Venue, team: Team | None, roll: Roll | None) -> Row:
    """A venue and who stands there now."""
    return {
        "id": venue.venue_id, "name": venue.name, "name_en": venue.name_en, "category": venue.category, "lon": venue.lon, "lat": venue.lat,
        "zone": venue.zone, "district": venue.district, "station_id": venue.station_id, "floors": venue.floors,
        "team_id": team.team_id if team else None, "minimum": team.minimum if team else 0, "on_duty": roll.on_duty if roll else 0,
        "reachable": roll.reachable if roll else 0, "well": roll.well if roll else None, "until_s": roll.until_s if roll else None,
    }  # fmt: skip


def station_row(station: Station) -> Row:
    """A station, post or police room."""
    return {
        "id": station.station_id, "name": station.name, "name_en": station.name_en, "kind": station.kind, "lon": station.lon, "lat": station.lat,
        "district": station.district, "reserve": station.reserve,
    }  # fmt: skip


def zone_row(zone: Zone) -> Row:
    """A zone with its outline."""
    return {
        "id": zone.zone_id,
        "name": zone.name,
        "zone_class": zone.zone_class,
        "district": zone.district,
        "ring": [list(p) for p in zone.ring],
    }


def spoken(incident: Incident, responders: list[Row], venue: Venue | None) -> Row:
    """The sentence to read aloud on the radio, as code and parameters: who, what, where, how urgent, silent or not."""
    units = [
        r["name"]
        for r in responders
        if r["kind"] == "unit" and r["state"] in ("assigned", "asked", "delivered", "seen", "en_route")
    ]
    return {
        "code": "dispatch_silent" if incident.silent else "dispatch",
        "params": {
            "units": units,
            "type": incident.type_code,
            "place": (incident.place.address if incident.place else None) or (venue.name if venue else None),
            "priority": incident.priority,
            "level": incident.level,
        },
    }
