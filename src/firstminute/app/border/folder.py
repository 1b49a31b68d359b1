"""A carrier that moves files: `out/` is emptied by it, `in/` is filled by it, as one-way transfer devices (单向导入、摆渡) work.

Idea: the truth stays in the queue until the other side acknowledges; files are copies, so one that is lost, doubled or late does no harm. A file that was
read goes; one that holds nothing to believe moves to `bad/` with the reason beside it. What was written and is not acknowledged in time is written
again, later each time. Limits: files are looked for once a second; a finished file is renamed into place by whoever writes it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from firstminute.app.border.link import Link
from firstminute.app.files import finished, make_folders, set_aside
from firstminute.store.border_in import HARMLESS, Do
from firstminute.store.border_wire import BATCH_MOST
from firstminute.store.errors import NotDurable

LOG = logging.getLogger("firstminute.border")
LOOK_EVERY_S, GREET_EVERY_S = 0.5, 5.0
AGAIN_S, AGAIN_MOST_S = 60.0, 3_600.0
FILES_MOST, FILES_AT_ONCE = 200, 50
SUFFIX = ".batch"
GREETING = f"greeting{SUFFIX}"


class FolderCarrier:
    """The two folders of one zone. `do` does what comes; `look` is one pass, for tests and the loop."""

    def __init__(self, link: Link, folder: Path, do: Do, *, clock: Callable[[], float] | None = None) -> None:
        self._link, self._folder, self._do, self._clock = link, folder, do, clock or link.clock
        self._written, self._stream = 0, ""
        self._early: dict[Path, int] = {}
        self._again_s, self._wait_s, self._greet_s = 0.0, AGAIN_S, 0.0
        make_folders(folder, "in", "out", "bad")

    async def run(self) -> None:
        """Look and write, until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.look)
            except (OSError, NotDurable) as problem:
                LOG.error("the border's folder cannot be read or written: %s", problem)
            except Exception:  # whatever it is, what came is kept by its writer and comes again
                LOG.exception("a turn of the border's folder failed")
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self) -> int:
        """Take in what lies there, then write what is new; how many messages were done."""
        seq = self._link.into.place.seq
        waiting = finished(self._folder / "in", (SUFFIX,))
        self._early = {path: at for path, at in self._early.items() if path in waiting and at == seq}
        some = [path for path in waiting if path not in self._early][:FILES_AT_ONCE]
        done = sum(self._take(path) for path in some)
        self.write()
        return done

    def _take(self, path: Path) -> int:
        if path.stat().st_size > BATCH_MOST:
            self._link.into.count("oversized")
            set_aside(path, self._folder / "bad", ["oversized"])
            return 0
        found = self._link.hear(path.read_bytes(), self._do)
        loud = [f"{why}: {count}" for why, count in found.refused.items() if why not in HARMLESS]
        if loud:
            set_aside(path, self._folder / "bad", loud, most=FILES_MOST)
        elif "gap" in found.refused and len(self._early) < FILES_MOST:
            self._early[path] = (
                self._link.into.place.seq
            )  # it came too early: looked at again when there is more
        else:
            path.unlink()  # a copy: its writer has it until we acknowledge
        return len(found.run)

    def write(self) -> None:
        """Write a batch where there is something new, or something that was not acknowledged in time; else a greeting now and then."""
        now_s, waiting = self._clock(), self._link.out.waiting()
        last = self._link.out.last
        if self._stream != (stream := self._link.out.stream):
            self._stream, self._written = stream, 0
        if not waiting.count:
            self._wait_s = AGAIN_S
        if self._written >= last and waiting.count and now_s >= self._again_s:
            self._written = 0
            self._wait_s = min(AGAIN_MOST_S, self._wait_s * 2.0)
        if self._written < last and waiting.count:
            if len(list((self._folder / "out").iterdir())) >= FILES_MOST:
                return  # nobody fetches: more files would only fill the disk
            data, self._written = self._link.speak(self._written)
            self._drop(f"{stream[:8]}-{self._written:012}-{int(now_s * 1000)}{SUFFIX}", data)
            patience_s = max(self._wait_s, 2.0 * (self._link.round_s or 0.0))
            self._again_s, self._greet_s = now_s + patience_s, now_s + GREET_EVERY_S
        elif now_s >= self._greet_s:
            self._drop(GREETING, self._link.speak(last)[0])
            self._greet_s = now_s + GREET_EVERY_S

    def _drop(self, name: str, data: bytes) -> None:
        fresh = self._folder / "out" / f"{name}.new"
        fresh.write_bytes(data)
        fresh.replace(self._folder / "out" / name)
