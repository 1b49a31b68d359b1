"""New ids: 128 random bits from the operating system, drawn many at a time.

Idea: a system call for each id gives the interpreter's lock away each time, and under load getting it back costs more than the id. Limits: an iterator
belongs to one thread, and to the process that made it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

ID_BYTES = 16
BLOCK = 128


def new_id() -> str:
    """One id; for any thread."""
    return os.urandom(ID_BYTES).hex()


def new_ids() -> Iterator[str]:
    """Ids without end; for one thread."""
    while True:
        block = os.urandom(ID_BYTES * BLOCK).hex()
        for start in range(0, len(block), 2 * ID_BYTES):
            yield block[start : start + 2 * ID_BYTES]
