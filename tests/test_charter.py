"""The charter is a test: nothing in the schema scores, ranks or predicts a person, and whatever computes never sees the vault.

Idea: every field there is (facts with what is nested in them, register rows, tables, arguments of commands, the state in memory) is read from the classes
themselves. Names are held against words; and because a word can be avoided, types too: a class that names a person may hold no number but those
listed here with their meaning, so that a new one has to be argued for. Source: DESIGN.md §7; reference: safeguards for analytic features.
Limits: a number hidden in a text is not found here; the canary tests and reviews look at what is written.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

import pytest

from firstminute.flow.commands import COMMANDS
from firstminute.flow.state import State
from firstminute.model.envelope import Actor, Fact
from firstminute.model.facts import KINDS
from firstminute.model.records import TABLES
from firstminute.store.schema import metadata
from tests.support import house
from tests.test_architecture import TREE

BANNED = re.compile(
    r"(^|_)(score|scores|scored|scoring|rank|ranks|ranking|rating|ratings|reputation|credit|creditworthiness|risk|risky|riskiness|danger_level|dangerousness|"
    r"suspicion|suspiciousness|threat_level|predicted|prediction|predicts|propensity|likelihood|recidivism|trustworthiness|loyalty|stability|"
    r"profile|profiling|face|faces|facial|gait|voiceprint|biometric|biometrics|iris|fingerprint|emotion|sentiment|mood|ethnicity|ethnic|race|religion|"
    r"political|politics|sexuality|watchlist|blacklist|petitioner)(_|$)"
)
"""Words that no field may be named by: scores and forecasts of people, features to find them by, and what must never be a reason."""

PERSON = frozenset(
    {
        "member_id", "member_ids", "person", "from_person", "to_person", "signed_by", "caller_name", "caller_phone", "account_id", "commander_id",
        "lead_phone", "name_of_person", "holder_id",
    }
)  # fmt: skip
"""A class with one of these fields speaks of a person; so do the rows of `PEOPLE`."""
PEOPLE = frozenset({"Member"})

NUMBERS = {
    "attached_s", "changed_s", "claimed_s", "received_s", "offered_s", "promises", "told",  # when
    "at_s", "occurred_s", "answered_s", "opened_s", "until_s", "due_s", "since_s", "within_s", "expires_s",  # when
    "on_duty", "minimum", "reachable", "seq", "version",  # how many of a team stand; places in the journal
    "cell", "distance_m", "lon", "lat",  # where a call is
    "radius_m",  # how wide around a place people were told to keep away
    "form",  # the number printed on the paper that a call was written on
    "count", "left", "most",  # sessions that ended, recovery codes that are left, phones that a code lets in
}  # fmt: skip
"""Numbers that may stand in a class that speaks of a person, none of which says what somebody is like."""


def _classes() -> Iterator[type[Any]]:
    """Every class whose fields are written down, sent or kept in memory, with what is nested in it."""
    waiting: list[Any] = [
        *KINDS.values(),
        *TABLES.values(),
        *(command.schema for command in COMMANDS),
        State,
        Fact,
        Actor,
    ]
    seen: set[Any] = set()
    while waiting:
        cls = waiting.pop()
        if cls in seen:
            continue
        seen.add(cls)
        yield cls
        for hint in _hints(cls).values():
            waiting += [
                each
                for each in _parts(hint)
                if is_dataclass(each) and each.__module__.startswith("firstminute.")
            ]


def _hints(cls: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(cls, localns={"Ground": object})  # imported for checking alone
    return {each.name: hints[each.name] for each in fields(cls)}


def _parts(hint: Any) -> Iterator[Any]:
    yield hint
    for each in get_args(hint):
        yield from _parts(each)


def _banned(names: dict[str, str]) -> list[str]:
    return sorted(f"{where}: {name}" for name, where in names.items() if BANNED.search(name.split(".")[-1]))


def _names() -> dict[str, str]:
    found = {f"{cls.__name__}.{name}": cls.__module__ for cls in _classes() for name in _hints(cls)}
    for table in metadata.tables.values():
        found |= {f"{table.name}.{column.name}": "store.schema" for column in table.columns}
    return found


def _numbers_about_people(classes: Iterator[type[Any]]) -> list[str]:
    wrong = []
    for cls in classes:
        hints = _hints(cls)
        if not PERSON & set(hints) and cls.__name__ not in PEOPLE:
            continue
        for name, hint in hints.items():
            numeric = {int, float} & set(_parts(hint))
            if numeric and name not in NUMBERS:
                wrong.append(f"{cls.__module__}.{cls.__name__}.{name}: {hint}")
    return sorted(wrong)


def test_no_field_is_named_for_scoring_ranking_or_predicting_anybody() -> None:
    names = _names()
    assert len(names) > 500
    assert _banned(names) == []


def test_a_class_that_speaks_of_a_person_holds_no_number_that_was_not_argued_for() -> None:
    assert _numbers_about_people(_classes()) == []


@pytest.mark.parametrize(
    "name",
    [
        "member_score",
        "risk",
        "predicted_next",
        "rank",
        "face_id",
        "suspicion",
        "threat_level",
        "trustworthiness",
    ],
)
def test_the_words_are_found(name: str) -> None:
    assert _banned({f"Member.{name}": "x"})


@pytest.mark.parametrize("name", ["brisk", "frank", "interface", "ranked_by", "underscore", "place"])
def test_innocent_words_are_not(name: str) -> None:
    assert not _banned({f"Member.{name}": "x"})


def test_a_planted_number_about_a_person_is_found() -> None:
    from dataclasses import make_dataclass

    planted = make_dataclass("Planted", [("member_id", str), ("warmth", dict[str, float])])
    assert len(_numbers_about_people(iter([planted]))) == 1


KEYS_TO_THE_VAULT = ("firstminute.store", "firstminute.app.persons", "cryptography")
ANALYTICS = house.CAPABILITIES | {"geo", "simulate"}
"""What computes over many: forecasts, coverage, figures, replays, the twin."""


def _sees(module: house.Module) -> list[str]:
    return [
        f"{module.path}:{line}: {name}"
        for line, name in house.imports(module)
        if any(name == each or name.startswith(each + ".") for each in KEYS_TO_THE_VAULT)
    ]


def test_what_computes_over_many_never_imports_the_vault() -> None:
    looked = [module for module in TREE if module.package in ANALYTICS]
    assert len(looked) > 60
    assert [line for module in looked for line in _sees(module)] == []


REPORTS = (
    "firstminute.flow.oversight",
    "firstminute.app.oversight",
    "firstminute.app.audit",
    "firstminute.store.open_journal",
)
OPENERS = ("store.vault", "store.keys", "store.masters", "store.ciphers", "store.store", "app.persons")
"""What can open a sealed part, or holds somebody who can."""


def _opens(module: house.Module) -> list[str]:
    return [
        f"{module.path}:{line}: {name}"
        for line, name in house.imports(module)
        if any(name.startswith(f"firstminute.{each}") for each in OPENERS)
    ]


def test_reports_and_the_auditors_search_are_made_without_anything_that_could_open_what_is_sealed() -> None:
    looked = [module for module in TREE if module.name.startswith(REPORTS)]
    assert len(looked) > 6
    assert [line for module in looked for line in _opens(module)] == []
    text = "from firstminute.store.keys import SubjectKeys\nfrom firstminute.store.store import Store\n"
    planted = house.Module(
        "firstminute.flow.oversight.month", "firstminute/flow/oversight/month.py", text, ast.parse(text)
    )
    assert len(_opens(planted)) == 2


def test_nothing_decides_by_the_report_of_who_looked() -> None:
    """The weekly list is read by people: no decision, no right and no other figure imports it."""
    readers = {
        module.name
        for module in TREE
        for _, name in house.imports(module)
        if name.startswith("firstminute.flow.oversight.looking")
    }
    assert readers == {"firstminute.app.oversight"}


def test_an_import_of_the_vault_is_found() -> None:
    text = "from firstminute.store.vault import Vault\nimport cryptography\n"
    planted = house.Module(
        "firstminute.sense.forecast", "firstminute/sense/forecast.py", text, ast.parse(text)
    )
    assert len(_sees(planted)) == 2


def test_read_models_are_followed_without_opening_what_is_sealed() -> None:
    """The tables that figures are made of are filled from the open parts alone."""
    (module,) = [each for each in TREE if each.name == "firstminute.store.read_models"]
    reads = [
        node
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("journal.read")
    ]
    assert reads
    for call in reads:
        assert any(word.arg == "opening" and ast.unparse(word.value) == "False" for word in call.keywords), (
            ast.unparse(call)
        )
