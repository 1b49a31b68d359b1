"""Each reader of foreign bytes: what is kept of it is read again, then a fuzzer looks for more for a moment; `make soak` gives it ten minutes each."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzz.__main__ import HANG_S, PLANTED, Hang, fuzz, timed
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import CORPUS, TARGETS, corpus

SECONDS = 2
FUZZED = sorted(TARGETS) if find_spec("atheris") else sorted(TARGETS)[:1]
"""There is no fuzzer to install on some machines: then one target says so, and the properties in every layer's tests remain."""


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_everything_that_is_kept_of_a_reader_is_read_as_promised(name: str) -> None:
    read = TARGETS[name]()
    for data in [*corpus(name), b"", b"\0", b"\xff" * 64]:
        read(data)


@pytest.mark.parametrize("name", FUZZED)
def test_a_fuzzer_breaks_no_reader(name: str, tmp_path: Path) -> None:
    found = fuzz(name, SECONDS, artifacts=tmp_path)
    assert "broken" not in found, found["broken"]
    assert int(str(found["runs"])) > 50, found


def test_every_target_has_seeds_and_every_corpus_a_target() -> None:
    assert sorted(seeds()) == sorted(TARGETS)
    assert {path.name for path in CORPUS.iterdir()} <= set(TARGETS)
    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) < 300_000


def test_a_reader_that_takes_too_long_is_found() -> None:
    def slow(data: bytes) -> object:
        total = 0
        for number in range(6_000_000):
            total += number
        return total

    assert HANG_S == 0.1
    with pytest.raises(Hang):
        timed(slow)(b"x")


def test_a_planted_bug_is_found_by_the_fuzzer(tmp_path: Path) -> None:
    found = fuzz(PLANTED, 20, artifacts=tmp_path)
    assert "RuntimeError: planted" in str(found.get("broken")), found
    assert [path.read_bytes()[:3] for path in tmp_path.glob("planted-crash-*")] == [b"crX"]
