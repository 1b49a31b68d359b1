"""New ids: 48 bits of time and 80 random ones, as 32 hexadecimal digits.

Idea: what is made together lies together in every index, so that a group of calls touches a few pages of the database and not one each (the layout of
UUID version 7, RFC 9562, without its version bits). Random bits are drawn many at a time: a system call for each id gives the interpreter's lock away,
and under load getting it back costs more than the id. The digits people read out are the last ones. Limits: an iterator belongs to one thread, and to
the process that made it; ids of one millisecond are in no order.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

RANDOM_BYTES = 10
BLOCK = 256


def new_id() -> str:
    """One id; for any thread."""
    return _now() + os.urandom(RANDOM_BYTES).hex()


def new_ids() -> Iterator[str]:
    """Ids without end; for one thread."""
    while True:
        block = os.urandom(RANDOM_BYTES * BLOCK).hex()
        for start in range(0, len(block), 2 * RANDOM_BYTES):
            yield _now() + block[start : start + 2 * RANDOM_BYTES]


def _now() -> str:
    return f"{time.time_ns() // 1_000_000:012x}"
