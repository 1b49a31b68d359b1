"""Nothing that somebody says can forge a line of the log, repaint a screen or fill the disk."""

from __future__ import annotations

import io
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstminute.app.logs import BEHIND, MOST, SafeFormatter, plain


def written(message: str, *values: object, error: bool = False) -> str:
    """What a logger with our formatter writes."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(SafeFormatter())
    record = logging.LogRecord(
        "desk", logging.ERROR, "f", 1, message, values, sys.exc_info() if error else None
    )
    handler.emit(record)
    return out.getvalue()


FORGED = "x\r\n2026-01-01 00:00:00,000 firstminute.desk CRITICAL the journal is broken"


@pytest.mark.parametrize(
    "said",
    [
        FORGED,
        "\x1b[2J\x1b[31mred",
        "\u202egpj.exe",
        "\u2028line",
        "\x85line",
        "\ud800",
        "\x00",
        "a\u200bb",
        "\x9b31m",
    ],
)
def test_23_a_value_with_line_breaks_escapes_or_hidden_characters_stays_one_plain_line(said: str) -> None:
    line = written("a call said %s", said)
    assert line.endswith("\n") and len(line.splitlines()) == 1
    assert line[:-1].isprintable() and line.encode("utf-8")


@given(st.text())
def test_any_text_becomes_printable_and_plain_text_stays_as_it_is(said: str) -> None:
    assert plain(said).isprintable()
    assert plain(plain(said)) == plain(said)
    if said.isprintable():
        assert plain(said) == said


def test_of_an_exception_its_places_stand_behind_a_mark_and_not_what_it_says() -> None:
    try:
        raise ValueError(FORGED)
    except ValueError:
        lines = written("it broke", error=True).splitlines()
    assert len(lines) >= 3 and all(line.startswith(BEHIND[1:]) for line in lines[1:])
    assert lines[-1].endswith("builtins.ValueError") and __file__ in lines[1]
    assert not any("CRITICAL" in line for line in lines)


def test_a_record_has_a_bound() -> None:
    assert len(written("%s", "x" * 10_000_000)) < 2 * MOST


def test_times_are_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    record = logging.LogRecord("desk", logging.ERROR, "f", 1, "x", (), None)
    record.created, record.msecs = 0.0, 0.0
    assert SafeFormatter().format(record).startswith("1970-01-01 00:00:00")
