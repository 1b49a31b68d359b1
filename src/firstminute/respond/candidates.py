"""Who could come, ring by ring: from what the road search found to ranked candidates with reasons.

Idea: the search says how long everybody needs; here it is asked who may be asked at all (on duty, reachable, not already asked, gate passed, budget
left) and how they rank. Police rank by travel time (a crew that has just cleared, or whose fix is old, ranks as if it were farther), teams by
travel time divided by their chance of answering, which is the time a useful answer costs. Sources: dispatch.md §1, §2 rule 1; Resgrid's fix age and
rest. Limits: one rank per responder, no joint optimisation over incidents.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

from firstminute.geo.speeds import SIGMA_LOG
from firstminute.model.facts.response import Candidate
from firstminute.model.records import AlertPolicy, IncidentType, Need, Plan, Team
from firstminute.model.swift import swift
from firstminute.respond.books import LOCAL, Books, Local
from firstminute.respond.chance import answering, hour_of, in_time
from firstminute.respond.lifecycle import THERE
from firstminute.respond.muster_records import Muster, Roll
from firstminute.respond.plans import ring_of
from firstminute.respond.records import HIGHEST, Incident, Respond
from firstminute.respond.safety import Gate, may_ask_neighbour, may_be_informed
from firstminute.respond.telling import PAGE, channels_of

TIRED, STALE, RESTING, BUSY = 1.1, 2.0, 3.0, 4.0
MOST_TEAMS, MOST_UNITS, MOST_STATIONS = 12, 14, 2


class Found(NamedTuple):
    """One that the road search found: how long its way is (seconds to the person's floor, no turnout), when and where it was when it was counted."""

    responder_id: str
    mode: str
    way_s: float
    fix_s: float
    edge: int
    share: float


def _nobody() -> Sequence[Found]:
    return ()


@swift
@dataclass(frozen=True, slots=True)
class Finds:
    """What the search found around one place, nearest first.

    Attributes
    ----------
    units, teams : in order of way
    stations : asked for only where the units are too few
    inside_s : from the entrance to the person
    known : False where nobody knows where the incident is; then nothing was searched
    place : (edge, share) of the incident on the streets of those on foot, -1 where it has none
    sigma : mode → log-sd of a trip on this city's network, 0 = none known
    """

    units: Sequence[Found] = ()
    teams: Sequence[Found] = ()
    stations: Callable[[], Sequence[Found]] = _nobody
    inside_s: float = 0.0
    known: bool = True
    place: tuple[int, float] = (-1, 0.0)
    sigma: Mapping[str, float] = field(default_factory=dict)


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: who should go to this incident, now, under this plan and policy.

    Attributes
    ----------
    callers : crews that called themselves; they are there
    barred : teams that it is reported about: none of them is asked
    """

    incident: Incident
    row: IncidentType
    need: Need
    gate: Gate
    plan: Plan
    policy: AlertPolicy
    at_s: float
    own_team: Team | None
    local: Local = LOCAL
    callers: frozenset[str] = frozenset()
    barred: frozenset[str] = frozenset()

    def left_s(self, ring: str) -> float:
        """Seconds left of a ring's target, by the reading it is judged by; 300 where the plan promises nothing."""
        row = ring_of(self.plan, ring)
        if row is None:
            return 300.0
        return row.target_s if row.binds == "alert" else row.target_s - (self.at_s - self.incident.started_s)

    @property
    def hour(self) -> int:
        """Local hour of the day."""
        return hour_of(self.at_s, self.local.utc_offset_s)


@dataclass(slots=True)
class Ranked:
    """The candidates of one ring in order, and why others were left out: code → how many."""

    candidates: list[Candidate] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)

    def leave_out(self, code: str) -> None:
        """Count one that may not be asked."""
        self.left_out[code] = self.left_out.get(code, 0) + 1


def roll_now(muster: Muster, team_id: str, at_s: float) -> Roll | None:
    """The roll under which a team stands now, None where it is off duty."""
    roll = muster.rolls.get(team_id)
    return roll if roll is not None and roll.until_s > at_s else None


