"""The live feed's hub: the rows everybody may see a part of, and who is listening.

Idea (DESIGN.md §4): the desk renders the rows that a commit touched, once; the hub keeps them by key and gives each audience its part: a snapshot with
`seq`, then `set` and `del`. Gained and lost visibility arrive the same way, because what an audience last saw is remembered per audience, not per
client. What an audience may see follows the tree of places, the shares in force and, for a crew, its duty: when one of them changes its rows are judged anew.
A message to one recipient is handed to the clients that answer to its name. A client that does not keep up is dropped; it never brakes the desk.
Runs on the event loop only; other threads look through `now`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from firstminute.api.packed import Moved
from firstminute.api.told import Rows, Told
from firstminute.command.picture import DESK_ROLES, Audience, visible, who_looks
from firstminute.model.access.things import Who
from firstminute.model.access.tree import Share, Tree

Row = dict[str, Any]
Part = Callable[[Audience, str, Row, Who | None], Row | None]
MAX_WAITING = 256
"""Messages a client may be behind before it is dropped."""
MAX_CLIENTS = 5_000
COUNTED = ("incidents", "calls", "units_on_duty", "units_busy", "teams_on_duty", "members_on_duty")
"""What the desk's own line counts."""
NOTHING = (0,) * len(COUNTED)


@dataclass(eq=False, slots=True)
class Client:
    """One listener, the names it answers to, and what waits for it. A None in the queue means: dropped; `out`: because it may listen no longer."""

    audience: Audience
    names: frozenset[str] = frozenset()
    allowed: Callable[[], bool] | None = None
    locked: Callable[[], bool] | None = None
    told_locked: bool = False
    out: bool = False
    queue: asyncio.Queue[Told | None] = field(default_factory=lambda: asyncio.Queue(MAX_WAITING + 1))


@dataclass(eq=False, slots=True)
class _Seen:
    """What one audience sees now, as whom, and its clients."""

    who: Who
    slots: dict[str, int] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    first: Rows | None = None  # the rows as the next client is told them, until they change
    clients: set[Client] = field(default_factory=set)


