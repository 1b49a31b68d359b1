"""What every alert policy keeps, whatever its numbers: the contract of docs/howto/add-a-dispatch-policy.md."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

from firstminute.flow.registers import put
from firstminute.flow.scene import question, scene, search
from firstminute.model.errors import Refused
from firstminute.model.facts.people import RollTaken
from firstminute.model.facts.response import AlertSent
from firstminute.model.records import AlertPolicy, Plan
from firstminute.respond.catalogue import CATALOGUE
from firstminute.respond.plans import PLANS, POLICIES
from firstminute.respond.policy import cap, coming, pending
from firstminute.respond.recommend import recommend
from firstminute.respond.safety import SHUT_FOR
from tests.support.play import Play, play, roll

GREEDY = AlertPolicy(
    policy_id="greedy",
    at_once={"self_rescue": 50, "neighbour_aid": 50, "reinforcement": 9},
    cap_arrivals={},
    outside_budget=99,
    rounds=9,
)
EVERY_POLICY = pytest.mark.parametrize("policy", [*POLICIES, GREEDY], ids=lambda p: p.policy_id)
SHUT_TYPES = [row.code for row in CATALOGUE if row.hazard in SHUT_FOR]
RINGS = ("self_rescue", "neighbour_aid")


def town_under(policy: AlertPolicy, members: int = 8) -> Play:
    """The town under a plan that names the policy; the team at v is off duty."""
    town = play(mustered=False, members=members)
    put(town.state.registers, "alert_policies", [replace(policy, version=1)])
    put(
        town.state.registers,
        "plans",
        [Plan(plan_id="default", rings=PLANS[0].rings, policy_id=policy.policy_id)],
    )
    for letter in "hio":
        town.submit("take_roll", **roll(letter, members))
    return town


@pytest.mark.parametrize(
    ("policy", "code"),
    [(GREEDY, code) for code in SHUT_TYPES]
    + [(policy, code) for policy in POLICIES for code in ("fight", "sos", "armed_attack")],
)
def test_no_policy_sends_a_neighbour_towards_danger(policy: AlertPolicy, code: str) -> None:
    """Every type behind the gate under the greediest policy, three of them under each default one, minutes long."""
    town = town_under(policy)
    town.open(code)
    town.wait(200)
    assert not [a for a in town.found(AlertSent) if a.outside_venue or (a.team_id not in (None, "Th"))]


@EVERY_POLICY
@pytest.mark.parametrize("seed", range(2))
def test_whatever_people_answer_nobody_is_asked_twice_or_off_duty_or_above_the_numbers(
    policy: AlertPolicy, seed: int
) -> None:
    """Random answers for ten minutes; the numbers of the policy hold at every moment."""
    rng = np.random.default_rng(seed)
    town = town_under(policy)
    standing = {m for r in town.found(RollTaken) for m in r.member_ids or ()}
    town.open("cardiac_arrest")
    incident, respond = town.state.respond.incidents["i1"], town.state.respond
    for _ in range(60):
        waiting = [a for a in respond.alerts.values() if a.state == "asked" and a.task != "escalate"]
        for alert in waiting:
            if alert.state != "asked" or rng.random() < 0.7:
                continue
            try:
                town.submit(
                    "accept_alert" if rng.random() < 0.4 else "decline_alert", alert_id=alert.alert_id
                )
            except Refused as refused:
                assert refused.code in ("enough_come", "alert_withdrawn")
        for ring in RINGS:
            assert pending(respond, incident, ring) <= policy.at_once[ring]
            assert coming(respond, incident, ring) <= cap(policy, ring)
        town.wait(10)
    asked = [a for a in town.found(AlertSent) if a.task != "escalate"]
    names = [a.responder_id for a in asked]
    assert len(names) == len(set(names))
    assert {a.responder_id for a in asked if a.responder_kind == "member"} <= standing
    for ring in RINGS:
        assert sum(a.ring == ring for a in asked) <= policy.rounds * policy.at_once[ring]


@EVERY_POLICY
def test_asking_changes_nothing_and_the_same_question_has_the_same_answer(policy: AlertPolicy) -> None:
    """Pure: input untouched, twice the same list."""
    town = town_under(policy)
    town.open("cardiac_arrest")
    state = town.state
    found = scene(state, "i1")
    assert found is not None
    before = deepcopy((state.respond, state.muster))
    lists = [
        recommend(
            question(town.state, found, town.at_s),
            search(state, found, town.at_s),
            state.muster,
            state.respond,
            state.registers,
            rings=found.rings,
        )
        for _ in range(2)
    ]
    assert lists[0] == lists[1]
    assert (state.respond, state.muster) == before
