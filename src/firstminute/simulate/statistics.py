"""The statistics of one replay as plain data: what `intervals.json` holds and what the report shows.

Idea: one dict made from the journal and the record alone, so that two runs can be compared key by key. Shares count every call in the
denominator, also those nobody reached. Limits: a recorded call without an arrival stamp takes no part in comparisons.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from firstminute.model.encoding import encode
from firstminute.model.envelope import Fact
from firstminute.simulate.measure import PHASES, Lived, compare, percentile, spread
from firstminute.simulate.recorded import Record, RecordedCall

LIMITS_S = (60, 180, 240, 300, 480)


def digest_of(facts: Iterable[Fact]) -> str:
    """SHA-256 over all facts in order, bodies and envelopes: equal digests mean equal runs."""
    total = hashlib.sha256()
    for fact in facts:
        line = [
            fact.seq,
            fact.at_s,
            fact.occurred_s,
            fact.time_source,
            fact.kind,
            fact.actor,
            fact.command_id,
            fact.origin,
            fact.because,
        ]
        total.update(orjson.dumps([line, encode(fact.body)], option=orjson.OPT_SORT_KEYS))
    return total.hexdigest()


def summarise(
    record: Record,
    facts: Sequence[Fact],
    lived: Mapping[str, Lived],
    *,
    about: Mapping[str, Any],
    not_modelled: Sequence[str],
) -> dict[str, Any]:
    """The statistics of a replay.

    Parameters
    ----------
    record : the calls that were replayed
    facts : the journal
    lived : call key → what became of its incident
    about : city, units, policy, seed, seconds of computing
    not_modelled : codes of what the report must admit
    """
    modelled = {key: life.phases() for key, life in lived.items()}
    recorded = {call.key: _phases(call) for call in record.calls}
    ours = {phase: {key: row[phase] for key, row in modelled.items() if phase in row} for phase in PHASES}
    theirs = {phase: {key: row[phase] for key, row in recorded.items() if phase in row} for phase in PHASES}
    count = len(record.calls)
    arrivals = sum(life.arrivals for life in lived.values())
    sent = sum(life.sent for life in lived.values())
    return {
        "city": about["city"],
        "units": about["units"],
        "policy": about["policy"],
        "seed": about["seed"],
        "calls": {
            "rows": record.rows,
            "calls": count,
            "left_out": record.left_out,
            "reached": len(ours["total"]),
        },
        "modelled": {phase: spread(ours[phase].values()) for phase in PHASES},
        "recorded": {phase: spread(theirs[phase].values()) for phase in PHASES} if theirs["total"] else {},
        "compare": {phase: compare(ours[phase], theirs[phase]) for phase in PHASES},
        "learned": learned(record.calls, ours["travel"], theirs["travel"]),
        "within": {str(limit): _within(limit, ours["total"], theirs["total"], count) for limit in LIMITS_S},
        "by_hour": _by_hour(record.calls, ours["total"], theirs["total"]),
        "clocks": _clocks(lived.values()),
        "alerts": {
            "sent": sent,
            "arrivals": arrivals,
            "per_arrival": round(sent / arrivals, 2) if arrivals else None,
        },
        "facts": len(facts),
        "facts_per_call": round(len(facts) / count, 2) if count else 0.0,
        "seconds": about["seconds"],
        "calls_per_s": round(count / about["seconds"], 1) if about["seconds"] else None,
        "facts_per_s": round(len(facts) / about["seconds"], 1) if about["seconds"] else None,
        "digest": digest_of(facts),
        "not_modelled": list(not_modelled),
        "totals": {
            "modelled": sorted(round(value, 1) for value in ours["total"].values()),
            "recorded": sorted(round(value, 1) for value in theirs["total"].values()),
            "pairs": [
                [theirs["total"][key], round(value, 1)]
                for key, value in ours["total"].items()
                if key in theirs["total"]
            ],
        },
    }


def learned(
    calls: Sequence[RecordedCall], ours: Mapping[str, float], theirs: Mapping[str, float]
) -> dict[str, float | int | None]:
    """How near the travel times would be with one factor learned on the first half of the calls, judged on the second half.

    Returns
    -------
    factor (ratio of the medians in the first half, None where it is unknown) and what `compare` says of the second half
    """
    both = [call.key for call in calls if call.key in ours and call.key in theirs]
    first, second = both[: len(both) // 2], both[len(both) // 2 :]
    expected = percentile((ours[key] for key in first), 0.5)
    driven = percentile((theirs[key] for key in first), 0.5)
    factor = driven / expected if expected and driven else None
    scaled = {} if factor is None else {key: factor * ours[key] for key in second}
    return {"factor": None if factor is None else round(factor, 2), **compare(scaled, theirs)}


def _phases(call: RecordedCall) -> dict[str, float]:
    known = {
        "processing": call.processing_s,
        "turnout": call.turnout_s,
        "travel": call.travel_s,
        "total": call.total_s,
    }
    return {phase: value for phase, value in known.items() if value is not None}


def _within(
    limit_s: int, ours: Mapping[str, float], theirs: Mapping[str, float], count: int
) -> dict[str, float | None]:
    return {
        "modelled": round(sum(value <= limit_s for value in ours.values()) / count, 4) if count else None,
        "recorded": round(sum(value <= limit_s for value in theirs.values()) / len(theirs), 4)
        if theirs
        else None,
    }


def _by_hour(
    calls: Sequence[RecordedCall], ours: Mapping[str, float], theirs: Mapping[str, float]
) -> list[dict[str, Any]]:
    keys: dict[int, list[str]] = defaultdict(list)
    for call in calls:
        keys[int(call.received_s // 3600) % 24 if call.hour is None else call.hour].append(call.key)
    return [
        {
            "hour": hour,
            "calls": len(keys[hour]),
            "modelled_p50_s": percentile((ours[key] for key in keys[hour] if key in ours), 0.5),
            "recorded_p50_s": percentile((theirs[key] for key in keys[hour] if key in theirs), 0.5),
        }
        for hour in range(24)
    ]


def _clocks(lived: Iterable[Lived]) -> dict[str, dict[str, int]]:
    rows: dict[str, dict[str, int]] = {}
    for life in lived:
        for clock, met in life.clocks.items():
            rows.setdefault(clock, {"met": 0, "breached": 0})["met" if met else "breached"] += 1
    return dict(sorted(rows.items()))
