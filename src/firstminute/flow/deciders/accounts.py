"""What happened to accounts, on its way from their own file into the journal: one command, submitted by the service itself.

Idea (decision 0121): accounts change in a file of their own, because secrets do not belong into a journal; here only what happened is recorded. The line's own
id is the command's id, so that a line which is handed over twice becomes one fact.
"""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.account import (
    AccountLocked,
    AccountMade,
    AccountRoleGiven,
    AccountRoleRevoked,
    AccountSetUp,
    AccountUnlocked,
    CredentialChanged,
    CredentialsReset,
    DeskUnlocked,
    EnrolmentOpened,
    RecoveryCodeUsed,
    RegistrationAnswered,
    SessionsEnded,
    SignedInFromNewPlace,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAccount:
    """What happened (a fact's name) and its fields, where it has them."""

    what: str
    account_id: str = ""
    role: str = ""
    place_id: str | None = None
    why: str = ""
    how: str = ""
    count: int = 0
    left: int = 0
    session_id: str = ""
    enrolment_id: str = ""
    team_id: str = ""
    most: int = 0
    until_s: float = 0.0
    changed: str = ""
    registration_id: str = ""
    approved: bool = False


def record_account(state: State, a: RecordAccount, act: Act) -> list[Body]:
    """One fact for one line of the file of accounts."""
    who = a.account_id
    match a.what:
        case "AccountMade":
            return [AccountMade(account_id=who, how=a.how)]
        case "AccountSetUp":
            return [AccountSetUp(account_id=who)]
        case "AccountRoleGiven":
            return [AccountRoleGiven(account_id=who, role=a.role, place_id=a.place_id)]
        case "AccountRoleRevoked":
            return [AccountRoleRevoked(account_id=who, role=a.role)]
        case "AccountLocked":
            return [AccountLocked(account_id=who, why=a.why)]
        case "AccountUnlocked":
            return [AccountUnlocked(account_id=who)]
        case "CredentialsReset":
            return [CredentialsReset(account_id=who)]
        case "SessionsEnded":
            return [SessionsEnded(account_id=who, count=a.count)]
        case "RecoveryCodeUsed":
            return [RecoveryCodeUsed(account_id=who, left=a.left)]
        case "SignedInFromNewPlace":
            return [SignedInFromNewPlace(account_id=who, session_id=a.session_id)]
        case "EnrolmentOpened":
            made = a.enrolment_id
            return [EnrolmentOpened(enrolment_id=made, team_id=a.team_id, most=a.most, until_s=a.until_s)]
        case "CredentialChanged":
            return [CredentialChanged(account_id=who, what=a.changed)]
        case "DeskUnlocked":
            return [DeskUnlocked(account_id=who, session_id=a.session_id)]
        case "RegistrationAnswered":
            return [RegistrationAnswered(registration_id=a.registration_id, approved=a.approved)]
    raise Refused("unknown_happening", what=a.what[:64])
