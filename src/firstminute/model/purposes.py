"""Why personal data may be opened: a list fixed in code, with what each purpose must name and who may have it.

Idea (DESIGN.md §8): nobody opens a person's data without saying for which incident or case and for what. The list is code and not a setting, so that a
new purpose has to be argued for where everybody sees it; its words stand in the message catalogues as `purpose.<code>`, in zh-CN and English.
Limits: what a role may open stands here, in which district and on whose shift in the policies.
"""

from __future__ import annotations

from dataclasses import dataclass

INCIDENT, FILE, ITSELF = "incident", "file", "itself"


@dataclass(frozen=True, slots=True)
class Purpose:
    """One reason to open data.

    Attributes
    ----------
    names : what it must name: an incident; a file (a case or its number, an open complaint); itself, where the subject is the ground
    roles : whose work it is; anybody else of the staff breaks the glass
    closed : whether it may reach what is closed, and needs a second person there
    """

    names: str
    roles: tuple[str, ...]
    closed: bool = False


PURPOSES: dict[str, Purpose] = {
    "respond": Purpose(INCIDENT, ("dispatcher", "commander", "patrol")),
    "call_back": Purpose(INCIDENT, ("dispatcher", "commander")),
    "muster": Purpose(ITSELF, ("dispatcher", "commander")),
    "review": Purpose(INCIDENT, ("dispatcher", "commander"), closed=True),
    "complaint": Purpose(FILE, ("commander",), closed=True),
    "case": Purpose(FILE, ("case_officer", "commander"), closed=True),
    "audit": Purpose(FILE, ("auditor",), closed=True),
    "request_of_person": Purpose(ITSELF, ("admin", "system_admin"), closed=True),
}
"""code → purpose. `respond` is for whoever has the open incident, `call_back` for a caller on the call-back list, `muster` for the
phones of the leads of one station's teams, who are called one after the other where nothing else reaches them."""

BREAK_GLASS = ("life_at_risk", "no_one_else", "system_fault", "order")
"""Reasons for which somebody without the right may open all the same; a second person looks at each within `REVIEW_WITHIN_S`."""
REVIEW_WITHIN_S = 24 * 3600.0
REVIEWED = ("justified", "not_justified", "passed_on")
"""What a review of a broken glass may find; `passed_on`: somebody else decides what follows."""
