"""Every policy there is: which roles pass, and of which things.

Idea: a route, a command and a topic name one of `POLICIES`; the rows of the feed name theirs by sort in `ROWS`. `roles` is asked at the
door, `rows` of every thing that is shown, listed, counted, exported or acted on. One expression serves reading and acting: what another
district shares may be seen and never acted on, so it cannot be shared on either. What is filed under no district is everybody's at a desk,
or a call whose place nobody knows would be nobody's. Limits: what is hidden inside a thing that may be seen (whose phone, which flat) is
said by `command.picture` and by the vault.
"""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.model.access.expr import (
    Always,
    Expr,
    Flag,
    Holds,
    Same,
    Unsaid,
    Within,
    all_of,
    any_of,
    role,
)
from firstminute.model.access.memory import Predicate, known, predicate
from firstminute.model.access.things import Thing, Who
from firstminute.model.roles import ACCOUNT_ROLES

DESK = ("dispatcher", "commander")
TEAM = ("lead", "member")
STAFF = (*DESK, "patrol", "auditor", "admin")
RESPONDERS = (*DESK, "patrol", *TEAM)
EVERYBODY = tuple(dict.fromkeys((*ACCOUNT_ROLES, *RESPONDERS, "partner", "device", "admin")))
READERS = ("analyst", "inspector", "case_officer")
OPENERS = ("case_officer", "inspector", "auditor", "admin", "system_admin")
"""Who opens data of people without sitting at a desk."""
OUTSIDE = (*TEAM, "resident", "partner", "fleet_contact")
"""Who never hears where the police are, go or are not."""

IN_PLACE = any_of(Flag("everywhere"), Within("district", "districts"), Within("station", "stations"))
"""It lies in the actor's place."""
PLACED = any_of(IN_PLACE, all_of(Unsaid("district"), Unsaid("station")))
"""It lies in the actor's place, or in nobody's."""
SHOWN = all_of(
    Flag("reading"),
    any_of(Within("id", "shared"), Within("district", "shared_districts"), Within("offered_to", "districts")),
)
"""Another district shows it, or offers it."""
OWN_UNIT = any_of(Holds("units", "unit"), Same("owner", "unit"))
OWN_TEAM = any_of(Holds("teams", "team"), Holds("people", "id"), Same("owner", "team"), Same("owner", "id"))
AT_DESK = all_of(role(*DESK), any_of(PLACED, SHOWN))
AS_PATROL = all_of(role("patrol"), IN_PLACE)
ON_PATROL = all_of(role("patrol"), Flag("on_duty"), IN_PLACE)
AS_CREW = all_of(role("patrol"), OWN_UNIT)
IN_TEAM = all_of(role(*TEAM), OWN_TEAM)
OWN_CALL = any_of(Holds("people", "id"), Holds("units", "unit"), Holds("teams", "team"))


ALWAYS = Always()


@dataclass(frozen=True, slots=True)
class Policy:
    """Which roles pass the door, and of which things they may see or do something."""

    roles: tuple[str, ...]
    rows: Expr = ALWAYS


