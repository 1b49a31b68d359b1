"""The roles an account may hold, and which of them never meet in one account.

Idea: a role is a word of the field, given by a person to a person. The three duties of administration (三员: system, security, audit) watch each other, so
no account holds two of them. Source: GB/T 22239-2019 §8.1.4 (MLPS level 3), separation of privileges.
Limits: what a role may do stands in the policies, not here.
"""

from __future__ import annotations

ACCOUNT_ROLES = (
    "dispatcher",
    "commander",
    "patrol",
    "lead",
    "member",
    "inspector",
    "analyst",
    "case_officer",
    "fleet_contact",
    "resident",
    "auditor",
    "security_admin",
    "system_admin",
)
"""Every role a person can hold; tokens of devices, partners and integrations have their own."""

DUTIES = ("system_admin", "security_admin", "auditor")
"""三员: who runs the machine, who gives rights, who reads the record."""

PLACE_OF_ROLE = {"patrol": "unit", "lead": "team", "member": "team"}
"""Roles that speak for a unit or a team: without it they would speak for nobody."""


def together(roles: tuple[str, ...]) -> bool:
    """True where one account may hold these roles: at most one of the three duties.

    >>> together(("dispatcher", "inspector", "auditor")), together(("auditor", "system_admin"))
    (True, False)
    """
    return sum(role in DUTIES for role in set(roles)) <= 1
