"""Live always wins: when the live desk alerts a team that drills, its drill task ends.

Idea: two worlds share no state, so the shell carries this one message, one way, after the commit (decision 0084). Limits: at most once; a message lost with the
process costs a drill figure, never a call.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from firstminute.app.desk import Desk
from firstminute.app.desk_loop import Committed
from firstminute.flow.state import State
from firstminute.model.envelope import SYSTEM
from firstminute.model.facts.response import AlertSent


def leave_drills(desk: Desk, new_id: Callable[[], str]) -> Callable[[Committed], None]:
    """A listener for the desk: tells the exercise world which of its teams live has just called."""

    def leave(asked: Future[tuple[str, ...]]) -> None:
        if not asked.cancelled() and asked.exception() is None and asked.result():
            desk.submit(
                "leave_drill",
                {"team_ids": asked.result()},
                SYSTEM,
                new_id(),
                world="exercise",
                repeatable=False,
            )

    def follow(committed: Committed) -> None:
        if committed.world != "live":
            return
        called = {f.body.team_id for f in committed.facts if isinstance(f.body, AlertSent)} - {None}
        if called:
            desk.ask(lambda state: _drilling(state, called), "exercise").add_done_callback(leave)

    return follow


def _drilling(state: State, called: set[str | None]) -> tuple[str, ...]:
    drills = state.muster.drills.values()
    return tuple(
        sorted({t for drill in drills for t in drill.team_ids if t in called and t not in drill.left})
    )
