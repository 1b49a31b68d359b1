"""One real service for all tests of the edge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.service import Running, running


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service as people start it, on a small city."""
    folder: Path = tmp_path_factory.mktemp("service")
    with running(folder) as found:
        yield found
