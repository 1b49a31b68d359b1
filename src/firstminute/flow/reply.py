"""What a caller of a command is told: the ids that it made and what became of them, read from its facts.

Idea: the answer is a view of the facts, so the same command answered again from the journal says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from firstminute.model.envelope import Fact
from firstminute.model.facts.desk import RegisterChanged

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
)


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
        if isinstance(body, RegisterChanged):
            found["rows"] = len(body.keys) + len(body.removed)
        for name in FIRST:
            if name not in found:
                value = getattr(body, name, None)
                if value is not None:
                    found[name] = value
        problems = getattr(body, "problems", None)
        if problems:
            found["problems"] = list(problems)
    if alerts:
        found["alerts"] = alerts
    return found
