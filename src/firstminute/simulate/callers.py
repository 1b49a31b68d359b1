"""Who calls, about what, when and from where: the demand side of the twin.

Idea: calls come at random (a Poisson stream that follows the hour of day); each picks a kind of incident by its share and hour, then a place where
such a thing happens (a venue of a fitting category, or any street corner), and says it in Chinese with the words of a caller. Shares are
assumed: no open profile of a Chinese 110 centre was found. Limits: calls do not cluster; one caller a call except for `echo` of the same thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from firstminute.model.records import Device, Venue
from firstminute.simulate.behaviour import Behaviour
from firstminute.simulate.city.areas import Drawing
from firstminute.simulate.city.words import person_name, person_phone

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Theme:
    """One kind of call: its share, where it happens, when, and how it is told."""

    code: str
    share: float
    places: tuple[str, ...]  # venue categories, empty = a street corner
    hours: tuple[int, int]  # from, to (to <= from runs over midnight)
    words: tuple[str, ...]


THEMES: tuple[Theme, ...] = (
    Theme("quarrel", 15, ("market", "shop", "restaurant", "estate", "mall"), (6, 24), ("{place}有两个人吵起来了，快来看看", "{place}摊位纠纷，越吵越凶")),
    Theme("dispute", 9, ("estate", "shop", "government", "office"), (8, 22), ("{place}有消费纠纷，双方说不拢", "{place}邻里纠纷，需要调解")),
    Theme("traffic", 10, (), (6, 23), ("{place}两车刮擦，人没事，堵住路了", "{place}电动车和小车碰了一下")),
    Theme("traffic_injury", 5, (), (0, 24), ("{place}电动车被撞，有人受伤，流血了", "{place}车祸，一个人躺在地上")),
    Theme("theft", 7, ("mall", "shop", "market", "netcafe"), (8, 23), ("在{place}手机被偷了", "{place}有人的包不见了")),
    Theme("ebike_theft", 6, ("estate", "office", "netcafe"), (0, 24), ("停在{place}楼下的电动车被偷了",)),
    Theme("drunk", 6, ("bar", "restaurant"), (20, 3), ("{place}门口有人喝醉了闹事", "{place}有个醉汉躺在路边")),
    Theme("fight", 5, ("bar", "restaurant", "netcafe", "market"), (18, 4), ("{place}打起来了，四五个人", "{place}门口有人打架，你们快点")),
    Theme("noise", 6, ("estate", "park"), (20, 7), ("{place}有人放音响，太吵了睡不着", "{place}夜里施工噪音")),
    Theme("medical", 6, ("estate", "mall", "metro_station", "park", "factory"), (0, 24), ("{place}有人昏倒了，叫不醒", "{place}一个老人摔倒，头破了")),
    Theme("cardiac_arrest", 1.2, ("metro_station", "park", "mall", "estate"), (6, 23), ("{place}有人倒下，没有呼吸了！",)),
    Theme("lost_elder", 3, ("hotel", "park", "metro_station", "shop"), (7, 22), ("{place}门口有个老人，说不清家在哪里",)),
    Theme("missing_child", 1.2, ("mall", "park", "market"), (9, 21), ("孩子在{place}走散了，五岁，穿红衣服",)),
    Theme("suspicious", 4, ("estate", "bank", "school"), (0, 24), ("{place}有个人一直在拉车门", "{place}有可疑人员徘徊")),
    Theme("disturbance", 4, ("hospital", "government", "bar"), (8, 24), ("{place}有人闹事，影响秩序",)),
    Theme("threat", 2, ("hospital", "bank", "office"), (8, 22), ("{place}有人威胁工作人员",)),
    Theme("fire", 1.5, ("restaurant", "factory", "estate", "market"), (0, 24), ("{place}冒烟了，好像着火了",)),
    Theme("lift_trapped", 2, ("office", "estate", "mall"), (7, 23), ("{place}电梯困人，里面两个人",)),
    Theme("fraud_paying", 2, ("estate", "bank"), (9, 21), ("我妈在{place}正在给骗子转账！",)),
    Theme("fraud_phone", 2.5, ("estate",), (9, 21), ("接到自称公检法的电话，让我转钱",)),
    Theme("suicide_threat", 0.5, ("mall", "office", "estate"), (8, 24), ("{place}楼顶有人要跳",)),
    Theme("robbery", 0.6, ("shop", "fuel"), (19, 5), ("{place}有人抢东西跑了",)),
    Theme("drowning", 0.4, ("park",), (6, 22), ("{place}边上有人落水了",)),
    Theme("found_property", 2, ("metro_station", "mall", "station"), (7, 23), ("在{place}捡到一个钱包",)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawn:
    """One call that somebody makes.

    Attributes
    ----------
    at_s : when, seconds since 1970
    channel : phone, sos, web, member
    lon, lat, radius_m : what the caller knows of the place
    device_id : the button that was pressed, for channel sos
    """

    at_s: float
    channel: str
    type_code: str
    lon: float
    lat: float
    radius_m: float
    floor: int
    venue_id: str | None
    text: str
    caller_name: str | None
    caller_phone: str | None
    device_id: str | None = None
    address: str | None = None


Corner = tuple[float, float, str]
"""A street corner: lon, lat, name of its street."""


class Callers:
    """Draws calls one after the other from a seeded generator."""

    def __init__(
        self,
        venues: Sequence[Venue],
        devices: Sequence[Device],
        corners: Sequence[Corner],
        behaviour: Behaviour,
        rng: np.random.Generator,
    ) -> None:
        self._venues: dict[str, list[Venue]] = {}
        for venue in venues:
            self._venues.setdefault(venue.category, []).append(venue)
        self._by_id = {venue.venue_id: venue for venue in venues}
        self._devices = [device for device in devices if device.venue_id in self._by_id]
        self._corners = corners
        self._behaviour = behaviour
        self._rng = rng
        self._count = 0

    def stream(
        self, start_s: float, calls_per_day: float, *, offset_s: float = 8 * 3600.0
    ) -> Iterator[Drawn]:
        """Calls without end from `start_s`, `calls_per_day` on average; `offset_s` is local time less UTC."""
        at_s = start_s
        peak = max(self._behaviour.hour_weight(hour) for hour in range(24))
        while True:  # thinning (Lewis & Shedler 1979)
            at_s += -log(1.0 - float(self._rng.random())) * DAY_S / (calls_per_day * peak)
            hour = ((at_s + offset_s) % DAY_S) / 3600.0
            if float(self._rng.random()) * peak <= self._behaviour.hour_weight(hour):
                yield self.draw(at_s, hour)

    def draw(self, at_s: float, hour: float, code: str | None = None) -> Drawn:
        """One call at a time and hour of day; about `code` where that is given."""
        self._count += 1
        if code == "sos" or (code is None and self._devices and self._rng.random() < 0.05):
            return self._button(at_s)
        fitting = [
            theme for theme in THEMES if (_within(theme.hours, hour) if code is None else theme.code == code)
        ]
        weights = np.array([theme.share for theme in fitting])
        theme = fitting[int(self._rng.choice(len(fitting), p=weights / weights.sum()))]
        venue = self._venue(theme)
        words = theme.words[int(self._rng.integers(0, len(theme.words)))]
        if venue is None:
            lon, lat, address = self._corners[int(self._rng.integers(0, len(self._corners)))]
            place, floor, radius_m = f"{address}路口" if address else "这个路口", 0, 30.0
        else:
            lon, lat, place, radius_m, address = venue.lon, venue.lat, venue.name, 15.0, ""
            floor = (
                int(self._rng.integers(0, max(1, venue.floors)))
                if venue.category in ("estate", "office", "mall", "hotel")
                else 0
            )
        return Drawn(
            at_s=at_s,
            channel="phone" if self._rng.random() < 0.93 else "web",
            type_code=theme.code,
            lon=lon,
            lat=lat,
            radius_m=radius_m,
            floor=floor,
            venue_id=None if venue is None else venue.venue_id,
            text=words.format(place=place),
            caller_name=person_name(self._rng),
            caller_phone=person_phone(50_000_000 + self._count),
            address=address or None,
        )

    def _venue(self, theme: Theme) -> Venue | None:
        fitting = [venue for category in theme.places for venue in self._venues.get(category, ())]
        return fitting[int(self._rng.integers(0, len(fitting)))] if fitting else None

    def _button(self, at_s: float) -> Drawn:
        device = self._devices[int(self._rng.integers(0, len(self._devices)))]
        venue = self._by_id[str(device.venue_id)]
        return Drawn(
            at_s=at_s,
            channel="sos",
            type_code="sos",
            lon=venue.lon,
            lat=venue.lat,
            radius_m=5.0,
            floor=device.floor,
            venue_id=venue.venue_id,
            text="",
            caller_name=None,
            caller_phone=None,
            device_id=device.device_id,
        )


def _within(hours: tuple[int, int], hour: float) -> bool:
    start, end = hours
    return start <= hour < end if start < end else hour >= start or hour < end


def corners_of(drawing: Drawing, rng: np.random.Generator, count: int = 2_000) -> list[Corner]:
    """Street corners of a drawn city: nodes of its named streets, drawn at random."""
    rows = [
        (ref, str(tags["name"]))
        for k, tags in enumerate(drawing.way_tags)
        if "highway" in tags and "name" in tags
        for ref in drawing.way_ref[drawing.way_start[k] : drawing.way_start[k + 1] : 3]
    ]
    picked = rng.choice(len(rows), min(count, len(rows)), replace=False)
    return [
        (drawing.node_lon[ref], drawing.node_lat[ref], name) for ref, name in (rows[int(k)] for k in picked)
    ]
