"""What districts show each other: offered by one, agreed to by the other, for a time.

Idea: a share opens a window for looking (`model.access.policies.SHOWN`), asked again with every access, and never a door for acting; so what was shown cannot
be shown on. It ends by its time, or when either side ends it. Limits: between districts of one desk; between desks an incident is transferred.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from firstminute.flow.access.objects import district_thing
from firstminute.flow.access.places import tree_of, who_in
from firstminute.flow.state import State
from firstminute.model.access.policies import may
from firstminute.model.access.tree import Share
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.errors import Refused
from firstminute.model.facts.access import ShareAgreed, ShareEnded, ShareOffered
from firstminute.model.facts.desk import TimerCancelled, TimerFired, TimerSet
from firstminute.respond import reasons

OVER = "share_over"
LASTS_MOST_S = 7 * 86_400.0
SHARES_MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferShare:
    """To whom, for how long and why; one incident, or all those of a district of one's own."""

    to_district: str
    lasts_s: float
    reason: str
    incident_id: str | None = None
    district: str | None = None
    note: str | None = None


def offer_share(state: State, a: OfferShare, act: Act) -> list[Body]:
    """A commander offers to show what is the own district's. Nothing is shown until the other side agrees."""
    known = state.registers.districts
    about = state.respond.incidents.get(a.incident_id or "")
    if a.incident_id is not None and about is None:
        raise Refused("unknown_incident", incident=a.incident_id)
    own = about.district if about is not None else a.district
    if own is None or own not in known:
        raise Refused("unknown_district", district=own or "")
    if a.to_district not in known or a.to_district in tree_of(state).under(own):
        raise Refused("unknown_district", district=a.to_district)
    if not 0 < a.lasts_s <= LASTS_MOST_S:
        raise Refused("share_too_long", most_s=LASTS_MOST_S)
    if len(state.access.shares) + len(state.access.offers) >= SHARES_MOST:
        raise Refused("too_many_shares", most=SHARES_MOST)
    reason, note = reasons.settle("share", a.reason, a.note)
    share_id, until_s = next(act.ids), act.at_s + a.lasts_s
    offered = ShareOffered(
        share_id=share_id, from_district=own, to_district=a.to_district, until_s=until_s, reason=reason, incident_id=a.incident_id, note=note
    )  # fmt: skip
    return [offered, TimerSet(timer_subject=share_id, timer=OVER, round=1, due_s=until_s)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreeShare:
    """The offer that is agreed to."""

    share_id: str


def agree_share(state: State, a: AgreeShare, act: Act) -> list[Body]:
    """The other district agrees, by another person than the one who offered."""
    offer = state.access.offers.get(a.share_id)
    if offer is None:
        raise Refused("unknown_share", share=a.share_id[:64])
    if not _speaks_for(state, offer.share.to_district, act):
        raise Refused("other_district", district=offer.share.to_district)
    if act.actor.id == offer.by:
        raise Refused("second_person_is_first", proposal=a.share_id)
    return [ShareAgreed(share_id=a.share_id)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndShare:
    """The share, or the offer, that ends."""

    share_id: str


def end_share(state: State, a: EndShare, act: Act) -> list[Body]:
    """Either side may end it at any time."""
    offer = state.access.offers.get(a.share_id)
    share = offer.share if offer is not None else state.access.shares.get(a.share_id)
    if share is None:
        raise Refused("unknown_share", share=a.share_id[:64])
    if not any(_speaks_for(state, each, act) for each in (share.from_district, share.to_district)):
        raise Refused("unknown_share", share=a.share_id)
    how = "ended" if offer is None or _speaks_for(state, share.from_district, act) else "refused"
    return [ShareEnded(share_id=a.share_id, how=how), TimerCancelled(timer_subject=a.share_id)]


def share_is_over(state: State, fact: Fact, act: Act) -> list[Body]:
    """Its time is up."""
    body = fact.body
    if not isinstance(body, TimerFired) or body.timer != OVER:
        return []
    key = body.timer_subject
    known = key in state.access.shares or key in state.access.offers
    return [ShareEnded(share_id=key, how="over")] if known else []


def _speaks_for(state: State, district: str, act: Act) -> bool:
    return may("commander", who_in(state, act.actor, act.at_s), district_thing(state, district))


def share_rows(state: State) -> list[dict[str, Any]]:
    """Shares and offers as a screen needs them."""
    offers = [offer.share for offer in state.access.offers.values()]
    return [share_row(each, agreed=False) for each in offers] + [
        share_row(each, agreed=True) for each in state.access.shares.values()
    ]


def share_row(share: Share, *, agreed: bool) -> dict[str, Any]:
    """One share."""
    return {
        "share_id": share.share_id, "district": share.from_district, "to_district": share.to_district, "incident_id": share.incident_id,
        "until_s": share.until_s, "agreed": agreed,
    }  # fmt: skip
