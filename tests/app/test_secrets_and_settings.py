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


def test_a_token_ends_on_its_day_and_is_rotated_without_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_780_000_000.0]
    monkeypatch.setattr("firstminute.app.secrets.time.time", lambda: now[0])
    tokens, actor = Tokens(tmp_path), Actor(id="tracker-1", role="device", unit_id="u1")
    short, lasting = tokens.add(actor, lasts_s=100.0), tokens.add(actor)
    now[0] += 50.0
    fresh = tokens.rotate("tracker-1", overlap_s=3600.0, lasts_s=86_400.0)
    assert fresh is not None and tokens.rotate("nobody", overlap_s=1.0) is None
    for reader in (tokens, Tokens(tmp_path)):
        assert [reader.find(token) for token in (short, lasting, fresh)] == [actor] * 3
    now[0] += 50.0
    for reader in (tokens, Tokens(tmp_path)):
        assert [reader.find(token) for token in (short, lasting, fresh)] == [None, actor, actor]
    now[0] += 3600.0
    assert [Tokens(tmp_path).find(token) for token in (lasting, fresh)] == [None, actor]
    now[0] += 86_400.0
    assert Tokens(tmp_path).find(fresh) is None
    assert tokens.find(tokens.fresh["device"]) == Actor(id="device", role="device")
    assert tokens.revoke("tracker-1") == 3 and Tokens(tmp_path).until_s_of("tracker-1") == []


def test_the_command_line_rotates_and_says_when_tokens_end(tmp_path: Path) -> None:
    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["token", *words, "--data", str(tmp_path)])

    first = run("add", "crew-12", "--role", "patrol", "--unit", "u12", "--days", "30").output.strip()
    second = run("rotate", "crew-12", "--overlap-h", "0").output.strip()
    assert Tokens(tmp_path).find(first) is None
    assert Tokens(tmp_path).find(second) == Actor(id="crew-12", role="patrol", unit_id="u12")
    assert run("list").output.count("crew-12") == 1 and "until=20" in run("list").output
    wrong = run("rotate", "nobody", "--lang", "zh-CN")
    assert wrong.exit_code == 1 and "没有令牌" in wrong.output
    assert run("add", "x", "--role", "device", "--days", "0").exit_code == 2


@pytest.mark.parametrize("broken", [None, "", "{half"])
def test_a_token_file_that_cannot_be_read_leaves_what_was_read_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str | None
) -> None:
    clock = [0.0]
    monkeypatch.setattr("firstminute.app.secrets.time.monotonic", lambda: clock[0])
    running = Tokens(tmp_path)
    kept = (tmp_path / HASHES).read_text()
    (tmp_path / HASHES).unlink()
    if broken is not None:
        (tmp_path / HASHES).write_text(broken)
    clock[0] += 1.0
    assert running.find(running.fresh["dispatcher"]) is not None
    (tmp_path / HASHES).write_text(kept.replace("commander", "gone"))
    clock[0] += 1.0
    actor = running.find(running.fresh["commander"])
    assert actor is not None and actor.id == "gone"


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
