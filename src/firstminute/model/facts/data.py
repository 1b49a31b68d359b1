"""What is done with people's data: keys renewed, data held, corrected, refused, opened without a right and looked after; complaints; reads of the record.

Erasing and opening stand in `desk`, where they were first.
"""

from __future__ import annotations

from firstminute.model.envelope import Body, kind


@kind("desk")
class MasterKeyRotated(Body):
    """Every key of the vault is wrapped under a new master key, the `number`-th, by `cipher`; the one before opens nothing any more."""

    desk: str
    number: int
    cipher: str


@kind("subject_id")
class KeyRenewed(Body):
    """What is sealed about one subject from here on has a fresh key; what was sealed before keeps its own. `reason`: a code of `respond.reasons`."""

    subject_id: str
    reason: str


@kind("hold_id", sealed=("note",), opens=("hold_id",))
class DataHeld(Body):
    """Legal hold: nothing about these subjects is erased, by whatever way, until it is released. `reason`: a code of `respond.reasons`."""

    hold_id: str
    subject_ids: tuple[str, ...]
    reason: str
    note: str | None = None


@kind("hold_id", sealed=("note",), closes=("hold_id",))
class HoldReleased(Body):
    """The hold is over: its subjects go when they are due, unless another hold names them."""

    hold_id: str
    reason: str
    note: str | None = None


@kind("subject_id", sealed=("values", "note"))
class DataCorrected(Body):
    """A person's data were wrong and this is right: `fields` by name, `values` and what it rests on sealed. What was said before stays as it was said."""

    subject_id: str
    fields: tuple[str, ...]
    reason: str
    values: dict[str, str] | None = None
    note: str | None = None


@kind("account_id")
class DataRefused(Body):
    """Somebody wanted to open personal data and was not let. `why`: the code that was answered; one fact a person, subject, code and hour."""

    account_id: str
    subject_id: str
    purpose: str | None
    why: str


@kind("access_id", sealed=("note",), opens=("access_id",))
class GlassBroken(Body):
    """Somebody without the right opened personal data and said why (`model.purposes.BREAK_GLASS`). A second person looks at it until `due_s`."""

    access_id: str
    account_id: str
    subject_id: str
    incident_id: str | None
    reason: str
    due_s: float
    assigned: bool | None = None
    on_duty: bool | None = None
    note: str | None = None


@kind("access_id", sealed=("note",), closes=("access_id",))
class GlassReviewed(Body):
    """A second person looked at it. `result`: a code of `model.purposes.REVIEWED`; `note` is sealed."""

    access_id: str
    account_id: str
    result: str
    note: str | None = None


@kind("access_id")
class GlassUnreviewed(Body):
    """Nobody looked at it in time: the desk is alarmed, and it stays open until somebody does."""

    access_id: str
    account_id: str


@kind("account_id")
class RecordRead(Body):
    """Somebody read the record itself. `what`: search, timeline, report, past; the other fields say what was asked for, `seq` after which fact.

    `past`: the room as it was between two hours; with a `purpose` (`model.purposes`) also where crews were.
    """

    account_id: str
    what: str
    kinds: tuple[str, ...] = ()
    actor: str | None = None
    subject_id: str | None = None
    since_s: float | None = None
    until_s: float | None = None
    seq: int = 0
    most: int = 0
    purpose: str | None = None


@kind("complaint_id", sealed=("note",), opens=("complaint_id",))
class ComplaintRecorded(Body):
    """Somebody complains about what was done or left undone: `about` a code of `respond.reasons`, the words sealed. It speaks of an act, not of an officer."""

    complaint_id: str
    about: str
    channel: str
    incident_id: str | None = None
    district: str | None = None
    note: str | None = None


@kind("complaint_id", sealed=("note",), closes=("complaint_id",))
class ComplaintAnswered(Body):
    """The complaint was looked into and answered. `result`: a code of `respond.reasons`."""

    complaint_id: str
    result: str
    note: str | None = None
