"""The second person: an act that one alone may not do waits until somebody else says yes.

Idea: the command is given as always. Where its rule wants two it is decided for the sake of its refusals, nothing of it happens, and `ActProposed` stands in
the journal in its place; whoever confirms it makes it happen, decided anew on the state of that moment, in the proposer's name and by the confirmer's hand.
Nobody confirms the own proposal. After `ANSWER_S` without an answer a commander may do alone what the rule allows, and somebody else looks at it within a day.
Source: OWASP ASVS 5.0 2.3.5; the false alarms of Dallas (2017) and Hawaii (2018). Limits: arguments are sealed; where they were erased the proposal is void.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from firstminute.flow.access.allowed import objects_in, refusal, things_of
from firstminute.flow.access.objects import district_thing
from firstminute.flow.access.places import who_in
from firstminute.flow.access.rules import RULES, Rule, wanted
from firstminute.flow.access.slice import Alone, Proposal
from firstminute.flow.state import State
from firstminute.model.access.policies import POLICIES, may
from firstminute.model.access.things import Thing
from firstminute.model.encoding import decode, encode
from firstminute.model.envelope import Act, Actor, Body, Fact
from firstminute.model.errors import Refused
from firstminute.model.facts.access import (
    ActedAlone,
    ActProposed,
    AloneReviewed,
    ProposalEnded,
    ReviewOverdue,
    SecondPersonAbsent,
)
from firstminute.model.facts.desk import TimerCancelled, TimerFired, TimerSet
from firstminute.respond import reasons
from firstminute.respond.telling import tell_desk

ANSWER_S, VOID_S, REVIEW_S = 60.0, 900.0, 86_400.0
ABSENT, VOID, REVIEW = "second_person", "proposal_void", "alone_review"
PROPOSALS_MOST = 100
REASON_LEAST = 10
"""So many characters at least a reason has that somebody types who acts alone."""
VERDICTS = ("right", "wrong", "unclear")

Decide = Callable[[State, Any, Act], list[Body]]


def decide(state: State, name: str, own: Decide, arguments: Any, act: Act) -> list[Body]:
    """What a command does: its own decision, or a proposal where it needs a second person."""
    bodies = own(state, arguments, act)
    rule = RULES.get(name)
    if rule is None or not bodies or not wanted(state, rule, arguments, act):
        return bodies
    if len(state.access.proposals) >= PROPOSALS_MOST:
        raise Refused("too_many_proposals", most=PROPOSALS_MOST)
    proposal_id, district = next(act.ids), rule.district(state, arguments)
    proposed = ActProposed(
        proposal_id=proposal_id, command=name, role=act.actor.role, district=district, people=rule.people(state, arguments),
        reason=reasons.as_code(str(getattr(arguments, "reason", ""))), until_s=act.at_s + VOID_S,
        arguments=json.dumps(encode(arguments), ensure_ascii=False, sort_keys=True),
    )  # fmt: skip
    return [
        proposed,
        TimerSet(timer_subject=proposal_id, timer=ABSENT, round=1, due_s=act.at_s + ANSWER_S),
        TimerSet(timer_subject=proposal_id, timer=VOID, round=1, due_s=act.at_s + VOID_S),
        *_tell(district, "second_wanted", proposal_id, VOID_S, act),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmProposal:
    """The proposal that is confirmed."""

    proposal_id: str


def confirm_proposal(state: State, a: ConfirmProposal, act: Act) -> list[Body]:
    """The second person says yes: the command is carried out as it would be decided now."""
    found, rule, arguments = _open(state, a.proposal_id)
    if act.actor.id == found.by:
        raise Refused("second_person_is_first", proposal=a.proposal_id)
    if act.actor.role not in POLICIES[rule.second].roles:
        raise Refused("forbidden", role=act.actor.role)
    _placed(state, rule, found, arguments, act)
    first = replace(act, actor=Actor(id=found.by, role=found.role))
    done = rule.decide(state, rule.confirmed(arguments, a.proposal_id, act.actor.id), first)
    return [_ended(a.proposal_id, "confirmed"), TimerCancelled(timer_subject=a.proposal_id), *done]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseProposal:
    """The proposal that is refused, or taken back by whoever made it."""

    proposal_id: str


def refuse_proposal(state: State, a: RefuseProposal, act: Act) -> list[Body]:
    """Nothing of it happens."""
    found = state.access.proposals.get(a.proposal_id)
    if found is None:
        raise Refused("unknown_proposal", proposal=a.proposal_id[:64])
    how = "withdrawn" if act.actor.id == found.by else "refused"
    if how == "refused":
        _, rule, arguments = _open(state, a.proposal_id)
        if act.actor.role not in POLICIES[rule.second].roles:
            raise Refused("forbidden", role=act.actor.role)
        _placed(state, rule, found, arguments, act)
    return [_ended(a.proposal_id, how), TimerCancelled(timer_subject=a.proposal_id)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActAlone:
    """The proposal that nobody answered, and why it cannot wait, in the commander's own words."""

    proposal_id: str
    reason: str


