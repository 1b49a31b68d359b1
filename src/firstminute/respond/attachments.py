"""Photos, voice notes and films of a call or an incident: who may add one, and how many there may be.

Idea: the bytes lie sealed beside the record; here is only what is known of them. The desk adds to whatever it knows of; a crew or team to what it is
bound to; anybody to the call that the same account made. Limits: open incidents and those that ended within the last shift. In whose place a thing lies the
policies say (`flow.access.allowed`), who may look at it the rules of openings (`flow.opening`).
"""

from __future__ import annotations

from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.model.facts.incident import AttachmentKept
from firstminute.respond.records import Attachment, Call, Incident, Respond
from firstminute.respond.speaking import FOR_ITSELF, speaks_for

MOST = 60
"""So many may hang on one call or incident."""
NAME_MOST = 200
DESK = frozenset({"dispatcher", "commander", "system"})


def find(respond: Respond, subject_id: str) -> Call | Incident | None:
    """The call or incident, open or just ended; None where it is not known (any more)."""
    kept = respond.closed.get(subject_id)
    return (
        respond.incidents.get(subject_id)
        or (kept.incident if kept is not None else None)
        or respond.calls.get(subject_id)
    )


def get_room(respond: Respond, subject_id: str, actor: Actor) -> Call | Incident:
    """The call or incident, where the actor may add to it and there is room. Raises Refused."""
    about = find(respond, subject_id)
    if about is None:
        raise Refused("unknown_incident", incident=subject_id)
    if actor.role not in DESK and not _own(respond, about, actor):
        raise Refused("not_yours")
    if len(about.attachments) >= MOST:
        raise Refused("too_many_attachments", most=MOST)
    return about


def keep(about: Call | Incident, kept: Attachment, *, digest: str) -> list[AttachmentKept]:
    """It is kept. The same one again is no news."""
    if kept.attachment_id in about.attachments:
        return []
    call_id = about.call_id if isinstance(about, Call) else None
    return [
        AttachmentKept(
            subject_id=call_id or str(about.incident_id),
            attachment_id=kept.attachment_id,
            incident_id=about.incident_id,
            call_id=call_id,
            media=kept.media,
            size=kept.size,
            shown_size=kept.shown_size,
            digest=digest,
            name=(kept.name or "").strip()[:NAME_MOST] or None,
        )
    ]


def _own(respond: Respond, about: Call | Incident, actor: Actor) -> bool:
    if isinstance(about, Call):
        return about.by == actor.id or _crew_of(respond, about, actor)
    return actor.role in FOR_ITSELF and any(
        speaks_for(actor, bound.responder_id, bound.team_id)
        for bound in map(respond.assignments.get, about.assignments)
        if bound is not None
    )


def _crew_of(respond: Respond, about: Call | Incident, actor: Actor) -> bool:
    """A police crew bound to the incident of a call: neighbours add to their own calls alone."""
    if isinstance(about, Call):
        incident = find(respond, about.incident_id or "")
        return isinstance(incident, Incident) and _crew_of(respond, incident, actor)
    return actor.role == "patrol" and _own(respond, about, actor)
