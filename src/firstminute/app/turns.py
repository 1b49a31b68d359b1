"""Whose turn it is: calls that were only saved while many called at once are taken up when there is time, and soon in any case.

Idea: a call is acknowledged when it is durable, and what it is about takes ten times as long to decide as to save it. When several calls
stand in one group the desk saves them all first (`CallReceived.deferred`) and takes them up in the next lull, the urgent ones first, as many
at once as take `AT_ONCE_S`; where there is no lull, one in each group once somebody has waited for `PATIENCE_S`. The state itself says who
waits, so a kill in between loses no turn. Buttons and crews are never deferred.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from firstminute.app.desk_loop import Waiting
from firstminute.app.ids import new_id
from firstminute.flow.deciders.calls import TakeUpCall, next_turns
from firstminute.flow.state import State
from firstminute.model.envelope import SYSTEM, World

LULL_S = 0.01
PATIENCE_S = 1.0
AT_ONCE_S = 0.02
MOST_AT_ONCE = 64
CALL, TURN = "receive_call", "take_up_call"


def hurried(group: Sequence[Waiting], states: Mapping[World, State]) -> bool:
    """True where calls should only be saved: more than one is in the group, or some wait for their turn already."""
    calls = sum(each.name == CALL for each in group)
    return calls > 1 or (calls == 1 and waiting(states) > 0)


def waiting(states: Mapping[World, State]) -> int:
    """How many calls wait for their turn."""
    return sum(len(state.respond.deferred) for state in states.values())


class Turns:
    """Gives out turns, and learns how much processor time one takes here, so that a group of them is over soon.

    Parameters
    ----------
    ids : makes the id of a command
    spent_s : the processor time that this thread has used; a test has its own
    """

    def __init__(
        self, ids: Callable[[], str] = new_id, spent_s: Callable[[], float] = time.thread_time
    ) -> None:
        self._new_id, self._spent_s = ids, spent_s
        self._turn_s = AT_ONCE_S / 4
        self._began, self._given = 0.0, 0

    def lull_s(self) -> float:
        """How long nobody must come before it is a lull; one that lasts needs no proving again."""
        return 0.0 if self._given else LULL_S

    def next(self, states: Mapping[World, State], *, busy: bool, at_s: float) -> list[Waiting]:
        """The turns that come with the next group, as commands.

        Parameters
        ----------
        busy : this is no lull: others are served as well
        """
        found: list[Waiting] = []
        for world, state in states.items():
            deferred = state.respond.deferred
            if not deferred or (busy and at_s - next(iter(deferred.values())) < PATIENCE_S):
                continue
            most = 1 if busy else min(MOST_AT_ONCE, max(1, int(AT_ONCE_S / self._turn_s)))
            for call_id in next_turns(state, most):
                found.append(Waiting(TURN, TakeUpCall(call_id=call_id), None, SYSTEM, self._new_id(), world))
        self._began, self._given = self._spent_s(), 0 if busy else len(found)
        return found

    def over(self) -> None:
        """The group that came with the last turns is committed."""
        if self._given:
            took_s = (self._spent_s() - self._began) / self._given
            self._turn_s += 0.25 * (took_s - self._turn_s)
