"""Who talks to a desk over a bad line: callers, crews and members with phones that die, seats that do anything at all, and the courier between districts.

Idea: whoever has something to say keeps it under one key and says it again until there is an answer, as pages, devices and gateways do. What they are
told (by the outbox, over the line) makes them accept, decline, arrive or stay silent. A seat draws its acts from `tests.support.course`, so every command
there is is tried. Callers and the courier never give up; others do after a few times.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from firstminute.command.picture import Audience
from firstminute.flow.acks import Ack
from firstminute.flow.commands import COMMAND_BY_NAME
from firstminute.flow.state import State
from firstminute.model.envelope import Actor
from firstminute.model.facts.incident import TransferOffered
from firstminute.model.facts.response import AlertSent, Assigned
from firstminute.simulate.faults import Line
from tests.support.course import ACTS
from tests.support.play import PLACES, whoever_may
from tests.support.sim.agenda import Agenda
from tests.support.sim.node import Node

FINAL = frozenset({"done", "refused", "invalid"})
AGAIN_S = 8.0
PATIENT = 1_000
NOT_BY_HAND = frozenset(
    {"erase_subjects", "report_clock", "record_delivery", "take_up_call", "leave_drill", "fire_timer", "wait"}
)
"""The desk's own commands, which no line carries, and erasure, after which a state from the record rightly knows less."""
BY_HAND = tuple(act for act in ACTS if act[0] not in NOT_BY_HAND)
KINDS = (None, "fight", "cardiac_arrest", "fire", "armed_attack", "missing_person", "medical", "fraud_phone")


@dataclass(eq=False, slots=True)
class Wish:
    """One command that somebody wants done."""

    key: str
    name: str
    arguments: Mapping[str, Any]
    actor: Actor
    more: Mapping[str, Any] = field(default_factory=dict)
    most: int = 4
    said: int = 0
    answers: list[Ack] = field(default_factory=list)
    then: Callable[[Ack], None] | None = None
    gone: bool = False

    @property
    def settled(self) -> bool:
        """Somebody knows what became of it."""
        return bool(self.answers)


class Mouth:
    """Says wishes to a node until there is an answer, over one line there and one back."""

    def __init__(self, agenda: Agenda, node: Node, there: Line, back: Line) -> None:
        self._agenda, self._node, self._there, self._back = agenda, node, there, back
        self.wishes: list[Wish] = []
        self.heard: deque[Wish] = deque()
        self.dead_until_s = 0.0

    def want(self, wish: Wish) -> None:
        """Begin to say it."""
        self.wishes.append(wish)
        self._say(wish)

    def _say(self, wish: Wish) -> None:
        if wish.settled or wish.gone:
            return
        if wish.said >= wish.most:
            wish.gone = True
            return
        if self._agenda.now_s >= self.dead_until_s:
            wish.said += 1
            for delay_s in self._there.arrivals_s():
                self._agenda.after(delay_s, partial(self._arrive, wish))
        self._agenda.after(AGAIN_S * (1.0 + self._agenda.rng.random()), partial(self._say, wish))

    def _arrive(self, wish: Wish) -> None:
        self._node.receive(
            wish.name, wish.arguments, wish.actor, wish.key, partial(self._reply, wish), **wish.more
        )

    def _reply(self, wish: Wish, ack: Ack) -> None:
        for delay_s in self._back.arrivals_s():
            self._agenda.after(delay_s, partial(self._hear, wish, ack))

    def _hear(self, wish: Wish, ack: Ack) -> None:
        if self._agenda.now_s < self.dead_until_s or ack.status not in FINAL:
            return
        first = not wish.settled
        wish.answers.append(ack)
        self.heard.append(wish)
        if first and wish.then is not None:
            wish.then(ack)


