"""What a caller of a command is told: the ids that it made and what became of them, read from its facts.

Idea: the answer is a view of the facts, so the same command answered again from the journal says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from typing import Any, cast

from firstminute.model.envelope import Fact
from firstminute.model.facts.desk import FormsReserved, RegisterChanged, SubjectErased
from firstminute.respond import paper

FIRST = (
    "call_id",
    "incident_id",
    "task_id",
    "request_id",
    "promise_id",
    "roll_id",
    "spot_id",
    "drill_id",
    "hand_over_id",
    "recall_id",
    "assignment_id",
    "contradicts",
    "key_before",
    "hold_id",
    "proposal_id",
    "share_id",
    "access_id",
    "complaint_id",
)


@cache
def _said_by(kind: Any) -> tuple[str, ...]:
    """Which of its fields an answer may name."""
    own = {field.name for field in fields(kind)}
    return tuple(name for name in (*FIRST, "problems") if name in own)


def reply(facts: Sequence[Fact]) -> dict[str, Any]:
    """First id of each sort, and the alerts sent.

    Returns
    -------
    {"call_id": …, "incident_id": …, "alerts": n, "problems": [...]} with only what applies
    """
    if any(fact.body.NAME == "CancelRequested" for fact in facts):
        return {}  # whoever watches the sender's screen learns nothing from the answer, duress or not
    found: dict[str, Any] = {}
    alerts = 0
    for fact in facts:
        body = fact.body
        if body.NAME == "AlertSent":
            alerts += 1
        if isinstance(body, SubjectErased):
            found["erased"] = found.get("erased", 0) + 1
        if isinstance(body, RegisterChanged):
            found["rows"] = len(body.keys) + len(body.removed)
        if isinstance(body, FormsReserved):
            found["forms"] = [paper.shown(number) for number in range(body.first, body.last + 1)]
        for name in _said_by(cast(Any, type(body))):
            value = getattr(body, name)
            if name == "problems":
                if value:
                    found[name] = list(value)
            elif value is not None:
                found.setdefault(name, value)
    if alerts:
        found["alerts"] = alerts
    return found
