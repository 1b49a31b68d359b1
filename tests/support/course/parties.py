"""Two parties to one act; a third of the proposals find nobody who says yes at once."""

from __future__ import annotations

from collections.abc import Iterator

from firstminute.flow.access.second import VERDICTS
from tests.support.course.picks import (
    Act,
    incident,
    pair,
    pick,
    proposal,
    why,
)
from tests.support.play import COMMANDER


def parties() -> Iterator[tuple[str, Act]]:
    """Two parties to one act; a third of the proposals find nobody who says yes at once."""
    yield "switch_grade", lambda t, a, b: t.submit(
        "switch_grade", grade=("normal", "heightened", "emergency")[a % 3], reason=why("grade", b), district=("", "D", "E")[b % 3],
        actor=COMMANDER, second=None,
    )  # fmt: skip
    yield (
        "send_keep_away",
        lambda t, a, b: t.submit(
            "send_keep_away",
            incident_id=incident(t, a),
            radius_m=100.0 + b,
            reason=why("keep_away", b),
            actor=COMMANDER,
        ),
    )
    yield (
        "lift_keep_away",
        lambda t, a, b: t.submit(
            "lift_keep_away",
            incident_id=incident(t, a),
            reason=why("lift", b) if b % 3 else "wrong street",
            actor=COMMANDER,
        ),
    )
    yield (
        "confirm_proposal",
        lambda t, a, b: t.submit("confirm_proposal", proposal_id=proposal(t, a), actor=pair(b)),
    )
    yield (
        "refuse_proposal",
        lambda t, a, b: t.submit("refuse_proposal", proposal_id=proposal(t, a), actor=pair(b)),
    )
    yield (
        "act_alone",
        lambda t, a, b: t.submit(
            "act_alone",
            proposal_id=proposal(t, a),
            reason="人潮涌来，等不及第二人确认" if b % 4 else "快",
            actor=COMMANDER,
        ),
    )
    yield (
        "review_alone",
        lambda t, a, b: t.submit(
            "review_alone", proposal_id=pick(t.state.access.alone, a), verdict=VERDICTS[b % 3], actor=pair(b)
        ),
    )
    yield "offer_share", lambda t, a, b: t.submit(
        "offer_share", incident_id=incident(t, a) if b % 2 else None, district="D", to_district="ED"[b % 2], lasts_s=60.0 * (1 + a), reason=why("share", b),
        actor=COMMANDER,
    )  # fmt: skip
    yield (
        "agree_share",
        lambda t, a, b: t.submit("agree_share", share_id=pick(t.state.access.offers, a), actor=pair(b)),
    )
    yield (
        "end_share",
        lambda t, a, b: t.submit(
            "end_share", share_id=pick((*t.state.access.offers, *t.state.access.shares), a), actor=pair(b)
        ),
    )
