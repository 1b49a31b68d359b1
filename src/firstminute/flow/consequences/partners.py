"""What follows for partners: their record's status and disposition go back out."""

from __future__ import annotations

from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.call import CallAttached
from firstminute.model.facts.incident import IncidentClosed, IncidentReopened, StandDownOrdered
from firstminute.model.facts.response import Arrived, Assigned
from firstminute.respond import partners


def tell_partner(state: State, fact: Fact, act: Act) -> list[Body]:
    """Attached, first crew bound, first crew there, stood down, closed, opened again: whoever sent the record hears of it."""
    body = fact.body
    assert isinstance(
        body, (CallAttached, Assigned, Arrived, StandDownOrdered, IncidentClosed, IncidentReopened)
    )
    about = state.respond.incidents.get(body.incident_id)
    if about is None and body.incident_id in state.respond.closed:
        about = state.respond.closed[body.incident_id].incident
    if about is None:
        return []
    if isinstance(body, Assigned) and len(about.assignments) > 1:
        return []
    if isinstance(body, Arrived) and sum(about.arrived.values()) > 1:
        return []
    return partners.tell(state.respond, about, at_s=act.at_s, ids=act.ids)