POLICIES: dict[str, Policy] = {
    "open": Policy(()),
    "public": Policy((*RESPONDERS, "resident", "partner", "device", "fleet_contact", "auditor", "admin", "system"), any_of(AT_DESK, OWN_CALL)),
    "signed_in": Policy(EVERYBODY),
    "device": Policy((*DESK, "patrol", "device", "system"), any_of(AT_DESK, all_of(role("patrol", "device"), Holds("units", "unit")))),
    "responder": Policy(RESPONDERS, any_of(AT_DESK, AS_CREW, IN_TEAM)),
    "team": Policy((*DESK, *TEAM), any_of(AT_DESK, IN_TEAM)),
    "dispatcher": Policy(DESK, AT_DESK),
    "receiver": Policy(DESK, any_of(Flag("everywhere"), Within("offered_to", "districts"))),
    "commander": Policy(("commander",), PLACED),
    "partner": Policy((*DESK, "partner"), any_of(AT_DESK, all_of(role("partner"), Holds("people", "id")))),
    "auditor": Policy(("auditor", "commander"), PLACED),
    "staff": Policy(STAFF, any_of(AT_DESK, AS_CREW, ON_PATROL, all_of(role("auditor", "admin"), PLACED))),
    "registers": Policy((*STAFF, "system_admin"), any_of(AT_DESK, AS_CREW, ON_PATROL, all_of(role("auditor", "admin", "system_admin"), PLACED))),
    "figures": Policy((*STAFF, *READERS), any_of(AT_DESK, AS_CREW, all_of(role("auditor", "admin", *READERS), PLACED))),
    "admin": Policy(("admin", "system_admin"), PLACED),
    "account": Policy(EVERYBODY),
    "seat": Policy(EVERYBODY),
    "security": Policy(("security_admin",), PLACED),
    "audit": Policy(("auditor",), PLACED),
    "unlock": Policy(("security_admin", "commander"), PLACED),
    "crew": Policy((*DESK, "patrol"), any_of(AT_DESK, AS_CREW)),
    "opening": Policy((*DESK, "patrol", *OPENERS), any_of(AT_DESK, AS_CREW, all_of(role(*OPENERS), PLACED))),
    "glass": Policy((*DESK, "patrol", *OPENERS), any_of(AT_DESK, AS_CREW, AS_PATROL, all_of(role(*OPENERS), PLACED))),
    "second": Policy(("commander", "admin", "system_admin", "security_admin"), PLACED),
    "four_eyes": Policy((*DESK, "admin", "system_admin", "security_admin"), PLACED),
    "reader_of_pairs": Policy((*DESK, "auditor", "admin", "system_admin", "security_admin"), PLACED),
    "reviewer": Policy(("commander", "auditor", "security_admin"), PLACED),
    "lead": Policy(("lead",), IN_TEAM),
    "approver": Policy(("lead", "commander", "inspector"), any_of(PLACED, IN_TEAM)),
    "system": Policy(("system",)),
    "record": Policy(("system", "system_admin")),
    "border": Policy(("border",)),
}  # fmt: skip
"""policy → roles and rows. `open` asks for no token: health of the process, the page itself, its map tiles."""

ROWS: dict[str, Expr] = {
    "desk": Always(),
    "coverage": role(*DESK),
    "incident": any_of(
        AT_DESK,
        AS_CREW,
        all_of(role(*TEAM), Holds("teams", "team")),
    ),
    "call": all_of(role(*DESK), PLACED),
    "unit": any_of(
        all_of(role(*DESK), any_of(PLACED, Within("serves", "districts"))),
        all_of(role("patrol"), Holds("units", "unit")),
        ON_PATROL,
    ),
    "venue": any_of(all_of(role(*DESK), PLACED), AS_PATROL, all_of(role(*TEAM), Holds("teams", "team"))),
    "station": any_of(all_of(role(*DESK), PLACED), AS_PATROL, role(*TEAM)),
    "zone": any_of(all_of(role(*DESK), PLACED), AS_PATROL, role(*TEAM)),
    "point": any_of(all_of(role(*DESK), PLACED), AS_PATROL),
    "place": role(*RESPONDERS),
    "border": role(*DESK),
}
"""Sort of a feed row → who may see it; what has no line here nobody sees. `place`: the bare name and point of a venue, station or street;
`border`: how late the other zone is, which every desk must know."""


_ALLOWS: dict[str, dict[str, Predicate]] = {
    name: {each: predicate(known(policy.rows, each)) for each in policy.roles}
    for name, policy in POLICIES.items()
}
_SEES: dict[str, Predicate] = {sort: predicate(rows) for sort, rows in ROWS.items()}
_UNBOUND: frozenset[tuple[str, str]] = frozenset(
    (name, each)
    for name, policy in POLICIES.items()
    for each in policy.roles
    if known(policy.rows, each, {"everywhere": True}) == ALWAYS
)


def may(policy: str, who: Who, thing: Thing) -> bool:
    """Whether somebody may see a thing, or do something about it, under a policy."""
    if who.role == "system":
        return True
    allows = _ALLOWS[policy].get(who.role)
    return allows is not None and allows(who, thing)


def may_everything(policy: str, who: Who) -> bool:
    """Whether somebody may whatever the thing is, so that nobody need look it up: over the whole city, under most policies of a desk."""
    return who.everywhere and (policy, who.role) in _UNBOUND


def sees(who: Who, thing: Thing) -> bool:
    """Whether somebody may see a row of the feed, as far as its sort is concerned."""
    allows = _SEES.get(thing.sort)
    return allows is not None and allows(who, thing)
