"""Fuzz one reader, as the tests do: `.venv/bin/python -m tests.fuzz calls --seconds 60`; one line of JSON at the end, 1 where something broke.

Idea: libFuzzer through atheris, guided by what of our own code each input reaches. An input on which a reader raises what it does not promise, takes more
than `HANG_S` of processor time three times in a row, or memory without end, is written to `--artifacts` and fails the run.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.seeds import seeds
from tests.fuzz.targets import CORPUS, TARGETS, Reader, planted

ROOT = Path(__file__).resolve().parents[2]
PLANTED = "planted"
HANG_S = 0.1
MEMORY_MB = 1_500
GROWTH_MB = 300
"""So much more than after the first inputs may be in use at the end: what libFuzzer keeps of its corpus is in it."""
LONGEST = 4_096
FIGURES = re.compile(rb"stat::(\w+):\s+(\d+)")


GUIDED = (
    "json", "csv", "urllib.parse", "tests.fuzz.planted", "firstminute.gateways", "firstminute.simulate.tables",
    *(f"firstminute.api.{name}" for name in ("loose", "forms", "intake", "positions", "bounds")),
    *(f"firstminute.app.{name}" for name in ("cad_folder", "certificates")),
    *(f"firstminute.store.{name}" for name in ("import_export", "spreadsheet", "ground_osm", "ground_table", "totp", "head_text", "canonical", "track_file")),
    *(f"firstminute.geo.{name}" for name in ("tags", "maxspeed", "datum")),
    *(f"firstminute.{name}" for name in ("respond.words", "command.gazetteer", "model.encoding")),
)  # fmt: skip
"""What an input reaches in these guides the fuzzer; to follow it through everything that they import costs seconds at each start."""


class Hang(Exception):
    """A reader took too long."""


def timed(reader: Reader) -> Reader:
    """The same reader, which may not take more than `HANG_S` of processor time."""

    def read(data: bytes) -> object:
        spent = HANG_S
        for _ in range(3):
            began = time.thread_time()
            reader(data)
            spent = min(spent, time.thread_time() - began)
            if spent < HANG_S:
                return None
        raise Hang(f"more than {HANG_S} s for {len(data)} bytes")

    return read


def inside(name: str, words: list[str]) -> None:
    """The fuzzing process itself; never returns."""
    import atheris

    with atheris.instrument_imports(include=list(GUIDED), enable_loader_override=False):
        reader = (planted if name == PLANTED else TARGETS[name])()
    gc.collect()
    atheris.Setup(["fuzz", *words], timed(reader))
    atheris.Fuzz()


def fuzz(
    name: str, seconds: int, *, artifacts: Path, keep: Path | None = None, seed: int = 135
) -> dict[str, object]:
    """Run one target for some seconds in a process of its own: executions, memory, and what broke.

    Parameters
    ----------
    keep : a folder in which what reaches something new is kept and where the next run goes on
    """
    artifacts = artifacts.resolve()
    artifacts.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        found = keep if keep is not None else Path(folder) / "found"
        begin = Path(folder) / "seeds"
        for place in (found, begin):
            place.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(seeds().get(name, [b"abc"])):
            (begin / str(number)).write_bytes(data)
        kept = [str(CORPUS / name)] if (CORPUS / name).is_dir() else []
        words = [
            f"-max_total_time={seconds}", f"-rss_limit_mb={MEMORY_MB}", "-timeout=20", "-print_final_stats=1", f"-max_len={LONGEST}", f"-seed={seed}",
            f"-artifact_prefix={artifacts}/{name}-", str(found.resolve()), str(begin), *kept,
        ]  # fmt: skip
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        command = [sys.executable, "-m", "tests.fuzz", name, "--inside", *words]
        done = subprocess.run(
            command, capture_output=True, env=environment, cwd=ROOT, timeout=seconds + 300, check=False
        )
    figures = {key.decode(): int(value) for key, value in FIGURES.findall(done.stderr)}
    loaded = re.search(rb"INITED.* rss: (\d+)Mb", done.stderr)
    peak = figures.get("peak_rss_mb", 0)
    said = {
        "target": name,
        "runs": figures.get("number_of_executed_units", 0),
        "peak_mb": peak,
        "slowest_s": figures.get("slowest_unit_time_sec", 0),
    }
    if done.returncode:
        return {**said, "broken": (done.stdout[-3_000:] + done.stderr[-2_000:]).decode("utf-8", "replace")}
    if loaded and peak - int(loaded[1]) > GROWTH_MB:
        return {**said, "broken": f"memory grew from {int(loaded[1])} to {peak} MB"}
    return said


def main() -> int:
    """Fuzz one target and say what came of it."""
    parser = argparse.ArgumentParser(description="Fuzz one reader of foreign bytes.")
    parser.add_argument("name", choices=[*sorted(TARGETS), PLANTED])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--keep", type=Path, default=None, help="folder for what reaches something new")
    parser.add_argument("--artifacts", type=Path, default=Path("build/fuzz"))
    parser.add_argument("--inside", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside is not None:
        with contextlib.suppress(KeyboardInterrupt):
            inside(asked.name, asked.inside)
        return 0
    said = fuzz(asked.name, asked.seconds, artifacts=asked.artifacts, keep=asked.keep)
    sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")
    return 1 if "broken" in said else 0


if __name__ == "__main__":
    sys.exit(main())
