"""READ FIRST: every fact, in the order an incident lives them.

`call` (somebody asks for help) → `incident` (something happens) → `response` (the answer and its clocks) → `people` (who stands where) → `patrol`
(where a patrol passed) → `desk` (timers, registers, the machine itself) → `account` (who may sign in) → `data` (keys, holds, corrections) → `access`
(two parties to one act).
A fact is past tense and final; `KINDS` finds a class by its name.
"""

from __future__ import annotations

from firstminute.model.envelope import Body
from firstminute.model.facts import access, account, call, data, desk, incident, patrol, people, response
from firstminute.model.facts.access import *  # noqa: F403  the page is the list of all facts
from firstminute.model.facts.account import *  # noqa: F403
from firstminute.model.facts.call import *  # noqa: F403
from firstminute.model.facts.data import *  # noqa: F403
from firstminute.model.facts.desk import *  # noqa: F403
from firstminute.model.facts.incident import *  # noqa: F403
from firstminute.model.facts.patrol import *  # noqa: F403
from firstminute.model.facts.people import *  # noqa: F403
from firstminute.model.facts.response import *  # noqa: F403


def _kinds() -> dict[str, type[Body]]:
    found: dict[str, type[Body]] = {}
    for module in (call, incident, response, people, patrol, desk, account, data, access):
        for value in vars(module).values():
            if (
                isinstance(value, type)
                and issubclass(value, Body)
                and value is not Body
                and value.__module__ == module.__name__
            ):
                found[value.NAME] = value
    return found


KINDS: dict[str, type[Body]] = _kinds()
