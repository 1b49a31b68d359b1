"""The alert policy at work: which policy applies, how many are asked at once, when enough come, which units fill the needs.

Idea (DESIGN.md §5): a policy is a row, not code; these functions only read it. Needs are filled greedily in rank order: special kinds first, then
any ground crew, then until enough are sworn and the skills are there. Limits: greedy is not optimal where one unit could fill two special needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from firstminute.model.facts.response import Candidate, Shortfall
from firstminute.model.records import AlertPolicy, Need, Plan, Unit
from firstminute.respond.books import Books
from firstminute.respond.plans import DEFAULT_PLANS, DEFAULT_POLICIES
from firstminute.respond.records import Incident, Respond

COMES = frozenset({"assigned", "en_route", "arrived", "reached", "stacked"})
HELD = frozenset({"busy_lower_priority", "resting"})
"""Whoever is so is not picked by itself, but for an officer's SOS (`may_divert`)."""
NOT_ANY = frozenset({"drone", "boat"})
"""Kinds that no need for `any` crew is filled with: nobody gets out of them on a street."""
PENDING = frozenset({"asked", "delivered", "seen"})


def plan_at(plan_id: str, grade: str, books: Books) -> Plan:
    """A plan at a grade: its row for the grade, else its own row where that is of the grade, else the default of the grade."""
    for key, any_grade in (
        (f"{plan_id}:{grade}", True),
        (plan_id, False),
        (f"default:{grade}", True),
        (plan_id, True),
    ):
        found = books.plans.get(key) or DEFAULT_PLANS.get(key)
        if found is not None and (any_grade or found.grade == grade):
            return found
    return DEFAULT_PLANS["default"]


def plan_of_incident(incident: Incident, books: Books) -> Plan:
    """The plan an incident runs under: that of its district, at the grade that it opened under."""
    return plan_at(incident.plan_id, incident.grade, books)


def policy_of_plan(plan: Plan, books: Books, adopted: Mapping[str, int]) -> AlertPolicy:
    """The plan's alert policy. A newer version of the row applies only once somebody adopted it by name; until then the house's default of that name."""
    row = books.alert_policies.get(plan.policy_id)
    default = DEFAULT_POLICIES.get(plan.policy_id) or DEFAULT_POLICIES["default"]
    if row is None:
        return default
    if row.version > 1 and adopted.get(row.policy_id, 1) < row.version:
        return default
    return row


def at_once(policy: AlertPolicy, ring: str) -> int:
    """How many people of a ring are asked at the same time."""
    return policy.at_once.get(ring, 1)


def cap(policy: AlertPolicy, ring: str) -> int:
    """How many of a ring may come."""
    return policy.cap_arrivals.get(ring, 1_000)


def coming(respond: Respond, incident: Incident, ring: str, *, stalled_before_s: float = -1.0) -> int:
    """How many of a ring come or are there; who said yes before `stalled_before_s` and has not moved since does not count."""
    count = 0
    for key in incident.assignments:
        bound = respond.assignments.get(key)
        if bound is not None and bound.ring == ring and bound.state in COMES:
            count += bound.state != "assigned" or bound.assigned_s > stalled_before_s
    return count


def room(respond: Respond, incident: Incident, policy: AlertPolicy, ring: str, *, at_s: float) -> int:
    """How many more people of a ring may be asked now: so many at once, no more than come, no more than its rounds in all."""
    there = coming(respond, incident, ring, stalled_before_s=at_s - policy.move_within_s)
    if there >= cap(policy, ring):
        return 0
    asked = sum(
        1
        for key in incident.alerts
        if (a := respond.alerts.get(key)) is not None and a.ring == ring and a.task != "escalate"
    )
    most = at_once(policy, ring)
    return max(0, min(most - pending(respond, incident, ring) - there, policy.rounds * most - asked))


