"""Words between the desk and the scene: one line each, kept with the incident.

Idea: radio is first and stays so; a written line is for what must be read twice (a number plate, a door code, a name). From the desk it goes to whoever is
bound to the incident, from the scene to the seat that has it. Limits: no threads, no private lines; what was said stands in the incident's log.
"""

from __future__ import annotations

from firstminute.model.envelope import Actor, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.incident import MessageSaid
from firstminute.respond.lifecycle import OVER
from firstminute.respond.records import Incident, Respond

DESK = frozenset({"dispatcher", "commander", "system"})
MOST = 2_000


def say(incident: Incident, who: Actor, words: str) -> list[Body]:
    """One line; refused where it is empty or longer than anybody reads on a phone."""
    said = words.strip()
    if not said:
        raise Refused("nothing_said")
    if len(said) > MOST:
        raise Refused("too_long", most=MOST)
    return [
        MessageSaid(
            incident_id=incident.incident_id, note=said, from_desk=who.role in DESK, unit_id=who.unit_id, team_id=who.team_id
        )
    ]  # fmt: skip


def at_work(respond: Respond, incident: Incident) -> list[str]:
    """Whoever is bound to the incident now."""
    bound = (respond.assignments.get(key) for key in incident.assignments)
    return list(dict.fromkeys(b.responder_id for b in bound if b is not None and b.state not in OVER))
