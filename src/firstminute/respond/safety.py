"""The safety gate: who may be asked to walk towards danger, and what the others are told.

Idea (dispatch.md §6, binding): violent, armed or of unknown kind = shut. Neighbours are not asked; only that venue's own trained and equipped people
are informed, and they choose: protect, separate, evacuate. Everybody else gets keep-away, a notice that needs no answer and is never
delayed. No setting switches the gate off; a named dispatcher may open it for one incident and for trained, equipped teams only, with a reason.
Limits: for violent incidents there is no published evidence either way; these are rules to start from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from firstminute.model.records import IncidentType, Member, Team

SHUT_FOR = frozenset({"violent", "armed", "unknown"})
SHIELDING_KIT = frozenset({"shield", "fork", "baton"})
GUARD_SKILL = "restrain"
KEEP_AWAY_FOR = frozenset({"violent", "armed", "fire"})
"""Kinds of danger that people around are warned of. Unknown is not: nobody is frightened without a cause."""
PHRASES = (
    "stay_away", "leave_if_safe", "stay_where_you_are", "lock_in", "close_doors", "no_sparks", "no_lift", "move_sideways", "do_not_enter_water", "no_crowd",
    "do_not_touch", "warn_traffic",
)  # fmt: skip
"""Ready phrases that a commander may choose for a notice (`advice.<code>`): written in both languages beforehand, because in a hurry nobody does that well."""
LINE = frozenset({"keep_line_open"})
"""Advice that only somebody on a telephone line can follow."""
ON_A_LINE = frozenset({"phone", "cad"})
"""Channels of calls whose caller is, or just was, on a telephone line."""
FOR_CALLERS = LINE | {"hang_up", "stop_paying", "keep_evidence", "stay_calm_inside", "stay_where_you_are"}
"""Advice to whoever called, or to the person the call is about: to somebody who comes to help it is no advice, or the wrong one."""


@dataclass(frozen=True, slots=True)
class Gate:
    """The gate before one incident: shut or open, and the kind of danger it is so for."""

    shut: bool
    hazard: str

    @property
    def own_task(self) -> str:
        """What the venue's own people are asked: to come and help, or to be informed and choose."""
        return "inform" if self.shut else "respond"

    @property
    def neighbour_task(self) -> str:
        """What neighbours are asked, where a dispatcher let them through: never to engage."""
        return "protect" if self.shut else "respond"


_GATES = {
    hazard: Gate(hazard in SHUT_FOR, hazard) for hazard in (*SHUT_FOR, "none", "medical", "fire", "crowd")
}


def gate_of(row: IncidentType) -> Gate:
    """The gate of an incident of this type. A hazard word the house does not know is unknown, hence shut."""
    return _GATES.get(row.hazard) or _GATES["unknown"]


def equipped(team: Team, kit_at_hand: Iterable[str] | None = None) -> bool:
    """Whether a team has something to keep an attacker off with: what it last reported, else what its register row says."""
    return bool(SHIELDING_KIT & set(team.kit if kit_at_hand is None else kit_at_hand))


def may_be_informed(member: Member | None, team: Team, kit_at_hand: Iterable[str] | None = None) -> bool:
    """Whether one of the venue's own people may be told of violence: trained to restrain, and the team is equipped.

    A person nobody has a row for (the name was erased, or only a count is known) is judged by the team's training.
    """
    trained = member.trained if member is not None else team.trained
    return GUARD_SKILL in trained and equipped(team, kit_at_hand)


def may_ask_neighbour(
    gate: Gate, team: Team, *, opened_by_dispatcher: bool, kit_at_hand: Iterable[str] | None = None
) -> bool:
    """Whether a neighbouring team may be asked to come at all."""
    if not gate.shut:
        return True
    return opened_by_dispatcher and may_be_informed(None, team, kit_at_hand)


def to_caller(advice: Iterable[str], channels: Iterable[str]) -> tuple[str, ...]:
    """What is said first to whoever called by these channels: nothing about a line where there is none."""
    spoken = any(channel in ON_A_LINE for channel in channels)
    return tuple(code for code in advice if spoken or code not in LINE)


def to_responders(advice: Iterable[str]) -> tuple[str, ...]:
    """What of a kind's advice is advice to people who are asked to come, or to be careful there."""
    return tuple(code for code in advice if code not in FOR_CALLERS)


def to_people_around(advice: Iterable[str]) -> tuple[str, ...]:
    """What of a kind's advice people around are told: ready phrases, and to stay away where it has none."""
    return tuple(code for code in advice if code in PHRASES) or ("stay_away",)


def warns_own(gate: Gate, row: IncidentType, *, silent: bool) -> bool:
    """Whether the venue's own people who may not be informed are told to keep away: also from an unknown danger, where the type counts on them."""
    if not gate.shut or silent or row.gentle:
        return False
    return gate.hazard in KEEP_AWAY_FOR or row.rings.get("self_rescue", "off") != "off"


def warns_others(gate: Gate, *, silent: bool, gentle: bool) -> bool:
    """Whether people around are told to keep away. A silent incident stays silent, a gentle one draws no crowd."""
    return gate.hazard in KEEP_AWAY_FOR and not silent and not gentle
