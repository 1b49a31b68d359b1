"""What follows from what the zone outside did by itself: its alerts to the venue's own team are taken for ours before anybody is asked.

Limits: of nobody else it is believed to have alerted them, so that a lost outer zone keeps no crew and no neighbour from being asked.
"""

from __future__ import annotations

from firstminute.flow.scene import scene
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.call import AskedOutsideTold, CallAttached
from firstminute.model.facts.incident import IncidentOpened
from firstminute.respond import outside


def take_alerts_over(state: State, fact: Fact, act: Act) -> list[Body]:
    """An incident opens with a call that was answered outside, or gets one, or hears of it later."""
    body = fact.body
    assert isinstance(body, (AskedOutsideTold, CallAttached, IncidentOpened))
    call = state.respond.calls.get(body.call_id or "")
    if call is None or call.incident_id is None or not call.asked_outside:
        return []
    found = scene(state, call.incident_id)
    if found is None:
        return []
    if found.team is None:
        return []
    people = {found.team.team_id, *state.registers.team_members.get(found.team.team_id, ())}
    own = [
        each
        for each in call.asked_outside
        if each.team_id == found.team.team_id and each.responder_id in people
    ]
    return outside.sent_already(state.respond, found.incident, found.row, own, at_s=act.at_s)
