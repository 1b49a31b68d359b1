"""The page's words: both languages complete, nothing left over, every parameter named alike."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from firstminute.model.facts import KINDS
from firstminute.model.records import RINGS, UNIT_KINDS, ZONE_CLASSES
from firstminute.respond.closure import OUTCOMES
from firstminute.respond.lifecycle import STATUSES

pytestmark = pytest.mark.without_map
LANGUAGES = ("zh-CN", "en")
PAGES = {"room": ("", "responder"), "responder": ("responder", "-")}
"""Page → the folder of its sources, and what of it is another page's."""
DIRECT = re.compile(r"\bt\(\s*'([a-z_.0-9]+)'|'([a-z_]+(?:\.[a-z_]+)+)'")
GROUP = re.compile(r"\bcode\(\s*'([a-z_]+)'")
MADE = re.compile(r"\bt\(`([a-z_]+)\.\$\{")
PLACEHOLDER = re.compile(r"\{(\w+)[},]")


@pytest.fixture(scope="module", params=sorted(PAGES))
def page(request: pytest.FixtureRequest) -> str:
    """One of the pages."""
    return str(request.param)


@pytest.fixture(scope="module")
def catalogues(repository: Path, page: str) -> dict[str, dict[str, str]]:
    """language → key → text."""
    folder = repository / "web" / "src" / PAGES[page][0] / "messages"
    return {name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in LANGUAGES}


@pytest.fixture(scope="module")
def sources(repository: Path, page: str) -> str:
    """All code of the page."""
    folder = repository / "web" / "src" / PAGES[page][0]
    files = [
        file for file in sorted(folder.rglob("*")) if PAGES[page][1] not in file.relative_to(folder).parts
    ]
    return "\n".join(file.read_text("utf-8") for file in files if file.suffix in (".ts", ".svelte"))


def test_both_languages_have_the_same_keys_and_no_empty_text(catalogues: dict[str, dict[str, str]]) -> None:
    zh, en = (catalogues[name] for name in LANGUAGES)
    assert list(zh) == list(en)
    assert not [key for words in catalogues.values() for key, text in words.items() if not text.strip()]


def test_both_languages_name_the_same_parameters(catalogues: dict[str, dict[str, str]]) -> None:
    zh, en = (catalogues[name] for name in LANGUAGES)
    assert {
        key for key in zh if set(PLACEHOLDER.findall(zh[key])) != set(PLACEHOLDER.findall(en[key]))
    } == set()


def test_no_text_is_missing_and_none_is_left_over(
    catalogues: dict[str, dict[str, str]], sources: str
) -> None:
    keys = set(catalogues["en"])
    direct = {first or second for first, second in DIRECT.findall(sources)}
    groups = set(GROUP.findall(sources)) | set(MADE.findall(sources))
    asked = {first for first, _ in DIRECT.findall(sources) if first}
    assert asked - keys == set()
    assert {key for key in keys if key not in direct and key.partition(".")[0] not in groups} == set()


@pytest.mark.parametrize("page", ["room"], indirect=True)
def test_every_word_the_core_may_say_has_words(catalogues: dict[str, dict[str, str]]) -> None:
    keys = set(catalogues["en"])
    wanted = (
        {f"ring.{ring}" for ring in RINGS}
        | {f"clock.{ring}" for ring in RINGS}
        | {f"zone.{name}" for name in ZONE_CLASSES}
    )
    wanted |= {f"status.{name}" for name in STATUSES} | {f"reason.{kind}" for kind in UNIT_KINDS}
    wanted |= {f"outcome.{name}" for name in OUTCOMES if name not in ("merged", "handed_over")}
    assert wanted - keys == set()


@pytest.mark.parametrize("page", ["room"], indirect=True)
def test_the_log_names_only_facts_that_exist(catalogues: dict[str, dict[str, str]]) -> None:
    named = {key.partition(".")[2] for key in catalogues["en"] if key.startswith("fact.")}
    assert named - set(KINDS) == set()
    about_incidents = {name for name, kind in KINDS.items() if kind.SUBJECT == "incident_id"}
    assert about_incidents - named - {"UnitsChosen"} == set()
