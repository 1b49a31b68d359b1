"""The desk itself: timers, registers, grade, plans, hand-over, messages out, and what went wrong inside."""

from __future__ import annotations

from typing import Any

from firstminute.model.envelope import Body, kind


@kind("timer_subject")
class TimerSet(Body):
    """Something is due: keyed by (subject, kind, round)."""

    timer_subject: str
    timer: str
    round: int
    due_s: float


@kind("timer_subject")
class TimerFired(Body):
    """It was pending and due, and it fires exactly once."""

    timer_subject: str
    timer: str
    round: int
    due_s: float


@kind("timer_subject")
class TimerCancelled(Body):
    """No longer wanted. An empty `timer` cancels all of the subject."""

    timer_subject: str
    timer: str = ""
    round: int = 0


@kind("table", detached=("rows", "staged"))
class RegisterChanged(Body):
    """Rows of a register were written: the table is the truth, the fact holds keys, row versions and a digest.

    `rows` travel with the fact in memory and are joined again from the table on reading. `staged` names the bulk import whose rows the store
    holds ready; it is never part of what is recorded.
    """

    table: str
    keys: tuple[str, ...]
    versions: tuple[int, ...]
    digest: str
    removed: tuple[str, ...] = ()
    rows: tuple[Any, ...] = ()
    staged: str | None = None


@kind("district", sealed=("note",))
class GradeSwitched(Body):
    """平战转换: targets, rosters and alert policies change together. `reason`: a code of `respond.reasons`."""

    district: str
    grade: str
    reason: str
    before: str = "normal"
    note: str | None = None


@kind("policy_id")
class PolicyAdopted(Body):
    """An alert policy, compared before it was switched on, now applies."""

    policy_id: str
    version: int
    compared_on: str | None = None


@kind("hand_over_id", sealed=("note",), opens=("hand_over_id",))
class HandOverOffered(Body):
    """Whoever leaves a seat has signed the sheet (交接班): it waits for whoever comes. `faults`: codes of `respond.reasons`."""

    hand_over_id: str
    seat: str
    from_person: str
    to_person: str
    open_incidents: tuple[str, ...]
    promises: tuple[str, ...]
    units_out: tuple[str, ...]
    calls: tuple[str, ...]
    faults: tuple[str, ...]
    note: str | None = None


@kind("seat", closes=("hand_over_id",))
class SeatHandedOver(Body):
    """交接班: whoever comes has signed too. Open incidents, promises, units out and faults as they stood; `since`: incidents that came after the offer."""

    seat: str
    from_person: str
    to_person: str
    open_incidents: tuple[str, ...]
    promises: tuple[str, ...]
    units_out: tuple[str, ...]
    faults: tuple[str, ...]
    signed_by_both: bool
    hand_over_id: str | None = None
    since: tuple[str, ...] = ()


@kind("seat")
class SeatMoved(Body):
    """分席、并席: what a seat had belongs to another from now on, a part of it (split) or all (joined). Nobody's clock changes."""

    seat: str
    to_seat: str
    incident_ids: tuple[str, ...]
    call_ids: tuple[str, ...]
    joined: bool


@kind("room_note_id", sealed=("note",))
class RoomNoted(Body):
    """A line of the room's running log that is about no incident. `about`: a code of `respond.reasons`."""

    room_note_id: str
    about: str
    note: str
    seat: str | None = None
    district: str | None = None


@kind("seat")
class FormsReserved(Body):
    """Numbers of blank call forms (纸质接警单) were given to a seat to print: from `first` to `last`, never again to anybody."""

    seat: str
    first: int
    last: int


@kind("reaction")
class ReactionFailed(Body):
    """A reaction raised: only its own facts were lost, and here it says so."""

    reaction: str
    trigger: str
    trigger_subject: str
    problem: str


@kind("desk")
class ClockParted(Body):
    """Wall clock and desk time part by more than the limit; beyond the second limit timers wait for a person."""

    desk: str
    apart_s: float
    timers_held: bool


@kind("desk")
class ClockConfirmed(Body):
    """A person confirmed the time; timers run again."""

    desk: str


@kind("desk")
class RecordResumed(Body):
    """The record could not be written from `since_s` until now: calls of that time are on paper. `problem`: what the disk said."""

    desk: str
    since_s: float
    problem: str


@kind("cap")
class CapReported(Body):
    """Something there is only so much of (disk, queue, numbers …) is more than 70 % used, or is not any more. `share` of the bound: 0 to 1."""

    cap: str
    share: float
    alarm: bool


@kind("message_id")
class MessageQueued(Body):
    """One delivery to one recipient, written to the outbox with its fact. `reason`: the alert, notice or disposition it carries."""

    message_id: str
    channel: str
    recipient: str
    reason: str
    reason_id: str
    expires_s: float


@kind("message_id")
class MessageOutcome(Body):
    """What became of a delivery: delivered, failed, expired, moot, or handed on (to the zone outside, to a push service), whose own word follows."""

    message_id: str
    reason_id: str
    channel: str
    outcome: str
    attempts: int


@kind("subject_id")
class SubjectErased(Body):
    """The key of one subject was destroyed with this fact: what was sealed about it before can never be read again."""

    subject_id: str
    reason: str


@kind("account_id")
class DataOpened(Body):
    """Somebody opened personal data: for which incident or case, and for what purpose (`model.purposes`).

    `how`: look (the caller of an open incident; one fact a person, incident and hour), opening, export. `assigned`: the incident was the reader's to
    answer; `on_duty`: the reader's crew or team stood, None where nobody takes a roll of it. What a second person (`confirmed_by`) has agreed to is read
    by `account_id` under `access_id`, until `until_s`.
    """

    account_id: str
    subject_id: str
    purpose: str
    incident_id: str | None
    file_id: str | None = None
    how: str = "opening"
    assigned: bool | None = None
    on_duty: bool | None = None
    access_id: str | None = None
    confirmed_by: str | None = None
    until_s: float | None = None


@kind("stream")
class HeadAnchored(Body):
    """A signed head of another desk's journal stands here from now on, so that that journal can be held against it at any time.

    `stream`: its desk and world; `head_seq`: its number of facts; `signed_s`: when it was signed. `contradicts`: the tree of a head with as many facts
    that was anchored before; `key_before`: the key of the head before, where it was another one.
    """

    stream: str
    head_seq: int
    tree: str
    chain: str
    signed_s: int
    hashes: str
    key_id: str
    public_key: str
    signature: str
    peaks: tuple[str, ...] = ()
    contradicts: str | None = None
    key_before: str | None = None