def sigma_of(mode: str, finds: Finds) -> float:
    """Log-sd of a trip: the network's, else our first guess."""
    return finds.sigma.get(mode) or SIGMA_LOG.get(mode, 0.25)


def own_people(question: Question, finds: Finds, muster: Muster, books: Books) -> Ranked:
    """The venue's own team: it is already there, so its way is inside the venue."""
    ranked, team, incident = Ranked(), question.own_team, question.incident
    if team is None:
        return ranked
    roll = roll_now(muster, team.team_id, question.at_s)
    if roll is None:
        ranked.leave_out("none_on_duty")
        return ranked
    kit = muster.kit.get(team.team_id, (None, None))[0]
    members: list[str | None] = [m for m in sorted(roll.members) if m not in incident.asked]
    if not roll.members:
        members = [None] if team.team_id not in incident.asked else []
    if question.gate.shut:
        members = [m for m in members if may_be_informed(books.members.get(m) if m else None, team, kit)]
        if not members:
            ranked.leave_out("safety_gate")
            return ranked
    people = len(members) if roll.members else roll.reachable
    if not members or people < 1 or roll.reachable < 1:
        ranked.leave_out("none_reachable" if roll.reachable < 1 else "all_asked")
        return ranked
    travel_s = question.local.own_turnout_s + question.local.own_walk_s + finds.inside_s
    reasons = ("own_venue", "protect_only") if question.gate.shut else ("own_venue",)
    ranked.candidates.append(
        Candidate(
            responder_id=team.team_id, responder_kind="team", ring="self_rescue", mode="foot", travel_s=travel_s,
            chance=in_time(question.left_s("self_rescue"), travel_s, sigma_of("foot", finds)), fix_s=roll.taken_s, edge=finds.place[0],
            share=finds.place[1], people=people, reasons=reasons,
        )
    )  # fmt: skip
    return ranked


def neighbours(question: Question, finds: Finds, muster: Muster, respond: Respond, books: Books) -> Ranked:
    """Teams of other venues in reach on foot, running or by e-bike, the cheapest useful answer first."""
    ranked, incident, policy = Ranked(), question.incident, question.policy
    own, hour, left_s = question.own_team, question.hour, question.left_s("neighbour_aid")
    scored: list[tuple[float, Candidate]] = []
    for found in finds.teams:
        team_id = found.responder_id
        if team_id in question.barred or (own is not None and team_id == own.team_id):
            continue
        roll = roll_now(muster, team_id, question.at_s)
        if roll is None or roll.on_duty < 1:
            ranked.leave_out("none_on_duty")
            continue
        if question.gate.shut and not may_ask_neighbour(
            question.gate, books.teams[team_id], opened_by_dispatcher=False
        ):
            ranked.leave_out("safety_gate")
            continue
        if roll.reachable < 1:
            ranked.leave_out("none_reachable")
            continue
        if (
            team_id in incident.asked
            or team_id in respond.busy
            or (roll.members and roll.members <= incident.asked)
        ):
            ranked.leave_out("all_asked")
            continue
        reasons: tuple[str, ...] = ()
        if respond.outside_alerts.get((team_id, roll.shift), 0) >= policy.outside_budget:
            ranked.leave_out("budget_spent")
            reasons = ("budget_spent",)
        travel_s = question.local.team_turnout_s + found.way_s
        channel = first_channel(books, roll.members)
        answer = answering(respond.answered, team_id, hour, channel, policy.cannot_answer_prior)
        chance = in_time(left_s, travel_s, sigma_of(found.mode, finds))
        score = travel_s / answer + (1e6 if reasons else 0.0)
        if roll.remark_code:
            reasons = (*reasons, "something_to_report")
        scored.append((score, _team(found, roll, travel_s, chance, reasons)))
    scored.sort(key=lambda pair: (pair[0], pair[1].responder_id))
    ranked.candidates = [candidate for _, candidate in scored[:MOST_TEAMS]]
    return ranked


def first_channel(books: Books, members: Collection[str]) -> str:
    """The channel on which a team's alert goes out first: of the first one who would be asked, its shared page where no names are known."""
    return channels_of(books, min(members))[0] if members else PAGE


