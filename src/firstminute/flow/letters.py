"""What a message says when it is delivered: a code and parameters for its recipient, or nothing where it is moot by then.

Idea: `render(state) → view`. Facts queue messages by reason and id only; the words are made at delivery, from what is known then and in the recipient's
language, and whoever may not know the kind of an incident reads "help needed". A parameter that starts with @ is itself a catalogue key. Limits: what
another agency gets (`data`) names place and kind, never a caller and none of a caller's words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from firstminute.flow.known import rows_of
from firstminute.flow.plans import wanted_of
from firstminute.flow.state import State
from firstminute.respond import receivers
from firstminute.respond.muster import MINUTE_S
from firstminute.respond.partners import status_of
from firstminute.respond.policy import PENDING
from firstminute.respond.records import Incident
from firstminute.respond.safety import to_people_around, to_responders

Params = dict[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Letter:
    """One message as its recipient reads it.

    Attributes
    ----------
    code, params : the sentence `message.<code>` and its parameters
    more : further catalogue keys, read after it (safety advice)
    silent : True where it must make no sound
    language : of the recipient, None = the city's own
    data : for machines, where the recipient is one
    district : whose desk it concerns, where it is for a desk; None = any, `city` = the one of the whole city
    """

    code: str
    params: Params
    more: tuple[str, ...] = ()
    silent: bool = False
    language: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    district: str | None = None


GROUP_OF = {
    "violent": "disturbance",
    "armed": "disturbance",
    "medical": "medical",
    "fire": "fire",
    "crowd": "crowd",
}
"""Kind of danger → the group that a locked screen may name; every other one is help."""


def letter(state: State, reason: str, reason_id: str, recipient: str) -> Letter | None:
    """The letter for a queued message, None where it has become moot."""
    made = _written(state, reason, reason_id, recipient)
    return None if made is None else replace(made, district=_district(state, reason_id, recipient))


def _district(state: State, reason_id: str, recipient: str) -> str | None:
    """Whose desk a message concerns: that of the place its recipient is named after, else that of the incident it is about."""
    station = state.registers.stations.get(recipient)
    if station is not None:
        return station.district
    _, _, place = recipient.partition(":")
    if place:
        return place
    alert = state.respond.alerts.get(reason_id)
    about = _incident(state, alert.incident_id if alert is not None else reason_id)
    return about.district if about is not None else None


def _written(state: State, reason: str, reason_id: str, recipient: str) -> Letter | None:
    member = state.registers.members.get(recipient)
    language = member.language if member is not None else None
    write = WRITERS.get(reason)
    if write is not None:
        made = write(state, reason_id, recipient)
        return None if made is None else _in(made, language)
    about = _incident(state, reason_id)
    if about is None:
        return Letter(reason, {}, language=language)
    return Letter(reason, _about(state, about, recipient), silent=_silent(state, about), language=language)


def _in(made: Letter, language: str | None) -> Letter:
    return Letter(made.code, made.params, made.more, made.silent, language, made.data)


def _incident(state: State, incident_id: str, *, open_only: bool = False) -> Incident | None:
    found = state.respond.incidents.get(incident_id)
    if found is None and not open_only:
        kept = state.respond.closed.get(incident_id)
        found = kept.incident if kept is not None else None
    return found


def _silent(state: State, about: Incident) -> bool:
    return about.silent or rows_of(state)(about.type_code).gentle


def _about(state: State, about: Incident, recipient: str) -> Params:
    """Kind and place, as far as the recipient may know them."""
    row, books = rows_of(state)(about.type_code), state.registers
    of_team = recipient in books.members or recipient in books.teams
    venue = books.venues.get(about.venue_id or "")
    address = about.place.address if about.place is not None and not of_team else None
    place = address or (venue.name if venue is not None else None)
    return {
        "label": about.incident_id[-4:].upper(),
        "type": f"@type.{'help_needed' if row.restricted and of_team else row.code}",
        "group": f"@group.{'help' if row.restricted else GROUP_OF.get(row.hazard, 'help')}",
        "place": place or "@message.place_unknown",
    }


def _alert(state: State, alert_id: str, recipient: str) -> Letter | None:
    alert = state.respond.alerts.get(alert_id)
    about = _incident(state, alert.incident_id, open_only=True) if alert is not None else None
    if alert is None or about is None or alert.state not in (*PENDING, "failed"):
        return None
    row = rows_of(state)(about.type_code)
    left_s = max(0, round(alert.expires_s - state.at_s))
    params = {**_about(state, about, recipient), "seconds": left_s}
    protect = (
        ("advice.protect_separate_evacuate", "advice.you_choose")
        if alert.task in ("inform", "protect")
        else ()
    )
    advice = (
        tuple(f"advice.{code}" for code in to_responders(row.advice))
        if alert.responder_kind != "unit"
        else ()
    )
    return Letter("alert", params, (*protect, *advice), _silent(state, about))


def _what_to_do(state: State, about: Incident, recipient: str) -> tuple[str, ...]:
    """The phrases that a commander chose, for those whom that notice reached; else what the kind of incident says to people around."""
    member = state.registers.members.get(recipient)
    if (
        about.warned is not None
        and (member.team_id if member is not None else recipient) in about.warned.told
    ):
        return about.warned.advice
    return to_people_around(rows_of(state)(about.type_code).advice)


def _while_open(code: str) -> Callable[[State, str, str], Letter | None]:
    def write(state: State, incident_id: str, recipient: str) -> Letter | None:
        about = _incident(state, incident_id, open_only=True)
        if about is None:
            return None
        more = _what_to_do(state, about, recipient) if code == "keep_away" else ()
        return Letter(
            code,
            _about(state, about, recipient),
            tuple(f"advice.{each}" for each in more),
            _silent(state, about),
        )

    return write


def _welfare(state: State, incident_id: str, recipient: str) -> Letter | None:
    about = _incident(state, incident_id, open_only=True)
    if about is None or recipient not in about.welfare:
        return None
    return Letter("welfare", _about(state, about, recipient), silent=_silent(state, about))


def _escalation(state: State, alert_id: str, recipient: str) -> Letter | None:
    alert = state.respond.alerts.get(alert_id)
    about = _incident(state, alert.incident_id, open_only=True) if alert is not None else None
    return Letter("escalation", _about(state, about, recipient)) if about is not None else None


def _muster(state: State, team_id: str, recipient: str) -> Letter | None:
    team, roll = state.registers.teams.get(team_id), state.muster.rolls.get(team_id)
    venue = state.registers.venues.get(team.venue_id) if team is not None else None
    if team is None:
        return None
    there = roll.on_duty if roll is not None and roll.until_s > state.at_s else 0
    wanted = wanted_of(state, team, venue)
    return Letter("muster", {"team": team.name, "wanted": wanted}) if there < (wanted or 0) else None


def _roster_short(state: State, name: str, recipient: str) -> Letter | None:
    shift = state.muster.shifts.get(name)
    if shift is None or shift.short is None:
        return None
    district = state.registers.districts.get(shift.district or "")
    teams, people, crews = shift.short
    params: Params = {"teams": teams, "people": people, "crews": sum(crews.values())}
    return Letter("roster_short", {"district": district.name if district else "", **params})


def _test(state: State, team_id: str, recipient: str) -> Letter | None:
    """The test that rings at check-in, until it was heard."""
    roll = state.muster.rolls.get(team_id)
    return Letter("test", {}) if roll is not None and recipient in roll.unheard else None


def _thanks(state: State, incident_id: str, recipient: str) -> Letter | None:
    """Thanks, and what came of it; what is not to be known by its kind is not told by its outcome."""
    kept = state.respond.closed.get(incident_id)
    if kept is None:
        return None
    about = kept.incident
    hidden = rows_of(state)(about.type_code).restricted
    params = {
        **_about(state, about, recipient),
        "outcome": "@message.over" if hidden else f"@outcome.{kept.outcome}",
    }
    return Letter("thanks", params, silent=_silent(state, about))


def _spot_call(state: State, spot_id: str, recipient: str) -> Letter | None:
    spot = state.muster.spots.get(spot_id)
    if spot is None or recipient in spot.answered:
        return None
    return Letter("spot_call", {"minutes": max(1, round((spot.due_s - state.at_s) / MINUTE_S))})


def _spot_missing(state: State, spot_id: str, recipient: str) -> Letter:
    return Letter("spot_missing", {})


def _drill(state: State, drill_id: str, recipient: str) -> Letter | None:
    drill = state.muster.drills.get(drill_id)
    if drill is None or recipient in drill.answered or recipient in drill.left:
        return None
    return Letter("drill", {"minutes": max(1, round((drill.due_s - state.at_s) / MINUTE_S))})


def _second_wanted(state: State, proposal_id: str, recipient: str) -> Letter | None:
    found = state.access.proposals.get(proposal_id)
    return (
        Letter("second_wanted", {"act": f"@act.{found.command}", "people": found.people})
        if found is not None
        else None
    )


def _review_overdue(state: State, proposal_id: str, recipient: str) -> Letter | None:
    found = state.access.alone.get(proposal_id)
    return Letter("review_overdue", {"act": f"@act.{found.command}"}) if found is not None else None


def _promise(state: State, promise_id: str, recipient: str) -> Letter | None:
    for call in state.respond.calls.values():
        if promise_id in call.promises:
            return Letter("promise_due", {"what": call.promises[promise_id][0]})
    return None


def _task(state: State, task_id: str, recipient: str) -> Letter | None:
    task = state.respond.tasks.get(task_id)
    return Letter("task_due", {"what": f"@why.{task.what}"}) if task is not None else None


def _agency(state: State, request_id: str, recipient: str) -> Letter | None:
    """What another agency is told: kind, place and how to answer; no caller."""
    for about in state.respond.incidents.values():
        request = about.agencies.get(request_id)
        if request is None:
            continue
        centre = about.place.centre if about.place is not None else about.cell
        data = {
            "incident_id": about.incident_id, "request_id": request_id, "mode": request.mode, "type": about.type_code, "priority": about.priority,
            "level": about.level, "started_s": about.started_s, "due_s": request.due_s, "lon": centre[0] if centre else None,
            "lat": centre[1] if centre else None, "floor": about.place.floor if about.place is not None else 0, "venue_id": about.venue_id,
        }  # fmt: skip
        return Letter("agency_asked", _about(state, about, recipient), data=data)
    return None


def _glass(state: State, access_id: str, recipient: str) -> Letter | None:
    """Somebody opened data without a right a day ago and nobody has looked at it; whose data is not said here."""
    waiting = state.desk.glass.get(access_id)
    hours = round((state.at_s - waiting.opened_s) / 3600.0) if waiting is not None else 0
    return Letter("glass_unreviewed", {"hours": hours}) if waiting is not None else None


def _cad(state: State, incident_id: str, recipient: str) -> Letter:
    """A partner's record: the whole status, so that news in any order ends right."""
    return Letter("cad_status", {"record": recipient}, data=status_of(state.respond, recipient) or {})


