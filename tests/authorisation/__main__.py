"""Print the matrix of rights: `.venv/bin/python -m tests.authorisation`; 1 where something leaks."""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from pathlib import Path

from tests.support.rights.city import Standing
from tests.support.rights.matrix import Matrix, play


async def run(folder: Path) -> Matrix:
    """Build the city and ask everything."""
    async with Standing(folder / "data") as city:
        return await play(city)


def main() -> int:
    """The table, then each leak and each broken answer on a line."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(run(Path(folder)))
    wrong = [*found.leaks, *found.broken, *found.misshapen()]
    sys.stdout.write("\n".join([found.table(), *wrong]) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
