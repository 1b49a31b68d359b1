"""Schemathesis on a running service, for one role: every described operation, and what it must never find."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from firstminute.api.auth import POLICIES
from firstminute.app.secrets import Tokens
from firstminute.model.envelope import Actor
from tests.support.service import Running

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
ROLES = tuple(sorted({role for policy in POLICIES.values() for role in policy.roles} - {"system", "border"}))
"""Everybody who can hold a token or an account."""
ALL, SEED = "examples,coverage,fuzzing,stateful", 135
NEVER_ENDS = ("/feed/events",)
"""A stream; tests/api/test_hub.py and the browser tests read it."""
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance"
GENERATED = re.compile(r"(\d[\d,]*) generated")


@dataclass(frozen=True)
class Explored:
    """What came of it. `cases`: requests that were made; `said`: the report."""

    role: str
    passed: bool
    cases: int
    said: str


def token_of(service: Running, role: str) -> str:
    """A token of a role: of the first start, else a new one, which a running service sees within a second."""
    found = service.tokens.get(role)
    if found is None:
        found = service.tokens[role] = Tokens(service.data).add(Actor(id=f"explores-{role}", role=role))
    return found


def paths_of(service: Running, role: str) -> list[str]:
    """The paths of which a role may use some operation."""
    described = httpx.get(f"{service.address}/openapi.json").json()["paths"]
    return [
        path
        for path, operations in described.items()
        if any(
            role in POLICIES[each["x-policy"]].roles or each["x-policy"] == "open"
            for each in operations.values()
        )
    ]


def explore(
    service: Running,
    role: str,
    folder: Path,
    *,
    cases: int,
    phases: str = ALL,
    only: Sequence[str] = (),
    seed: int = SEED,
    within_s: float = 500.0,
) -> Explored:
    """`cases` at most for each operation and phase; of some paths only, where they are named."""
    httpx.get(
        f"{service.address}/openapi.json", timeout=60.0
    )  # made at the first look: schemathesis waits for it 10 s
    command = [
        str(SCHEMATHESIS), "run", f"{service.address}/openapi.json", "--url", service.address, "-H", f"Authorization: Bearer {token_of(service, role)}",
        "--phases", phases, "-n", str(cases), "--seed", str(seed), "--generation-database", "none", "--workers", "1", "--checks", CHECKS,
        "--request-timeout", "20", "--no-color", *(part for path in NEVER_ENDS for part in ("--exclude-path", path)),
        *(part for path in only if path not in NEVER_ENDS for part in ("--include-path", path)),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=within_s, check=False)
    counted = GENERATED.search(done.stdout)
    made = int(counted[1].replace(",", "")) if counted else 0
    return Explored(role, done.returncode == 0, made, done.stdout[-6_000:] + done.stderr[-2_000:])
