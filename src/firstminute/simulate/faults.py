"""What goes wrong between people and a desk: messages lost, doubled, late and overtaking each other, a line that is cut.

Idea: a line does not carry anything; it says when each copy of what is sent now arrives, drawn from a seed, so that whoever simulates puts the copies on
its own agenda and the same seed sends the same storm. Two lines, one each way, make a connection whose answers can be lost too.
Limits: delays are drawn from two uniform ranges, a quick and a late one; a cut line loses what is sent, it does not keep it.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How bad it is: shares of what is sent, and how long it takes, seconds."""

    lost_share: float = 0.0
    doubled_share: float = 0.0
    late_share: float = 0.0
    quick_s: tuple[float, float] = (0.005, 0.08)
    late_s: tuple[float, float] = (1.0, 45.0)


FAIR = Weather()


@dataclass(slots=True)
class Line:
    """One direction of a connection.

    Attributes
    ----------
    rng : the only source of chance
    weather : may be changed at any time, for what is sent from then on
    cut : nothing arrives
    """

    rng: Random
    weather: Weather = FAIR
    cut: bool = False

    def arrivals_s(self) -> list[float]:
        """After how many seconds each copy of one message arrives; none where it is lost."""
        weather, draw = self.weather, self.rng
        copies = 1 + (draw.random() < weather.doubled_share)
        lost = self.cut or draw.random() < weather.lost_share
        delays = [
            draw.uniform(*(weather.late_s if draw.random() < weather.late_share else weather.quick_s))
            for _ in range(copies)
        ]
        return [] if lost else delays
