"""The outer end: whatever is said outside is kept, durably and sealed to the inside, before anybody hears so.

Idea: to the edge this is what the desk is inside: commands go in by name and get an answer. Here the answer is a receipt: kept outside at this time, not read
inside yet, under the id by which it will be done once. Beside a kept command stands only what a retry, a receipt and a team's alert need, never a
word of the caller; the words are sealed to the inside at once.
Limits: nothing is decided here but whom of a venue's own team to alert (`app.border.alone`).
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from firstminute.app.admission import Admission, answered
from firstminute.app.border.alone import Alone
from firstminute.app.border.banner import kept_banner
from firstminute.app.border.link import Link
from firstminute.app.desk_loop import Waiting
from firstminute.flow.acks import Ack
from firstminute.flow.crossing import CALLS, CROSSING, Crossed, plain_of
from firstminute.model.envelope import Actor
from firstminute.store.border_out import BorderFull, Letter
from firstminute.store.errors import NotDurable

LOG = logging.getLogger("firstminute.border")
WAITING_MOST, AT_ONCE = 4_096, 64
SAID_BEFORE_MOST_S = 600.0
"""A device that was out of reach may say so of a time so long before it was kept here."""
ROOM = {"positions": 0.8, "command": 0.95, "call": 1.0}
"""Kind → how much of the room it may fill: calls find room when nothing else does."""
KEPT_FOR_S = 14 * 86_400.0
COUNTED = ("kept", "full", "not_durable", "alone", "too_late", "shown", "merged")


@dataclass(eq=False, slots=True)
class _Job:
    """A command on its way to the disk, its receipt, and whom we alert for it."""

    letter: Letter
    receipt: Ack
    letters: list[dict[str, Any]]
    answer: asyncio.Future[Ack] | None = None

    def say(self, ack: Ack) -> None:
        """Answer whoever waits."""
        if self.answer is not None and not self.answer.done():
            self.answer.set_result(ack)


class Outside:
    """The outer zone's core. `send`, `health`, `metrics` and `now_s` are what the edge asks of a desk.

    Attributes
    ----------
    counts : what happened since start
    salt : a secret of this zone
    on_alone : called with the letters of a call for which we alert by ourselves, on a thread of its own
    """

    def __init__(self, link: Link, alone: Alone) -> None:
        self.link, self.alone = link, alone
        self.salt = _salt(link.into.file.path.with_name("salt"))
        self._admission = Admission(lambda data: hmac.digest(self.salt, data, "sha256"), lambda _: ())
        self._jobs: list[_Job] = []
        self._keeping: asyncio.Task[None] | None = None
        self.counts = dict.fromkeys(COUNTED, 0)
        self._durable = True
        self.on_alone: Callable[[Sequence[Mapping[str, Any]]], None] = lambda _: None

    def now_s(self) -> float:
        """Seconds since 1970."""
        return self.link.clock()

    def health(self) -> dict[str, Any]:
        """What `/health` says: can calls be kept, how late is the inside."""
        border = self.link.health()
        return {
            "zone": "outside",
            "accepting": border["full"] < 1.0,
            "durable": self._durable,
            "border": border,
            "alone": self.alone.slow,
        }

    def metrics(self) -> dict[str, float]:
        """Counters since start."""
        return {f"outside_{name}_total": count for name, count in self.counts.items()}

    def send(
        self, name: str, arguments: Mapping[str, Any], actor: Actor, command_id: str, **more: Any
    ) -> asyncio.Future[Ack]:
        """Keep one command; awaited, it gives its receipt once that is durable."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Ack] = loop.create_future()
        job = self._admitted(name, arguments, actor, command_id, more)
        if isinstance(job, Ack):
            answer.set_result(job)
        elif len(self._jobs) >= WAITING_MOST:
            answer.set_result(answered(command_id, "busy", "desk_busy", {"waiting": WAITING_MOST}))
        else:
            job.answer = answer
            self._jobs.append(job)
            if self._keeping is None or self._keeping.done():
                self._keeping = loop.create_task(self._keep())
        return answer

    def _admitted(
        self, name: str, arguments: Mapping[str, Any], actor: Actor, command_id: str, more: Mapping[str, Any]
    ) -> Ack | _Job:
        if actor.role not in CROSSING.get(name, ()):
            return answered(command_id, "refused", "not_outside", {"command": name})
        plain, now_s, world = dict(arguments), round(self.now_s(), 3), more.get("world", "live")
        if name == "receive_call":
            plain["call_id"] = command_id
        checked = self._admission.admit(
            name,
            plain,
            actor,
            command_id,
            occurred_s=None,
            time_source="system",
            world=world,
            repeatable=True,
        )
        if isinstance(checked, Ack):
            return checked
        known = self.known(command_id)
        if known is not None:
            return self._again(checked, known)
        said_s = more.get("occurred_s")
        occurred_s = now_s if said_s is None else min(now_s, max(float(said_s), now_s - SAID_BEFORE_MOST_S))
        about, asks = self._alerting(name, plain, actor, now_s) if world == "live" else ({}, [])
        if asks:
            plain["asked_outside"] = asks
        return _Job(
            Letter(
                kind="command", body=plain_of(Crossed(name, plain, actor, command_id, occurred_s, world)),
                share=ROOM["call" if name in CALLS else "command"], beside=partial(self._beside, (checked, about, asks, now_s)),
            ),
            self._kept_ack(command_id, name, now_s, bool(asks) or (bool(about) and self.alone.recent(about, now_s))),
            [*self.alone.letters(about, asks), *self.alone.warnings(about, asks, now_s)] if asks else [],
        )  # fmt: skip

    def _alerting(
        self, name: str, plain: Mapping[str, Any], actor: Actor, now_s: float
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """What of a call decides about alerting, and whom to alert at once because the desk cannot be in time."""
        if name != "receive_call":
            return {}, []
        about = {**self.alone.about(plain, actor.team_id), "caller": actor.id if actor.team_id else ""}
        return about, self.alone.asks(about, now_s) if self.alone.slow else []

    def _beside(
        self,
        beside: tuple[Waiting, Mapping[str, Any], list[dict[str, Any]], float],
        connection: sqlite3.Connection,
        seq: int,
    ) -> None:
        """What stands beside a kept command: (the command, what it is about, whom we alert, when)."""
        checked, about, asks, now_s = beside
        call_id = checked.command_id if checked.name == "receive_call" else None
        connection.execute(
            "INSERT INTO kept (command_id, digest, name, call_id, kept_s, seq, about) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                checked.command_id,
                checked.digest,
                checked.name,
                call_id,
                now_s,
                seq,
                orjson.dumps(about).decode(),
            ),
        )
        if asks and call_id is not None:
            self.alone.write(connection, call_id, about, asks)

    async def _keep(self) -> None:
        """Keep what waits, many at a time; whoever waits hears of it when it is durable. Where that fails, each is tried alone."""
        while self._jobs:
            some, self._jobs = self._jobs[:AT_ONCE], self._jobs[AT_ONCE:]
            try:
                await asyncio.to_thread(self.link.out.put, *(job.letter for job in some))
            except (BorderFull, NotDurable):
                for job in some:
                    await self._keep_one(job)
            else:
                for job in some:
                    await self._kept(job)

    async def _keep_one(self, job: _Job) -> None:
        try:
            await asyncio.to_thread(self.link.out.put, job.letter)
        except BorderFull:
            self.counts["full"] += 1
            job.say(answered(job.receipt.command_id, "busy", "outside_full"))
        except NotDurable as problem:
            if (
                self.known(job.receipt.command_id) is not None
            ):  # the same command came twice at once: one was kept
                job.say(replace(job.receipt, again=True))
                return
            LOG.error("nothing can be kept outside: %s", problem)
            self.counts["not_durable"] += 1
            self._durable = False
            job.say(answered(job.receipt.command_id, "not_durable", "not_durable"))
        else:
            await self._kept(job)

    async def _kept(self, job: _Job) -> None:
        self.counts["kept"] += 1
        self._durable = True
        job.say(job.receipt)
        if job.letters:
            self.counts["alone"] += len(job.letters)
            await asyncio.to_thread(self.on_alone, job.letters)

    def known(self, command_id: str) -> sqlite3.Row | None:
        """What stands beside a command that was kept."""
        rows = self.link.out.file.read("SELECT * FROM kept WHERE command_id = ?", command_id)
        return rows[0] if rows else None

    def _again(self, checked: Waiting, known: sqlite3.Row) -> Ack:
        if bytes(known["digest"]) != checked.digest:
            return answered(checked.command_id, "refused", "idempotency_conflict")
        alone = self.alone.asked_for(known["call_id"])
        ack = self._kept_ack(checked.command_id, known["name"], known["kept_s"], alone, known["read_s"])
        return replace(ack, again=True)

    def _kept_ack(
        self, command_id: str, name: str, kept_s: float, alone: bool, read_s: float | None = None
    ) -> Ack:
        reply: dict[str, Any] = {
            "kept_outside_s": kept_s,
            "read_inside": read_s is not None,
            "delay_s": round(self.link.age_s, 1),
            "team_alerted": alone,
            "banner": kept_banner(kept_s, self.link, read_s),
        }
        if name == "receive_call":
            reply["call_id"] = command_id
        return Ack(seq=0, command_id=command_id, status="done", reply=reply)

    def receipt(self, command_id: str) -> dict[str, Any] | None:
        """What became of something that was kept: not read yet, or read inside and done, or refused there and why. None where nothing was."""
        row = self.known(command_id)
        if row is None:
            return None
        return {
            "command_id": command_id, "kept_outside_s": row["kept_s"], "read_inside": row["read_s"] is not None, "read_inside_s": row["read_s"],
            "status": row["status"], "code": row["code"], "team_alerted": self.alone.asked_for(row["call_id"]),
            "reply": orjson.loads(row["reply"]) if row["reply"] else {}, "delay_s": round(self.link.age_s, 1),
            "banner": kept_banner(row["kept_s"], self.link, row["read_s"]),
        }  # fmt: skip

    def note(self, receipts: Sequence[Mapping[str, Any]]) -> None:
        """The inside has read these."""
        before_s = self.now_s() - KEPT_FOR_S
        with self.link.out.file.write() as connection:
            connection.executemany(
                "UPDATE kept SET status = ?, code = ?, reply = ?, read_s = ? WHERE command_id = ?",
                [
                    (r["status"], r["code"], orjson.dumps(r["reply"]).decode(), r["read_s"], r["command_id"])
                    for r in receipts
                ],
            )
            connection.execute("DELETE FROM kept WHERE kept_s < ? AND read_s IS NOT NULL", (before_s,))
            connection.execute("DELETE FROM alone WHERE sent_s < ?", (before_s,))


def _salt(path: Path) -> bytes:
    """The secret by which two commands are told apart without keeping either."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(os.urandom(32))
            file.flush()
            os.fsync(file.fileno())
    return path.read_bytes()
