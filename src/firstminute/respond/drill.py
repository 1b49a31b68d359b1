"""Practice and pull test (拉动): teams are called as in earnest, measured, and never counted as live.

Idea: a drill lives in the exercise world's own state and journal, so it can make nobody busy in live; a live alert to a team of a drill ends that
team's drill task at once. Times are measured like clocks, what was slow becomes a task. Source: story 15, DESIGN.md §4. Limits: the shell
tells the exercise world of live alerts (`leave_drill`), because two worlds share no state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from firstminute.model.envelope import Body, Fact
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import TimerCancelled, TimerSet
from firstminute.model.facts.people import DrillAnswered, DrillEnded, DrillLeft, DrillStarted
from firstminute.respond.books import Books
from firstminute.respond.muster_records import Drill, Muster
from firstminute.respond.telling import people_of_team, tell

TIMER = "drill_due"
MOST = 500
FORMS = ("pull_test", "drill")
REASONS = ("finished", "live_alert", "stopped")


def start(
    muster: Muster,
    books: Books,
    team_ids: tuple[str, ...],
    *,
    form: str,
    within_s: float,
    world: str,
    at_s: float,
    ids: Iterator[str],
    drill_id: str | None = None,
) -> list[Body]:
    """Call the teams; only in the exercise world, and a team is in one drill at a time."""
    if world != "exercise":
        raise Refused("exercise_only")
    if form not in FORMS:
        raise Refused("unknown_form", form=form)
    if not team_ids:
        raise Refused("nobody_to_ask")
    if len(team_ids) > MOST:
        raise Refused("too_many_teams", most=MOST)
    if within_s <= 0:
        raise Refused("no_time_given")
    for drill in muster.drills.values():
        taken = sorted((set(drill.team_ids) - drill.left) & set(team_ids))
        if taken:
            raise Refused("team_in_drill", team=taken[0])
    drill_id = drill_id or next(ids)
    due_s = at_s + within_s
    people = [who for t in team_ids for who in people_of_team(books, muster, t)]
    asked = tell(books, people, "drill", drill_id, expires_s=due_s, ids=ids)
    return [
        DrillStarted(drill_id=drill_id, incident_id=None, form=form, team_ids=team_ids, due_s=due_s),
        *asked,
        TimerSet(timer_subject=drill_id, timer=TIMER, round=1, due_s=due_s),
    ]


def answer(muster: Muster, drill_id: str, team_id: str, *, evidence: str, occurred_s: float) -> list[Body]:
    """The team stands where it was asked to stand; the last one finishes the drill."""
    drill = _running(muster, drill_id)
    if team_id not in drill.team_ids or team_id in drill.left:
        raise Refused("not_asked", team=team_id)
    if team_id in drill.answered:
        return []
    since_s = round(max(0.0, occurred_s - drill.started_s), 3)
    facts: list[Body] = [
        DrillAnswered(drill_id=drill_id, team_id=team_id, since_start_s=since_s, evidence=evidence)
    ]
    if set(drill.team_ids) - drill.left <= {*drill.answered, team_id}:
        slow = _slow(drill, {**drill.answered, team_id: since_s})
        facts += [
            DrillEnded(drill_id=drill_id, reason="finished", slow=slow),
            TimerCancelled(timer_subject=drill_id, timer=TIMER),
        ]
    return facts


def leave(muster: Muster, team_ids: tuple[str, ...]) -> list[Body]:
    """Live alerts went to these teams: their drill tasks end; a drill that nobody is left in ends too."""
    facts: list[Body] = []
    for drill in muster.drills.values():
        going = [
            t for t in team_ids if t in drill.team_ids and t not in drill.left and t not in drill.answered
        ]
        facts += [DrillLeft(drill_id=drill.drill_id, team_id=t, reason="live_alert") for t in going]
        if going and not set(drill.team_ids) - drill.left - set(going) - set(drill.answered):
            facts.append(
                DrillEnded(drill_id=drill.drill_id, reason="live_alert", slow=_slow(drill, drill.answered))
            )
            facts.append(TimerCancelled(timer_subject=drill.drill_id, timer=TIMER))
    return facts


def end(muster: Muster, drill_id: str, reason: str) -> list[Body]:
    """Stop a drill."""
    drill = _running(muster, drill_id)
    if reason not in REASONS:
        raise Refused("unknown_reason", reason=reason[:40], listed=", ".join(REASONS))
    slow = _slow(drill, drill.answered) if reason == "finished" else ()
    return [
        DrillEnded(drill_id=drill_id, reason=reason, slow=slow),
        TimerCancelled(timer_subject=drill_id, timer=TIMER),
    ]


def due(muster: Muster, drill_id: str) -> list[Body]:
    """The time is over: who did not stand is slow."""
    drill = muster.drills.get(drill_id)
    if drill is None:
        return []
    gone = tuple(t for t in drill.team_ids if t not in drill.answered and t not in drill.left)
    return [DrillEnded(drill_id=drill_id, reason="finished", slow=(*_slow(drill, drill.answered), *gone))]


def summary(facts: Iterable[Fact]) -> dict[str, Any]:
    """A drill as its facts tell it: who was called, who stood after how long, who left for a live alert, who was slow, who never came."""
    found: dict[str, Any] = {
        "form": "",
        "started_s": 0.0,
        "due_s": 0.0,
        "asked": 0,
        "ended": None,
        "slow": [],
    }
    asked: tuple[str, ...] = ()
    answered: list[dict[str, Any]] = []
    left: list[str] = []
    for fact in facts:
        match fact.body:
            case DrillStarted(form=form, team_ids=team_ids, due_s=due_s):
                asked = team_ids
                found |= {"form": form, "started_s": fact.at_s, "due_s": due_s, "asked": len(team_ids)}
            case DrillAnswered(team_id=team_id, since_start_s=since_s, evidence=evidence):
                answered.append({"team_id": team_id, "after_s": since_s, "evidence": evidence})
            case DrillLeft(team_id=team_id):
                left.append(team_id)
            case DrillEnded(reason=reason, slow=slow):
                found |= {"ended": reason, "slow": list(slow)}
            case _:
                pass
    there = {row["team_id"] for row in answered} | set(left)
    times = sorted(row["after_s"] for row in answered)
    middle = times[(len(times) - 1) // 2] if times else None
    return {
        **found, "answered": answered, "left": left, "missing": [t for t in asked if t not in there],
        "p50_s": middle, "slowest_s": times[-1] if times else None,
    }  # fmt: skip


def _slow(drill: Drill, answered: dict[str, float]) -> tuple[str, ...]:
    limit_s = drill.due_s - drill.started_s
    return tuple(sorted(t for t, since_s in answered.items() if since_s > limit_s))


def _running(muster: Muster, drill_id: str) -> Drill:
    drill = muster.drills.get(drill_id)
    if drill is None:
        raise Refused("drill_over", drill=drill_id)
    return drill
