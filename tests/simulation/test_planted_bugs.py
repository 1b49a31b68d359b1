"""The tester is tested: each planted bug is found within a few seeds, and what it says names the promise that was broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.sim import bugs
from tests.support.sim.judge import Broken
from tests.support.sim.simulation import play_seed
from tests.support.sim.town import Towns

WITHIN_SEEDS = 30
SIZE = 0.25
BEGINS = {bugs.nobody_is_told_after_a_doubtful_commit: 30}
"""Where the seeds begin for a bug that needs a rare failure at a rare moment: the first ones do not hold it."""
SAID = {
    bugs.answered_before_the_commit: "answered",
    bugs.fired_timers_come_back: "timer",
    bugs.answers_are_forgotten: "answered in 2 ways|twice",
    bugs.a_crew_has_two_tasks: "active tasks",
    bugs.snapshots_without_timers: "differs: timers",
    bugs.the_feed_deletes_nothing: "screen is not a fresh snapshot",
    bugs.timers_fire_early: "early",
    bugs.deferred_calls_wait_for_ever: "never had their turn",
    bugs.the_other_incident_is_not_shown: "rows are not those of the state",
    bugs.nobody_is_told_after_a_doubtful_commit: "rows are not those of the state",
}


@pytest.mark.parametrize("plant", bugs.PLANTS, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found(plant: bugs.Plant, towns: Towns, base: Path) -> None:
    with pytest.raises(Broken, match=SAID[plant]), plant():
        begin = BEGINS.get(plant, 0)
        for seed in range(begin, begin + WITHIN_SEEDS):
            play_seed(seed, towns, base, SIZE)


def test_every_planted_bug_is_listed() -> None:
    assert set(SAID) == set(bugs.PLANTS)
