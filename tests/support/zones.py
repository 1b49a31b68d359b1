"""Two zones for tests: a desk inside, the outer service over real HTTP, real queue files, folders that a carrier moves with a delay; one clock that tests move.

Idea: everything is what the product runs, but the carrier and the clock. `pass_s` lets time go by in steps; the carrier brings files as late
as it is told, loses, doubles or reorders them where a test says so. Limits: the desk's own timers fire when the test ticks.
"""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from firstminute.api.hub import Hub
from firstminute.app.border.folder import FolderCarrier
from firstminute.app.border.inside import Inside
from firstminute.app.border.link import Link
from firstminute.app.border.outward import Outward, Post
from firstminute.app.border.service import OutsideService, assemble
from firstminute.app.desk import Desk
from firstminute.app.ids import new_id
from firstminute.app.outgoing import Outgoing
from firstminute.app.serve import Server, config_for
from firstminute.app.settings import Settings
from firstminute.flow import views
from firstminute.model.encoding import encode
from firstminute.model.envelope import Actor
from firstminute.model.records import Device, Member, Station, Team, Unit, Venue
from firstminute.store.import_export import change_of
from tests.support.desk import ADMIN, Hands, desk_at, do

STEP_S = 1.0
PEOPLE = ("M1", "M2", "M3")
SECRET = ("王金丝", "13812349999", "我听见楼上有人哭")
"""A caller's name, number and words: what may never come out."""


class NobodyThere:
    """No page is open inside."""

    def present(self) -> tuple[frozenset[str], frozenset[str], bool]:
        """Nobody."""
        return frozenset(), frozenset(), False

    def show(self, recipients: object, message: object, *, at_desk: bool) -> bool:
        """Nobody."""
        return False


@dataclass
class Carrier:
    """Moves files from one zone's out/ to the other's in/, `delay_s` later; `cut`: takes none; `change`: what it does to a file on the way."""

    source: Path
    goal: Path
    delay_s: float = 0.0
    cut: bool = False
    change: Callable[[str, bytes], list[tuple[str, bytes]]] = lambda name, data: [(name, data)]
    on_way: list[tuple[float, str, bytes]] = field(default_factory=list)
    carried: list[bytes] = field(default_factory=list)
    count: int = 0

    def move(self, now_s: float) -> None:
        """Take what lies there, bring what is due."""
        if not self.cut:
            for path in sorted(self.source.glob("*.batch")):
                for name, data in self.change(path.name, path.read_bytes()):
                    self.count += 1
                    self.on_way.append((now_s + self.delay_s, f"{self.count:06}-{name}", data))
                path.unlink()
        for due_s, name, data in [each for each in self.on_way if each[0] <= now_s]:
            self.on_way.remove((due_s, name, data))
            self.carried.append(data)
            fresh = self.goal / f"{name}.new"
            fresh.write_bytes(data)
            fresh.replace(self.goal / name)


@dataclass
class Zones:
    """Both zones, joined by two carriers."""

    folder: Path
    hands: Hands
    desk: Desk
    hub: Hub
    link: Link
    inside: Inside
    outward: Outward
    outgoing: Outgoing
    outer: OutsideService
    address: str
    inward: Carrier
    outbound: Carrier
    ends: list[FolderCarrier]
    loop: asyncio.AbstractEventLoop
    disk: dict[str, Callable[[], None]]

    def pass_s(self, seconds: float, step_s: float = STEP_S) -> None:
        """Time goes by, and everything that runs once a second runs."""
        for _ in range(max(1, round(seconds / step_s))):
            self.hands.pass_s(step_s)
            self.turn()

    def turn(self) -> None:
        """One turn of everything, without time passing."""
        self.desk.tick()
        self.desk.ask(lambda state: None).result(10)
        self.outgoing.carry()
        self.desk.ask(lambda state: None).result(10)
        asyncio.run(self.outward.send())
        for end in self.ends:
            end.look()
        for carrier in (self.inward, self.outbound):
            carrier.move(self.hands.wall_s)
        for end in self.ends:
            end.look()
        asyncio.run_coroutine_threadsafe(self.outer.pages.look(), self.loop).result(10)

    def client(self, who: str = "resident", role: str = "resident", team: str | None = None) -> httpx.Client:
        """Somebody outside, over HTTP."""
        token = self.outer.tokens.add(Actor(id=who, role=role, team_id=team))
        return httpx.Client(base_url=self.address, headers={"authorization": f"Bearer {token}"}, timeout=10.0)

    def member(self, number: int = 1) -> httpx.Client:
        """Somebody of the team."""
        return self.client(PEOPLE[number - 1], "member", "T")

    def call(self, client: httpx.Client, **said: Any) -> dict[str, Any]:
        """Call for help outside; the receipt."""
        key = said.pop("key", None)
        headers = {} if key is None else {"idempotency-key": key}
        answer = client.post("/calls", json=said, headers=headers)
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def incidents(self) -> list[Any]:
        """Open incidents inside."""
        found: list[Any] = self.desk.ask(lambda state: list(state.respond.incidents.values())).result(10)
        return found

    def alerts(self) -> list[Any]:
        """Every alert of open incidents."""
        found: list[Any] = self.desk.ask(lambda state: list(state.respond.alerts.values())).result(10)
        return found

    def facts(self, *kinds: str) -> list[Any]:
        """Recorded facts of some kinds."""
        with self.desk.store.reading() as connection:
            return list(self.desk.store.journal.read(connection, "live", kinds=kinds))