class Hub:
    """Rows by key, audiences by what they may see.

    Parameters
    ----------
    now_s : the desk's time, by which shares end
    part : what of a row an audience may see, of whom a policy knows what stands beside it

    Attributes
    ----------
    taps : called with the rows of every publication, before anybody is told
    """

    def __init__(self, now_s: Callable[[], float] = lambda: 0.0, part: Part = visible) -> None:
        self._visible = part
        self.taps: list[Callable[[Mapping[str, Row | None]], None]] = []
        self.seq = 0
        self.now_s = now_s
        self.tree, self.shares = Tree(), tuple[Share, ...]()
        self.rows: dict[str, Row] = {}
        self.positions: dict[str, tuple[float, ...]] = {}
        self._slots: dict[str, int] = {}
        self.dropped = 0
        self._audiences: dict[Audience, _Seen] = {}

    @property
    def clients(self) -> int:
        """How many listen."""
        return sum(len(seen.clients) for seen in self._audiences.values())

    def now(self) -> list[tuple[str, Row]]:
        """All rows, for another thread: taken in one piece, because the loop changes them meanwhile."""
        return list(self.rows.items())

    def snapshot(self, audience: Audience) -> dict[str, Any]:
        """Everything the audience may see now."""
        return {
            "seq": self.seq,
            "snapshot": True,
            "set": self.rows_for(audience, self.who(audience)),
            "del": [],
        }

    def who(self, audience: Audience) -> Who:
        """An audience as a policy sees it now: a crew has its unit's district where it names none, and is on duty or not."""
        on_duty = True
        if audience.role == "patrol":
            unit = self.rows.get(f"unit/{audience.unit_id}", {})
            on_duty = bool(unit.get("on_duty"))
            if audience.district is None and unit.get("district"):
                audience = replace(audience, district=unit["district"])
        return who_looks(audience, self.tree, self.shares, at_s=self.now_s(), on_duty=on_duty)

    def rows_for(self, audience: Audience, who: Who, sort: str = "") -> dict[str, Row]:
        """The rows of one sort, or all, as far as somebody may see them."""
        found = {}
        for key, row in self.rows.items():
            if key.startswith(sort) and (part := self._visible(audience, key, row, who)) is not None:
                found[key] = part
        return _counted(who, found)

    def row_for(self, audience: Audience, key: str) -> Row | None:
        """One row, as far as somebody may see it."""
        row = self.rows.get(key)
        return self._visible(audience, key, row, self.who(audience)) if row is not None else None

    def open_to(self, tree: Tree, shares: Sequence[Share]) -> None:
        """The tree of places or what districts show each other has changed: everybody is told what that gave and took."""
        self.tree, self.shares = tree, tuple(shares)
        for audience, seen in self._audiences.items():
            self._judge_anew(audience, seen)

    def _judge_anew(self, audience: Audience, seen: _Seen) -> None:
        seen.who = self.who(audience)
        fresh = self.rows_for(audience, seen.who)
        gone = [key for key in seen.rows if key not in fresh]
        sets = {key: row for key, row in fresh.items() if seen.rows.get(key) != row}
        seen.rows, seen.first = fresh, None
        if sets or gone:
            self._send(seen, {"seq": self.seq, "set": sets, "del": gone})

    def publish(self, seq: int, changed: Mapping[str, Row | None]) -> None:
        """Take the rows that a commit touched (None = gone) and tell every audience its part."""
        self.seq = max(self.seq, seq)
        for tap in self.taps:
            tap(changed)
        for key, row in changed.items():
            if row is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = row
        now_s = self.now_s()
        if any(share.until_s <= now_s for share in self.shares):
            self.open_to(self.tree, [share for share in self.shares if share.until_s > now_s])
        for audience, seen in self._audiences.items():
            if (
                audience.unit_id is not None
                and f"unit/{audience.unit_id}" in changed
                and self.who(audience) != seen.who
            ):
                self._judge_anew(audience, seen)
                continue
            message = self._part(audience, seen, changed)
            if message is not None:
                self._send(seen, message)

    def _part(
        self, audience: Audience, seen: _Seen, changed: Mapping[str, Row | None]
    ) -> dict[str, Any] | None:
        sets: dict[str, Row] = {}
        gone: list[str] = []
        desk = seen.rows.get("desk/now", {})
        counts = list(desk["counts"].values()) if _counts_itself(seen.who) and "counts" in desk else None
        for key, row in changed.items():
            part = self._visible(audience, key, row, seen.who) if row is not None else None
            if counts is not None:
                more, less = _weights(key, part), _weights(key, seen.rows.get(key))
                counts = [count + a - b for count, a, b in zip(counts, more, less, strict=True)]
            if part is None:
                if seen.rows.pop(key, None) is not None:
                    gone.append(key)
            elif seen.rows.get(key) != part:
                seen.rows[key] = part
                sets[key] = part
        if counts is not None and "desk/now" in seen.rows:
            told = {**seen.rows["desk/now"], "counts": dict(zip(COUNTED, counts, strict=True))}
            sets.pop("desk/now", None)
            if told != desk:
                sets["desk/now"] = seen.rows["desk/now"] = told
            else:
                seen.rows["desk/now"] = desk
        if not sets and not gone:
            return None
        seen.first = None
        return {"seq": self.seq, "set": sets, "del": gone}

    def move(self, positions: Mapping[str, tuple[float, ...]]) -> None:
        """New positions of units, for the audiences that may see positions."""
        self.positions.update(positions)
        whole = Moved(positions, self._slots)  # one for every desk of the whole city: it is packed once
        for audience, seen in self._audiences.items():
            if audience.sees_positions and seen.clients:
                shown = whole if seen.who.everywhere else _where(seen, positions)
                if shown:
                    self._send(seen, {"seq": self.seq, **self._moved(seen, shown)})

    def _moved(self, seen: _Seen, shown: Mapping[str, tuple[float, ...]]) -> dict[str, Any]:
        """Positions for an audience, and the slots of the units it had none of yet."""
        for unit_id in shown.keys() - self._slots.keys():
            self._slots[unit_id] = len(self._slots)
        fresh = {unit_id: self._slots[unit_id] for unit_id in shown.keys() - seen.slots.keys()}
        seen.slots.update(fresh)
        moved = {"positions": shown if isinstance(shown, Moved) else Moved(shown, self._slots)}
        return {**moved, "slots": fresh} if fresh else moved

    def join(self, audience: Audience, names: frozenset[str] = frozenset()) -> tuple[Client, dict[str, Any]]:
        """A new listener and its snapshot; everything after `snapshot["seq"]` follows in its queue."""
        if self.clients >= MAX_CLIENTS:
            raise OverflowError("too many listeners")
        client, seen = Client(audience, names), self._audiences.get(audience)
        if seen is None:
            who = self.who(audience)
            seen = self._audiences[audience] = _Seen(who, rows=self.rows_for(audience, who))
        elif seen.who != self.who(audience):
            self._judge_anew(audience, seen)
        if seen.first is None:
            seen.first = Rows(seen.rows)
        snapshot: dict[str, Any] = {"seq": self.seq, "snapshot": True, "set": seen.first, "del": []}
        seen.clients.add(client)
        if audience.sees_positions and (shown := _where(seen, self.positions)):
            snapshot.update(self._moved(seen, shown))
            snapshot["slots"] = dict(seen.slots)
        return client, snapshot

    def leave(self, client: Client) -> None:
        """The listener is gone."""
        seen = self._audiences.get(client.audience)
        if seen is not None:
            seen.clients.discard(client)
            if not seen.clients:
                del self._audiences[client.audience]

    def put_out(self, client: Client) -> None:
        """The listener may listen no longer: what waits for it is not sent, and its connection ends."""
        client.out = True
        seen = self._audiences.get(client.audience)
        if seen is not None:
            seen.clients.discard(client)
        while not client.queue.empty():
            client.queue.get_nowait()
        client.queue.put_nowait(None)

    def tell_lock(self, client: Client) -> None:
        """Tell a listener whose desk was locked or opened since it last heard of it; what it sees and hears stays the same."""
        locked = client.locked is not None and client.locked()
        seen = self._audiences.get(client.audience)
        if locked != client.told_locked and seen is not None:
            client.told_locked = locked
            self._hand(seen, client, Told({"seq": self.seq, "locked": locked}))

    def everybody(self) -> list[Client]:
        """Who listens now."""
        return [client for seen in self._audiences.values() for client in seen.clients]

    def count_dropped(self) -> None:
        """A listener was let go because it did not take what it was sent."""
        self.dropped += 1

    def present(self) -> tuple[frozenset[str], frozenset[str], bool]:
        """Names that listen, teams that listen, and whether somebody at the desk does."""
        names = frozenset(
            name for seen in self._audiences.values() for client in seen.clients for name in client.names
        )
        listening = [audience for audience, seen in self._audiences.items() if seen.clients]
        teams = frozenset(a.team_id for a in listening if a.team_id is not None)
        return names, teams, any(a.role in DESK_ROLES for a in listening)

    def tell(self, recipients: Sequence[str], message: Mapping[str, Any], *, at_desk: bool) -> bool:
        """Hand a message to whoever answers to one of these names, else (`at_desk`) to everybody at the desk; False where nobody is there."""
        wanted = frozenset(recipients)
        everybody = [(seen, client) for seen in self._audiences.values() for client in seen.clients]
        told = [(seen, client) for seen, client in everybody if client.names & wanted]
        if not told and at_desk:
            told = [
                (seen, client)
                for seen, client in everybody
                if client.audience.role in DESK_ROLES and _concerns(seen, message)
            ]
        for seen, client in told:
            self._hand(seen, client, Told({"seq": self.seq, "messages": [dict(message)]}))
        return bool(told)

    def _send(self, seen: _Seen, message: dict[str, Any]) -> None:
        told = Told(message)  # one for all of them: it is written out once
        for client in list(seen.clients):
            self._hand(seen, client, told)

    def _hand(self, seen: _Seen, client: Client, message: Told) -> None:
        if client.queue.qsize() >= MAX_WAITING:
            seen.clients.discard(client)
            self.count_dropped()
            client.queue.put_nowait(None)
        else:
            client.queue.put_nowait(message)


