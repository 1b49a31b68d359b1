"""What is open between two parties: offers to show, shares, proposals that wait for a second person, data that one agreed to open, and
acts done alone that wait for their review."""

from __future__ import annotations

from dataclasses import dataclass, field

from firstminute.model.access.tree import Share


@dataclass(slots=True)
class Offer:
    """A share that the other district has not agreed to yet."""

    share: Share
    by: str
    at_s: float


@dataclass(slots=True)
class Proposal:
    """A command that waits for a second person. `arguments` None: they were sealed and have been erased."""

    proposal_id: str
    command: str
    arguments: str | None
    by: str
    role: str
    district: str
    people: int
    reason: str
    at_s: float
    until_s: float
    unanswered: bool = False


@dataclass(slots=True)
class Alone:
    """What a commander did alone because nobody answered. `arguments`, `note` (why it could not wait) None: they were sealed and have been erased."""

    proposal_id: str
    command: str
    by: str
    district: str
    at_s: float
    due_s: float
    overdue: bool = False
    arguments: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """Data that a second person has agreed to open: read by whoever asked, until a time."""

    access_id: str
    account_id: str
    subject_id: str
    purpose: str
    incident_id: str | None
    file_id: str | None
    how: str
    at_s: float
    until_s: float


@dataclass(slots=True)
class Access:
    """The slice that `flow.access` owns."""

    offers: dict[str, Offer] = field(default_factory=dict)
    shares: dict[str, Share] = field(default_factory=dict)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    alone: dict[str, Alone] = field(default_factory=dict)
    granted: dict[str, Granted] = field(default_factory=dict)  # those whose time is over go with the next one
