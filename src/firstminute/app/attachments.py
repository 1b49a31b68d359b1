"""Photos, voice notes and films on their way in and out: looked at, made harmless, sealed, and only then a fact.

Idea: what a file is is told by its content; a picture is drawn anew by a child with few rights (`gateways.media.pictures`), sound and film lose what tells
where and by whom they were made. The original stays beside it, sealed as evidence. Nothing that a sender calls a file becomes a path. The words of a call
are stored long before: a bad photo costs the photo alone.
Limits: each source has so many bytes a day, counted from the record's own facts after a restart; two children at a time.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from firstminute.api.commanding import told
from firstminute.api.errors import Problem
from firstminute.api.ports import Acked, SendPort
from firstminute.app.desk import Desk
from firstminute.app.desk_loop import Committed
from firstminute.app.settings import Settings
from firstminute.flow.access.allowed import refusal
from firstminute.flow.access.objects import subject_thing
from firstminute.flow.access.places import who_in
from firstminute.flow.commands import COMMAND_BY_NAME
from firstminute.flow.state import State
from firstminute.gateways.media import codec, pictures
from firstminute.model.access.policies import may
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import SubjectErased
from firstminute.model.facts.incident import AttachmentKept
from firstminute.respond import attachments as rules
from firstminute.store.attachments import ID, Attachments, NoRoom, Part, Room
from firstminute.store.errors import Broken, NotDurable

LOG = logging.getLogger("firstminute.attachments")
CHILD = "from firstminute.gateways.media.pictures import main; main()"
DRAWN_WITHIN_S = 20.0
NEEDED = ("PYTHONPATH",)
"""All that the child learns of our environment."""
AT_ONCE = 2
POLICY = COMMAND_BY_NAME["keep_attachment"].policy
DAY_S = 86_400.0
MB = 1_000_000
ERASED_MOST = 10_000
AskState = Callable[[Callable[[State], object]], Awaitable[object]]


class Looked(NamedTuple):
    """What came, told by its content, and the copy of it that may be shown."""

    media: str
    shown: bytes


class Sealed:
    """The attachments of one service. Implements `api.ports.AttachmentPort`."""

    def __init__(
        self, files: Attachments, desk: Desk, send: SendPort, ask: AskState, settings: Settings
    ) -> None:
        self._files, self._desk, self._send, self._ask = files, desk, send, ask
        if files.elsewhere:
            LOG.critical("attachments of this record lie in a folder that this machine does not see")
        self._day_most = settings.attachment_megabytes_a_day * MB
        self._most = settings.attachment_megabytes * MB
        self._sent: Counter[str] = Counter()
        self._day = -1
        self._few = asyncio.Semaphore(AT_ONCE)
        self._erased: asyncio.Queue[str] = asyncio.Queue(ERASED_MOST)
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def room(self) -> Room:
        """What all of them take, and may."""
        return self._files.room

    def health(self) -> dict[str, int | bool]:
        """What `/health` says: bytes taken, the bound, whether what came before lies elsewhere; an alarm at 70 % or where it does."""
        room, elsewhere = self._files.room, self._files.elsewhere
        full = room.used > 0.7 * room.most
        return {"bytes": room.used, "most": room.most, "elsewhere": elsewhere, "alarm": full or elsewhere}

    def sweep(self) -> int:
        """One bite of housekeeping."""
        return self._files.sweep(self._desk.now_s())

    def heard(self, committed: Committed) -> None:
        """An erased person's files go at once; on the desk's thread, so only noted."""
        for fact in committed.facts:
            if isinstance(fact.body, SubjectErased) and self._loop is not None:
                self._loop.call_soon_threadsafe(self._note, fact.body.subject_id)

    def _note(self, subject_id: str) -> None:
        if not self._erased.full():  # what does not fit is found by the sweep: no key opens it
            self._erased.put_nowait(subject_id)

    async def run(self) -> None:
        """Remove what was erased, until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            subject_id = await self._erased.get()
            try:
                await asyncio.to_thread(self._files.drop, subject_id)
            except OSError:
                LOG.exception(
                    "erased attachments could not be removed; their key is gone, the sweep tries again"
                )

    async def keep(
        self, subject_id: str, data: bytes, name: str | None, actor: Actor, command_id: str
    ) -> Acked:
        """Keep what came: the command's reply, seq and id. Raises Problem."""
        if not data:
            raise Problem("attachment_empty", status=422)
        if len(data) > self._most:
            raise Problem("too_large", most=self._most)
        attachment_id = (
            command_id if ID.fullmatch(command_id) else hashlib.sha256(command_id.encode()).hexdigest()[:32]
        )
        await self._room(subject_id, attachment_id, actor)
        before = await asyncio.to_thread(self._files.get, subject_id, attachment_id, "original")
        if before is not None and before != data:
            raise Problem("idempotency_conflict")
        if before is None:
            await self._count(actor.id, len(data))
        looked = await self._look(data)
        parts: dict[Part, bytes] = {"original": data, "shown": looked.shown}
        try:
            key_id = await asyncio.to_thread(self._files.put, subject_id, attachment_id, parts)
        except NoRoom:
            LOG.error("no room for attachments: %s", self.health())
            raise Problem("attachments_full", status=503) from None
        except (NotDurable, OSError) as problem:
            LOG.error("an attachment could not be kept: %s", type(problem).__name__)
            raise Problem("not_durable") from None
        arguments = {
            "subject_id": subject_id, "attachment_id": attachment_id, "media": looked.media, "size": len(data),
            "shown_size": len(looked.shown), "digest": hashlib.sha256(data).hexdigest(), "name": name,
        }  # fmt: skip
        try:
            answer = await self._send("keep_attachment", arguments, actor, command_id)
        except TimeoutError:  # recorded or not, as where the disk failed: the sweep finds out
            raise Problem("outcome_unknown", status=504) from None
        if answer.status in ("refused", "invalid"):
            if before is None:
                await asyncio.to_thread(self._files.drop, subject_id, attachment_id)
        if answer.status == "done" and await self._key_of(subject_id) != key_id:  # renewed meanwhile
            await asyncio.to_thread(self._files.put, subject_id, attachment_id, parts)
        reply, seq, acked = told(answer)
        return {"attachment_id": attachment_id, **reply}, seq, acked

    async def _key_of(self, subject_id: str) -> int:
        """The key that seals now; where the disk does not say, it is asked again by whoever sends it again."""
        try:
            return await asyncio.to_thread(self._files.key_of, subject_id)
        except NotDurable:
            raise Problem("not_durable") from None

    async def _room(self, subject_id: str, attachment_id: str, actor: Actor) -> None:
        """Ask before the work is done whether it belongs and whether it may be added; the desk decides both once more."""

        def look(state: State) -> str | None:
            who, thing = who_in(state, actor, self._desk.now_s()), subject_thing(state, subject_id)
            if not may(POLICY, who, thing):
                return refusal(thing, who).code
            about = rules.find(state.respond, subject_id)
            if about is not None and attachment_id in about.attachments:
                return None
            try:
                rules.get_room(state.respond, subject_id, actor)
            except Refused as refused:
                return refused.code
            return None

        code = await self._ask(look)
        if code is not None:
            raise Problem(str(code), most=rules.MOST)

    async def _count(self, source: str, size: int) -> None:
        day = int(self._desk.now_s() // DAY_S)
        if day != self._day:
            counted = await asyncio.to_thread(self._sent_on, day)
            if day != self._day:
                self._day, self._sent = day, counted
        if self._sent[source] + size > self._day_most:
            raise Problem("attachments_a_day", status=429, wait_s=3_600)
        self._sent[source] += size

    def _sent_on(self, day: int) -> Counter[str]:
        """What each source sent on a day, by the record."""
        made: Counter[str] = Counter()
        store = self._desk.store
        with store.reading() as connection:
            for fact in store.journal.between(
                connection, "live", day * DAY_S, (day + 1) * DAY_S, kinds=(AttachmentKept.NAME,), most=100_000
            ):
                if isinstance(fact.body, AttachmentKept):
                    made[fact.actor] += fact.body.size
        return made

    async def _look(self, data: bytes) -> Looked:
        media = codec.media_of(data)
        if media is None:
            raise Problem("attachment_kind", status=415)
        async with self._few:
            try:
                if media in codec.PICTURES:
                    return Looked(codec.SHARED_PICTURE, await asyncio.to_thread(_drawn, data))
                return Looked(media, await asyncio.to_thread(codec.shareable, data, media))
            except (codec.Broken, pictures.Undrawable) as problem:
                code = "attachment_pixels" if str(problem) == "too_large" else "attachment_broken"
                raise Problem(code, status=422, most=pictures.PIXELS_MOST) from None

    async def show(self, subject_id: str, attachment_id: str) -> tuple[bytes, str]:
        """The copy that may be shown and its media type; whether whoever asks may see it has been asked. Raises Problem."""
        data = await self._read(subject_id, attachment_id, "shown")
        media = codec.media_of(data)
        assert media is not None, attachment_id
        return data, media

    async def original(self, subject_id: str, attachment_id: str) -> bytes:
        """What came, as it came; whoever asks has been recorded. Raises Problem."""
        return await self._read(subject_id, attachment_id, "original")

    async def _read(self, subject_id: str, attachment_id: str, part: Part) -> bytes:
        try:
            found = await asyncio.to_thread(self._files.get, subject_id, attachment_id, part)
        except Broken:
            LOG.critical("attachment %s was changed on the disk", attachment_id[:32])
            raise Problem("attachment_changed", status=500) from None
        if found is None:
            raise Problem("attachment_elsewhere" if self._files.elsewhere else "unknown_attachment")
        return found


def _drawn(data: bytes) -> bytes:
    """The picture drawn anew by a child. Raises Undrawable."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", CHILD],
            input=data,
            capture_output=True,
            timeout=DRAWN_WITHIN_S,
            check=False,
            env={name: os.environ[name] for name in NEEDED if name in os.environ},
        )
    except subprocess.TimeoutExpired:
        raise pictures.Undrawable("too_large") from None
    if done.returncode == 0 and done.stdout:
        return done.stdout
    if done.returncode != pictures.REFUSED:
        LOG.warning("the child that draws pictures ended with %d", done.returncode)
    raise pictures.Undrawable("too_large" if done.stdout == b"too_large" else "broken")
