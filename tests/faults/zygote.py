"""Starts the real service again and again, quickly: everything is imported and warmed up once, each start is a fork.

Idea: reads `start` lines and answers `pid port`. Time runs `SPEED` times as fast for the desk (both clocks alike), so that timers of half a
minute fall due between two kills. Nothing else of the service is changed; what is killed is a process of its own, with its own files open.
"""

from __future__ import annotations

import os
import sys
import time

SPEED = 12.0
_wall_s, _boot_s = time.time(), time.clock_gettime(time.CLOCK_BOOTTIME)
_real_wall, _real_clock = time.time, time.clock_gettime
time.time = lambda: _wall_s + (_real_wall() - _wall_s) * SPEED
time.clock_gettime = lambda clock: _boot_s + (_real_clock(clock) - _boot_s) * SPEED

import asyncio  # noqa: E402
from pathlib import Path  # noqa: E402

from firstminute.app.certificates import of_the_world  # noqa: E402
from firstminute.app.serve import serve  # noqa: E402
from firstminute.app.services import Service  # noqa: E402
from firstminute.app.settings import Settings  # noqa: E402
from firstminute.geo.fences import build_fences  # noqa: E402


def _child(folder: Path, out: int) -> None:
    async def started(service: Service, port: int) -> None:
        os.write(out, f"{os.getpid()} {port}\n".encode())
        await asyncio.Event().wait()

    os.close(0)
    serve(Settings(data_dir=folder, port=0), started)
    os._exit(0)


def main() -> None:
    """Fork a service for each line read."""
    folder = Path(sys.argv[1])
    of_the_world()
    build_fences([])  # the compiler's tables, once
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _child(folder, 1)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
