"""The architecture is a test: layers, purity, sizes, documentation, error habits and policies of the whole source tree.

Idea: the checkers stand in `tests/support/house.py`; here they meet the real tree and, so that a checker that finds nothing is not mistaken for a
clean house, a planted tree in which each rule is broken once.
"""

from __future__ import annotations

import ast
import dataclasses
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.support import house

ROOT = Path(__file__).resolve().parent.parent
TREE = house.modules(ROOT / "src")

# Path, or path:function → why it may be larger than the house allows.
SIZE_EXCEPTIONS: dict[str, str] = {
    "firstminute/store/migrations/versions/r0001_first_tables.py:upgrade": "a migration is one list of tables, never edited again",
}

# What the purity test finds there → why it is pure all the same.
PURITY_EXCEPTIONS: dict[str, str] = {
    "firstminute/model/access/memory.py: calls eval()": "compiles predicates from the attribute names of our own expressions",
    "firstminute/model/encoding.py: calls eval()": "compiles converters from the field names of our own classes, as dataclasses does",
    "firstminute/model/swift.py: calls exec()": "compiles constructors from the field names of our own classes, as dataclasses does",
}


def assert_clean(found: list[str]) -> None:
    """Fail with one line for each thing found."""
    assert not found, "\n" + "\n".join(found)


def test_imports_go_one_way_and_siblings_never_meet() -> None:
    """app > ext > api|gateways|store|simulate > flow > capabilities > geo > model."""
    assert_clean(house.wrong_direction(TREE))


def test_the_core_reads_no_clock_and_touches_no_world() -> None:
    """flow, capabilities, geo and model are pure."""
    excused = {place.split(": ")[0]: place.split(": ")[1] for place in PURITY_EXCEPTIONS}
    assert_clean(
        [line for line in house.impure(TREE) if excused.get(line.split(":")[0]) != line.split(": ")[1]]
    )


def test_files_functions_and_parameter_lists_stay_small() -> None:
    """At most 400 lines a file, 70 a function, 5 positional parameters."""
    assert_clean(house.too_large(TREE, exceptions=SIZE_EXCEPTIONS))


def test_every_exception_is_still_needed_and_has_a_reason() -> None:
    """A listed exception that no longer holds is taken off the list."""
    found = house.impure(TREE)
    for place, reason in PURITY_EXCEPTIONS.items():
        path, what = place.split(": ")
        assert any(line.startswith(path) and line.endswith(what) for line in found), f"{place} is pure now"
        assert len(reason) > 20, f"{place} needs a reason"
    needed = " ".join(house.too_large(TREE, exceptions={}))
    for place, reason in SIZE_EXCEPTIONS.items():
        path, _, function = place.partition(":")
        assert path in needed and function in needed, f"{place} is small enough now"
        assert len(reason) > 20, f"{place} needs a reason"


def test_every_module_and_public_function_is_documented() -> None:
    """No public name without a sentence."""
    assert_clean(house.undocumented(TREE))


def test_nobody_swallows_every_error_outside_the_shells() -> None:
    """`except Exception` belongs to app and transports."""
    assert_clean(house.broad_excepts(TREE))


def test_folds_and_decisions_have_their_shapes() -> None:
    """A fold takes a slice and a fact and never raises; nothing pure is async."""
    assert_clean(house.misshapen(TREE))


def test_nothing_is_left_undone_and_no_test_is_switched_off() -> None:
    """No open marks in code, tests, scripts, benchmarks or the page."""
    files = []
    for folder, pattern in (
        ("src", "*.py"),
        ("tests", "*.py"),
        ("scripts", "*"),
        ("benchmarks", "*.py"),
        ("web/src", "*.*"),
    ):
        for path in sorted((ROOT / folder).rglob(pattern)):
            if path.is_file() and "__pycache__" not in path.parts:
                files.append(
                    (path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8", errors="ignore"))
                )
    assert len(files) > 50
    assert_clean(house.unfinished(files))


def test_the_linter_knows_every_pure_package() -> None:
    """import-linter's second contract names the same packages that the purity test reads."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    listed = {name.removeprefix("firstminute.") for name in contracts[1]["source_modules"]}
    present = {module.package for module in TREE} & house.PURE
    assert listed == present


def test_locked_dependencies_name_versions_and_no_addresses() -> None:
    """Locks hold exact versions; where packages come from is the machine's business."""
    pins = [
        line
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line and line[0] != "#"
    ]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.+]*", pin) for pin in pins)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [
        *project["dependencies"],
        *(pin for group in project["optional-dependencies"].values() for pin in group),
    ]
    known = {pin.lower().replace("_", "-") for pin in pins}
    asked = [pin.partition(";")[0] for pin in asked]  # a marker says on which machines a pin is wanted
    assert [pin for pin in asked if pin.lower().replace("_", "-") not in known] == []
    lock = ROOT / "web/package-lock.json"
    if lock.exists():
        assert '"resolved"' not in lock.read_text(encoding="utf-8")


