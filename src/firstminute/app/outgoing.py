"""Deliveries on their way out: what waits in the outbox is written in its recipient's language, handed to its channel, and its fate comes back as a command.

Idea (DESIGN.md §4): the outbox row was written with its fact; here it is only carried. An expired row is never sent, nor one that has become moot. The
`page` and `desk` channels are the live feed itself: a message counts as delivered there when a client of its recipient was handed it; an alert that no page
has shown for a few seconds has failed there, so that its next way is tried. Limits: push, text messages, telephones and group robots have a carrier of
their own (`app.carriers`), webhooks too (`app.webhooks`); a `message_folder` drops what no carrier is set up for as files.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from firstminute.app.desk import Desk
from firstminute.app.messages import LANGUAGES, sentence
from firstminute.flow.letters import Letter, letter
from firstminute.flow.state import State
from firstminute.model.envelope import SYSTEM, World
from firstminute.respond.receivers import CHANNEL
from firstminute.store import outbox
from firstminute.store.outbox import Delivery
from firstminute.store.store import Store

LOG = logging.getLogger("firstminute.outgoing")
LOOK_EVERY_S = 0.5
ANSWER_S = 10.0
ON_PAGE = ("page", "desk")
WORLDS: tuple[World, ...] = ("live", "exercise")


class Page(Protocol):
    """The live feed, as deliveries see it. Both may be called from any thread."""

    def present(self) -> tuple[frozenset[str], frozenset[str], bool]:
        """Names that have the page open, teams whose page is open, and whether somebody sits at the desk."""

    def show(self, recipients: Sequence[str], message: Mapping[str, Any], *, at_desk: bool) -> bool:
        """Hand a message to every client that answers to one of these names, else to the desk; False where nobody is there."""


class Outside(Protocol):
    """The zone in which teams and their people live, where it is another one."""

    def send(self, messages: Iterable[Mapping[str, Any]]) -> bool:
        """Hand letters over, durable when this returns; False where there is no room."""


class Outgoing:
    """Carries deliveries, a few hundred at a time.

    Parameters
    ----------
    page : the live feed
    folder : where messages of other channels are dropped, None where nobody fetches them
    language : of messages to recipients whose own is not known
    outside : where pages of teams and their people are, None where they are here
    apart : channels that `app.carriers` carries
    """

    def __init__(
        self,
        store: Store,
        desk: Desk,
        page: Page,
        new_id: Callable[[], str],
        *,
        folder: Path | None,
        language: str = "zh-CN",
        outside: Outside | None = None,
        apart: tuple[str, ...] = (),
    ) -> None:
        self._store, self._desk, self._page, self._new_id = store, desk, page, new_id
        self._folder, self._language, self._outside = folder, language, outside
        self._apart = (CHANNEL, *apart)

    async def run(self) -> None:
        """Look for what is due, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if self._desk.pause.on:
                continue  # no attempt could be noted before it is made
            try:
                await asyncio.to_thread(self.carry)
            except Exception:
                LOG.exception("outbox pass failed; it is tried again")

    def carry(self) -> int:
        """One pass over the outbox; how many deliveries were tried."""
        team_of, present, at_desk = self._present()
        handed = 0 if self._outside is None else self._hand_out(self._outside, present)
        with self._store.reading() as connection:
            waiting = outbox.due(
                connection,
                self._store.desk,
                self._desk.now_s(),
                present=present,
                at_desk=at_desk,
                apart=self._apart,
            )
        now_s = self._desk.now_s()
        sending = [each for each in waiting if each.channel not in ON_PAGE and each.expires_s > now_s]
        letters = self._letters([each for each in waiting if each.expires_s > now_s])
        if sending:  # the attempt is durable before anything is sent, and none where a busy desk could not write the letters
            with self._store.database.write() as connection:
                outbox.note_attempts(connection, self._store.desk, sending, now_s)
        for delivery in waiting:
            names = (delivery.recipient, *((team,) if (team := team_of.get(delivery.recipient)) else ()))
            outcome = self._try(delivery, letters.get(delivery.message_id), names)
            if outcome:
                self._ended(delivery, outcome)
        return len(waiting) + handed

    def _ended(self, delivery: Delivery, outcome: str) -> None:
        arguments = {
            "message_id": delivery.message_id, "reason_id": delivery.reason_id, "channel": delivery.channel, "outcome": outcome,
            "attempts": delivery.attempts + 1,
        }  # fmt: skip
        self._desk.submit(
            "record_delivery", arguments, SYSTEM, self._new_id(), world=delivery.world, repeatable=False
        )

    def _hand_out(self, outside: Outside, present: frozenset[str]) -> int:
        """What is meant for pages in the other zone is theirs from now on: `handed` is no delivery, which their own word tells later.

        present : whose page is open here all the same
        """
        now_s = self._desk.now_s()
        with self._store.reading() as connection:
            found = outbox.for_outside(connection, self._store.desk, now_s)
        waiting = [each for each in found if each.recipient not in present]
        live = [each for each in waiting if each.expires_s > now_s]
        letters = self._letters(live)
        messages = [
            self._message(each, letters[each.message_id]) for each in live if each.message_id in letters
        ]
        if messages and not outside.send(messages):
            return 0
        for each in waiting:
            over = "moot" if each.expires_s > now_s else "expired"
            self._ended(each, "handed" if each.message_id in letters else over)
        return len(waiting)

    def _present(self) -> tuple[Mapping[str, str], frozenset[str], bool]:
        """Member → team whose page is open; who has a page open, those members among them; whether somebody sits at the desk."""
        names, teams, at_desk = self._page.present()
        if not teams:
            return {}, names, at_desk
        team_of = self._desk.ask(lambda state: _members(state, teams)).result(ANSWER_S)
        return team_of, names | frozenset(team_of), at_desk

    def _letters(self, waiting: Sequence[Delivery]) -> dict[str, Letter]:
        """Message id → its letter; a moot one has none."""
        found: dict[str, Letter] = {}
        for world in WORLDS:
            some = [each for each in waiting if each.world == world]
            if some:
                found |= self._desk.ask(_writer(some), world).result(ANSWER_S)
        return found

    def _try(self, delivery: Delivery, written: Letter | None, names: Sequence[str]) -> str | None:
        if delivery.expires_s <= self._desk.now_s():
            return "expired"
        if written is None:
            return "moot"
        message = self._message(delivery, written)
        if delivery.channel in ON_PAGE:
            shown = {**message, "texts": {name: text_of(written, name) for name in LANGUAGES}}
            if self._page.show(names, shown, at_desk=delivery.channel == "desk"):
                return "delivered"
            return "failed" if delivery.reason == "alert" else None
        if self._folder is None:
            return "failed"
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{delivery.message_id}.json"
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(message, ensure_ascii=False), encoding="utf-8")
        fresh.replace(path)
        return "delivered"

    def _message(self, delivery: Delivery, written: Letter) -> dict[str, Any]:
        """What a recipient, or the gateway to it, is handed."""
        language = written.language or self._language
        return {
            "id": delivery.message_id, "channel": delivery.channel, "to": delivery.recipient, "reason": delivery.reason,
            "about": delivery.reason_id, "expires_s": delivery.expires_s, "silent": written.silent, "exercise": delivery.world == "exercise",
            "code": written.code, "params": written.params, "more": list(written.more), "language": language, "text": text_of(written, language),
            "district": written.district,
            **({"data": written.data} if written.data else {}),
        }  # fmt: skip


def text_of(written: Letter, language: str) -> str:
    """The words of a letter in a language: its sentence, then what is to be read after it."""
    said = {
        name: sentence(language, value[1:]) if isinstance(value, str) and value.startswith("@") else value
        for name, value in written.params.items()
    }
    lines = [sentence(language, f"message.{written.code}", said)]
    return " ".join([*lines, *(sentence(language, key) for key in written.more)])


def _members(state: State, teams: frozenset[str]) -> dict[str, str]:
    known = state.registers.team_members
    return {member: team for team in teams for member in known.get(team, ())}


def _writer(waiting: Sequence[Delivery]) -> Callable[[State], dict[str, Letter]]:
    def write(state: State) -> dict[str, Letter]:
        made = (
            (each.message_id, letter(state, each.reason, each.reason_id, each.recipient)) for each in waiting
        )
        return {message_id: found for message_id, found in made if found is not None}

    return write
