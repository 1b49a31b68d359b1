"""Both directions of one zone's border, and how late they are.

Idea: `speak` gives a batch for whatever carrier there is, `hear` takes what one brought; neither knows files or sockets. A greeting tells each side how
far it was read and echoes the other's last greeting, so the delay that people are shown is measured, not assumed.
Where the two sides turn out to have different pasts (a backup was put back), what waits goes over again in a new stream: whoever does it knows what was done.
Limits: the delay one way is told by the other side's clock.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from firstminute.store.border_in import HARMLESS, BorderIn, Do, Sifted
from firstminute.store.border_keys import Card, Keys
from firstminute.store.border_out import BorderOut, Forked
from firstminute.store.border_wire import Hello
from firstminute.store.errors import StorageRefused

LOG = logging.getLogger("firstminute.border")
FOLDER = "border"
CUT_AFTER_S = 30.0
"""So long without a signed word from the other side is called cut, or three times the usual delay where that is longer."""


class Link:
    """One zone's end.

    Parameters
    ----------
    folder : the zone's data folder
    name : of this zone, where its keys are still to be made
    most_bytes : room for what waits
    tables_out, tables_in : further tables beside the messages

    Raises
    ------
    StorageRefused : keys or files are not what was written
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        most_bytes: int = 1_000_000_000,
        clock: Callable[[], float] = time.time,
        tables_out: Sequence[str] = (),
        tables_in: Sequence[str] = (),
        before_commit: Callable[[], None] = lambda: None,
    ) -> None:
        place = folder / FOLDER
        self.clock, self.most_bytes = clock, most_bytes
        self.keys = Keys(place, name)
        self.into = BorderIn(place, self.keys, clock=clock, tables=tables_in, before_commit=before_commit)
        self.out = BorderOut(
            place, self.keys, self.other, most_bytes=most_bytes, clock=clock, tables=tables_out, before_commit=before_commit,
        )  # fmt: skip
        self.keys.show(self.card)
        self._hearing = threading.Lock()
        self.began_s = clock()
        self.heard_s: float | None = None
        self.hello: Hello | None = None
        self._said_s = 0.0
        self.round_s: float | None = None

    @property
    def card(self) -> Card:
        """What to show the other side."""
        return self.keys.card(self.out.sign)

    def other(self) -> Card | None:
        """Whom we trust on the other side."""
        return self.into.place.card

    def need_trust(self) -> None:
        """Raise StorageRefused where no card of the other side is trusted: nothing could be sealed."""
        if self.other() is None:
            raise StorageRefused("border_no_trust", "no card of the other side is trusted yet")

    def speak(self, after: int = 0) -> tuple[bytes, int]:
        """A batch to carry over, and the number of its last message."""
        refused = sum(self.into.refused().values())
        echo_s = 0.0 if self.hello is None else self.hello.at_s
        return self.out.batch(self.into.place, refused=refused, after=after, echo_s=echo_s)

    def hear(self, data: bytes, do: Do) -> Sifted:
        """Take what a carrier brought. Raises NotDurable."""
        with self._hearing:
            found = self.into.take(data, do)
            if found.hello is not None:
                self._greeted(found.hello)
        loud = {reason: count for reason, count in found.refused.items() if reason not in HARMLESS}
        if loud:
            LOG.error("refused at the border: %s", loud)
        return found

    def _greeted(self, hello: Hello) -> None:
        now_s = self.clock()
        said_s = min(
            hello.at_s, now_s
        )  # a clock that runs ahead, and is put right, must not silence its zone
        if self.heard_s is not None and said_s <= self._said_s:
            return  # an older greeting that came late says nothing new
        self.hello, self.heard_s, self._said_s = hello, now_s, said_s
        if hello.echo_s > 0.0:
            self.round_s = max(0.0, now_s - hello.echo_s)
        try:
            self.out.acknowledge(hello)
        except Forked:
            count = self.out.restart()
            self.into.count("forked")
            LOG.error("the other side has another past: %d messages go over again in a new stream", count)

    @property
    def silent_s(self) -> float:
        """Seconds since the other side was heard, or since the start."""
        return max(0.0, self.clock() - (self.began_s if self.heard_s is None else self.heard_s))

    @property
    def age_s(self) -> float:
        """How old the newest word of the other side is, by its own clock; since the start where there is none."""
        return max(0.0, self.clock() - (self.began_s if self.hello is None else self.hello.at_s))

    @property
    def cut(self) -> bool:
        """Whether nothing came for longer than is usual here."""
        return self.silent_s > max(CUT_AFTER_S, 3.0 * (self.round_s or 0.0))

    def health(self) -> dict[str, Any]:
        """What `/health`, the metrics and the feed say of the border."""
        waiting = self.out.waiting()
        return {
            "cut": self.cut,
            "silent_s": round(self.silent_s, 1),
            "delay_s": round(self.age_s, 1),
            "round_s": None if self.round_s is None else round(self.round_s, 1),
            "waiting": waiting.count,
            "waiting_bytes": waiting.size,
            "waiting_s": 0.0
            if waiting.since_s is None
            else round(max(0.0, self.clock() - waiting.since_s), 1),
            "full": round(waiting.size / self.most_bytes, 3),
            "nearly_full": waiting.size > 0.7 * self.most_bytes,
            "read": self.into.place.seq,
            "refused": self.into.refused(),
            "trusts": None if (other := self.other()) is None else other.fingerprint,
        }

    def close(self) -> None:
        """Close both files."""
        self.out.close()
        self.into.close()
