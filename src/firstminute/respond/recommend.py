"""Who should go: one ranked list over all rings, with reasons, typed shortfalls and everything needed to compute it again.

Idea: the list holds travel time, time of fix and place on the streets of each candidate, and the digest of all inputs; those the policy would ask now
carry the reason `recommended`. A person may choose otherwise, with a reason. Source: DESIGN.md §5, dispatch.md §1. Limits: the list is as
fresh as the fixes; it is made again at every word that changes place, type or level.
"""

from __future__ import annotations

from array import array
from dataclasses import replace
from hashlib import blake2b

from firstminute.model.facts.response import Candidate, Shortfall, UnitsRecommended
from firstminute.respond.books import Books
from firstminute.respond.candidates import (
    MOST_UNITS,
    Finds,
    Question,
    Ranked,
    neighbours,
    own_people,
    police,
    reserves,
)
from firstminute.respond.muster_records import Muster
from firstminute.respond.policy import COMES, at_once, cap, fill
from firstminute.respond.records import HIGHEST, Incident, Respond

LIKELY = 0.5
_WHY_NOT = (
    "safety_gate",
    "all_asked",
    "budget_spent",
    "none_reachable",
    "none_on_duty",
    "busy",
    "unavailable",
)


def recommend(
    question: Question, finds: Finds, muster: Muster, respond: Respond, books: Books, *, rings: dict[str, str]
) -> UnitsRecommended:
    """The ranked list for the rings that are not off.

    Parameters
    ----------
    finds : what the road search found around the incident
    rings : ring → automatic, proposed, off
    """
    candidates: list[Candidate] = []
    shortfalls: list[Shortfall] = []
    if not finds.known:
        shortfalls = [
            Shortfall(ring=ring, need="place", missing=1, code="place_unknown")
            for ring, mode in rings.items()
            if mode != "off"
        ]
    if rings.get("self_rescue", "off") != "off":
        own = own_people(question, finds, muster, books)
        candidates += [_marked(c) for c in own.candidates]
        shortfalls += _of_ring("self_rescue", own, finds)
    if rings.get("neighbour_aid", "off") != "off":
        near = neighbours(question, finds, muster, respond, books)
        candidates += _first(near.candidates, at_once(question.policy, "neighbour_aid"))
        shortfalls += _of_ring("neighbour_aid", near, finds)
    if rings.get("reinforcement", "off") != "off":
        listed, missing = _police(question, finds, respond, books)
        candidates += listed
        shortfalls += missing
    return UnitsRecommended(
        incident_id=question.incident.incident_id,
        candidates=tuple(candidates),
        shortfalls=tuple(shortfalls),
        policy=f"{question.policy.policy_id}:{question.policy.version}",
        digest=digest_of(question, finds, candidates),
    )


def present_units(respond: Respond, incident: Incident) -> list[str]:
    """Units that come to an incident or are there; a crew that calls for help itself is no help."""
    bound = (respond.assignments.get(key) for key in incident.assignments)
    in_need = incident.priority == HIGHEST
    return [
        b.responder_id
        for b in bound
        if b is not None
        and b.responder_kind == "unit"
        and b.state in COMES
        and not (in_need and b.how == "on_view")
    ]


def digest_of(question: Question, finds: Finds, candidates: list[Candidate]) -> str:
    """BLAKE2b over what the list was made from: who, where, when, under which rule; 32 hexadecimal digits."""
    incident = question.incident
    asked = (
        question.row.code, incident.level, incident.priority, incident.started_s, question.at_s, question.plan.plan_id,
        question.policy.policy_id, question.policy.version, finds.place, finds.inside_s,
    )  # fmt: skip
    found = [*finds.units, *finds.teams]
    digest = blake2b(repr(asked).encode(), digest_size=16)
    digest.update(" ".join([f.responder_id for f in found]).encode())
    digest.update(array("d", [number for f in found for number in (f.way_s, f.fix_s)]).tobytes())
    digest.update(" ".join([f"{c.responder_id}:{c.people}" for c in candidates]).encode())
    return digest.hexdigest()


def _police(
    question: Question, finds: Finds, respond: Respond, books: Books
) -> tuple[list[Candidate], list[Shortfall]]:
    ranked = police(question, finds, respond, books)
    filled = fill(
        question.need,
        ranked.candidates,
        present_units(respond, question.incident),
        respond=respond,
        units=books.units,
        most=cap(question.policy, "reinforcement"),
    )
    picked = set(filled.picked)
    listed = [_marked(c) if c.responder_id in picked else c for c in ranked.candidates]
    shown = [c for k, c in enumerate(listed) if k < MOST_UNITS or c.responder_id in picked]
    missing = list(filled.shortfalls) if finds.known else []
    if missing and not ranked.candidates:
        code = _why_not(ranked)
        missing = [replace(row, code=code) if row.code == "none_in_reach" else row for row in missing]
    soonest = max((c.chance for c in ranked.candidates), default=1.0)
    if not missing and soonest < LIKELY and picked:
        missing.append(Shortfall(ring="reinforcement", need="in_time", missing=1, code="too_late"))
    if filled.shortfalls:
        shown += reserves(question, finds, books).candidates
    return shown, missing


def _of_ring(ring: str, ranked: Ranked, finds: Finds) -> list[Shortfall]:
    if not finds.known:
        return []
    usable = [c for c in ranked.candidates if "budget_spent" not in c.reasons]
    if usable:
        late = all(c.chance < LIKELY for c in usable)
        return [Shortfall(ring=ring, need="in_time", missing=1, code="too_late")] if late else []
    return [Shortfall(ring=ring, need="people", missing=1, code=_why_not(ranked))]


def _why_not(ranked: Ranked) -> str:
    return next((code for code in _WHY_NOT if ranked.left_out.get(code)), "none_in_reach")


def _marked(candidate: Candidate) -> Candidate:
    return replace(candidate, reasons=("recommended", *candidate.reasons))


def _first(candidates: list[Candidate], most: int) -> list[Candidate]:
    usable = [c.responder_id for c in candidates if "budget_spent" not in c.reasons][:most]
    return [_marked(c) if c.responder_id in usable else c for c in candidates]
