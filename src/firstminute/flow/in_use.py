"""Whether the desk still works with a subject: then it is in memory, and its key cannot be destroyed yet.

Idea: live state holds what is open and what closed within a shift; what is not in it can be erased at once and completely, because nobody needs to
be told to forget. Limits: one world; a register row is in use as long as it is valid.
"""

from __future__ import annotations

from collections.abc import Iterable

from firstminute.flow.state import State
from firstminute.model.records import TABLES
from firstminute.respond.fold_incidents import KEEP_CLOSED_S


def by_desk(state: State, subject_id: str, at_s: float) -> bool:
    """True for open calls, incidents and rolls, those closed within a shift, complaints and broken glass that wait, and register rows that are valid."""
    respond = state.respond
    table, _, key = subject_id.partition("/")
    if table in TABLES:
        return key in state.registers.table(table)
    if subject_id in state.desk.glass or subject_id in state.desk.complaints:
        return True
    if subject_id in respond.incidents or _closed_lately(state, subject_id, at_s):
        return True
    call = respond.calls.get(subject_id)
    if call is not None:
        return not call.closed or _closed_lately(state, call.incident_id, at_s)
    return any(roll.roll_id == subject_id for roll in state.muster.rolls.values())


def held(state: State, subject_ids: Iterable[str]) -> list[str]:
    """Those of some subjects that a legal hold names."""
    wanted = tuple(subject_ids)
    asked = set(wanted)
    found = {each for some in state.desk.holds.values() for each in some if each in asked}
    return [each for each in wanted if each in found]


def _closed_lately(state: State, incident_id: str | None, at_s: float) -> bool:
    closed = state.respond.closed.get(incident_id or "")
    return closed is not None and closed.closed_s >= at_s - KEEP_CLOSED_S
