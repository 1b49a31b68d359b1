"""What follows for machines outside: whoever asked to hear of an incident hears of it."""

from __future__ import annotations

from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.incident import (
    IncidentClosed,
    IncidentOpened,
    IncidentReopened,
    StandDownOrdered,
)
from firstminute.model.facts.response import Arrived
from firstminute.respond import receivers

EVENT_OF: dict[type[Body], str] = {
    IncidentOpened: "incident_opened",
    Arrived: "on_scene",
    StandDownOrdered: "stood_down",
    IncidentClosed: "incident_closed",
    IncidentReopened: "incident_reopened",
}


def tell_receivers(state: State, fact: Fact, act: Act) -> list[Body]:
    """Opened, first one there, stood down, closed, opened again: each receiver that wants it gets one message. A drill tells nobody."""
    body = fact.body
    if not state.registers.receivers or act.world != "live":
        return []
    assert isinstance(body, (IncidentOpened, Arrived, StandDownOrdered, IncidentClosed, IncidentReopened))
    kept = state.respond.closed.get(body.incident_id)
    about = state.respond.incidents.get(body.incident_id) or (kept.incident if kept is not None else None)
    if about is None or (isinstance(body, Arrived) and sum(about.arrived.values()) > 1):
        return []
    wanted = EVENT_OF[type(body)]
    return receivers.tell(state.registers.receivers, about, wanted, at_s=act.at_s, ids=act.ids)
