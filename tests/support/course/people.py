"""What somebody may try with units, teams, rolls and welfare."""

from __future__ import annotations

from collections.abc import Iterator

from firstminute.model.envelope import SYSTEM, Actor
from tests.support.course.picks import (
    TEAMS,
    Act,
    pick,
    unit,
    why,
)
from tests.support.play import COMMANDER, roll


def people() -> Iterator[tuple[str, Act]]:
    """Acts about shifts, rolls, welfare and who may be reached."""
    yield (
        "call_muster",
        lambda t, a, b: t.submit(
            "call_muster",
            shift=f"s{a % 3}",
            due_s=t.at_s + 5,
            until_s=t.at_s + 60.0 * (1 + b),
            district=("D", None)[a % 2],
            actor=COMMANDER,
        ),
    )
    yield (
        "take_roll",
        lambda t, a, b: t.submit(
            "take_roll", **roll("hiov"[a % 4], 1 + b % 4, until_s=t.at_s + 100.0 * (1 + b))
        ),
    )
    yield (
        "take_rolls",
        lambda t, a, b: t.submit(
            "take_rolls",
            rolls=[{"team_id": x, "shift": "s0", "on_duty": 1 + b % 5} for x in TEAMS[: 1 + a % 4]],
        ),
    )
    yield (
        "check_in",
        lambda t, a, b: t.submit(
            "check_in", team_id=f"T{'hiov'[a % 4]}", member_id=f"M{'hiov'[a % 4]}{b % 4}"
        ),
    )
    yield (
        "check_out",
        lambda t, a, b: t.submit(
            "check_out", team_id=f"T{'hiov'[a % 4]}", member_id=f"M{'hiov'[a % 4]}{b % 4}"
        ),
    )
    yield (
        "hear_test",
        lambda t, a, b: t.submit(
            "hear_test", team_id=f"T{'hiov'[a % 4]}", member_id=f"M{'hiov'[a % 4]}{b % 4}"
        ),
    )
    yield (
        "enter_member",
        lambda t, a, b: t.submit(
            "enter_member",
            row={
                "member_id": f"P{b % 3}",
                "team_id": TEAMS[a % 4],
                "channels": ("page", "push", "sms")[: 1 + b % 3],
            },
            digest="",
            actor=Actor(id=f"P{(a + b) % 3}", role="member", team_id=TEAMS[a % 4]),
        ),
    )
    yield (
        "give_feedback",
        lambda t, a, b: t.submit(
            "give_feedback",
            incident_id=pick([*t.state.respond.incidents, *t.state.respond.closed], a),
            found=("as_told", "different", "nothing_there", "more_needed", "bored")[b % 5],
        ),
    )
    yield "end_roll", lambda t, a, b: t.submit("end_roll", team_id=TEAMS[a % 4])
    yield "start_spot_call", lambda t, a, b: t.submit("start_spot_call", count=1 + a % 3, within_s=60.0)
    yield (
        "answer_spot_call",
        lambda t, a, b: t.submit(
            "answer_spot_call", spot_id=pick(t.state.muster.spots, a), team_id=TEAMS[b % 4], on_duty=b % 5
        ),
    )
    yield (
        "start_pull_test",
        lambda t, a, b: t.submit("start_pull_test", team_ids=(TEAMS[a % 4],), within_s=60.0),
    )
    yield (
        "answer_drill",
        lambda t, a, b: t.submit(
            "answer_drill", drill_id=pick(t.state.muster.drills, a), team_id=TEAMS[b % 4]
        ),
    )
    yield "end_drill", lambda t, a, b: t.submit("end_drill", drill_id=pick(t.state.muster.drills, a))
    yield "leave_drill", lambda t, a, b: t.submit("leave_drill", team_ids=(TEAMS[b % 4],), actor=SYSTEM)
    yield (
        "report_kit",
        lambda t, a, b: t.submit("report_kit", team_id=TEAMS[a % 4], kit=("shield", "aed")[: b % 3]),
    )
    yield (
        "recall",
        lambda t, a, b: t.submit(
            "recall", reason=why("recall", a), unit_ids=(unit(b),), team_ids=(TEAMS[a % 4],), actor=COMMANDER
        ),
    )
