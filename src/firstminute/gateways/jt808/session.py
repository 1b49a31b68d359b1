"""One terminal's conversation: bytes in, answers and fixes out; who it is comes before where it is.

Idea: sans I/O. Until a terminal has authenticated, nothing that it says about places counts. The code it must know is made of a secret of ours and its own
number, and is told by the operator, or by the first registration of a terminal that is in the register and of which nobody has registered before: from then
on it is bound to that terminal id and plate. A number that speaks from one address does not speak from another one at the same time.
Limits: the protocol is in clear; whoever listens learns the code. It belongs into a network of its own (operator guide).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from firstminute.gateways.jt808 import messages
from firstminute.gateways.jt808.codec import Broken, Framer, Message, Parts, decode, encode
from firstminute.gateways.jt808.messages import Asked, Fix

BAD_MOST = 10
UNKNOWN_MOST = 5


class Registry(Protocol):
    """Who may speak, as far as a session asks."""

    def known(self, phone: str) -> bool:
        """Whether a unit in the register carries this terminal."""

    def code(self, phone: str) -> str:
        """The authentication code of a number."""

    def bind(self, phone: str, asked: Asked) -> bool:
        """Bind a number to a terminal and a plate; False where it is bound to another one."""

    def enter(self, phone: str, session: object) -> bool:
        """This session speaks for the number from now on; False where another address does."""


@dataclass
class Session:
    """What has been said so far. `phone`: of the terminal, once it has authenticated; `refused`: fixes that could not be."""

    registry: Registry
    now_s: Callable[[], float]
    phone: str | None = None
    refused: int = 0
    bad: int = 0
    closed: bool = False
    _unknown: int = 0
    _serial: int = 0
    _last: Fix | None = None
    _framer: Framer = field(default_factory=Framer)
    _parts: Parts = field(default_factory=Parts)

    def receive(self, data: bytes) -> tuple[bytes, list[Fix]]:
        """The answers to what came, and the fixes in it. Too much that is wrong closes the session."""
        out, fixes = bytearray(), list[Fix]()
        for frame in self._framer.feed(data):
            try:
                whole = self._parts.put(decode(frame), self.now_s()) if frame is not None else None
            except Broken:
                frame, whole = None, None
            if frame is None:
                self.bad += 1
                self.closed = self.bad >= BAD_MOST
            elif whole is not None:
                answer, found = self._said(whole)
                out += encode(answer) if answer is not None else b""
                fixes += found
            if self.closed:
                break
        return bytes(out), fixes

    def _said(self, message: Message) -> tuple[Message | None, list[Fix]]:
        if message.kind == messages.REGISTER:
            return self._register(message), []
        if message.kind == messages.AUTHENTICATE:
            return self._authenticate(message), []
        if self.phone != message.phone or not self.registry.known(
            message.phone
        ):  # before it has said who it is, for somebody else, or taken off the register
            self._unknown += 1
            self.closed = self._unknown >= UNKNOWN_MOST
            return self._answer(message, messages.FAILED), []
        if message.kind == messages.POSITION:
            return self._answer(message, messages.DONE), self._good(
                [messages.position(message.body, self.now_s())]
            )
        if message.kind == messages.BATCH:
            return self._answer(message, messages.DONE), self._good(
                messages.batch(message.body, self.now_s())
            )
        if message.kind in (messages.BEAT, messages.LEAVE):
            self.closed = message.kind == messages.LEAVE
            return self._answer(message, messages.DONE), []
        return self._answer(message, messages.UNKNOWN), []

    def _good(self, found: list[Fix | None]) -> list[Fix]:
        kept: list[Fix] = []
        for fix in found:
            if fix is None or not messages.follows(self._last, fix):
                self.refused += 1
                continue
            if self._last is None or fix.fix_s >= self._last.fix_s:
                self._last = fix
            kept.append(fix)
        return kept

    def _register(self, message: Message) -> Message:
        asked = messages.registration(message)
        if asked is None or not self.registry.known(message.phone):
            self._unknown += 1
            self.closed = self._unknown >= UNKNOWN_MOST
            return messages.registered(message, messages.NO_TERMINAL, self._next())
        if not self.registry.bind(message.phone, asked):
            return messages.registered(message, messages.TAKEN, self._next())
        code = self.registry.code(message.phone).encode("ascii")
        return messages.registered(message, messages.DONE, self._next(), code)

    def _authenticate(self, message: Message) -> Message:
        right = self.registry.code(message.phone).encode("ascii")
        good = hmac.compare_digest(right, messages.code_of(message)) and self.registry.known(message.phone)
        if good and self.phone in (None, message.phone) and self.registry.enter(message.phone, self):
            self.phone = message.phone
            return self._answer(message, messages.DONE)
        self._unknown += 1
        self.closed = self._unknown >= UNKNOWN_MOST
        return self._answer(message, messages.FAILED)

    def _answer(self, message: Message, result: int) -> Message:
        return messages.general(message, result, self._next())

    def _next(self) -> int:
        self._serial = (self._serial + 1) & 0xFFFF
        return self._serial
