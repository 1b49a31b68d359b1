"""From one district of the desk to another, with consent: offered, accepted or refused; the first keeps every clock until the acceptance is recorded.

Limits: between desks the same facts travel with clock starts; here one desk serves both districts, so nothing is copied.
"""

from __future__ import annotations

from collections.abc import Iterator

from firstminute.model.envelope import Actor, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import TimerCancelled, TimerSet
from firstminute.model.facts.incident import TransferAnswered, TransferOffered
from firstminute.respond import reasons
from firstminute.respond.records import Incident
from firstminute.respond.telling import tell_desk

TIMER = "transfer"
ANSWER_S = 120.0
TOLD_S = 600.0


def offer(
    incident: Incident,
    to_district: str,
    reason: str,
    *,
    at_s: float,
    ids: Iterator[str],
    note: str | None = None,
) -> list[Body]:
    """Offer the incident; one offer at a time."""
    if incident.transfer_to is not None:
        raise Refused("transfer_pending", district=incident.transfer_to)
    if to_district == incident.district:
        raise Refused("transfer_to_itself", district=to_district)
    reason, note = reasons.settle("transfer", reason, note)
    return [
        TransferOffered(
            incident_id=incident.incident_id,
            from_district=incident.district or "",
            to_district=to_district,
            reason=reason,
            note=note,
        ),
        *tell_desk(
            f"duty_officer:{to_district}",
            "transfer_offered",
            incident.incident_id,
            expires_s=at_s + ANSWER_S,
            ids=ids,
        ),
        TimerSet(timer_subject=incident.incident_id, timer=TIMER, round=1, due_s=at_s + ANSWER_S),
    ]


def answer(
    incident: Incident,
    accepted: bool,
    actor: Actor,
    *,
    station_id: str | None,
    at_s: float,
    ids: Iterator[str],
) -> list[Body]:
    """The other district's word; whoever speaks for another district has none.

    Parameters
    ----------
    station_id : the station that answers there from now on
    """
    if incident.transfer_to is None:
        raise Refused("no_transfer", incident=incident.incident_id)
    if actor.district is not None and actor.district != incident.transfer_to:
        raise Refused("not_your_district", district=incident.transfer_to)
    cancelled = TimerCancelled(timer_subject=incident.incident_id, timer=TIMER)
    return [*_answered(incident, accepted, station_id, at_s=at_s, ids=ids), cancelled]


def unanswered(incident: Incident, *, at_s: float, ids: Iterator[str]) -> list[Body]:
    """Nobody answered in time: that is a refusal, and the incident stays where it is."""
    if incident.transfer_to is None:
        return []
    return _answered(incident, False, None, at_s=at_s, ids=ids)


def _answered(
    incident: Incident, accepted: bool, station_id: str | None, *, at_s: float, ids: Iterator[str]
) -> list[Body]:
    """The answer, and the word to the seat that offered."""
    said = TransferAnswered(
        incident_id=incident.incident_id,
        to_district=incident.transfer_to or "",
        accepted=accepted,
        station_id=station_id if accepted else None,
    )
    code = "transfer_accepted" if accepted else "transfer_refused"
    told = tell_desk(incident.seat, code, incident.incident_id, expires_s=at_s + TOLD_S, ids=ids)
    return [said, *told]
