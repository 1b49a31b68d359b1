"""READ SECOND: what follows from what. One dictionary: a fact's class → the reactions to it, in order.

Idea: a reaction looks at the state after the fact and answers with further facts; it names one consequence. Everything the platform does by itself
stands on this page. Replay never runs it.
"""

from __future__ import annotations

from collections.abc import Callable

from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact

Reaction = Callable[[State, Fact, Act], list[Body]]

REACTIONS: dict[type[Body], tuple[Reaction, ...]] = {}
