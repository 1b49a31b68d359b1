"""The process that reads a register file begins without what only the desk needs: whoever imports a file waits for its imports."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("numba", "scipy", "fastapi", "firstminute.flow.state")


def test_it_is_started_without_the_desks_own_imports() -> None:
    asked = f"import sys; import firstminute.app.prepare_child; print([name for name in {HEAVY} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
