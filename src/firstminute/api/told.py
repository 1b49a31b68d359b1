"""Messages of the live feed: what an audience is told, written out once for all of its clients, and merged once for those who are behind alike.

Idea (decision 0198): the hub hands every client of an audience the same `Told`; its text is made when the first of them sends it, and so is what it becomes
with the message after it. Limits: a message belongs to the event loop; nobody changes one that was handed out.
"""

from __future__ import annotations

from typing import Any

import orjson

Row = dict[str, Any]


class Rows(dict[str, Row]):
    """All rows of an audience as its snapshot tells them, put into text once however many come in at the same moment."""

    __slots__ = ("_written",)

    def __init__(self, rows: dict[str, Row]) -> None:
        super().__init__(rows)
        self._written: bytes | None = None

    def written(self) -> bytes:
        """The rows as JSON, made at the first call."""
        if self._written is None:
            self._written = orjson.dumps(dict(self))
        return self._written


class Told(dict[str, Any]):
    """One message, {seq, set, del, positions, slots, locked, messages}: whatever of it there is to say."""

    __slots__ = ("_texts", "_then")

    def __init__(self, message: dict[str, Any]) -> None:
        super().__init__(message)
        self._texts: dict[bool, str | None] = {}
        self._then: tuple[Told, Told] | None = None

    def text(self, *, packed: bool = False) -> str | None:
        """As JSON, made at the first call. `packed`: without positions, which go as bytes; None where nothing else is to be said."""
        if packed not in self._texts:
            left_out = "positions" if packed else "slots"
            rest = {
                name: orjson.Fragment(value.written()) if isinstance(value, Rows) else value
                for name, value in self.items()
                if name != left_out
            }
            silent = packed and "positions" in self and len(rest) == 1
            self._texts[packed] = None if silent else orjson.dumps(rest).decode()
        return self._texts[packed]

    def then(self, later: Told) -> Told:
        """This message and the next one as one; the same for everybody who is behind by these two."""
        if self._then is None or self._then[0] is not later:
            self._then = (later, merge(self, later))
        return self._then[1]


def merge(first: dict[str, Any], then: dict[str, Any]) -> Told:
    """One message that says what two said, in order."""
    sets, gone = dict(first.get("set", {})), dict.fromkeys(first.get("del", ()))
    for key in then.get("del", ()):
        sets.pop(key, None)
        gone[key] = None
    sets.update(then.get("set", {}))
    left = [key for key in gone if key not in sets]
    merged: dict[str, Any] = {"seq": max(first["seq"], then["seq"])}
    if sets or left:
        merged.update({"set": sets, "del": left})
    positions = [each["positions"] for each in (first, then) if "positions" in each]
    if positions:
        merged["positions"] = positions[0].then(positions[1]) if len(positions) == 2 else positions[0]
    slots = {**first.get("slots", {}), **then.get("slots", {})}
    if slots:
        merged["slots"] = slots
    for message in (first, then):
        if "locked" in message:
            merged["locked"] = message["locked"]
    told = [*first.get("messages", ()), *then.get("messages", ())]
    if told:
        merged["messages"] = told
    return Told(merged)
