"""Towns to copy for each seed, in memory where the machine has such a place: what a kill leaves is judged here, not what a power cut does."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sim.town import Towns

MEMORY = Path("/dev/shm")


@pytest.fixture(scope="session")
def base() -> Iterator[Path]:
    """A folder for all seeds of a run."""
    where = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def towns(base: Path) -> Towns:
    """The town of both districts."""
    return Towns(base / "towns")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of failures are played here on purpose: they are judged, not logged."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
