"""What follows from a line between desk and scene: the other side hears that there is one."""

from __future__ import annotations

from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.incident import MessageSaid
from firstminute.respond import scene_words
from firstminute.respond.telling import tell, tell_desk

LASTS_S = 600.0


def pass_on(state: State, fact: Fact, act: Act) -> list[Body]:
    """From the desk to whoever is bound, from the scene to the seat that has the incident."""
    body = fact.body
    assert isinstance(body, MessageSaid)
    about = state.respond.incidents.get(body.incident_id)
    if about is None:
        return []
    until_s = act.at_s + LASTS_S
    if body.from_desk:
        people = scene_words.at_work(state.respond, about)
        return tell(state.registers, people, "said", about.incident_id, expires_s=until_s, ids=act.ids)
    return tell_desk(about.seat, "scene_said", about.incident_id, expires_s=until_s, ids=act.ids)
