"""Commands in words: a line between desk and scene; a dispatch taken back."""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.facts.incident import DispatchUndone, MessageSaid
from firstminute.respond import incident, scene_words, undo


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """What the desk tells whoever works on an incident, or they the desk."""

    incident_id: str
    note: str


def say(state: State, a: Say, act: Act) -> list[Body]:
    """One line, sealed with the incident."""
    return scene_words.say(incident.find(state.respond, a.incident_id, MessageSaid), act.actor, a.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoDispatch:
    """Whom to take back; why, once ten seconds have passed."""

    incident_id: str
    responder_ids: tuple[str, ...]
    reason_code: str | None = None


def undo_dispatch(state: State, a: UndoDispatch, act: Act) -> list[Body]:
    """A wrong dispatch is taken back by one key for ten seconds, with a reason after that."""
    about = incident.find(state.respond, a.incident_id, DispatchUndone)
    return undo.undo(state.respond, about, a.responder_ids, at_s=act.at_s, reason_code=a.reason_code)
