"""1-3-5 as data: what each ring and zone promises, per grade, and the alert policy that goes with it.

Idea (DESIGN.md §5): a plan is found by district and grade, so a grade switch (平战转换) changes targets, rosters and alert policies together
because all three hang on the plan. The rows here are the defaults of a new city. Source: the Guangdong 1-3-5 circle (self-rescue 60 s, neighbour aid
180 s, police 300 s; core 60, dense 180, other 300 s). Limits: heightened and emergency rows are ours, to be tuned.
"""

from __future__ import annotations

from firstminute.model.records import AlertPolicy, Plan, RingPlan

RINGS_OF_PLAN: tuple[RingPlan, ...] = (
    RingPlan(ring="self_rescue", target_s=60.0, owner="venue", on_breach=("station",)),
    RingPlan(ring="neighbour_aid", target_s=180.0, owner="neighbours", on_breach=("station",)),
    RingPlan(ring="reinforcement", target_s=300.0, owner="police", on_breach=("duty_officer",)),
)
ZONE_TARGETS_S: dict[str, float] = {"core": 60.0, "dense": 180.0, "other": 300.0}

PLANS: tuple[Plan, ...] = (
    Plan(plan_id="default", grade="normal", rings=RINGS_OF_PLAN, zone_targets_s=ZONE_TARGETS_S),
    Plan(
        plan_id="default:heightened",
        grade="heightened",
        rings=RINGS_OF_PLAN,
        zone_targets_s={"core": 60.0, "dense": 120.0, "other": 240.0},
        policy_id="heightened",
        roster="heightened",
    ),
    Plan(
        plan_id="default:emergency",
        grade="emergency",
        rings=RINGS_OF_PLAN,
        zone_targets_s={"core": 60.0, "dense": 60.0, "other": 180.0},
        policy_id="emergency",
        roster="emergency",
    ),
)

POLICIES: tuple[AlertPolicy, ...] = (
    AlertPolicy(policy_id="default"),
    AlertPolicy(
        policy_id="heightened",
        at_once={"self_rescue": 6, "neighbour_aid": 7, "reinforcement": 2},
        cap_arrivals={"self_rescue": 8, "neighbour_aid": 4, "reinforcement": 6},
        answer_within_s=25.0,
        outside_budget=3,
    ),
    AlertPolicy(
        policy_id="emergency",
        at_once={"self_rescue": 8, "neighbour_aid": 9, "reinforcement": 3},
        cap_arrivals={"self_rescue": 12, "neighbour_aid": 6, "reinforcement": 8},
        answer_within_s=20.0,
        outside_budget=4,
        escalate_after_s=(45.0, 120.0, 240.0),
    ),
)

DEFAULT_PLANS: dict[str, Plan] = {plan.plan_id: plan for plan in PLANS}
DEFAULT_POLICIES: dict[str, AlertPolicy] = {policy.policy_id: policy for policy in POLICIES}


def ring_of(plan: Plan, ring: str) -> RingPlan | None:
    """What the plan promises for one ring, None where it promises nothing."""
    return next((row for row in plan.rings if row.ring == ring), None)


def zone_target_s(plan: Plan, zone: str) -> float:
    """Target of the first police on scene in a zone class; a class the plan does not name counts as `other`."""
    targets = plan.zone_targets_s or ZONE_TARGETS_S
    return targets.get(zone, targets.get("other", ZONE_TARGETS_S["other"]))


def rings_open(wanted: dict[str, str], *, has_team: bool, gate_shut: bool) -> dict[str, str]:
    """Mode of each ring for one incident: what its type says, without self-rescue where no team lives and without neighbours where the gate is shut.

    >>> rings_open({"self_rescue": "automatic", "neighbour_aid": "automatic"}, has_team=False, gate_shut=True)
    {'self_rescue': 'off', 'neighbour_aid': 'off', 'reinforcement': 'automatic'}
    """
    return {
        "self_rescue": wanted.get("self_rescue", "off") if has_team else "off",
        "neighbour_aid": "off" if gate_shut else wanted.get("neighbour_aid", "off"),
        "reinforcement": wanted.get("reinforcement", "automatic"),
    }