class Seat:
    """A seat that tries anything: the acts of a course, said over the line instead of done at once. Looks like `Play` to an act."""

    def __init__(self, node: Node, mouth: Mouth, rng: Random, keys: Callable[[], str]) -> None:
        self._node, self._mouth, self._rng, self._keys = node, mouth, rng, keys
        self.at_s = 0.0

    @property
    def state(self) -> State:
        """What its screen shows."""
        desk = self._node.desk
        assert desk is not None
        return desk.states["live"]

    def submit(
        self,
        name: str,
        /,
        *,
        actor: Actor | None = None,
        occurred_s: float | None = None,
        hurried: bool = False,
        second: Actor | None = None,
        **arguments: Any,
    ) -> None:
        """Say it; what comes of it is seen on the screen."""
        more = {
            "occurred_s": occurred_s,
            "time_source": "system" if occurred_s is None else "typed",
            "world": "live",
        }
        may = whoever_may(COMMAND_BY_NAME[name].policy)
        self._mouth.want(
            Wish(self._keys(), name, arguments, actor or may, more, PATIENT if name == "receive_call" else 4)
        )

    def offer(self, district: str) -> None:
        """Offer some incident to another district's desk."""
        if self._node.desk is not None:
            about = list(self.state.respond.incidents)
            if about:
                arguments = {
                    "incident_id": self._rng.choice(about),
                    "to_district": district,
                    "reason": "border",
                }
                self._mouth.want(Wish(self._keys(), "offer_transfer", arguments, whoever_may("dispatcher")))

    def act(self) -> None:
        """One act of the course, about whatever there is."""
        desk = self._node.desk
        if desk is None:
            return
        self.at_s = desk.now_s()
        _, act = self._rng.choice(BY_HAND)
        act(self, self._rng.randrange(61), self._rng.randrange(61))  # type: ignore[arg-type]


class Crowd:
    """Callers of one district, in ones and in rushes."""

    def __init__(self, mouth: Mouth, rng: Random, keys: Callable[[], str]) -> None:
        self._mouth, self._rng, self._keys = mouth, rng, keys

    def call(self, count: int) -> None:
        """So many call at once."""
        rng = self._rng
        for _ in range(count):
            key = self._keys()
            place = {"points": [rng.choice(list(PLACES.values()))], "radius_m": rng.choice((0.0, 40.0))}
            arguments = {
                "channel": rng.choice(("phone", "phone", "web", "chat")),
                "text": f"请快来 {key[:6]}",
                "caller_phone": f"1{rng.randrange(30)}",
                "type_code": rng.choice(KINDS),
                "place": rng.choice((place, place, None)),
            }
            actor = Actor(id="d1", role="dispatcher", seat="A")
            self._mouth.want(Wish(key, "receive_call", arguments, actor, most=PATIENT))


