"""What a review shows: intervals, promises kept and broken, why, what alerts cost, what was false, and what follows for one incident.

Idea: everything is a function of facts, so whoever holds the journal can recompute it (Charter). Where a promise broke, the phase that took the most
beyond its allowance is named as the cause, and a task is proposed. False alarms are counted per device or in all, never per person. Limits: allowances
are the field's, not the city's own; causes are arithmetic, not judgement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from firstminute.model.envelope import Fact
from firstminute.respond.closure import FALSE_OUTCOMES
from firstminute.respond.intervals import LATER, PHASES, Life, lives, percentile, share_of, spread

ALLOWED_S = {"answering": 15.0, "processing": 60.0, "turnout": 60.0}
"""Seconds that a phase may take before travel is what made it late (NENA-STA-020, NFPA 1225 and 1710 as quoted in dispatch.md §4)."""
USEFUL_MOST = 3
"""So many neighbours are of use beside each other: FirstAED keeps the best three (dispatch.md §2); who comes beyond that was asked in vain."""
REMEDY = {
    "answering": "staff_desk", "processing": "recommend_earlier", "turnout": "drill_turnout", "travel": "move_post",
    "nobody": "close_gap",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Why one promise was not kept: the clock, the phase that cost most, by how much, and what may help."""

    incident_id: str
    clock: str
    cause: str
    reason: str | None
    over_s: float
    remedy: str


def summary(facts: Iterable[Fact]) -> dict[str, Any]:
    """All figures of a span of time as plain data.

    Returns
    -------
    incidents, closed; intervals: phase → count, P50, P90; promises: clock → share kept with its interval, headline and told apart, reasons; zones;
    evidence and share typed later of all arrivals; alerts per useful arrival, redundant arrivals, how often teams were called out; measures;
    outcomes; false alarms in all and per device; late: the findings
    """
    found = list(lives(facts).values())
    phases = [life.phases() for life in found]
    return {
        "incidents": len(found),
        "closed": sum(life.closed_s is not None for life in found),
        "intervals": {name: spread(p[name] for p in phases if name in p) for name in PHASES},
        "promises": promises_of(found),
        "zones": {
            zone: _zone([x for x in found if x.zone == zone]) for zone in sorted({x.zone for x in found})
        },
        "evidence": _evidence(found),
        "alerts": _alerts(found),
        "measures": _measures(found),
        "outcomes": dict(Counter(life.outcome for life in found if life.outcome)),
        "false": _false(found),
        "late": [vars_of(each) for life in found for each in findings(life)],
    }


def promises_of(found: list[Life]) -> dict[str, dict[str, Any]]:
    """Clock → share kept with its interval, headline and told apart, readings and reasons, over some lives."""
    clocks = sorted({clock for life in found for clock in life.promises})
    return {clock: _promise(found, clock) for clock in clocks}


def _promise(found: list[Life], clock: str) -> dict[str, Any]:
    judged = [
        p
        for life in found
        for p in life.promises.values()
        if p.clock == clock and p.state in ("met", "late", "breached")
    ]
    kept = [p for p in judged if p.state == "met"]
    others = [p for p in judged if p.evidence != "found_by_team"]
    told = [p for p in others if not p.in_headline]
    seen = [p for p in others if p.in_headline]
    readings = [p.reading_s for p in judged if p.reading_s is not None]
    alerted = [p.alert_reading_s for p in judged if p.alert_reading_s is not None]
    return {
        "target_s": sorted({p.target_s for p in judged}),
        **share_of(len(kept), len(judged)),
        "headline": share_of(sum(p.state == "met" for p in seen), len(seen)),
        "told": share_of(sum(p.state == "met" for p in told), len(told)),
        "found_by_team": sum(p.evidence == "found_by_team" for p in judged),
        "since_call": spread(readings),
        "since_alert": spread(alerted),
        "reasons": dict(Counter(p.reason or "unknown" for p in judged if p.state != "met")),
    }