def test_shell_scripts_parse_stop_at_errors_and_can_be_run() -> None:
    """What make calls is held to the same care as what it installs."""
    scripts = [*sorted((ROOT / "scripts").glob("*.sh")), ROOT / ".ci/run"]
    assert len(scripts) > 4
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        assert subprocess.run(["bash", "-n", script], check=False).returncode == 0, script.name
        assert os.access(script, os.X_OK), script.name
        assert "set -euo pipefail" in text or "set -uo pipefail" in text, script.name


# --- the testers are tested: a tree in which each rule is broken once -----------------------------------------------------------

PLANTED = {
    "model/words.py": '"""Words."""\nfrom firstminute.geo import roads\n',
    "respond/rank.py": '"""Rank."""\nimport os\nfrom firstminute.sense import counts\n',
    "flow/clock.py": '"""Clock."""\nfrom datetime import datetime\ndef at() -> float:\n    """Now."""\n    return datetime.now().timestamp()\n',
    "geo/dice.py": '"""Dice."""\nimport numpy as np\nvalue = np.random.rand(3)\nheld = np.load("a.npy")\n',
    "geo/file.py": '"""File."""\ndef read() -> str:\n    """Read."""\n    return open("x").read()\n',
    "geo/rng.py": '"""A generator is an argument."""\nimport numpy as np\ndef draw(rng: np.random.Generator) -> None:\n    """Draw."""\n',
    "store/catch.py": '"""Catch."""\ntry:\n    pass\nexcept (ValueError, Exception):\n    pass\n',
    "api/bare.py": '"""Bare."""\ntry:\n    pass\nexcept:\n    pass\n',
    "app/shell.py": '"""A shell may."""\ntry:\n    pass\nexcept Exception:\n    pass\n',
    "gateways/mute.py": "def speak() -> None:\n    pass\n",
    "cases/long.py": '"""Long."""\n' + "\n" * 401,
    "command/wide.py": '"""Wide."""\ndef wide(a, b, c, d, e, f):\n    """Wide."""\n',
    "command/tall.py": '"""Tall."""\ndef tall():\n    """Tall."""\n' + "    pass\n" * 70,
    "deploy/shape.py": '"""Shape."""\ndef fold(slice_, fact):\n    """Raise."""\n    raise ValueError\n',
    "elsewhere/thing.py": '"""No layer."""\n',
}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> list[house.Module]:
    """A small package in which each rule of the house is broken in a known place."""
    source = tmp_path_factory.mktemp("planted")
    for path, text in PLANTED.items():
        file = source / "firstminute" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return house.modules(source)


def _where(found: list[str]) -> set[str]:
    return {line.split(":")[0].removeprefix("firstminute/") for line in found}


def test_a_planted_import_upwards_or_sideways_is_found(planted: list[house.Module]) -> None:
    """Up, sideways and unplaced."""
    assert _where(house.wrong_direction(planted)) == {
        "model/words.py",
        "respond/rank.py",
        "elsewhere/thing.py",
    }


def test_a_planted_clock_file_or_dice_is_found(planted: list[house.Module]) -> None:
    """Each by its own means; a generator taken as an argument is fine."""
    assert _where(house.impure(planted)) == {"respond/rank.py", "flow/clock.py", "geo/dice.py", "geo/file.py"}
    assert sum("geo/dice.py" in line for line in house.impure(planted)) == 2


def test_a_planted_giant_is_found_unless_it_is_listed(planted: list[house.Module]) -> None:
    """File, function and parameter list."""
    assert _where(house.too_large(planted, exceptions={})) == {
        "cases/long.py",
        "command/wide.py",
        "command/tall.py",
    }
    listed = {"firstminute/cases/long.py": "planted"}
    assert _where(house.too_large(planted, exceptions=listed)) == {"command/wide.py", "command/tall.py"}


def test_a_planted_silence_is_found(planted: list[house.Module]) -> None:
    """The module and its function."""
    assert len([line for line in house.undocumented(planted) if "gateways/mute.py" in line]) == 2


def test_a_planted_catch_all_is_found_outside_the_shells(planted: list[house.Module]) -> None:
    """Also in a tuple; a shell may."""
    assert _where(house.broad_excepts(planted)) == {"store/catch.py", "api/bare.py"}


def test_a_planted_raising_fold_is_found(planted: list[house.Module]) -> None:
    """A fold never raises."""
    assert _where(house.misshapen(planted)) == {"deploy/shape.py"}


def test_a_planted_open_mark_is_found() -> None:
    """In any kind of file."""
    assert house.unfinished([("a.py", "x = 1  # TO" + "DO later")]) == ["a.py:1: TO" + "DO"]


def test_relative_imports_are_resolved() -> None:
    """`from ..sense import x` inside respond is sideways too."""
    module = house.Module(
        "firstminute.respond.rank", "firstminute/respond/rank.py", "", ast.parse("from ..sense import counts")
    )
    assert house.wrong_direction([module]) != []
    assert dataclasses.is_dataclass(module)
