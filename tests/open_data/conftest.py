"""Tests on open data are collected only where the data lies beside the repository (`../shared/data`)."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
collect_ignore_glob = [] if DATA.is_dir() else ["test_*.py"]
