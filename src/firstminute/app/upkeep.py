"""Upkeep that takes seconds or hours: snapshots and the check of the hash chain, each in a process of its own beside the desk.

Idea: folding and hashing in a thread would take the interpreter away from the desk, a few milliseconds at a time, for as long as it lasts. A process
that only reads costs the desk nothing; it gives way to everybody else (`nice`), has a limit, and whatever becomes of it the last snapshot stays
valid. Limits: one process at a time of each sort; it ends with the service.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from typing import Any

from firstminute.app.desk import Desk
from firstminute.app.settings import Settings

LOG = logging.getLogger("firstminute.upkeep")
LOOK_EVERY_S = 5.0
MANY_FACTS = 100_000
"""So many facts are folded in a second or two at a start: with more of them a snapshot does not wait for its time."""
FIRST_CHECK_S = 600.0
SNAPSHOT_WITHIN_S, CHECK_WITHIN_S = 300.0, 6 * 3600.0
QUIETLY = "import os, sys; os.nice(10); from firstminute.app.cli import main; main(sys.argv[1:])"


class Upkeep:
    """The two jobs of one service.

    Attributes
    ----------
    failures : how many runs have failed since start
    """

    def __init__(self, desk: Desk, settings: Settings) -> None:
        self._desk, self._settings = desk, settings
        self.failures = 0
        self._kept: dict[str, Any] = {"seq": None, "at_s": None}
        self._chain: dict[str, Any] = {"sound": None, "at_s": None, "broken": []}
        self._kept_facts, self._kept_s = 0, time.monotonic()

    def health(self) -> dict[str, Any]:
        """What `/health` says: how old the last snapshot is, and whether the chain was sound when it was last walked."""
        return {"snapshot": dict(self._kept), "chain": dict(self._chain)}

    async def run(self) -> None:
        """Both jobs, until cancelled."""
        self._kept_facts = self._facts()
        await asyncio.gather(self._keep_snapshots(), self._keep_checking())

    async def _keep_snapshots(self) -> None:
        while self._settings.snapshot_minutes:
            await asyncio.sleep(LOOK_EVERY_S)
            if self.snapshot_due():
                await self.snapshot()

    async def _keep_checking(self) -> None:
        every_s = self._settings.verify_hours * 3600.0
        await asyncio.sleep(min(FIRST_CHECK_S, every_s))
        while every_s:
            await self.check()
            await asyncio.sleep(every_s)

    def snapshot_due(self) -> bool:
        """True where facts came since the last one, and enough time or very many of them."""
        new = self._facts() - self._kept_facts
        waited_s = time.monotonic() - self._kept_s
        return new >= MANY_FACTS or (new > 0 and waited_s >= self._settings.snapshot_minutes * 60.0)

    async def snapshot(self) -> bool:
        """Fold one beside the desk; True where it was kept."""
        facts, self._kept_s = self._facts(), time.monotonic()
        said = await self.run_beside(("snapshot",), SNAPSHOT_WITHIN_S)
        if said is None:
            return False
        self._kept_facts = facts
        self._kept = {"seq": said, "at_s": round(self._desk.now_s(), 3)}
        return True

    async def check(self) -> bool | None:
        """Walk the hash chain; a break is said loudly. None where the walk itself failed."""
        said = await self.run_beside(("verify",), CHECK_WITHIN_S)
        if said is None:
            return None
        broken = [each for each in said["streams"] if not each["sound"]]
        for each in broken:
            LOG.critical(
                "the journal of %s/%s is broken at fact %s: %s",
                each["desk"],
                each["world"],
                each["broken_at"],
                each["problem"],
            )
        self._chain = {"sound": said["sound"], "at_s": round(self._desk.now_s(), 3), "broken": broken}
        return bool(said["sound"])

    def _facts(self) -> int:
        return sum(head.seq for head in self._desk.store.heads.values())

    def _environment(self) -> dict[str, str]:
        """The settings that the commands read, as this service has them."""
        own = {
            "FIRSTMINUTE_DESK": self._settings.desk,
            "FIRSTMINUTE_CLOSED_KEPT_H": str(self._settings.closed_kept_h),
        }
        return {**os.environ, **own}

    async def run_beside(self, words: tuple[str, ...], within_s: float) -> Any:
        """What a command of ours prints as JSON, None where it failed or took too long."""
        arguments = (*words, "--data", str(self._settings.data_dir), "--json")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            QUIETLY,
            *arguments,
            env=self._environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, problem = await asyncio.wait_for(process.communicate(), within_s)
            return json.loads(out)
        except TimeoutError:
            LOG.error("%s took longer than %d s and was ended", words[0], within_s)
        except ValueError:
            LOG.error("%s failed: %s", words[0], problem.decode("utf-8", "replace")[-2000:])
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        self.failures += 1
        return None
