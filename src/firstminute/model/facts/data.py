"""What is done with people's data: keys renewed, data held, corrected. Erasing and opening stand in `desk`, where they were first."""

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
