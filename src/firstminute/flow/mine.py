"""What a responder's own page shows: whether its holder is on duty, what is asked of the team, what is being done about it, and what came of it.

Idea: `render(state) → view`. Of an incident it shows what `command.picture` shows a team and nothing else; beside that stand the card's own things: how long
there is to answer, and the way in (gate code, key-holder) for whoever has said yes or stands in that very house. Codes and numbers; the sentences are the
page's.
Limits: what ended is known for a shift.
"""

from __future__ import annotations

from typing import Any

from firstminute.command.picture import Audience, visible
from firstminute.flow import views
from firstminute.flow.known import rows_of
from firstminute.flow.letters import GROUP_OF
from firstminute.flow.state import State
from firstminute.model.envelope import Actor
from firstminute.model.records import Entrance, Member
from firstminute.respond.candidates import roll_now
from firstminute.respond.lifecycle import OVER
from firstminute.respond.policy import PENDING
from firstminute.respond.records import Incident
from firstminute.respond.safety import to_responders
from firstminute.respond.telling import channels_of

Row = dict[str, Any]
COMING = frozenset({"assigned", "en_route", "arrived", "reached"})
ENDED_MOST = 5
LOOKED_AT = 4


def mine(state: State, actor: Actor, at_s: float) -> Row:
    """The whole of one person's page."""
    books, team_id = state.registers, actor.team_id or ""
    team = books.teams.get(team_id)
    venue = books.venues.get(team.venue_id) if team is not None else None
    roll = roll_now(state.muster, team_id, at_s)
    on_duty = roll is not None and actor.id in roll.members
    return {
        "at_s": at_s,
        "member_id": actor.id,
        "entered": actor.id in books.members,
        "channels": list(channels_of(books, actor.id)),
        "team": None
        if team is None
        else {
            "team_id": team.team_id,
            "name": team.name,
            "venue_id": team.venue_id,
            "venue": venue.name if venue is not None else None,
            "venue_en": venue.name_en if venue is not None else None,
            "lon": venue.lon if venue is not None else None,
            "lat": venue.lat if venue is not None else None,
            "on_duty": roll.on_duty if roll is not None else 0,
            "reachable": roll.reachable if roll is not None else 0,
            "minimum": team.minimum,
            "kit": list(team.kit),
        },
        "duty": None
        if roll is None or not on_duty
        else {"shift": roll.shift, "until_s": roll.until_s, "heard": actor.id not in roll.unheard},
        "incidents": [
            row
            for about in state.respond.incidents.values()
            if _concerns(state, about, actor) and (row := _card(state, about, actor)) is not None
        ],
        "ended": ended(state, actor),
    }  # fmt: skip


def _concerns(state: State, about: Incident, actor: Actor) -> bool:
    """Whether an incident may be one of this person's, told by look-ups alone: a city has hundreds open and thousands of phones ask."""
    for who in (actor.id, actor.team_id):
        if who is None:
            continue
        bound = state.respond.assignments.get(state.respond.busy.get(who, ""))
        if bound is not None and bound.incident_id == about.incident_id:
            return True
        if who in about.asked or who in about.safety or who in about.welfare:
            return True
    return _called(state, about, actor)


def _called(state: State, about: Incident, actor: Actor) -> bool:
    """Whether this person called for it, by one of its first calls or its last ones."""
    some = (*about.calls[:LOOKED_AT], *about.calls[-LOOKED_AT:])
    return any((call := state.respond.calls.get(key)) is not None and call.by == actor.id for key in some)


