"""The rehearsal plays a whole call and leaves nothing behind."""

from __future__ import annotations

from firstminute.app.rehearse import rehearse
from tests.support.play import town_ground


def test_a_rehearsal_goes_from_call_to_recommendation() -> None:
    kinds = rehearse(town_ground())
    assert kinds.count("CallReceived") == 2
    assert {"IncidentOpened", "ClockStarted", "UnitsRecommended"} <= set(kinds)


def test_a_rehearsal_is_the_same_every_time() -> None:
    assert rehearse(town_ground()) == rehearse(town_ground())
