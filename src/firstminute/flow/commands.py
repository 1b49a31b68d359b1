"""Every command there is, as one literal tuple: name, function, policy, argument schema.

Idea: a command is a named pure function `(state, arguments, act) -> facts`; shells submit it by name with plain data, no closure crosses to the desk. The
policy names who may submit it. The functions stand in `deciders/`, one file a subject; each adapts state to a capability's own decide function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from firstminute.flow.deciders import desk
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body

Decide = Callable[[State, Any, Act], list[Body]]


@dataclass(frozen=True, slots=True)
class Command:
    """One line of the menu.

    Attributes
    ----------
    policy : who may submit it, a key of `api.auth` policies: public, device, responder, dispatcher, commander, partner, admin, system
    schema : the frozen dataclass that its arguments must fit
    """

    name: str
    decide: Decide
    policy: str
    schema: type[Any]


COMMANDS: tuple[Command, ...] = (
    Command("fire_timer", desk.fire_timer, "system", desk.FireTimer),
    Command("change_register", desk.change_register, "admin", desk.ChangeRegister),
    Command("switch_grade", desk.switch_grade, "commander", desk.SwitchGrade),
    Command("adopt_policy", desk.adopt_policy, "commander", desk.AdoptPolicy),
    Command("report_clock", desk.report_clock, "system", desk.ReportClock),
    Command("confirm_clock", desk.confirm_clock, "commander", desk.ConfirmClock),
    Command("hand_over_seat", desk.hand_over_seat, "dispatcher", desk.HandOverSeat),
    Command("record_delivery", desk.record_delivery, "system", desk.RecordDelivery),
    Command("open_data", desk.open_data, "dispatcher", desk.OpenData),
)

COMMAND_BY_NAME: dict[str, Command] = {command.name: command for command in COMMANDS}
