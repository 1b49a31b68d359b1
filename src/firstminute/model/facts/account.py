"""Who may sign in: accounts made, roles given and taken, locks, and sign-ins from a place not seen before.

Ids only: names, secrets and addresses live in the file of accounts, so that a person who leaves can be forgotten there and the chain stays whole.
"""

from __future__ import annotations

from firstminute.model.envelope import Body, kind


@kind("account_id")
class AccountMade(Body):
    """Somebody can sign in, once he has set his own password or device. `how`: setup, command_line, api, enrolment, registration, sso."""

    account_id: str
    how: str


@kind("account_id")
class AccountSetUp(Body):
    """The holder has chosen his own password and second factor with a link that works once."""

    account_id: str


@kind("account_id")
class AccountRoleGiven(Body):
    """The account may act in this role, and for this unit or team where it names one."""

    account_id: str
    role: str
    place_id: str | None = None


@kind("account_id")
class AccountRoleRevoked(Body):
    """The account may act in this role no longer; its sessions in it ended with this."""

    account_id: str
    role: str


@kind("account_id")
class AccountLocked(Body):
    """Nobody signs in for now. `why`: guesses (wrong ones, ends by itself), order, left (for good)."""

    account_id: str
    why: str


@kind("account_id")
class AccountUnlocked(Body):
    """A person let the account in again."""

    account_id: str


@kind("account_id")
class CredentialsReset(Body):
    """Password and second factor are gone, every session ended; a new set-up link was given out."""

    account_id: str


@kind("account_id")
class SessionsEnded(Body):
    """Sessions of the account were ended by somebody else than their holder."""

    account_id: str
    count: int


@kind("account_id")
class RecoveryCodeUsed(Body):
    """The holder came in with a recovery code instead of the second factor. `left`: how many he still has."""

    account_id: str
    left: int


@kind("account_id")
class SignedInFromNewPlace(Body):
    """A device or network that this account was not seen with before."""

    account_id: str
    session_id: str


@kind("enrolment_id")
class EnrolmentOpened(Body):
    """A lead's code with which members of a team join by themselves, for a short time and a bounded number."""

    enrolment_id: str
    team_id: str
    most: int
    until_s: float


@kind("account_id")
class CredentialChanged(Body):
    """An account's ways in changed.

    `what`: password, totp, recovery, pin, pin_shut (wrong too often), badge, passkey_added, passkey_removed,
    passkey_copied (refused: its counter did not rise), certificate_bound, certificate_removed, certificate_revoked, identity_linked.
    """

    account_id: str
    what: str


@kind("account_id")
class DeskUnlocked(Body):
    """A supervisor opened the locked desk of this account on the spot."""

    account_id: str
    session_id: str


@kind("registration_id")
class RegistrationAnswered(Body):
    """A lead or officer let somebody in who asked by himself, or did not."""

    registration_id: str
    approved: bool