def _card(state: State, about: Incident, actor: Actor) -> Row | None:
    """One incident that the person is asked to, is bound to, or is asked about."""
    names = {actor.id, actor.team_id}
    asked = [
        a
        for key in about.alerts
        if (a := state.respond.alerts.get(key)) is not None and a.responder_id in names
    ]
    bound = [
        b
        for key in about.assignments
        if (b := state.respond.assignments.get(key)) is not None and b.responder_id in names
    ]
    alert = next((a for a in reversed(asked) if a.state in (*PENDING, "failed")), None)
    task = next((b for b in reversed(bound) if b.state not in OVER), None) or (bound[-1] if bound else None)
    safety = next((who for who in about.safety if who in names), None)
    welfare = next((who for who in about.welfare if who in names), None)
    called_by_me = _called(state, about, actor)
    if alert is None and task is None and safety is None and welfare is None and not called_by_me:
        return None
    key = f"incident/{about.incident_id}"
    whole = views.render(state, [key])[key]
    part = visible(Audience(actor.role, team_id=actor.team_id), key, whole) if whole is not None else None
    if part is None:
        part = {
            "id": about.incident_id,
            "label": about.incident_id[-4:].upper(),
            "type": "help_needed",
            "advice": [],
        }
    row = rows_of(state)(about.type_code)
    near = (task is not None and task.state in COMING) or bool(
        whole and whole.get("own_venue_team") == actor.team_id
    )
    part.pop("responders", None)
    part["advice"] = list(to_responders(part["advice"]))
    return {
        **part,
        "group": "help" if row.restricted else GROUP_OF.get(row.hazard, "help"),
        "quiet": about.silent or row.gentle,
        "called_by_me": called_by_me,
        "alert": None
        if alert is None
        else {
            "alert_id": alert.alert_id, "state": alert.state, "task": alert.task, "expires_s": alert.expires_s, "sent_s": alert.sent_s,
            "outside": alert.outside_venue,
        },
        "task": None
        if task is None
        else {
            "assignment_id": task.assignment_id, "state": task.state, "role": task.role, "active": task.state in COMING, "travel_s": task.travel_s,
        },
        "entrances": [_entrance(way) for way in _ways(state, about)] if near else [],
        "asks": [name for name, who in (("safety", safety), ("welfare", welfare)) if who is not None and _unanswered(about, name, who)],
    }  # fmt: skip


def _unanswered(about: Incident, what: str, who: str) -> bool:
    return about.safety.get(who) is None if what == "safety" else who in about.welfare


def _ways(state: State, about: Incident) -> tuple[Entrance, ...]:
    venue = state.registers.venues.get(about.venue_id or "")
    return venue.entrances if venue is not None else ()


def _entrance(way: Entrance) -> Row:
    return {"lon": way.lon, "lat": way.lat, "access": way.access, "key_holder": way.key_holder, "lift": way.lift, "note": way.note}  # fmt: skip


def ended(state: State, actor: Actor) -> list[Row]:
    """What ended within the shift and the person came to, the last first: what came of it, where that may be said."""
    found: list[Row] = []
    for kept in reversed(list(state.respond.closed.values())):
        if actor.id not in kept.came and actor.team_id not in kept.came:
            continue
        about = kept.incident
        hidden = rows_of(state)(about.type_code).restricted
        venue = state.registers.venues.get(about.venue_id or "")
        found.append(
            {
                "id": about.incident_id, "type": "help_needed" if hidden else about.type_code, "venue_name": venue.name if venue is not None else None,
                "outcome": None if hidden else kept.outcome, "closed_s": kept.closed_s,
            }
        )  # fmt: skip
        if len(found) >= ENDED_MOST:
            break
    return found


def entered(row: Member | None, actor: Actor, said: Row) -> Member:
    """The person's row of the register with what the page says of channels, phone, push and language put in; what it leaves out stays."""
    before = row or Member(member_id=actor.id, team_id=actor.team_id or "")
    return Member(
        member_id=actor.id, team_id=actor.team_id or "", name=before.name, phone=said.get("phone", before.phone), trained=before.trained,
        channels=tuple(said.get("channels") or before.channels), language=said.get("language", before.language), push=said.get("push", before.push),
    )  # fmt: skip
