"""What came out: intervals in the field's terms, their percentiles, promises kept, and how near the model is to the record.

Idea: the journal is enough: every figure is read from facts, per incident, first arrival first. *Processing* runs from the call to the first alert,
*turnout* from there to moving, *travel* from moving to arrival, *total* from the call to the first arrival (NFPA 1710 and 1225 words). Percentiles do
not add up, so each phase and the total stand alone. P50/P90 are nearest-rank, as fractile reports in the fire service are. Limits: an
incident nobody reached counts in `reached` and in no interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil

import numpy as np

from firstminute.model.envelope import Fact
from firstminute.model.facts.incident import IncidentClosed, IncidentOpened
from firstminute.model.facts.response import (
    AlertSent,
    Arrived,
    Assigned,
    ClockBreached,
    ClockMet,
    Diverted,
    EnRoute,
)

PHASES = ("processing", "turnout", "travel", "total")


@dataclass(slots=True)
class Lived:
    """The stamps of one incident, seconds since 1970."""

    incident_id: str
    call_id: str | None
    started_s: float
    zone: str
    priority: int
    alerted_s: float | None = None
    first: str | None = None  # responder that arrived first
    arrived_s: float | None = None
    closed_s: float | None = None
    sent: int = 0
    arrivals: int = 0
    assigned_s: dict[str, float] = field(default_factory=dict)
    en_route_s: dict[str, float] = field(default_factory=dict)
    clocks: dict[str, bool] = field(default_factory=dict)  # clock → met

    def phases(self) -> dict[str, float]:
        """Seconds of each phase that is known."""
        known = {}
        if self.alerted_s is not None:
            known["processing"] = self.alerted_s - self.started_s
        if self.arrived_s is not None and self.first is not None:
            known["total"] = self.arrived_s - self.started_s
            moving, sent = self.en_route_s.get(self.first), self.assigned_s.get(self.first, self.alerted_s)
            if moving is not None:
                known["travel"] = self.arrived_s - moving
                if sent is not None:
                    known["turnout"] = moving - sent
        return {name: max(0.0, value) for name, value in known.items()}


def lives(facts: Iterable[Fact]) -> dict[str, Lived]:
    """Incident id → what became of it, from its facts in order."""
    found: dict[str, Lived] = {}
    for fact in facts:
        body = fact.body
        if isinstance(body, IncidentOpened):
            found[body.incident_id] = Lived(
                body.incident_id, body.call_id, body.started_s, body.zone, body.priority
            )
            continue
        life = found.get(getattr(body, "incident_id", ""))
        if life is not None:
            _take(life, body, fact.occurred_s)
    return found


def _take(life: Lived, body: object, at_s: float) -> None:
    match body:
        case AlertSent(task=task) if task != "keep_away":
            life.sent += 1
            life.alerted_s = at_s if life.alerted_s is None else life.alerted_s
        case Assigned(responder_id=who):
            life.assigned_s.setdefault(who, at_s)
            life.alerted_s = at_s if life.alerted_s is None else life.alerted_s
        case EnRoute(responder_id=who):
            life.en_route_s.setdefault(who, at_s)
        case Arrived(responder_id=who):
            life.arrivals += 1
            if life.arrived_s is None or at_s < life.arrived_s:
                life.first, life.arrived_s = who, at_s
        case ClockMet(clock=clock):
            life.clocks[clock] = True
        case ClockBreached(clock=clock):
            life.clocks[clock] = False
        case IncidentClosed():
            life.closed_s = at_s
        case Diverted(responder_id=who):
            life.en_route_s.pop(who, None)
            life.assigned_s.pop(who, None)
        case _:
            pass


def percentile(values: Iterable[float], share: float) -> float | None:
    """The nearest-rank percentile: the least value that at least `share` of all do not exceed; None of nothing.

    >>> percentile([5.0, 1.0, 3.0], 0.5), percentile(range(1, 11), 0.9), percentile([], 0.5)
    (3.0, 9.0, None)
    """
    ordered = sorted(values)
    return float(ordered[max(0, ceil(share * len(ordered)) - 1)]) if ordered else None


def spread(values: Iterable[float]) -> dict[str, float | int | None]:
    """Count, mean, P10, P50 and P90 of seconds, rounded to tenths."""
    known = [float(value) for value in values]
    row: dict[str, float | int | None] = {
        "count": len(known),
        "mean_s": round(sum(known) / len(known), 1) if known else None,
    }
    for share in (10, 50, 90):
        value = percentile(known, share / 100)
        row[f"p{share}_s"] = None if value is None else round(value, 1)
    return row


def compare(modelled: Mapping[str, float], recorded: Mapping[str, float]) -> dict[str, float | int | None]:
    """How near the model is, over the calls that both know.

    Returns
    -------
    count, bias_s (mean of modelled − recorded), median_bias_s, mean_abs_s, and the Pearson and Spearman correlation (None below three calls)
    """
    keys = [key for key in modelled if key in recorded]
    if len(keys) < 3:
        return {
            "count": len(keys),
            "bias_s": None,
            "median_bias_s": None,
            "mean_abs_s": None,
            "pearson": None,
            "spearman": None,
        }
    ours, theirs = np.array([modelled[key] for key in keys]), np.array([recorded[key] for key in keys])
    gap = ours - theirs
    return {
        "count": len(keys),
        "bias_s": round(float(gap.mean()), 1),
        "median_bias_s": round(float(np.median(gap)), 1),
        "mean_abs_s": round(float(np.abs(gap).mean()), 1),
        "pearson": _correlation(ours, theirs),
        "spearman": _correlation(_ranks(ours), _ranks(theirs)),
    }


def _correlation(
    a: np.ndarray[tuple[int, ...], np.dtype[np.float64]], b: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> float | None:
    if float(a.std()) == 0.0 or float(b.std()) == 0.0:
        return None
    return round(float(np.corrcoef(a, b)[0, 1]), 3)


def _ranks(
    values: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Ranks with ties given their mean."""
    _, label, count = np.unique(values, return_inverse=True, return_counts=True)
    end = np.cumsum(count).astype(np.float64)
    ranks: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = (end - (count - 1) / 2)[label]
    return ranks