def _where(seen: _Seen, positions: Mapping[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
    """The positions of the crews whose rows somebody sees; of all, for the desk of the whole city."""
    if seen.who.everywhere:
        return dict(positions)
    return {unit_id: at for unit_id, at in positions.items() if f"unit/{unit_id}" in seen.rows}


def _concerns(seen: _Seen, message: Mapping[str, Any]) -> bool:
    """Whether a message to the desk concerns this one: of its place, or of none. What is for the whole city only its desk hears."""
    who, district = seen.who, message.get("district")
    return (
        who.everywhere or district is None or district in who.districts or message.get("to") in who.stations
    )


def _weights(key: str, row: Row | None) -> tuple[int, ...]:
    """What a row adds to the counts of `COUNTED`."""
    sort = key.partition("/")[0]
    if row is None or sort not in ("incident", "call", "unit", "venue"):
        return NOTHING
    on_duty = int(row.get("on_duty") or 0)
    return (
        int(sort == "incident"), int(sort == "call"), on_duty * (sort == "unit"), int(sort == "unit" and on_duty > 0 and row.get("incident_id") is not None),
        int(sort == "venue" and on_duty > 0), on_duty * (sort == "venue"),
    )  # fmt: skip


def _counts_itself(who: Who) -> bool:
    """A desk of a place that is not the whole city: what it is told to be there is what it sees."""
    return who.role in DESK_ROLES and not who.everywhere


def _counted(who: Who, rows: dict[str, Row]) -> dict[str, Row]:
    """Rows with the desk's counts, where the desk counts what it sees."""
    if "desk/now" in rows and _counts_itself(who):
        sums = [sum(each) for each in zip(*(_weights(key, row) for key, row in rows.items()), strict=True)]
        rows["desk/now"] = {**rows["desk/now"], "counts": dict(zip(COUNTED, sums, strict=True))}
    return rows
