"""Play seeds, as a failing one says: `.venv/bin/python -m tests.simulation --seed 17 --size 0.06`; one line of JSON for each."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.support.sim.judge import Broken
from tests.support.sim.simulation import LARGE, play_seed
from tests.support.sim.town import Towns

MEMORY = Path("/dev/shm")


def main() -> int:
    """Play one seed, or several from it on; 1 where a promise was broken."""
    parser = argparse.ArgumentParser(description="Play simulated days on which everything goes wrong.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--size", type=float, default=LARGE, help="how much happens: 1 is a busy storm")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    broken = 0
    where = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where) as folder:
        towns = Towns(Path(folder) / "towns")
        for seed in range(asked.seed, asked.seed + asked.count):
            try:
                said = asdict(play_seed(seed, towns, Path(folder), asked.size))
            except Broken as problem:
                broken, said = 1, {"seed": seed, "broken": str(problem)}
            sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")
            sys.stdout.flush()
    return broken


if __name__ == "__main__":
    sys.exit(main())
