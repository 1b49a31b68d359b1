"""The slice of `flow.access`, as facts change it."""

from __future__ import annotations

from firstminute.flow.access.slice import Access, Alone, Granted, Offer, Proposal
from firstminute.model.access.tree import Share
from firstminute.model.envelope import Body, Fact
from firstminute.model.facts.access import (
    ActedAlone,
    ActProposed,
    AloneReviewed,
    ProposalEnded,
    ReviewOverdue,
    SecondPersonAbsent,
    ShareAgreed,
    ShareEnded,
    ShareOffered,
)
from firstminute.model.facts.desk import DataOpened

GRANTED_MOST = 1_000
"""So many openings may be read at once; beyond it the oldest ends early."""


FOLDED = frozenset(
    {
        ShareOffered,
        ShareAgreed,
        ShareEnded,
        ActProposed,
        SecondPersonAbsent,
        ProposalEnded,
        ActedAlone,
        ReviewOverdue,
        AloneReviewed,
        DataOpened,
    }
)
"""The kinds that this slice folds."""


def fold(access: Access, fact: Fact, body: Body) -> None:
    """Take in one fact between two parties."""
    match body:
        case ShareOffered():
            share = Share(body.share_id, body.from_district, body.to_district, body.until_s, body.incident_id)
            access.offers[body.share_id] = Offer(share, fact.actor, fact.at_s)
        case ShareAgreed(share_id=share_id):
            offer = access.offers.pop(share_id, None)
            if offer is not None:
                access.shares[share_id] = offer.share
        case ShareEnded(share_id=share_id):
            access.offers.pop(share_id, None)
            access.shares.pop(share_id, None)
        case ActProposed():
            access.proposals[body.proposal_id] = Proposal(
                body.proposal_id, body.command, body.arguments, fact.actor, body.role, body.district, body.people, body.reason, fact.at_s, body.until_s
            )  # fmt: skip
        case SecondPersonAbsent(proposal_id=proposal_id):
            if proposal_id in access.proposals:
                access.proposals[proposal_id].unanswered = True
        case ProposalEnded(proposal_id=proposal_id):
            access.proposals.pop(proposal_id, None)
        case ActedAlone():
            before = access.proposals.pop(body.proposal_id, None)
            access.alone[body.proposal_id] = Alone(
                body.proposal_id, body.command, fact.actor, body.district, fact.at_s, body.review_due_s,
                arguments=before.arguments if before is not None else None, note=body.note,
            )  # fmt: skip
        case ReviewOverdue(proposal_id=proposal_id):
            if proposal_id in access.alone:
                access.alone[proposal_id].overdue = True
        case AloneReviewed(proposal_id=proposal_id):
            access.alone.pop(proposal_id, None)
        case DataOpened(access_id=str(), until_s=float()):
            _granted(access, fact, body)
        case _:
            pass


def _granted(access: Access, fact: Fact, body: DataOpened) -> None:
    over = [key for key, each in access.granted.items() if each.until_s <= fact.at_s]
    for key in (*over, *list(access.granted)[: max(0, len(access.granted) + 1 - len(over) - GRANTED_MOST)]):
        access.granted.pop(key, None)
    access_id, until_s = body.access_id or "", body.until_s or fact.at_s
    access.granted[access_id] = Granted(
        access_id, body.account_id, body.subject_id, body.purpose, body.incident_id, body.file_id, body.how, fact.at_s, until_s
    )  # fmt: skip