def _news(state: State, incident_id: str, recipient: str) -> Letter | None:
    """A machine outside: kind, cell and status; no caller, no words, no crews."""
    about = _incident(state, incident_id)
    if about is None or recipient not in state.registers.receivers:
        return None
    return Letter("news", {}, data=receivers.news(state.respond, about, rows_of(state)(about.type_code)))


WRITERS: dict[str, Callable[[State, str, str], Letter | None]] = {
    "alert": _alert,
    "keep_away": _while_open("keep_away"),
    "crew_update": _while_open("crew_update"),
    "report_overdue": _while_open("report_overdue"),
    "safety_again": _while_open("safety_again"),
    "welfare": _welfare,
    "escalation": _escalation,
    "muster": _muster,
    "test": _test,
    "thanks": _thanks,
    "roster_short": _roster_short,
    "spot_call": _spot_call,
    "drill": _drill,
    "spot_missing": _spot_missing,
    "promise_due": _promise,
    "task_due": _task,
    "second_wanted": _second_wanted,
    "review_overdue": _review_overdue,
    "agency_asked": _agency,
    "cad_status": _cad,
    **{receivers.PREFIX + event: _news for event in receivers.EVENTS},
    "glass_unreviewed": _glass,
}
"""reason → how its letter is written; every other reason is about an incident, open or just ended, and is never moot."""
