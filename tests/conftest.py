"""What every test shares: hypothesis profiles and a clean environment.

Idea: examples are drawn the same way in every run (`steady`), so that a red build is red again; `HYPOTHESIS_PROFILE=deep` looks further.
"""

from __future__ import annotations

import functools
import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "steady", max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "deep", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

WORLD = (os.environ.get("SSL_CERT_FILE"), certifi.where())
_context = ssl.create_default_context
_of_the_world = functools.cache(_context)


def _context_read_once(*args: Any, **more: Any) -> ssl.SSLContext:
    """Each client of httpx would read all certificates of the world anew, 30 ms of processor time, to talk to a service on this machine without any."""
    known = not args and list(more) == ["cafile"] and more["cafile"] in WORLD
    return _of_the_world(**more) if known else _context(*args, **more)


ssl.create_default_context = _context_read_once

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of this checkout."""
    return ROOT


@pytest.fixture(scope="session")
def open_data() -> Path:
    """The open data beside the repository; only tests in tests/open_data may ask for it."""
    return ROOT.parent / "shared" / "data"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own FIRSTMINUTE_ variables must not change what a test sees."""
    for name in list(os.environ):
        if name.startswith("FIRSTMINUTE_") and name != "FIRSTMINUTE_SOAK":
            monkeypatch.delenv(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The test runs twice: on records in a file, and on records in PostgreSQL, a fresh one for each data folder that it opens."""
    if request.param == "sqlite":
        yield "sqlite"
        return
    from firstminute.store import record
    from firstminute.store.store import Store
    from tests.support.postgres import the_server

    settle, opening, opened = record.settle, Store.__init__, list[Store]()

    def on_the_server(folder: Path, wanted: str | None) -> str | None:
        if wanted is None and record.url_of(folder) is None:
            record.point(folder, the_server().url())
        return settle(folder, wanted)

    def remembered(store: Store, *given: Any, **more: Any) -> None:
        opening(store, *given, **more)
        opened.append(store)

    monkeypatch.setattr(record, "settle", on_the_server)
    monkeypatch.setattr(Store, "__init__", remembered)
    yield "postgresql"
    for store in opened:
        store.close()  # a server has only so many sessions, and a lease beats until it is closed