def _zone(found: list[Life]) -> dict[str, Any]:
    judged = [life.promises["zone"] for life in found if "zone" in life.promises]
    judged = [p for p in judged if p.state in ("met", "late", "breached")]
    totals = (life.phases().get("total") for life in found)
    return {
        **share_of(sum(p.state == "met" for p in judged), len(judged)),
        "total": spread(t for t in totals if t is not None),
    }


def _evidence(found: list[Life]) -> dict[str, Any]:
    there = [way for life in found for way in life.ways.values() if way.arrived_s is not None]
    later = sum(way.source in LATER for way in there)
    return {
        "arrivals": len(there),
        "kinds": dict(Counter(way.evidence or "unknown" for way in there)),
        "typed_later_share": round(later / len(there), 3) if there else None,
    }


def _alerts(found: list[Life]) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    for life in found:
        counts.update(life.alerts)
    arrived = [
        [way for way in life.ways.values() if way.arrived_s is not None and way.alerted] for life in found
    ]
    redundant = sum(max(0, sum(w.ring == "neighbour_aid" for w in ways) - USEFUL_MOST) for ways in arrived)
    useful = sum(len(ways) for ways in arrived) - redundant
    called_out = Counter(shift for life in found for shift in life.called_out)
    return {
        **{name: counts[name] for name in ("sent", "accepted", "declined", "expired")},
        "useful_arrivals": useful,
        "redundant_arrivals": redundant,
        "per_useful_arrival": round(counts["sent"] / useful, 2) if useful else None,
        "called_out_a_shift": {
            "teams": len({team for team, _ in called_out}),
            "most": max(called_out.values(), default=0),
            "p90": percentile(called_out.values(), 0.9),
        },
    }


def _measures(found: list[Life]) -> dict[str, Any]:
    """Desk measure → how many, what came of them, and the share taken by their due time."""
    made: dict[str, Any] = {}
    for measure in sorted({name for life in found for name in life.measures}):
        rows = [life.measures[measure] for life in found if measure in life.measures]
        ended = [(due_s, result, taken_s) for due_s, result, taken_s in rows if taken_s is not None]
        kept = sum(result != "not_taken" and taken_s <= due_s for due_s, result, taken_s in ended)
        made[measure] = {
            "open": len(rows) - len(ended),
            "results": dict(Counter(result for _, result, _ in ended if result)),
            "in_time": share_of(kept, len(ended)),
        }
    return made


def _false(found: list[Life]) -> dict[str, Any]:
    closed = [life for life in found if life.outcome is not None and life.outcome != "merged"]
    by_device: dict[str, list[Life]] = {}
    for life in closed:
        if life.device_id:
            by_device.setdefault(life.device_id, []).append(life)
    return {
        **share_of(sum(life.outcome in FALSE_OUTCOMES for life in closed), len(closed)),
        "devices": {
            device: share_of(sum(life.outcome in FALSE_OUTCOMES for life in of), len(of))
            for device, of in sorted(by_device.items())
        },
    }


def findings(life: Life) -> list[Finding]:
    """For each promise not kept: the phase that took the most beyond its allowance. Nobody there at all is its own cause."""
    found: list[Finding] = []
    phases = life.phases()
    for promise in life.promises.values():
        if promise.state not in ("late", "breached"):
            continue
        over = (promise.reading_s - promise.target_s) if promise.reading_s is not None else 0.0
        if promise.reading_s is None:
            cause = "nobody"
        else:
            beyond = {name: phases[name] - allowed for name, allowed in ALLOWED_S.items() if name in phases}
            beyond["travel"] = phases.get("travel", promise.reading_s) - max(
                0.0, promise.target_s - sum(ALLOWED_S.values())
            )
            cause = max(beyond, key=lambda name: beyond[name])
        found.append(
            Finding(
                incident_id=life.incident_id,
                clock=promise.clock,
                cause=cause,
                reason=promise.reason,
                over_s=round(over, 1),
                remedy=REMEDY[cause],
            )
        )
    return found


def vars_of(finding: Finding) -> dict[str, Any]:
    """A finding as plain data."""
    return {
        "incident_id": finding.incident_id,
        "clock": finding.clock,
        "cause": finding.cause,
        "reason": finding.reason,
        "over_s": finding.over_s,
        "remedy": finding.remedy,
    }