def _team(found: Found, roll: Roll, travel_s: float, chance: float, reasons: tuple[str, ...]) -> Candidate:
    return Candidate(
        responder_id=found.responder_id, responder_kind="team", ring="neighbour_aid", mode=found.mode, travel_s=travel_s, chance=chance,
        fix_s=roll.taken_s, edge=found.edge, share=found.share, people=roll.reachable, reasons=reasons,
    )  # fmt: skip


_by_score = itemgetter(0, 1)


def police(question: Question, finds: Finds, respond: Respond, books: Books) -> Ranked:
    """Units of every kind by their own mode, the soonest first; busy ones only where their task matters less.

    For an officer's SOS those at rest and those bound to something less count as free, but for who is on the scene of the most urgent.
    """
    ranked, left_s = Ranked(), question.left_s("reinforcement")
    outranks_all = question.incident.priority == HIGHEST
    sigma = {mode: sigma_of(mode, finds) for mode in {found.mode for found in finds.units}}
    scored: list[tuple[float, str, Candidate]] = []
    for found in finds.units:
        unit, duty = books.units.get(found.responder_id), respond.units.get(found.responder_id)
        if unit is None or duty is None:
            ranked.leave_out("none_on_duty")
            continue
        if found.responder_id in question.incident.asked or found.responder_id in question.callers:
            ranked.leave_out("all_asked")
            continue
        if duty.status in ("unavailable", "refuelling"):
            ranked.leave_out("unavailable")
            continue
        weight, reasons = 1.0, [unit.kind]
        if duty.active is not None:
            other = respond.assignments.get(duty.active)
            holding = respond.incidents.get(other.incident_id) if other is not None else None
            if other is None or holding is None or holding.priority <= question.incident.priority:
                ranked.leave_out("busy")
                continue
            weight, reasons = BUSY, [*reasons, "busy_lower_priority"]
            if outranks_all and (holding.priority > 1 or other.state not in THERE):
                weight, reasons = 1.0, [*reasons, "may_divert"]
        elif duty.status == "resting":
            weight, reasons = RESTING, [*reasons, "resting"]
            if outranks_all:
                weight, reasons = 1.0, [*reasons, "may_divert"]
        elif duty.last_cleared_s is not None and question.at_s - duty.last_cleared_s < question.local.rest_s:
            weight, reasons = TIRED, [*reasons, "just_cleared"]
        else:
            reasons.append("rested")
        if question.at_s - found.fix_s > question.policy.fix_age_limit_s:
            weight, reasons = weight * STALE, [*reasons, "stale_fix"]
        if duty.sworn > 0:
            reasons.append("sworn")
        travel_s = unit.turnout_s + found.way_s
        candidate = Candidate(
            responder_id=found.responder_id, responder_kind="unit", ring="reinforcement", mode=found.mode, travel_s=travel_s,
            chance=in_time(left_s, travel_s, sigma[found.mode]), fix_s=found.fix_s, edge=found.edge, share=found.share,
            people=duty.crew, reasons=tuple(reasons),
        )  # fmt: skip
        scored.append((travel_s * weight, found.responder_id, candidate))
    scored.sort(key=_by_score)
    ranked.candidates = [candidate for _, _, candidate in scored]
    return ranked


def reserves(question: Question, finds: Finds, books: Books) -> Ranked:
    """Stations with people in reserve, the soonest first: asked when the units are too few."""
    ranked, left_s = Ranked(), question.left_s("reinforcement")
    for found in finds.stations()[:MOST_STATIONS]:
        station = books.stations.get(found.responder_id)
        if station is None or station.reserve < 1 or found.responder_id in question.incident.asked:
            continue
        travel_s = question.local.team_turnout_s + found.way_s
        ranked.candidates.append(
            Candidate(
                responder_id=found.responder_id, responder_kind="station", ring="reinforcement", mode=found.mode, travel_s=travel_s,
                chance=in_time(left_s, travel_s, sigma_of(found.mode, finds)), fix_s=found.fix_s, edge=found.edge, share=found.share,
                people=station.reserve, reasons=("reserve",),
            )
        )  # fmt: skip
    return ranked
