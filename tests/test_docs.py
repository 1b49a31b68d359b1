"""Documentation is a test: everything a user can set, send, type or read is told about, links resolve and both languages say the same things.

Idea: the reference pages are written by `scripts/make_reference.py`; here they are compared with the code, so that a new fact, command or
setting without a sentence turns the build red.
"""

from __future__ import annotations

import doctest
import json
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import firstminute
from firstminute.api.auth import POLICIES
from firstminute.respond.catalogue import CATALOGUE
from scripts.make_reference import PAGES
from scripts.reference import benches, catalogue, code, http, terminal
from tests.support.house import PURE

ROOT = Path(__file__).resolve().parent.parent
TRANSLATED = ("README", "docs/guide/*")


def pages() -> list[Path]:
    """Every Markdown page of the project."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")])


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_reference_page_says_what_the_code_says(name: str) -> None:
    """Stale pages are written anew by `make docs`."""
    assert (ROOT / name).read_text(encoding="utf-8") == PAGES[name](), f"{name} is stale: make docs"


def test_no_cell_of_a_reference_table_is_left_without_a_sentence() -> None:
    """Settings, commands, endpoints, benches: the last column always says something."""
    empty = [
        f"docs/reference/{name}: {line}"
        for name in ("settings.md", "commands.md", "api.md", "errors.md", "benches.md", "make.md", "cli.md")
        for line in (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and re.search(r"\|\s+\|", line)
    ]
    # A command may take no arguments: then its third cell alone is empty.
    wrong = [line for line in empty if "commands.md" not in line or line.rstrip().endswith("|  |")]
    assert not wrong, "\n" + "\n".join(wrong)


def test_every_fact_kind_has_a_sentence() -> None:
    """The one that `docs/reference/facts.md` shows."""
    assert [
        kind
        for kind, cls in code.KINDS.items()
        if not (cls.__doc__ or "").strip() or (cls.__doc__ or "").startswith(f"{kind}(")
    ] == []


def test_every_command_names_its_policy_and_takes_a_frozen_schema() -> None:
    """Names are unique; arguments are frozen dataclasses, so nothing but data reaches the desk."""
    names = [command.name for command in code.COMMANDS]
    assert len(set(names)) == len(names)
    for command in code.COMMANDS:
        assert re.fullmatch(r"[a-z][a-z_]+", command.name), command.name
        assert command.policy in POLICIES, command.name
        assert command.schema.__dataclass_params__.frozen, command.name
        assert (command.decide.__doc__ or "").strip(), command.name


def test_every_route_names_its_policy() -> None:
    """No door without a name plate, the live feed included."""
    found = list(http.routes())
    assert found
    assert [
        f"{http.method_of(route)} {route.path}" for _, route in found if http.policy_of(route) not in POLICIES
    ] == []


def test_the_policy_a_route_names_is_the_one_it_enforces() -> None:
    """The name plate and the lock agree; `open` doors alone have no lock, the feed asks in its first message."""
    for _, route in http.routes():
        if http.method_of(route) != "WS" and (named := http.policy_of(route)) != "open":
            assert http.enforced_by(route) == {named}, f"{http.method_of(route)} {route.path}"


def test_every_feed_topic_names_its_policy() -> None:
    """What the live feed carries is listed with who may read it."""
    topics = import_module("firstminute.api.feed").TOPICS
    assert topics
    assert {topic: policy for topic, policy in topics.items() if policy not in POLICIES} == {}


def test_every_refusal_has_a_sentence_in_both_languages() -> None:
    """A code that somebody can be shown is never shown as a code alone."""
    for language in catalogue.LANGUAGES:
        known = catalogue.messages(language)
        missing = [
            f"{code} ({path})"
            for code, path in catalogue.refused_codes().items()
            if f"refused.{code}" not in known
        ]
        assert not missing, f"{language}: " + ", ".join(sorted(missing))


def test_every_incident_type_has_words_in_both_languages() -> None:
    """Its name, the questions of its protocol, its advice."""
    wanted = {f"type.{row.code}" for row in CATALOGUE}
    wanted |= {f"question.{code}" for row in CATALOGUE for code in row.protocol}
    wanted |= {f"advice.{code}" for row in CATALOGUE for code in row.advice}
    for language in catalogue.LANGUAGES:
        assert sorted(wanted - set(catalogue.messages(language))) == [], language


def _catalogues() -> Iterator[tuple[str, Path, Path]]:
    for folder in (
        catalogue.MESSAGES,
        *sorted((ROOT / "web/src").rglob("messages")),
        *sorted((ROOT / "web/src").rglob("locales")),
    ):
        english, chinese = folder / "en.json", folder / "zh-CN.json"
        if english.exists() or chinese.exists():
            yield folder.relative_to(ROOT).as_posix(), english, chinese


def test_both_catalogues_have_the_same_keys_and_the_same_parameters() -> None:
    """A key in one language alone, or a parameter that one language forgot, is a sentence half said."""
    found = list(_catalogues())
    assert found
    for where, english, chinese in found:
        en, zh = (
            catalogue.flatten(json.loads(path.read_text(encoding="utf-8"))) for path in (english, chinese)
        )
        assert sorted(en) == sorted(zh), where
        for key, sentence in en.items():
            assert _parameters(sentence) == _parameters(zh[key]), f"{where}: {key}"


def _parameters(sentence: str) -> set[str]:
    """Names in `{name}` and `{name, plural, …}`; the words of a plural's branches are no names."""
    return set(re.findall(r"\{(\w+)(?=[},])", sentence))