def pending(respond: Respond, incident: Incident, ring: str) -> int:
    """How many of a ring were asked and have not answered yet; police count once they are bound."""
    asked = (respond.alerts.get(key) for key in incident.alerts)
    return sum(
        1
        for a in asked
        if a is not None
        and a.ring == ring
        and a.state in PENDING
        and a.responder_kind != "unit"
        and a.task != "escalate"
    )


@dataclass(frozen=True, slots=True)
class Filled:
    """The units picked for the needs, and what is still missing."""

    picked: tuple[str, ...]
    shortfalls: tuple[Shortfall, ...]


@dataclass(slots=True)
class _Want:
    special: dict[str, int]
    any_crew: int
    sworn: int
    skills: set[str]

    def take(self, kind: str, sworn: int, kit: Iterable[str]) -> None:
        if self.special.get(kind, 0) > 0:
            self.special[kind] -= 1
        elif kind not in NOT_ANY:
            self.any_crew -= 1
        self.sworn -= sworn
        self.skills -= set(kit)

    def wants(self, step: str) -> bool:
        """Whether anything of a step of filling is still open."""
        if step == "special":
            return any(number > 0 for number in self.special.values())
        if step == "any":
            return self.any_crew > 0
        return self.sworn > 0 if step == "sworn" else bool(self.skills)


def fill(
    need: Need,
    ranked: Sequence[Candidate],
    present: Sequence[str],
    *,
    respond: Respond,
    units: Mapping[str, Unit],
    most: int,
) -> Filled:
    """Pick units for a need in rank order.

    Parameters
    ----------
    ranked : candidates of the reinforcement ring; busy ones are never picked by themselves, a person decides on a diversion
    present : units that already come: they count
    most : cap on arrivals
    """
    want = _Want(
        {k: n for k, n in need.units.items() if k != "any"},
        need.units.get("any", 0),
        need.sworn,
        set(need.skills),
    )
    for unit_id in present:
        unit, duty = units.get(unit_id), respond.units.get(unit_id)
        if unit is not None:
            want.take(unit.kind, duty.sworn if duty else unit.sworn, unit.kit)
    free = [c for c in ranked if HELD.isdisjoint(c.reasons) or "may_divert" in c.reasons]
    picked: list[str] = []
    room = most - len(present)

    def pick(useful: str) -> None:
        for candidate in free:
            if len(picked) >= room or not want.wants(useful):
                return
            unit, duty = units[candidate.responder_id], respond.units.get(candidate.responder_id)
            sworn = duty.sworn if duty else 0
            if candidate.responder_id not in picked and _useful(useful, unit, sworn, want):
                picked.append(candidate.responder_id)
                want.take(unit.kind, sworn, unit.kit)

    for step in ("special", "any", "sworn", "skills"):
        pick(step)
    return Filled(tuple(picked), _missing(want, ranked, room - len(picked)))


def _useful(step: str, unit: Unit, sworn: int, want: _Want) -> bool:
    if step == "special":
        return want.special.get(unit.kind, 0) > 0
    if unit.kind in NOT_ANY:
        return False
    if step == "any":
        return want.any_crew > 0
    if step == "sworn":
        return want.sworn > 0 and sworn > 0
    return bool(want.skills & set(unit.kit))


def _missing(want: _Want, ranked: Sequence[Candidate], room: int) -> tuple[Shortfall, ...]:
    code = "none_in_reach" if not ranked else ("all_busy" if room > 0 else "cap_reached")
    found = [
        Shortfall(ring="reinforcement", need=kind, missing=n, code=code)
        for kind, n in want.special.items()
        if n > 0
    ]
    if want.any_crew > 0:
        found.append(Shortfall(ring="reinforcement", need="any", missing=want.any_crew, code=code))
    if want.sworn > 0:
        found.append(Shortfall(ring="reinforcement", need="sworn", missing=want.sworn, code="no_sworn"))
    found += [
        Shortfall(ring="reinforcement", need=skill, missing=1, code="no_skill")
        for skill in sorted(want.skills)
    ]
    return tuple(found)
