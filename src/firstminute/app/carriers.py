"""Alerts to phones that do not have the page open: push, text message, telephone, group robot; each delivery is tried once in its turn and its fate is a fact.

Idea (decision 0175): the outbox holds who is told on which way; which way comes next, and when, is the core's (`flow.consequences.delivery`). Here a row
becomes one HTTP request of the kind its way speaks, to hosts that the settings name, by the same narrow door as webhooks. What stands on a locked screen
says kind group and place, never more. A push service that took a message has not shown it: that is `handed`, and the phone itself says `delivered`; the
others are believed.
Limits: at least once; a robot takes twenty a minute; telephone and robot are not used for what must stay silent.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from firstminute.app.certificates import trusted
from firstminute.app.desk import Desk
from firstminute.app.messages import sentence
from firstminute.app.people import Book
from firstminute.app.settings import Settings
from firstminute.flow.letters import Letter, letter
from firstminute.gateways.hook import codec as hook
from firstminute.gateways.push import codec as push
from firstminute.gateways.webhook.addresses import allowed_of
from firstminute.gateways.webhook.codec import signed
from firstminute.gateways.webhook.transport import Line, NotSent, Resolve, addresses_of, ask, send
from firstminute.gateways.wecom import codec as wecom
from firstminute.model.envelope import SYSTEM
from firstminute.model.records import Member
from firstminute.store import outbox
from firstminute.store.outbox import Delivery
from firstminute.store.store import Store

LOG = logging.getLogger("firstminute.carriers")
LOOK_EVERY_S = 0.25
ANSWER_S = 10.0
WITHIN_S = 6.0
"""Shorter than the seconds after which the core tries the next way."""
AT_ONCE = 16
ATTEMPTS_MOST = 3
ROBOT_MOST, ROBOT_SPAN_S, ROBOTS_MOST = 20, 60.0, 10_000
LOUD = frozenset({"voice", "wecom"})
PAGE = "/responder/"


@dataclass(frozen=True, slots=True)
class Ways:
    """Which ways there are, by the settings. Raises ValueError for an address that is none."""

    push: bool
    sms: str | None
    voice: str | None
    wecom: str | None

    @property
    def named(self) -> tuple[str, ...]:
        """The channels that can be carried."""
        return tuple(name for name in ("push", "sms", "voice", "wecom") if getattr(self, name))


def ways_of(settings: Settings) -> Ways:
    """Read them."""
    return Ways(bool(settings.push_hosts.strip()), settings.sms_url, settings.voice_url, settings.wecom_url)


def line_of(settings: Settings, ways: Ways, resolve: Resolve = addresses_of) -> Line:
    """How their messages leave: to hosts of push services that are named, and to the adaptors' own."""
    hosts = [settings.push_hosts]
    for url in (ways.sms, ways.voice, ways.wecom):
        parts = urlsplit(url or "")
        if parts.hostname:
            hosts.append(f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname)
    return Line(
        allowed_of(",".join(hosts), settings.webhook_networks),
        trusted(settings.webhook_ca),
        resolve,
        WITHIN_S,
    )


