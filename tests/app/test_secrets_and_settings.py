"""No default password, no plain token on disk but once, no unknown setting."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import ValidationError

from firstminute.app.cli import main
from firstminute.app.secrets import HASHES, ROLES, SHOWN_ONCE, Tokens
from firstminute.app.settings import Settings
from firstminute.model.envelope import Actor


def test_the_first_start_makes_one_token_a_role_and_later_starts_make_none(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    assert set(tokens.fresh) == set(ROLES) and len(set(tokens.fresh.values())) == len(ROLES)
    again = Tokens(tmp_path)
    assert again.fresh == {}
    for role, token in tokens.fresh.items():
        assert again.find(token) == Actor(id=role, role=role)
    assert all(len(token) >= 40 for token in tokens.fresh.values())


def test_two_installations_share_no_token(tmp_path: Path) -> None:
    assert not set(Tokens(tmp_path / "a").fresh.values()) & set(Tokens(tmp_path / "b").fresh.values())


def test_only_hashes_are_kept_and_both_files_are_the_owners_alone(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    kept = (tmp_path / HASHES).read_text()
    assert not any(token in kept for token in tokens.fresh.values())
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())
    (tmp_path / SHOWN_ONCE).unlink()
    assert Tokens(tmp_path).find(tokens.fresh["dispatcher"]) is not None


@pytest.mark.parametrize("wrong", ["", "x", "dispatcher", "é\ud800", "0" * 43])
def test_a_wrong_token_is_nobody(tmp_path: Path, wrong: str) -> None:
    assert Tokens(tmp_path).find(wrong) is None


def test_a_token_can_be_added_for_a_crew_and_revoked(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    actor = Actor(id="device-12", role="patrol", unit_id="u12")
    token = tokens.add(actor)
    assert Tokens(tmp_path).find(token) == actor
    assert tokens.revoke("device-12") == 1
    assert tokens.find(token) is None and Tokens(tmp_path).find(token) is None


def test_a_running_service_sees_tokens_that_were_added_and_revoked_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr("firstminute.app.secrets.time.monotonic", lambda: clock[0])
    running = Tokens(tmp_path)
    token = Tokens(tmp_path).add(Actor(id="t5", role="lead", team_id="t5"))
    assert running.find(token) is None, "the file is looked at once a second, not with every request"
    clock[0] += 1.0
    assert running.find(token) == Actor(id="t5", role="lead", team_id="t5")
    assert Tokens(tmp_path).revoke("t5") == 1
    clock[0] += 1.0
    assert running.find(token) is None and running.find(running.fresh["admin"]) is not None


def test_two_processes_that_add_tokens_lose_none(tmp_path: Path) -> None:
    one, other = Tokens(tmp_path), Tokens(tmp_path)
    made = [
        each.add(Actor(id=f"d{n}", role="device", unit_id="u")) for n, each in enumerate((one, other, one))
    ]
    assert all(Tokens(tmp_path).find(token) is not None for token in made)


def test_the_command_line_makes_lists_and_takes_tokens_and_makes_none_that_speak_for_nobody(
    tmp_path: Path,
) -> None:
    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["token", *words, "--data", str(tmp_path)])

    for role, needed in (("patrol", "--unit"), ("lead", "--team"), ("member", "--team")):
        wrong = run("add", "x", "--role", role, "--lang", "zh-CN")
        assert wrong.exit_code == 2 and needed in wrong.output and "必须写明代表谁" in wrong.output
    made = run("add", "crew-12", "--role", "patrol", "--unit", "u12")
    assert made.exit_code == 0
    assert Tokens(tmp_path).find(made.output.strip()) == Actor(id="crew-12", role="patrol", unit_id="u12")
    assert "patrol\tcrew-12\tunit=u12" in run("list").output
    assert run("revoke", "crew-12").exit_code == 0 and run("revoke", "crew-12").exit_code == 1
    assert "crew-12" not in run("list").output and made.output.strip() not in run("list").output


def test_settings_are_read_from_the_environment_and_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRSTMINUTE_PORT", "9000")
    settings = Settings()
    assert settings.port == 9000
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]


def test_every_setting_says_what_it_is_for() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    "wrong", [{"port": 70_000}, {"desk": "Big City"}, {"answers_kept_days": 1}, {"no_such": 1}]
)
def test_a_setting_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings(**wrong)  # type: ignore[arg-type]