class Phones:
    """Everybody who may be asked to come: what their page shows them, and what they do about it. The page of the outbox, too."""

    def __init__(self, node: Node, mouth: Mouth, line: Line, rng: Random, keys: Callable[[], str]) -> None:
        self._node, self._mouth, self._line, self._rng, self._keys = node, mouth, line, rng, keys
        self._agenda = node.agenda
        self.off_until_s: dict[str, float] = {}
        node.page = self
        node.on_commit.append(self._see)

    def present(self) -> tuple[frozenset[str], frozenset[str], bool]:
        """Everybody whose phone lives has the page open."""
        names = [f"M{letter}{k}" for letter in "hiov" for k in range(4)] + [f"U{k}" for k in range(1, 5)]
        return frozenset(name for name in names if self._lives(name)), frozenset(), True

    def show(self, recipients: Any, message: Mapping[str, Any], *, at_desk: bool) -> bool:
        """Handed to a page that lives; the line may lose it all the same."""
        return at_desk or any(self._lives(name) for name in recipients)

    def die(self, seconds: float) -> None:
        """Somebody's phone is off for a while."""
        names = sorted(self.present()[0])
        if names:
            self.off_until_s[self._rng.choice(names)] = self._agenda.now_s + seconds

    def _lives(self, name: str) -> bool:
        return self._agenda.now_s >= self.off_until_s.get(name, 0.0)

    def _see(self, node: Node, run: Any) -> None:
        for fact in run.facts:
            body = fact.body
            if isinstance(body, AlertSent) and body.responder_kind in ("unit", "member"):
                self._tell(body.responder_id, partial(self._asked, body.alert_id, body.responder_id))
            elif isinstance(body, Assigned):
                self._tell(body.responder_id, partial(self._goes, body.assignment_id, body.responder_id))

    def _tell(self, who: str, what: Callable[[], None]) -> None:
        for delay_s in self._line.arrivals_s()[:1]:
            if self._lives(who):
                self._agenda.after(delay_s, what)

    def _asked(self, alert_id: str, who: str) -> None:
        choice = self._rng.random()
        if choice < 0.25:
            return  # silent
        name = "decline_alert" if choice < 0.4 else "accept_alert"
        self._later(who, 1.0, 25.0, name, alert_id=alert_id)

    def _goes(self, assignment_id: str, who: str) -> None:
        rng = self._rng
        if rng.random() < 0.8:
            self._later(who, 2.0, 10.0, "report_en_route", assignment_id=assignment_id)
        if rng.random() < 0.7:
            self._later(
                who,
                20.0,
                90.0,
                "report_arrived",
                assignment_id=assignment_id,
                evidence=rng.choice(("fix", "touch")),
            )
        if rng.random() < 0.6:
            self._later(who, 100.0, 260.0, "report_cleared", assignment_id=assignment_id)

    def _later(self, who: str, least_s: float, most_s: float, name: str, **arguments: Any) -> None:
        team = f"T{who[1]}" if who.startswith("M") else None
        actor = Actor(
            id=who, role="member" if team else "patrol", team_id=team, unit_id=None if team else who
        )

        def say() -> None:
            if self._lives(who):
                self._mouth.want(Wish(self._keys(), name, arguments, actor))

        self._agenda.after(self._rng.uniform(least_s, most_s), say)


class Courier:
    """Carries incidents offered to the other district there as calls of a partner, and the answer back; sends a copy again when told to."""

    def __init__(self, source: Node, target: Node, out: Mouth, home: Mouth) -> None:
        self.source, self.target, self._out, self._home = source, target, out, home
        self.offered: dict[str, str] = {}
        self.taken: set[str] = set()
        source.on_commit.append(self._see)

    def _see(self, node: Node, run: Any) -> None:
        for fact in run.facts:
            body = fact.body
            if isinstance(body, TransferOffered) and body.to_district == self.target.district:
                self._carry(body.incident_id, f"{body.incident_id}-{fact.seq}")

    def _carry(self, incident_id: str, offer: str) -> None:
        external = f"{self.source.district}:{incident_id}"
        self.offered[offer] = external
        actor = Actor(id=f"desk-{self.source.district}", role="partner")
        arguments = {
            "channel": "cad",
            "external_id": external,
            "type_code": "fight",
            "text": f"copy of {incident_id[-4:]}",
        }
        then = partial(self._accepted, incident_id, offer)
        self._out.want(Wish(f"copy-{offer}", "receive_call", arguments, actor, most=PATIENT, then=then))

    def _accepted(self, incident_id: str, offer: str, ack: Ack) -> None:
        if ack.status == "done":
            self.taken.add(offer)
            actor = Actor(id=f"desk-{self.target.district}", role="dispatcher", district=self.target.district)
            arguments = {"incident_id": incident_id, "accepted": True}
            self._home.want(Wish(f"taken-{offer}", "answer_transfer", arguments, actor, most=PATIENT))


def screens(rng: Random) -> list[Audience]:
    """Who follows the feed."""
    return [
        Audience("dispatcher"),
        Audience("member", team_id=rng.choice(("Th", "Ti"))),
        Audience("patrol", unit_id=rng.choice(("U1", "U2"))),
    ]