class Carriers:
    """The carrier of one service.

    Attributes
    ----------
    key : the key pair by which push services know us, made from the vault's own secret and stored nowhere
    sent, failed : attempts since start
    """

    def __init__(
        self, store: Store, desk: Desk, book: Book, settings: Settings, new_id: Callable[[], str]
    ) -> None:
        self.store, self._desk, self._book = store, desk, book
        self._settings, self._new_id = settings, new_id
        self.ways = ways_of(settings)
        self.line = line_of(settings, self.ways)
        self.key: ec.EllipticCurvePrivateKey = push.key_of(store.vault.stamp(b"vapid"))
        self._robots: dict[str, deque[float]] = {}
        self._busy: set[str] = set()
        self.sent = self.failed = 0

    @property
    def push_key(self) -> str | None:
        """What browsers subscribe with."""
        return push.public_text(self.key) if self.ways.push else None

    async def run(self) -> None:
        """Look for what is due, until cancelled."""
        loop = asyncio.get_running_loop()
        pool = ThreadPoolExecutor(AT_ONCE, "carrier")
        try:
            while self.ways.named:
                await asyncio.sleep(LOOK_EVERY_S)
                if self._desk.pause.on:
                    continue  # no attempt could be noted before it is made
                try:
                    waiting = await asyncio.to_thread(self.due)
                except Exception:
                    LOG.exception("the outbox could not be read; it is tried again")
                    continue
                for row in waiting[: AT_ONCE * 4 - len(self._busy)]:
                    self._busy.add(row.message_id)
                    loop.run_in_executor(pool, self._turn, row)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def due(self) -> list[Delivery]:
        """What waits on one of our ways and is not being sent already."""
        now_s = self._desk.now_s()
        with self.store.reading() as connection:
            found = [
                row
                for channel in self.ways.named
                for row in outbox.due_on(connection, self.store.desk, now_s, channel)
            ]
        return [row for row in found if row.message_id not in self._busy]

    def _turn(self, row: Delivery) -> None:
        try:
            self.carry(row)
        except Exception:
            LOG.exception("message %s could not be carried; it is tried again", row.message_id)
        finally:
            self._busy.discard(row.message_id)

    def carry(self, row: Delivery) -> str | None:
        """One attempt at one delivery; its outcome where it has one."""
        written: Letter | None = self._desk.ask(partial(_written, row), row.world).result(ANSWER_S)
        now_s = self._desk.now_s()
        if row.expires_s <= now_s or written is None:
            return self._ended(row, "expired" if row.expires_s <= now_s else "moot")
        with self.store.database.write() as connection:  # durable before anything is sent
            outbox.note_attempts(connection, self.store.desk, [row], now_s)
        try:
            outcome = self._send(row, written, now_s)
        except NotSent as problem:
            self.failed += 1
            LOG.warning("message %s by %s did not arrive: %s", row.message_id, row.channel, problem)
            over = row.reason == "alert" or row.attempts + 1 >= ATTEMPTS_MOST
            return self._ended(row, "failed") if over else None
        self.sent += 1
        return self._ended(row, outcome)

    def _send(self, row: Delivery, written: Letter, now_s: float) -> str:
        member = self._book.member(row.recipient)
        if member is None or (written.silent and row.channel in LOUD):
            raise NotSent("no_way")
        language = written.language or self._settings.language
        text = locked_text(written, language)
        message = {
            "id": row.message_id, "channel": row.channel, "reason": row.reason, "about": row.reason_id, "language": language, "expires_s": row.expires_s,
            "silent": written.silent, "exercise": row.world == "exercise", "text": text,
        }  # fmt: skip
        if row.channel == "push":
            return self._push(member, message, now_s)
        if row.channel == "wecom":
            return self._robot(member, text)
        return self._hook(row.channel, member, message, now_s)

    def _push(self, member: Member, message: Mapping[str, Any], now_s: float) -> str:
        try:
            to = push.decode((member.push or "").encode())
        except ValueError:
            raise NotSent("no_subscription") from None
        body = push.sealed(hook_json(message), to, ec.generate_private_key(ec.SECP256R1()), os.urandom(16))
        contact = self._settings.push_contact or self._settings.public_url or "mailto:operator@localhost"
        lasts_s = float(message["expires_s"]) - now_s
        headers = push.headers_of(
            to, self.key, contact=contact, at_s=time.time(), lasts_s=lasts_s, topic=str(message["id"])
        )
        send(self.line, to.endpoint, headers, body)
        return "handed"

    def _robot(self, member: Member, text: str) -> str:
        key = self._book.robot(member.team_id)
        if key is None or self.ways.wecom is None:
            raise NotSent("no_robot")
        now = time.monotonic()
        if len(self._robots) > ROBOTS_MOST:
            self._robots.clear()
        said = self._robots.setdefault(key, deque(maxlen=ROBOT_MOST))
        if len(said) == ROBOT_MOST and now - said[0] < ROBOT_SPAN_S:
            raise NotSent("robot_full")
        said.append(now)
        phones = [member.phone] if member.phone else []
        answer = ask(
            self.line, wecom.url_of(self.ways.wecom, key), {}, wecom.body_of(text + self._link(), phones)
        )
        if not wecom.taken(answer):
            raise NotSent("robot_refused")
        return "delivered"

    def _hook(self, channel: str, member: Member, message: Mapping[str, Any], now_s: float) -> str:
        url = self.ways.sms if channel == "sms" else self.ways.voice
        if not member.phone or url is None:
            raise NotSent("no_phone")
        text = f"{message['text']}{self._link()}" if channel == "sms" else str(message["text"])
        body = hook.body_of(message, member.phone, text)
        send(
            self.line, url, signed(hook_key(self.store, channel), str(message["id"]), int(now_s), body), body
        )
        return "delivered"

    def _link(self) -> str:
        return f" {self._settings.public_url}{PAGE}" if self._settings.public_url else ""

    def _ended(self, row: Delivery, outcome: str) -> str:
        arguments = {
            "message_id": row.message_id, "reason_id": row.reason_id, "channel": row.channel, "outcome": outcome, "attempts": row.attempts + 1,
        }  # fmt: skip
        self._desk.submit(
            "record_delivery", arguments, SYSTEM, self._new_id(), world=row.world, repeatable=False
        ).result(ANSWER_S)
        return outcome


def hook_key(store: Store, channel: str) -> bytes:
    """The secret that the adaptor of a channel and we share: made from the vault's own, stored nowhere."""
    return store.vault.stamp(f"hook\0{channel}".encode())


def hook_json(message: Mapping[str, Any]) -> bytes:
    """What a phone's service worker is told."""
    kept = ("id", "reason", "about", "text", "silent", "exercise", "language")
    return json.dumps({name: message[name] for name in kept}, ensure_ascii=False).encode()


def _written(row: Delivery, state: Any) -> Letter | None:
    return letter(state, row.reason, row.reason_id, row.recipient)


def locked_text(written: Letter, language: str) -> str:
    """What may stand on a locked screen: the kind's group where the page would name the kind, and the place."""
    params = {**written.params, "type": written.params.get("group", "@group.help")}
    code = "alert_locked" if written.code == "alert" else written.code
    said = {
        name: sentence(language, value[1:]) if isinstance(value, str) and value.startswith("@") else value
        for name, value in params.items()
    }
    return sentence(language, f"message.{code}", said)