def test_every_link_in_the_pages_leads_somewhere() -> None:
    """Relative links and pictures; headings are checked too."""
    broken = []
    for page in pages():
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, heading = target.partition("#")
            goal = (page.parent / path).resolve() if path else page
            if not goal.exists() or (heading and goal.suffix == ".md" and heading not in _anchors(goal)):
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert not broken, "\n" + "\n".join(broken)


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_make_target_and_command_named_in_the_pages_exists() -> None:
    """Code blocks and inline code are instructions: what they name can be typed."""
    targets = set(terminal.targets())
    known = {name for name, _ in terminal.commands(terminal.main)}
    groups = {name.rsplit(" ", 1)[0] for name in known}
    wrong = []
    for page in pages():
        if "docs/decisions" in page.as_posix():
            continue  # a record tells of its day
        text = page.read_text(encoding="utf-8")
        for piece in re.findall(r"```[a-z]*\n(.*?)```", text, flags=re.DOTALL) + re.findall(
            r"`([^`\n]+)`", text
        ):
            for target in re.findall(r"^\s*(?:\$ )?make ([a-z-]+)", piece, flags=re.MULTILINE):
                if target not in targets:
                    wrong.append(f"{page.relative_to(ROOT)}: make {target}")
            for words in re.findall(
                r"^\s*(?:\$ )?(?:\.venv/bin/)?(firstminute [a-z][a-z -]*)", piece, flags=re.MULTILINE
            ):
                named = words.split(" -")[0].split()
                if not any(" ".join(named[:length]) in known | groups for length in (3, 2)):
                    wrong.append(f"{page.relative_to(ROOT)}: {words}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_pages_for_people_exist_in_both_languages() -> None:
    """English beside zh-CN, and no translation without its original."""
    for pattern in TRANSLATED:
        english = [page for page in ROOT.glob(f"{pattern}.md") if not page.name.endswith(".zh-CN.md")]
        assert english, pattern
        assert [page.name for page in english if not page.with_name(page.stem + ".zh-CN.md").exists()] == []
        for page in ROOT.glob(f"{pattern}.zh-CN.md"):
            assert page.with_name(page.name.replace(".zh-CN", "")).exists(), page


def test_examples_in_docstrings_are_true() -> None:
    """Every `>>>` in the pure packages."""
    tried = 0
    for found in pkgutil.walk_packages(firstminute.__path__, "firstminute."):
        if found.name.split(".")[1] in PURE:
            result = doctest.testmod(import_module(found.name))
            assert result.failed == 0, found.name
            tried += result.attempted
    assert tried > 0


def test_decision_records_are_numbered_once_and_fit_on_a_screen() -> None:
    """One number, one decision, about a screen each."""
    records = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
    numbers = [record.name[:4] for record in records]
    assert len(set(numbers)) == len(numbers)
    for record in records:
        assert record.read_text(encoding="utf-8").count("\n") <= 70, record.name


def test_benches_say_what_they_measure() -> None:
    """A name and a sentence for every bench file."""
    found = benches.benches()
    assert found
    assert [name for name, meaning in found.items() if not meaning] == []
