"""A state that is stepped by hand through random calls, answers, arrivals and closings, with rows kept as a listener keeps them."""

from __future__ import annotations

import hashlib
import random
from itertools import count
from typing import Any

from firstminute.flow import registers, views
from firstminute.flow.commands import COMMAND_BY_NAME
from firstminute.flow.points import crews_of
from firstminute.flow.state import State
from firstminute.flow.step import Outcome, Submitted, step
from firstminute.flow.timers import due
from firstminute.model.envelope import Act, Actor
from firstminute.model.place import Place
from tests.support.city import small_city

START_S = 1_750_000_000.0
SEAT = Actor(id="d1", role="dispatcher", seat="1")


class Town:
    """A state that is stepped by hand, with rows kept as a listener keeps them."""

    def __init__(self, seed: int) -> None:
        self.city, ground = small_city()
        self.state = State(ground=ground)
        for table, rows in self.city.registers.items():
            registers.put(self.state.registers, table, rows)
        self.rows: dict[str, Any] = dict(views.render(self.state, views.all_keys(self.state)))
        self.at_s = START_S
        self.random = random.Random(seed)
        self.numbers = count()
        self.ids = (hashlib.sha256(f"{seed}-{n}".encode()).hexdigest()[:32] for n in count())

    def do(self, name: str, **arguments: Any) -> Outcome:
        """One command, and its rows as a commit would publish them."""
        self.at_s += self.random.uniform(0.2, 20.0)
        command = COMMAND_BY_NAME[name]
        act = Act(at_s=self.at_s, actor=SEAT, command_id=next(self.ids), ids=self.ids)
        outcome = step(self.state, Submitted(name, command.schema(**arguments), act))
        keys: set[str] = set()
        for fact in outcome.facts:
            keys |= views.keys_of(self.state, fact)
        for key, row in views.render(self.state, keys).items():
            if row is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = row
        return outcome

    def live(self, steps: int) -> None:
        """Calls, answers, arrivals, closings and whatever is due, at random."""
        for unit in self.city.registers["units"]:
            self.do("unit_on_duty", unit_id=unit.unit_id, shift="day")  # type: ignore[union-attr]
        for team in self.city.registers["teams"][:40]:
            self.do(
                "take_roll",
                team_id=team.team_id,
                shift="day",
                on_duty=4,
                reachable=4,
                method="button",
                until_s=START_S + 90_000,
            )  # type: ignore[union-attr]
        for _ in range(steps):
            self.random.choice(
                [
                    self.call,
                    self.call,
                    self.answer,
                    self.answer,
                    self.arrive,
                    self.close,
                    self.fire,
                    self.patrol,
                ]
            )()

    def patrol(self) -> None:
        """A point is passed or left out, by a crew that it is meant for; out of its window it is refused."""
        point = self.random.choice(self.city.registers["must_visits"])
        unit = self.random.choice(crews_of(self.state, point))  # type: ignore[arg-type]
        said = {"point_id": point.point_id, "unit_id": unit}  # type: ignore[union-attr]
        if self.random.random() < 0.5:
            self.do("visit_point", **said)
        else:
            self.do("leave_out_point", **said, reason="other", note="路面开挖")

    def call(self) -> None:
        venue = self.random.choice(self.city.registers["venues"])
        place = Place(points=((venue.lon, venue.lat),))  # type: ignore[union-attr]
        kind = self.random.choice(["fight", "theft", "fire", "medical", None])
        self.do(
            "receive_call",
            channel="phone",
            text=f"{next(self.numbers)}",
            type_code=kind,
            place=self.random.choice([place, place, None]),
        )

    def answer(self) -> None:
        waiting = [
            a.alert_id
            for a in self.state.respond.alerts.values()
            if a.state in ("asked", "delivered", "seen")
        ]
        if waiting:
            self.do(
                self.random.choice(["accept_alert", "decline_alert", "alert_delivered"]),
                **self._alert(self.random.choice(waiting)),
            )

    def _alert(self, alert_id: str) -> dict[str, Any]:
        return {"alert_id": alert_id}

    def arrive(self) -> None:
        bound = [
            a.assignment_id
            for a in self.state.respond.assignments.values()
            if a.state in ("assigned", "en_route", "arrived")
        ]
        if bound:
            name = self.random.choice(["report_en_route", "report_arrived", "report_cleared"])
            self.do(name, assignment_id=self.random.choice(bound), evidence="touch")

    def close(self) -> None:
        if len(self.state.respond.incidents) > 3:
            self.do(
                "close_incident",
                incident_id=self.random.choice(list(self.state.respond.incidents)),
                outcome="resolved",
            )

    def fire(self) -> None:
        for subject, timer, number in due(self.state.timers, self.at_s)[:5]:
            self.do("fire_timer", subject=subject, timer=timer, round=number)
