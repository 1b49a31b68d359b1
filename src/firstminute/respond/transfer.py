"""From one district of the desk to another, with consent: offered, accepted or refused; the first keeps every clock until the acceptance is recorded.

Limits: between desks the same facts travel with clock starts; here one desk serves both districts, so nothing is copied.
"""

from __future__ import annotations

from firstminute.model.envelope import Actor, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import TimerCancelled, TimerSet
from firstminute.model.facts.incident import TransferAnswered, TransferOffered
from firstminute.respond import reasons
from firstminute.respond.records import Incident

TIMER = "transfer"
ANSWER_S = 120.0


def offer(
    incident: Incident, to_district: str, reason: str, *, at_s: float, note: str | None = None
) -> list[Body]:
    """Offer the incident; one offer at a time."""
    if incident.transfer_to is not None:
        raise Refused("transfer_pending", district=incident.transfer_to)
    if to_district == incident.district:
        raise Refused("transfer_to_itself", district=to_district)
    reasons.check("transfer", reason)
    return [
        TransferOffered(
            incident_id=incident.incident_id,
            from_district=incident.district or "",
            to_district=to_district,
            reason=reason,
            note=note,
        ),
        TimerSet(timer_subject=incident.incident_id, timer=TIMER, round=1, due_s=at_s + ANSWER_S),
    ]


def answer(incident: Incident, accepted: bool, actor: Actor) -> list[Body]:
    """The other district's word; whoever speaks for another district has none."""
    if incident.transfer_to is None:
        raise Refused("no_transfer", incident=incident.incident_id)
    if actor.district is not None and actor.district != incident.transfer_to:
        raise Refused("not_your_district", district=incident.transfer_to)
    return [
        TransferAnswered(
            incident_id=incident.incident_id, to_district=incident.transfer_to, accepted=accepted
        ),
        TimerCancelled(timer_subject=incident.incident_id, timer=TIMER),
    ]


def unanswered(incident: Incident) -> list[Body]:
    """Nobody answered in time: that is a refusal, and the incident stays where it is."""
    if incident.transfer_to is None:
        return []
    return [
        TransferAnswered(incident_id=incident.incident_id, to_district=incident.transfer_to, accepted=False)
    ]
