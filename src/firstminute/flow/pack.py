"""The pack of one incident (一图一表一报告一方案): where it was, who came when, what happened and why promises broke, and by which plan it was answered.

Idea: a function of the incident's facts and of the catalogue, so that it is the same a year later. Limits: only what is open in the facts; words and
who called are looked up elsewhere, for a purpose. The place is the cell of about a hundred metres that the open part names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from firstminute.flow.registers import Registers
from firstminute.flow.views import log_line
from firstminute.model.encoding import encode
from firstminute.model.envelope import Fact
from firstminute.model.facts.incident import IncidentAmended, IncidentOpened
from firstminute.model.facts.response import UnitsRecommended
from firstminute.respond.catalogue import type_of
from firstminute.respond.intervals import Way, lives
from firstminute.respond.review import findings, vars_of

LINES_MOST = 400


def pack(facts: Sequence[Fact], registers: Registers) -> dict[str, Any] | None:
    """Everything that the printed pack shows, as plain data; None where the facts do not begin with an incident.

    Returns
    -------
    incident (its open parts as last amended), centre (lon, lat or None), phases and promises, table (who came, one row each), findings, log, plan
    """
    opened = next((fact.body for fact in facts if isinstance(fact.body, IncidentOpened)), None)
    if opened is None:
        return None
    life = lives(facts)[opened.incident_id]
    kind = type_of(registers.incident_types, life.type_code)
    ranked = next((fact.body for fact in reversed(facts) if isinstance(fact.body, UnitsRecommended)), None)
    cells = (
        fact.body.cell for fact in reversed(facts) if isinstance(fact.body, (IncidentOpened, IncidentAmended))
    )
    return {
        "incident": {
            "incident_id": opened.incident_id, "type_code": life.type_code, "priority": life.priority, "grade": opened.grade, "zone": life.zone,
            "district": life.district, "venue_id": opened.venue_id, "silent": opened.silent, "started_s": life.started_s, "closed_s": life.closed_s,
            "outcome": life.outcome,
        },
        "centre": next((list(cell) for cell in cells if cell is not None), None),
        "phases": life.phases(),
        "promises": [asdict(promise) for promise in life.promises.values()],
        "table": [_line(way, registers) for way in sorted(life.ways.values(), key=_first_moment)],
        "alerts": dict(life.alerts),
        "findings": [vars_of(each) for each in findings(life)],
        "log": [log_line(fact) for fact in facts[-LINES_MOST:]],
        "plan": {
            "plan_id": opened.plan_id, "policy": ranked.policy if ranked is not None else None, "rings": dict(kind.rings),
            "needs": [encode(need) for need in kind.needs], "advice": list(kind.advice),
            "shortfalls": [encode(each) for each in ranked.shortfalls] if ranked is not None else [],
        },
    }  # fmt: skip


def _first_moment(way: Way) -> float:
    return way.arrived_s or way.assigned_s


def _line(way: Way, registers: Registers) -> dict[str, Any]:
    """One responder's way, with the name that it is known by."""
    unit, team = registers.units.get(way.responder_id), registers.teams.get(way.responder_id)
    name = unit.call_sign if unit is not None else team.name if team is not None else way.responder_id[-6:]
    return {"name": name, **{key: value for key, value in asdict(way).items() if key != "alerted"}}
