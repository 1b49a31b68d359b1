"""The city of the matrix, in memory where the machine has such a place, and what came of asking everything, once for all tests."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.authorisation.__main__ import run
from tests.support.rights.matrix import Matrix

MEMORY = Path("/dev/shm")


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder of its own."""
    where = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where) as found:
        yield Path(found)


@pytest.fixture(scope="session")
def matrix(folder: Path) -> Matrix:
    """Every route asked by every role."""
    return asyncio.run(run(folder))
