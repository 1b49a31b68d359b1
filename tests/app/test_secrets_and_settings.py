"""No default password, no plain token on disk but once, no unknown setting."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

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
