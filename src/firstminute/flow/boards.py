"""Boards that somebody asks for now and then: who is missing against the roster, and what is to be done.

Idea: `render(state) → view`, like the rows of the feed, but for questions that go over a whole register. Limits: lists are cut; the counts are whole.
"""

from __future__ import annotations

from typing import Any

from firstminute.flow.plans import below, grade_of, plan_of_district, short_now, wanted_people
from firstminute.flow.state import State
from firstminute.respond.roster import ANY_CREW

SHOWN_MOST = 500


def roster_board(state: State, district: str, at_s: float) -> dict[str, Any]:
    """Wanted and present under the roster in force in a district and all under it; who is missing, and who could be called back.

    Returns
    -------
    grade, roster; people and crews wanted and missing; teams that lack people; off-duty crews of the kinds that are lacking (`recallable`), for a
    commander's recall; teams whose kit is incomplete
    """
    districts = frozenset(below(state.registers, district))
    wanted, short = wanted_people(state, districts, at_s), short_now(state, districts, at_s)
    kinds = set(short.crews)
    off_duty = [
        unit.unit_id
        for unit in state.registers.units.values()
        if unit.district in districts
        and unit.unit_id not in state.respond.units
        and (unit.kind in kinds or ANY_CREW in kinds)
    ]
    return {
        "district": district,
        "grade": grade_of(state, district),
        "roster": plan_of_district(state, district).roster,
        "teams_wanted": len(wanted),
        "people_wanted": sum(wanted.values()),
        "teams_short": len(short.teams),
        "people_missing": short.people,
        "crews_missing": dict(short.crews),
        "missing": [{"team_id": t, "people": n} for t, n in list(short.teams.items())[:SHOWN_MOST]],
        "recallable": {"unit_ids": off_duty[:SHOWN_MOST], "team_ids": list(short.teams)[:SHOWN_MOST]},
        "kit_missing": [
            {"team_id": t, "missing": list(gone)} for t, (_, gone) in state.muster.kit.items() if gone and t in wanted
        ][:SHOWN_MOST],
    }  # fmt: skip


def task_board(state: State, owner: str | None) -> list[dict[str, Any]]:
    """Tasks that are not done, the most urgent first; of one owner, or all."""
    tasks = [task for task in state.respond.tasks.values() if owner in (None, task.owner)]
    return [
        {
            "task_id": t.task_id, "what": t.what, "owner": t.owner, "set_s": t.set_s, "due_s": t.due_s, "incident_id": t.incident_id,
            "team_id": t.team_id, "note": t.note,
        }
        for t in sorted(tasks, key=lambda t: t.due_s)
    ]  # fmt: skip


def faults_of(state: State) -> tuple[str, ...]:
    """What the desk itself knows to be broken: its clock, messages that reactions lost."""
    clock = ("clock",) if state.desk.timers_held or abs(state.desk.clock_apart_s) > 0 else ()
    return (*clock, *(("other",) if state.desk.failed_reactions else ()))
