"""After the soak, and after one that was stopped, its table."""

from __future__ import annotations

import pytest

from tests.soak.table import table


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print it."""
    terminalreporter.write_line("")
    terminalreporter.write_line(table())
