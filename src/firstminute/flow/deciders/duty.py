"""Commands of the responder's own page: on which ways to reach its holder, and what somebody who came found there.

Idea: whoever joined by a team's code has a phone and no row yet; with the first word from the page the row is there, under the account's own id, so that
rolls and alerts can name it. Limits: people enter themselves only, and only into the team that let them in; what they are trained for is the register's to
say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from firstminute.flow.state import State
from firstminute.model.encoding import decode
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import RegisterChanged
from firstminute.model.facts.people import FeedbackGiven
from firstminute.model.records import Member
from firstminute.respond import incident

CHANNELS = ("page", "push", "sms", "voice", "wecom")
FOUND = ("as_told", "different", "nothing_there", "more_needed")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterMember:
    """One's own row of the register of members, whole, and the digest of its open part."""

    row: dict[str, Any]
    digest: str


def enter_member(state: State, a: EnterMember, act: Act) -> list[Body]:
    """Enter oneself, or change on which ways one is reached. The row stays what it was where nothing is new but sealed things."""
    said = decode(Member, a.row)
    actor = act.actor
    if said.member_id != actor.id or actor.team_id is None or said.team_id != actor.team_id:
        raise Refused("not_yours", team=said.team_id)
    if said.team_id not in state.registers.teams:
        raise Refused("unknown_team", team=said.team_id)
    if (
        not said.channels
        or len(set(said.channels)) != len(said.channels)
        or set(said.channels) - set(CHANNELS)
    ):
        raise Refused("unknown_channel", channels=", ".join(said.channels)[:80])
    known = state.registers.members.get(said.member_id)
    trained = known.trained if known is not None else ()
    if said.trained != trained:
        raise Refused("not_yours", team=said.team_id)
    row = replace(said, trained=trained)
    return [
        RegisterChanged(table="members", keys=(row.member_id,), versions=(state.seq + 1,), digest=a.digest, rows=(row,))
    ]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveFeedback:
    """What was found (as_told, different, nothing_there, more_needed), and in own words what else there is to say."""

    incident_id: str
    found: str
    note: str | None = None


def give_feedback(state: State, a: GiveFeedback, act: Act) -> list[Body]:
    """Half a minute after it is over: what it was. Nothing follows from it for whoever says it."""
    about = incident.find(state.respond, a.incident_id, FeedbackGiven)
    if a.found not in FOUND:
        raise Refused("unknown_kind", kind=a.found[:40])
    return [
        FeedbackGiven(incident_id=about.incident_id, responder_id=act.actor.id, found=a.found, note=a.note)
    ]  # fmt: skip