def act_alone(state: State, a: ActAlone, act: Act) -> list[Body]:
    """A commander does alone what nobody has answered in time: keep-away notices, and raising the grade of the own district. Nothing else."""
    found, rule, arguments = _open(state, a.proposal_id)
    if rule.alone is None or not rule.alone(state, arguments, act):
        raise Refused("never_alone", command=found.command)
    if not found.unanswered:
        raise Refused("second_person_asked", left_s=max(0.0, round(found.at_s + ANSWER_S - act.at_s, 1)))
    if len(a.reason.strip()) < REASON_LEAST:
        raise Refused("reason_too_short", least=REASON_LEAST)
    _placed(state, rule, found, arguments, act)
    due_s = act.at_s + REVIEW_S
    return [
        ActedAlone(
            proposal_id=a.proposal_id,
            command=found.command,
            district=found.district,
            review_due_s=due_s,
            note=a.reason.strip(),
        ),
        TimerCancelled(timer_subject=a.proposal_id),
        TimerSet(timer_subject=a.proposal_id, timer=REVIEW, round=1, due_s=due_s),
        *rule.decide(state, arguments, act),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewAlone:
    """What was done alone, and what somebody else thinks of it: right, wrong or unclear."""

    proposal_id: str
    verdict: str
    note: str | None = None


def review_alone(state: State, a: ReviewAlone, act: Act) -> list[Body]:
    """Somebody else looks at what was done alone."""
    found = state.access.alone.get(a.proposal_id)
    if found is None:
        raise Refused("unknown_proposal", proposal=a.proposal_id[:64])
    if act.actor.id == found.by:
        raise Refused("second_person_is_first", proposal=a.proposal_id)
    if a.verdict not in VERDICTS:
        raise Refused("unknown_kind", kind=reasons.as_code(a.verdict))
    if not may("reviewer", who_in(state, act.actor, act.at_s), district_thing(state, found.district)):
        raise Refused("other_district", district=found.district)
    return [
        AloneReviewed(proposal_id=a.proposal_id, verdict=a.verdict, note=a.note),
        TimerCancelled(timer_subject=a.proposal_id),
    ]


def time_is_over(state: State, fact: Fact, act: Act) -> list[Body]:
    """Nobody answered; a proposal is void; a review is overdue."""
    body = fact.body
    if not isinstance(body, TimerFired) or body.timer not in (ABSENT, VOID, REVIEW):
        return []
    key, access = body.timer_subject, state.access
    if body.timer == REVIEW:
        late = access.alone.get(key)
        return (
            [ReviewOverdue(proposal_id=key), *_tell(late.district, "review_overdue", key, REVIEW_S, act)]
            if late is not None
            else []
        )
    if key not in access.proposals:
        return []
    if body.timer == ABSENT:
        return [SecondPersonAbsent(proposal_id=key)]
    return [_ended(key, "void")]


def _open(state: State, proposal_id: str) -> tuple[Proposal, Rule, Any]:
    found = state.access.proposals.get(proposal_id)
    if found is None or found.command not in RULES:
        raise Refused("unknown_proposal", proposal=proposal_id[:64])
    if found.arguments is None:
        raise Refused("proposal_erased", proposal=proposal_id)
    rule = RULES[found.command]
    return found, rule, decode(rule.schema, json.loads(found.arguments))


def _placed(state: State, rule: Rule, found: Proposal, arguments: Any, act: Act) -> None:
    """Whoever confirms answers for the place too, and may see what it is about."""
    who = who_in(state, act.actor, act.at_s)
    policy = rule.second if act.actor.role in POLICIES[rule.second].roles else "commander"
    things: list[Thing] = (
        rule.things(state, arguments)
        if rule.things is not None
        else list(things_of(state, arguments, objects_in(rule.schema)))
    )
    for thing in things or [district_thing(state, found.district)]:
        if not may(policy, who, thing):
            raise refusal(thing, who)


def _ended(proposal_id: str, how: str) -> ProposalEnded:
    return ProposalEnded(proposal_id=proposal_id, how=how)


def _tell(district: str, reason: str, key: str, lasts_s: float, act: Act) -> list[Body]:
    return tell_desk(
        f"commander:{district or 'city'}", reason, key, expires_s=act.at_s + lasts_s, ids=act.ids
    )


def proposal_row(found: Proposal) -> dict[str, Any]:
    """A proposal as a screen needs it; what it names stays in it."""
    rule = RULES.get(found.command)
    return {
        "proposal_id": found.proposal_id, "command": found.command, "by": found.by, "district": found.district, "people": found.people,
        "reason": found.reason, "at_s": found.at_s, "until_s": found.until_s, "unanswered": found.unanswered,
        "alone_s": found.at_s + ANSWER_S if rule is not None and rule.alone is not None else None,
    }  # fmt: skip


def alone_row(found: Alone) -> dict[str, Any]:
    """What was done alone and waits for its review."""
    return {
        "proposal_id": found.proposal_id, "command": found.command, "by": found.by, "district": found.district, "at_s": found.at_s, "due_s": found.due_s,
        "overdue": found.overdue,
    }  # fmt: skip
