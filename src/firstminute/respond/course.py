"""How the figures of a review went over time: the same span cut into equal steps, and all of it as one flat table.

Idea: an incident counts in the step in which its call came. Each step is judged by the very functions that judge the whole (`review.promises_of`), so a
curve never says anything else than the figures beside it. Limits: steps are of equal length in seconds; days are those of the city's clock where the
caller begins the span at its midnight.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from firstminute.model.envelope import Fact
from firstminute.respond.intervals import Life, lives, spread
from firstminute.respond.review import promises_of

STEPS_MOST = 400
SHARE = ("count", "kept", "share", "low", "high")
COLUMNS = ("part", "name", "count", "kept", "share", "low", "high", "p50_s", "p90_s")


def course(facts: Iterable[Fact], from_s: float, step_s: float, steps: int) -> list[dict[str, Any]]:
    """Incidents, promises kept and time until the police per step.

    Parameters
    ----------
    from_s : begin of the first step, seconds since 1970;  step_s : its length;  steps : how many

    Returns
    -------
    one row a step: from_s, incidents, promises (clock → count, kept, share with its 95 % interval), total (count, p50_s, p90_s)
    """
    found: list[list[Life]] = [[] for _ in range(steps)]
    for life in lives(facts).values():
        at = int((life.received_s - from_s) // step_s)
        if 0 <= at < steps:
            found[at].append(life)
    return [
        {
            "from_s": from_s + number * step_s,
            "incidents": len(some),
            "promises": {
                clock: {name: row[name] for name in SHARE} for clock, row in promises_of(some).items()
            },
            "total": spread(phases["total"] for life in some if "total" in (phases := life.phases())),
        }
        for number, some in enumerate(found)
    ]


def table(figures: Mapping[str, Any], steps: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """A review as rows of `COLUMNS`: promises, phases, why promises broke, and each step. Empty cells are None."""
    for clock, row in figures["promises"].items():
        yield (
            "promise",
            clock,
            *(row[name] for name in SHARE),
            row["since_call"]["p50_s"],
            row["since_call"]["p90_s"],
        )
        for reason, count in sorted(row["reasons"].items()):
            yield (f"reason:{clock}", reason, count, None, None, None, None, None, None)
    for phase, row in figures["intervals"].items():
        yield ("phase", phase, row["count"], None, None, None, None, row["p50_s"], row["p90_s"])
    for step in steps:
        total = step["total"]
        yield (
            "step",
            int(step["from_s"]),
            step["incidents"],
            None,
            None,
            None,
            None,
            total["p50_s"],
            total["p90_s"],
        )
