"""The command by which the zone outside tells, later than the call itself, whom it has alerted by itself."""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.facts.call import AskedOutside, AskedOutsideTold
from firstminute.respond import intake


@dataclass(frozen=True, slots=True, kw_only=True)
class TellAskedOutside:
    """The call, and whom the zone outside alerted for it."""

    call_id: str
    alerts: tuple[AskedOutside, ...]


def tell_asked_outside(state: State, a: TellAskedOutside, act: Act) -> list[Body]:
    """The zone outside has alerted the venue's own team by itself; said twice, it is one alert."""
    call = intake.get_call(state.respond, a.call_id)
    known = {each.alert_id for each in call.asked_outside}
    fresh = tuple(each for each in a.alerts if each.alert_id not in known)
    return [AskedOutsideTold(call_id=a.call_id, alerts=fresh)] if fresh and not call.closed else []
