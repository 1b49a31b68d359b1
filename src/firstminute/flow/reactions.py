"""READ SECOND: what follows from what. One dictionary: a fact's class → the reactions to it, in order.

Idea: a reaction looks at the state after the fact and answers with further facts; it names one consequence. Everything the platform does by itself
stands on this page. Replay never runs it.
"""

from __future__ import annotations

from collections.abc import Callable

from firstminute.flow.consequences import (
    alerting,
    clocks,
    closure,
    delivery,
    escalation,
    intake,
    muster,
    partners,
    progress,
    recommend,
    replacement,
    safety,
    surge,
    welfare,
)
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.call import (
    CallAmended,
    CallAttached,
    CallDetached,
    CallReceived,
    CallTakenUp,
    ProtocolAnswered,
)
from firstminute.model.facts.desk import GradeSwitched, MessageOutcome, TimerFired
from firstminute.model.facts.incident import (
    DeskMeasureTaken,
    IncidentAmended,
    IncidentClosed,
    IncidentOpened,
    IncidentReopened,
    LevelRaised,
    StandDownOrdered,
)
from firstminute.model.facts.people import DrillEnded, UnitOnDuty, UnitStatusSet, WelfareAnswered
from firstminute.model.facts.response import (
    AlertAccepted,
    AlertDeclined,
    AlertExpired,
    AlertFailed,
    AlertSent,
    AlertWithdrawn,
    Arrived,
    Assigned,
    Cleared,
    ClockBreached,
    ClockStarted,
    Diverted,
    HelpAsked,
    Released,
    SafetyAnswered,
    UnitsChosen,
    UnitsRecommended,
)

Reaction = Callable[[State, Fact, Act], list[Body]]

REACTIONS: dict[type[Body], tuple[Reaction, ...]] = {
    CallReceived: (intake.open_or_attach,),
    CallTakenUp: (intake.open_or_attach,),
    CallAmended: (intake.redraw,),
    CallAttached: (intake.redraw, intake.bind_on_view, surge.declare, partners.tell_partner),
    CallDetached: (intake.open_for_detached,),
    ProtocolAnswered: (intake.decide_by_answer,),
    IncidentOpened: (
        surge.declare, clocks.open_rings, recommend.recommend_units, safety.warn_others, escalation.arm_escalation, intake.start_measures,
        intake.bind_on_view,
    ),
    IncidentAmended: (
        safety.shut_gate, clocks.change_rings, recommend.recommend_again, safety.warn_others, safety.all_clear, intake.start_measures,
        intake.tell_crews,
    ),
    LevelRaised: (recommend.recommend_again, intake.tell_crews),
    StandDownOrdered: (clocks.stop_clocks, welfare.stand_down, safety.all_clear, partners.tell_partner, progress.report_due),
    DeskMeasureTaken: (progress.report_due,),
    IncidentClosed: (safety.all_clear, partners.tell_partner, replacement.serve_waiting),
    UnitOnDuty: (replacement.serve_waiting,),
    UnitStatusSet: (progress.give_back, replacement.serve_waiting),
    IncidentReopened: (clocks.change_rings, recommend.recommend_units, escalation.arm_escalation, partners.tell_partner),
    UnitsRecommended: (recommend.choose_automatic, escalation.wake_when_short),
    UnitsChosen: (alerting.send_alerts,),
    AlertSent: (clocks.start_when_alerted,),
    MessageOutcome: (delivery.note_delivery,),
    AlertFailed: (delivery.try_next_channel,),
    AlertWithdrawn: (delivery.tell_withdrawn,),
    AlertAccepted: (alerting.bind_who_accepts,),
    AlertDeclined: (replacement.free_who_cannot, replacement.replace_who_fell_out),
    AlertExpired: (replacement.free_who_cannot, replacement.replace_who_fell_out),
    Assigned: (safety.call_off, alerting.withdraw_when_enough, partners.tell_partner),
    Released: (
        delivery.tell_released, replacement.replace_who_fell_out, progress.next_task, replacement.serve_waiting, welfare.ask_safety,
        progress.report_due,
    ),
    Cleared: (progress.next_task, replacement.serve_waiting, progress.report_due),
    Diverted: (replacement.replace_who_fell_out,),
    Arrived: (clocks.judge_arrival, alerting.give_role, alerting.withdraw_when_enough, welfare.begin, partners.tell_partner),
    HelpAsked: (progress.help_comes,),
    WelfareAnswered: (welfare.ask_again,),
    SafetyAnswered: (welfare.help_unsafe,),
    ClockStarted: (clocks.judge_earlier,),
    ClockBreached: (clocks.wake_on_breach,),
    DrillEnded: (muster.slow_becomes_task,),
    GradeSwitched: (muster.call_up,),
    TimerFired: (
        replacement.expire_alerts, replacement.replace_who_stands_still, clocks.clock_due, escalation.escalate,
        escalation.woken_unanswered,
        muster.chase_missing, muster.end_shift, muster.end_spot_call, muster.end_drill,
        welfare.due, surge.look_again, closure.due, progress.status_ends,
    ),
}  # fmt: skip
