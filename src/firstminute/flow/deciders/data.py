"""Commands about people's data: what is held, corrected, and sealed under which key."""

from __future__ import annotations

from dataclasses import dataclass, field

from firstminute.flow import in_use
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.model.facts import KINDS
from firstminute.model.facts.data import DataCorrected, DataHeld, HoldReleased, KeyRenewed, MasterKeyRotated
from firstminute.model.records import TABLES
from firstminute.respond import reasons

MOST = 50
HOLDS_MOST = 10_000
VALUE_MOST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMasterKey:
    """Which master key came into force, and the cipher it wraps with."""

    desk: str
    number: int
    cipher: str


def record_master_key(state: State, a: RecordMasterKey, act: Act) -> list[Body]:
    """A rotation that is through is said in the journal, whoever carried it out."""
    return [MasterKeyRotated(desk=a.desk, number=a.number, cipher=a.cipher)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewKeys:
    """Subjects that are written about for long (a member, a unit), and why. The shell says about which nothing is sealed."""

    subject_ids: tuple[str, ...]
    reason: str
    keyless: tuple[str, ...] = ()


def renew_keys(state: State, a: RenewKeys, act: Act) -> list[Body]:
    """A fresh key for what is sealed about these subjects from now on; erasing one of them destroys all of its keys."""
    reason = reasons.check("renew", a.reason)
    return [KeyRenewed(subject_id=each, reason=reason) for each in _some(a.subject_ids, a.keyless)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldData:
    """Calls, incidents, rolls or register rows that must stay, and why. The shell adds the calls of incidents that are closed."""

    subject_ids: tuple[str, ...]
    reason: str
    note: str | None = None
    related: tuple[str, ...] = ()


def hold_data(state: State, a: HoldData, act: Act) -> list[Body]:
    """One hold for all of them, and for the calls of its incidents; it stands until it is released."""
    reason, wanted = reasons.check("hold", a.reason), _some(a.subject_ids)
    if len(state.desk.holds) >= HOLDS_MOST:
        raise Refused("too_many_holds", most=HOLDS_MOST)
    open_calls = (
        call
        for each in wanted
        if each in state.respond.incidents
        for call in state.respond.incidents[each].calls
    )
    held = tuple(dict.fromkeys((*wanted, *a.related, *open_calls)))
    return [DataHeld(hold_id=next(act.ids), subject_ids=held, reason=reason, note=a.note)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseHold:
    """The hold, and why it is over."""

    hold_id: str
    reason: str
    note: str | None = None


def release_hold(state: State, a: ReleaseHold, act: Act) -> list[Body]:
    """Whoever releases says why; what another hold names stays."""
    if a.hold_id not in state.desk.holds:
        raise Refused("unknown_hold", hold=a.hold_id[:64])
    return [HoldReleased(hold_id=a.hold_id, reason=reasons.check("release_hold", a.reason), note=a.note)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectData:
    """Whose data, the right values by field, what they rest on. The shell says whether anything is sealed about the subject."""

    subject_id: str
    values: dict[str, str] = field(default_factory=dict)
    reason: str
    note: str | None = None
    keyless: tuple[str, ...] = ()


def correct_data(state: State, a: CorrectData, act: Act) -> list[Body]:
    """A correction is a fact beside what was said, never a change of it; an open call or incident is amended on the page instead."""
    (subject_id,) = _some((a.subject_id,), a.keyless)
    table = subject_id.partition("/")[0]
    if table not in TABLES and in_use.by_desk(state, subject_id, act.at_s):
        raise Refused("subject_in_use", subject=subject_id)
    known = TABLES[table].SEALED if table in TABLES else SEALED
    unknown = [name for name in a.values if name not in known]
    if unknown or not a.values:
        raise Refused(
            "unknown_field",
            field=", ".join(map(reasons.as_code, unknown[:10])),
            known=", ".join(sorted(known)),
        )
    if any(len(value) > VALUE_MOST for value in a.values.values()):
        raise Refused("value_too_long", most=VALUE_MOST)
    reason, names = reasons.check("correct", a.reason), tuple(sorted(a.values))
    return [
        DataCorrected(subject_id=subject_id, fields=names, values=dict(a.values), reason=reason, note=a.note)
    ]


SEALED: frozenset[str] = frozenset().union(*(kind.SEALED for kind in KINDS.values())) - {"values"}
"""What may be corrected about a call, an incident or a roll: whatever is sealed about one."""


def _some(subject_ids: tuple[str, ...], keyless: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Each subject once, where there are not too many and something is sealed about each."""
    wanted = tuple(dict.fromkeys(subject_ids))
    if not 0 < len(wanted) <= MOST:
        raise Refused("erase_count", count=len(wanted), most=MOST)
    for each in wanted:
        if each in keyless:
            raise Refused("nothing_sealed", subject=each)
    return wanted
