"""Two parties to one act: districts that show each other incidents, and acts that need a second person."""

from __future__ import annotations

from firstminute.model.envelope import Body, kind


@kind("share_id", opens=("share_id",), sealed=("note",))
class ShareOffered(Body):
    """A district offers to show another one incident, or all of its own, until a time. Nothing is shown yet. `reason`: a code of `respond.reasons`."""

    share_id: str
    from_district: str
    to_district: str
    until_s: float
    reason: str
    incident_id: str | None = None
    note: str | None = None


@kind("share_id")
class ShareAgreed(Body):
    """The other district agreed: from now until then it sees, and does nothing but see."""

    share_id: str


@kind("share_id", closes=("share_id",))
class ShareEnded(Body):
    """Nothing is shown any more. `how`: over (its time), ended (by either side), refused."""

    share_id: str
    how: str


@kind("proposal_id", opens=("proposal_id",), sealed=("arguments", "note"))
class ActProposed(Body):
    """A command that one person alone may not give waits for a second one. `people`: how many it reaches; `until_s`: then it is void.

    `arguments`: as JSON, sealed, for they may name somebody; once erased the proposal cannot be confirmed any more.
    """

    proposal_id: str
    command: str
    role: str
    district: str
    people: int
    reason: str
    until_s: float
    arguments: str | None = None
    note: str | None = None


@kind("proposal_id")
class SecondPersonAbsent(Body):
    """Nobody has answered in time. Where the act allows it a commander may now act alone."""

    proposal_id: str


@kind("proposal_id", closes=("proposal_id",))
class ProposalEnded(Body):
    """The proposal is over. `how`: confirmed, refused, withdrawn, void (its time)."""

    proposal_id: str
    how: str


@kind("proposal_id", sealed=("note",))
class ActedAlone(Body):
    """A commander did it alone, because nobody answered. `note`: why, in the commander's own words; reviewed until `review_due_s`."""

    proposal_id: str
    command: str
    district: str
    review_due_s: float
    note: str | None = None


@kind("proposal_id")
class ReviewOverdue(Body):
    """What was done alone has not been reviewed in time."""

    proposal_id: str


@kind("proposal_id", closes=("proposal_id",), sealed=("note",))
class AloneReviewed(Body):
    """Somebody else has looked at what was done alone. `verdict`: right, wrong, unclear."""

    proposal_id: str
    verdict: str
    note: str | None = None
