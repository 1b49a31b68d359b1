"""How the people of the twin behave, as data with sources. Nothing that decides may read this page.

Idea: the policy under test must not know how its people were made, so these figures live apart and only the people (`people.py`) read them. A time
is log-normal: a median and a log-sd. Each figure says where it comes from; "assumed" means that we found no measurement.

Sources. Acknowledgement 25-73 s: ISCRAM 2013, Finnish alert drill; read as P10 and P90, median 43 s, log-sd 0.42. Response rates of volunteers
17-47 %: JMIR e41551. Dispatched lay responders run at a median of 2.3 m/s: Resuscitation S0300-9572(20)30132-5 (it stands in `geo.speeds`).
Fire crews in San Francisco, first week of 2017, 3,560 calls: call answered to dispatched median 119 s, P10 33 s, P90 328 s; turnout median
49 s, log-sd 1.10; on scene to available median 963 s, log-sd 1.44.
Calls by hour: 10,000 unit responses in San Francisco, January 2018 (all emergencies; no open profile of a Chinese 110 centre was found).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np

BY_HOUR = (
    304, 283, 304, 205, 224, 193, 256, 303, 348, 502, 517, 511,
    588, 506, 536, 577, 595, 503, 521, 549, 487, 383, 441, 364,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Delay:
    """A log-normal time: median in seconds and log-sd; `most_s` cuts the tail."""

    median_s: float
    log_sd: float
    most_s: float = 7_200.0

    def draw(self, rng: np.random.Generator) -> float:
        """One time, seconds."""
        return min(self.most_s, self.median_s * exp(self.log_sd * float(rng.standard_normal())))


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One way people may behave.

    Attributes
    ----------
    deliver : alert sent → on the device (assumed: push or pager)
    see_own, see_neighbour, see_crew : on the device → looked at. Neighbours as in the drill, less the walk to the signature; own team and crew are at
        their post or in the car (assumed)
    questioning : call answered → written down well enough to alert; the town's callers speak while the desk ranks, so none there (None)
    accept_own, accept_neighbour, accept_crew : chance of coming once seen. Neighbours: upper end of the published range, they are on shift; others assumed
    think : seen → answer (assumed)
    set_off : accepted → moving, for members on foot (assumed); crews use their register's turnout with log-sd `turnout_log_sd`
    travel_log_sd : spread of one trip around the network's median, beside what the ground says for the mode
    inside : gate → person (assumed; floors are added by the entrance)
    scene : at the person → clear, by priority 1-4 (assumed)
    claim, choose, close : what a dispatcher takes to claim, to say yes to a proposal, to write the closing report (assumed)
    answer_radio : welfare question → answer (assumed)
    touch_share : arrivals known by the responder's own touch; the rest by fix (assumed)
    found_false, found_nobody, handed_over : outcomes (assumed)
    muster_on_time, muster_late : shares of teams (assumed)
    by_hour : weight of each hour of day
    """

    deliver: Delay = Delay(1.2, 0.4, 20.0)
    see_own: Delay = Delay(7.0, 0.5, 120.0)
    see_neighbour: Delay = Delay(16.0, 0.42, 240.0)
    see_crew: Delay = Delay(4.0, 0.4, 60.0)
    questioning: Delay | None = None
    accept_own: float = 0.93
    accept_neighbour: float = 0.47
    accept_crew: float = 0.985
    think: Delay = Delay(3.0, 0.4, 30.0)
    set_off: Delay = Delay(9.0, 0.4, 60.0)
    turnout_log_sd: float = 0.35
    travel_log_sd: float = 0.2
    inside: Delay = Delay(28.0, 0.5, 300.0)
    scene: tuple[Delay, Delay, Delay, Delay] = (
        Delay(1_100.0, 0.6),
        Delay(780.0, 0.6),
        Delay(600.0, 0.6),
        Delay(420.0, 0.6),
    )
    claim: Delay = Delay(6.0, 0.5, 60.0)
    choose: Delay = Delay(12.0, 0.6, 120.0)
    close: Delay = Delay(45.0, 0.6, 900.0)
    answer_radio: Delay = Delay(12.0, 0.7, 300.0)
    touch_share: float = 0.25
    found_false: float = 0.09
    found_nobody: float = 0.06
    handed_over: float = 0.05
    muster_on_time: float = 0.94
    muster_late: float = 0.045
    by_hour: tuple[float, ...] = BY_HOUR

    def hour_weight(self, hour: float) -> float:
        """Calls at an hour of day relative to the mean hour."""
        return self.by_hour[int(hour) % 24] * 24 / sum(self.by_hour)


CITY_PEOPLE = Behaviour()

# Fire crews of a recorded city (sources above): turnout and scene times as measured there.
RECORDED_CREWS = Behaviour(
    questioning=Delay(119.0, 0.90, 900.0),
    see_crew=Delay(1.0, 0.3, 10.0),
    accept_crew=1.0,
    think=Delay(0.5, 0.3, 5.0),
    turnout_log_sd=1.10,
    travel_log_sd=0.0,  # the point the comparison asks for is the median trip
    inside=Delay(60.0, 0.6, 600.0),
    scene=(Delay(963.0, 1.0), Delay(963.0, 1.0), Delay(963.0, 1.0), Delay(963.0, 1.0)),
    claim=Delay(4.0, 0.5, 60.0),
    choose=Delay(6.0, 0.5, 60.0),
    touch_share=0.0,
    found_false=0.0,
    found_nobody=0.0,
    handed_over=0.0,
)
