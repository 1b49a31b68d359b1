"""What we are made of and what we must not give away: the tools that watch over it find what they should, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from scripts import audit, find_secrets, make_sbom

ROOT = Path(__file__).resolve().parent.parent
HEAD = "eyJhbGciOiJIUzI1NiJ9"
DRAWN = "Zk3tq9" + "Rw7LmX2vB8nQ5sYd4"

PLANTED = {
    "private key": "-----BEGIN EC PRIVATE " + "KEY-----\nMHcCAQEEIIGlRXLm3QFh9",
    "cloud access key": "key: AKIA" + "IOSFODNN7EXAMPLE",
    "forge token": "x = ghp" + "_" + "a1B2" * 9,
    "chat token": "xoxb" + "-123456789012-abcdefghijkl",
    "signed token": f"{HEAD}.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    "password in an address": "postgresql" + "://desk:hunter22@db.example/x",
    "named secret": f'api_key = "{DRAWN}"',
}


@pytest.mark.parametrize("shape", sorted(PLANTED))
def test_a_planted_secret_is_found_by_its_shape_and_is_never_printed(tmp_path: Path, shape: str) -> None:
    (tmp_path / "kept.txt").write_text("first line\n" + PLANTED[shape] + "\n", encoding="utf-8")
    assert find_secrets.search(tmp_path) == [f"kept.txt:2: {shape}"]
    assert find_secrets.search(tmp_path, {f"kept.txt:{shape}": "planted"}) == []


@pytest.mark.parametrize(
    "harmless",
    [
        'token = "the-words-of-a-sentence-are-none"', 'password = "change-me-please"', "token: str = Field(default=None)", "https://example.org/a:b@c",
        '"integrity": "sha512-MzCVoWtcg4Pm2B3je5mMvYMvj3MmBKw+fU7vbsJc9=="', "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIU", "postgresql://desk@db/x",
        'token = f"{service.tokens[role]}"',
    ],
)  # fmt: skip
def test_what_is_no_secret_is_left_alone(harmless: str) -> None:
    assert list(find_secrets.found_in(harmless)) == []


def test_what_git_ignores_is_not_searched_and_what_is_new_is(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("ignored.txt\n")
    for name in ("ignored.txt", "new.txt"):
        (tmp_path / name).write_text(PLANTED["forge token"])
    assert find_secrets.search(tmp_path) == ["new.txt:1: forge token"]


def test_the_repository_holds_no_secret_and_every_exception_has_a_reason() -> None:
    assert find_secrets.search(ROOT) == []
    assert all(len(reason) > 10 for reason in find_secrets.KNOWN.values())


# --- the bill of materials ------------------------------------------------------------------------------------------------------


def test_the_bill_names_every_pin_of_both_locks_and_no_address() -> None:
    found = make_sbom.document(ROOT)
    urls = {part["purl"] for part in found["components"]}
    pins = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and line[0] != "#"]
    lock = json.loads((ROOT / "web/package-lock.json").read_text())["packages"]
    assert len([url for url in urls if url.startswith("pkg:pypi/")]) == len(pins)
    named = {
        (place.rpartition("node_modules/")[2], entry["version"]) for place, entry in lock.items() if place
    }
    assert len([url for url in urls if url.startswith("pkg:npm/")]) == len(named)
    assert not re.search(r"https?://|registry", json.dumps(found))


def test_the_bill_is_a_sound_document_that_does_not_change_by_itself() -> None:
    found = make_sbom.document(ROOT)
    assert found == make_sbom.document(ROOT)
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", found["serialNumber"])
    known = [part["bom-ref"] for part in found["components"]]
    assert len(known) == len(set(known))
    own = found["metadata"]["component"]["bom-ref"]
    for each in found["dependencies"]:
        assert each["ref"] in {*known, own} and set(each["dependsOn"]) <= set(known)
    needed = next(each["dependsOn"] for each in found["dependencies"] if each["ref"] == own)
    assert "pkg:pypi/cryptography@50.0.2" in needed and any("maplibre-gl" in each for each in needed)
    hashes = [one for part in found["components"] for one in part.get("hashes", [])]
    assert hashes and all(len(one["content"]) == 128 for one in hashes if one["alg"] == "SHA-512")


def test_another_pin_is_another_bill(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "constraints.txt", "web/package-lock.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text().replace("numpy==2.4.6", "numpy==2.4.7"))
    assert make_sbom.document(tmp_path)["serialNumber"] != make_sbom.document(ROOT)["serialNumber"]


# --- known weaknesses -----------------------------------------------------------------------------------------------------------


def answering(code: int, said: str) -> audit.Run:
    """A tool that says so."""

    def run(command: Sequence[str], folder: Path) -> tuple[int, str]:
        return (code, said) if "audit" in command or "-r" in command else (0, "")

    return run


CLEAN = '{"dependencies": [{"name": "numpy", "version": "2", "vulns": []}], "fixes": []}'
WEAK = '{"dependencies": [{"name": "numpy", "version": "2", "vulns": [{"id": "X-1"}]}]}'


@pytest.mark.parametrize(
    ("code", "said", "result"),
    [(0, CLEAN, "clean"), (1, "Found 1\n" + WEAK, "found"), (1, "ConnectionError: no network", "not asked"), (124, "", "not asked")],
)  # fmt: skip
def test_pip_audits_answer_is_clean_found_or_not_asked(
    tmp_path: Path, code: int, said: str, result: str
) -> None:
    assert audit.python(answering(code, said), tmp_path).result == result


def test_a_machine_that_cannot_install_the_tool_has_not_asked(tmp_path: Path) -> None:
    answer = audit.python(lambda command, folder: (1, "no network\n"), tmp_path)
    assert (answer.result, answer.said) == ("not asked", "no network")


@pytest.mark.parametrize(
    ("said", "result"),
    [
        ('{"auditReportVersion": 2, "vulnerabilities": {}}', "clean"), ('{"vulnerabilities": {"x": {"severity": "high"}}}', "found"),
        ('{"error": {"code": "ENETUNREACH"}}', "not asked"), ("npm: not found", "not asked"), ('{"vulnerabilities":', "not asked"),
    ],
)  # fmt: skip
def test_npms_answer_is_clean_found_or_not_asked(said: str, result: str) -> None:
    assert audit.page(answering(1, said)).result == result


def test_a_tool_that_is_not_there_or_hangs_is_no_weakness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert audit.run(["no-such-tool"], tmp_path)[0] == 127
    monkeypatch.setattr(audit, "WITHIN_S", 0.1)
    assert audit.run(["sleep", "5"], tmp_path)[0] == 124


def test_nothing_was_asked_is_said_and_a_weakness_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("FIRSTMINUTE_AUDIT", raising=False)
    for number, (results, code, words) in enumerate(
        (
            (("not asked", "clean"), 0, "note: pip-audit was NOT asked"),
            (("clean", "found"), 1, "npm audit found"),
            (("clean", "clean"), 0, "npm audit clean"),
        )
    ):
        monkeypatch.setattr(audit, "KEPT", tmp_path / f"{number}.json")
        monkeypatch.setattr(audit, "python", lambda results=results: audit.Answer("pip-audit", results[0]))
        monkeypatch.setattr(audit, "page", lambda results=results: audit.Answer("npm audit", results[1]))
        assert audit.main() == code and words in capsys.readouterr().out
        for what, result in zip(("pip-audit", "npm audit"), results, strict=True):
            assert audit.kept(what, time.time(), audit.KEPT) == (result == "clean")
    assert audit.main() == 0 and "less than a day ago" in capsys.readouterr().out


def test_a_clean_answer_holds_for_a_day_for_its_tool_and_for_the_same_locks(tmp_path: Path) -> None:
    place = tmp_path / "audit.json"
    assert not audit.kept("pip-audit", 0.0, place)
    audit.keep(["pip-audit"], 1_000.0, place)
    audit.keep([], 2_000.0, place)
    assert audit.kept("pip-audit", 1_000.0 + audit.DAY_S - 1, place)
    assert not audit.kept("npm audit", 1_001.0, place)
    assert not audit.kept("pip-audit", 1_001.0 + audit.DAY_S, place)
    place.write_text(json.dumps({"pip-audit": {"locks": "other", "at_s": 1_000.0}}))
    assert not audit.kept("pip-audit", 1_001.0, place)
    for spoilt in ("[]", "{", '"x"'):
        place.write_text(spoilt)
        assert not audit.kept("pip-audit", 1_001.0, place)
        audit.keep(["pip-audit"], 1_000.0, place)
        assert audit.kept("pip-audit", 1_001.0, place)
