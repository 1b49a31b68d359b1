"""`firstminute account`: for the locked-out, beside a running service or without one, and nothing that it does goes unrecorded."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from firstminute.app.cli import main
from firstminute.store.accounts import Accounts
from firstminute.store.accounts_file import AccountsFile
from firstminute.store.sessions import Place
from firstminute.store.signing_in import GUESSES, SigningIn
from firstminute.store.totp import STEP_S, code_at
from tests.support.accounts import PASSWORD


class Terminal:
    """The command line over one data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.accounts = Accounts(AccountsFile(data))
        self.door = SigningIn(self.accounts)

    def run(self, *words: str, typed: str = "") -> Result:
        """One command."""
        return CliRunner().invoke(main, ["account", *words, "--data", str(self.data)], input=typed)

    def said(self, *words: str, typed: str = "") -> dict[str, str]:
        """One command's answer as JSON."""
        done = self.run(*words, "--json", typed=typed)
        assert done.exit_code == 0, done.output
        found: dict[str, str] = json.loads(done.stdout.strip().splitlines()[-1])
        return found

    def set_up(self, link: str, *, name: str = "") -> bytes:
        """Use a link at the prompt; the secret of the phone."""
        secret = self.door.look(link).secret
        code = code_at(secret, int(time.time() // STEP_S))
        typed = "".join(f"{line}\n" for line in (*([name] if name else []), PASSWORD, PASSWORD, code))
        assert len(self.said("setup", "--link", link, typed=typed)["codes"]) == 10
        return secret


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A folder with its first system administrator."""
    terminal = Terminal(tmp_path)
    link = terminal.accounts.first_link()
    assert link is not None
    terminal.set_up(link, name="Chen")
    return terminal


def test_the_first_administrator_is_set_up_at_the_prompt_and_only_the_first(terminal: Terminal) -> None:
    again = terminal.run("setup", "--lang", "zh-CN")
    assert again.exit_code == 1 and "已有系统管理员" in again.output
    assert "chen\tactive\tsystem_admin" in terminal.run("list").output


def test_an_account_is_added_set_up_used_locked_unlocked_reset_and_leaves(terminal: Terminal) -> None:
    made = terminal.said("add", "Wang", "--role", "dispatcher", "--seat", "7")
    secret = terminal.set_up(made["link"])
    assert f"wang\tactive\tdispatcher seat=7\t{made['account_id']}" in terminal.run("list").output
    ticket = terminal.door.password("wang", PASSWORD)
    assert ticket is not None
    code = code_at(secret, int(time.time() // STEP_S) + 1)
    assert terminal.door.second(ticket, code, Place("page\x1b[31m", "10.0.0.1")) is not None
    shown = terminal.run("sessions", "wang").output
    assert "dispatcher" in shown and "10.0.0.1" in shown and "\x1b" not in shown
    assert terminal.said("revoke", "wang")["count"] == 1 and terminal.said("revoke", "wang")["count"] == 0
    for _ in range(GUESSES):
        terminal.door.password("wang", "wrong guess")
    assert terminal.door.password("wang", PASSWORD) is None
    terminal.said("unlock", "wang")
    assert terminal.door.password("wang", PASSWORD) is not None
    terminal.said("lock", "wang")
    assert terminal.door.password("wang", PASSWORD) is None
    assert terminal.said("reset", "wang")["link"] != made["link"]
    terminal.said("lock", "wang", "--left")
    assert "wang\tleft\t-" in terminal.run("list").output
    told = [
        line.what
        for line in terminal.accounts.file.untold()
        if line.said.get("account_id") == made["account_id"]
    ]
    assert told == [
        "AccountMade", "AccountRoleGiven", "AccountSetUp", "SessionsEnded", "AccountLocked", "AccountUnlocked", "AccountLocked",
        "CredentialsReset", "AccountLocked",
    ]  # fmt: skip


def test_roles_are_given_and_taken_and_duties_stay_apart(terminal: Terminal) -> None:
    terminal.said("add", "Zhao", "--role", "auditor")
    terminal.said("role", "zhao", "inspector")
    for duty in ("system_admin", "security_admin"):
        wrong = terminal.run("role", "zhao", duty, "--lang", "zh-CN")
        assert wrong.exit_code == 1 and "三员分立" in wrong.output
    terminal.said("role", "zhao", "auditor", "--take")
    assert [held.role for held in terminal.accounts.get("zhao").roles] == ["inspector"]


@pytest.mark.parametrize(
    "words, says",
    [
        (("add", "Li", "--role", "patrol"), "must say for which unit"),
        (("add", "Chen", "--role", "patrol", "--unit", "u1"), "is taken"),
        (("lock", "nobody"), "no account nobody"),
        (("lock", "chen"), "last system administrator"),
        (("revoke", "chen", "--session", "x"), "no such session"),
        (("setup", "--link", "0" * 43), "set-up link"),
    ],
)
def test_a_mistake_ends_with_a_sentence(terminal: Terminal, words: tuple[str, ...], says: str) -> None:
    done = terminal.run(*words, "--lang", "en")
    assert done.exit_code == 1 and says in done.output and "Traceback" not in done.output