def town(desk: Desk, hands: Hands) -> None:
    """A mall with a team on duty, a button, a station with a crew."""
    records: list[tuple[str, list[Any]]] = [
        ("stations", [Station(station_id="S", name="东站所", kind="station", lon=113.0, lat=23.0, district="D")]),
        ("venues", [Venue(venue_id="V", name="东门商场", category="mall", lon=113.0, lat=23.0, district="D", station_id="S")]),
        ("teams", [Team(team_id="T", venue_id="V", name="东门队", trained=("restrain", "cpr"), kit=("shield",))]),
        ("members", [Member(member_id=m, team_id="T", name="队员名", phone="13700000001", trained=("restrain",)) for m in PEOPLE[:2]]
            + [Member(member_id="M3", team_id="T", name="队员名", phone="13700000002")]),
        ("devices", [Device(device_id="B", kind="sos_button", venue_id="V", type_code="cardiac_arrest", cancel_pin="4711")]),
        ("units", [Unit(unit_id="U", call_sign="东01", kind="car", mode="car", station_id="S", district="D")]),
    ]  # fmt: skip
    for table, rows in records:
        change = change_of(table, [encode(row) for row in rows])
        assert do(desk, "change_register", change, f"r-{table}", ADMIN).done, table
    roll = {
        "team_id": "T",
        "shift": "s",
        "on_duty": 3,
        "member_ids": list(PEOPLE),
        "until_s": hands.wall_s + 8 * 3600.0,
    }
    assert do(desk, "take_roll", roll, "r-roll").done


@contextmanager
def zones(folder: Path, *, delay_s: float = 0.0, settings: dict[str, Any] | None = None) -> Iterator[Zones]:
    """Both zones, running; nothing has gone over yet."""
    hands = Hands()
    link = Link(folder / "in", "inside", clock=lambda: hands.wall_s)
    card_of_outside = Link(folder / "out", "outside", clock=lambda: hands.wall_s)
    link.into.trust(card_of_outside.card)
    card_of_outside.into.trust(link.card)
    card_of_outside.close()
    given = Settings(data_dir=folder / "out", port=0, language="zh-CN", **(settings or {}))
    disk: dict[str, Callable[[], None]] = {"outside": lambda: None}
    outer = assemble(given, clock=lambda: hands.wall_s, before_commit=lambda: disk["outside"]())
    with desk_at(folder / "in", hands) as desk, _listening(outer) as (address, loop):
        town(desk, hands)
        hub = Hub()
        desk.listen(lambda done: hub.publish(done.state.seq, _rows(done)))
        inside, outward = Inside(link, desk), Outward(link, desk, hub)
        hub.publish(1, desk.ask(lambda state: views.render(state, views.all_keys(state))).result(10))
        outgoing = Outgoing(desk.store, desk, NobodyThere(), new_id, folder=None, outside=Post(link, desk))
        own, their = folder / "f-in", folder / "f-out"
        ends = [FolderCarrier(link, own, inside.do), FolderCarrier(outer.link, their, outer.pages.do)]
        carriers = [Carrier(their / "out", own / "in", delay_s), Carrier(own / "out", their / "in", delay_s)]
        try:
            yield Zones(
                folder, hands, desk, hub, link, inside, outward, outgoing, outer, address, *carriers, ends, loop, disk
            )  # fmt: skip
        finally:
            link.close()
            shutil.rmtree(own, ignore_errors=True)


def _rows(done: Any) -> dict[str, Any]:
    keys: set[str] = set()
    for fact in done.facts:
        keys |= views.keys_of(done.state, fact)
    return dict(views.render(done.state, keys)) if done.world == "live" else {}


@contextmanager
def _listening(outer: OutsideService) -> Iterator[tuple[str, asyncio.AbstractEventLoop]]:
    """The outer zone's edge on a free port, served from a thread."""
    server = Server(config_for(outer.app, outer.settings, outer.transport, http="httptools"))
    loop = asyncio.new_event_loop()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(server.serve())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    until = time.monotonic() + 20.0
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}", loop
    finally:
        server.should_exit = True
        thread.join(20.0)
        outer.close()
        loop.close()
