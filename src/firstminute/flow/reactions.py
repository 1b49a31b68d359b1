"""READ SECOND: what follows from what. A fact's class → the reactions to it, in order; of a timer that fired, the stem of its name → the reactions.

Idea: a reaction looks at the state after the fact and answers with further facts; it names one consequence. Everything the platform does by itself
stands on this page. Replay never runs it.
"""

from __future__ import annotations

from collections.abc import Callable

from firstminute.flow.access import second, sharing
from firstminute.flow.consequences import (
    alerting,
    clocks,
    closure,
    delivery,
    escalation,
    intake,
    muster,
    nearer,
    opening,
    outside,
    partners,
    progress,
    receivers,
    recommend,
    replacement,
    safety,
    said,
    surge,
    welfare,
)
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.call import (
    AskedOutsideTold,
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
    MessageSaid,
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
    AskedOutsideTold: (outside.take_alerts_over,),
    CallAttached: (outside.take_alerts_over, intake.redraw, intake.bind_on_view, surge.declare, partners.tell_partner),
    CallDetached: (intake.open_for_detached,),
    ProtocolAnswered: (intake.decide_by_answer,),
    IncidentOpened: (
        surge.declare, clocks.open_rings, outside.take_alerts_over, recommend.recommend_units, safety.warn_others, escalation.arm_escalation,
        intake.start_measures, intake.bind_on_view, receivers.tell_receivers,
    ),
    IncidentAmended: (
        safety.shut_gate, clocks.change_rings, recommend.recommend_again, safety.warn_others, safety.all_clear, intake.start_measures,
        intake.tell_crews,
    ),
    LevelRaised: (recommend.recommend_again, intake.tell_crews),
    StandDownOrdered: (clocks.stop_clocks, welfare.stand_down, safety.all_clear, partners.tell_partner, progress.report_due, receivers.tell_receivers),
    DeskMeasureTaken: (progress.report_due,),
    IncidentClosed: (safety.all_clear, partners.tell_partner, replacement.serve_waiting, receivers.tell_receivers, delivery.thank_who_came),
    UnitOnDuty: (replacement.serve_waiting, nearer.offer_swap),
    UnitStatusSet: (progress.give_back, replacement.serve_waiting, nearer.offer_swap),
    IncidentReopened: (
        clocks.change_rings, recommend.recommend_units, escalation.arm_escalation, partners.tell_partner, receivers.tell_receivers,
    ),
    UnitsRecommended: (recommend.choose_automatic, escalation.wake_when_short),
    UnitsChosen: (alerting.send_alerts,),
    AlertSent: (clocks.start_when_alerted, safety.call_back),
    MessageOutcome: (delivery.note_delivery,),
    AlertFailed: (delivery.try_next_channel,),
    AlertWithdrawn: (delivery.tell_withdrawn,),
    AlertAccepted: (alerting.bind_who_accepts,),
    AlertDeclined: (replacement.free_who_cannot, replacement.replace_who_fell_out),
    AlertExpired: (replacement.free_who_cannot, replacement.replace_who_fell_out),
    Assigned: (safety.call_off, alerting.withdraw_when_enough, partners.tell_partner),
    Released: (
        delivery.tell_released, replacement.replace_who_fell_out, progress.next_task, replacement.serve_waiting, welfare.ask_safety,
        progress.report_due, nearer.offer_swap,
    ),
    Cleared: (progress.next_task, replacement.serve_waiting, progress.report_due, nearer.offer_swap),
    MessageSaid: (said.pass_on,),
    Diverted: (replacement.replace_who_fell_out,),
    Arrived: (clocks.judge_arrival, alerting.give_role, alerting.withdraw_when_enough, welfare.begin, partners.tell_partner, receivers.tell_receivers),
    HelpAsked: (progress.help_comes,),
    WelfareAnswered: (welfare.ask_again,),
    SafetyAnswered: (welfare.help_unsafe,),
    ClockStarted: (clocks.judge_earlier,),
    ClockBreached: (clocks.wake_on_breach,),
    DrillEnded: (muster.slow_becomes_task,),
    GradeSwitched: (muster.call_up,),
}  # fmt: skip

TIMERS: dict[str, tuple[Reaction, ...]] = {
    "alert_expiry": (replacement.expire_alerts,),
    "delivery": (delivery.not_delivered,),
    "not_moving": (replacement.replace_who_stands_still,),
    "clock": (clocks.clock_due,),
    "escalation": (escalation.escalate,),
    "woken": (escalation.woken_unanswered,),
    "muster_chase": (muster.chase_missing,),
    "muster_end": (muster.end_shift,),
    "spot_due": (muster.end_spot_call,),
    "drill_due": (muster.end_drill,),
    "welfare": (welfare.due,),
    "welfare_answer": (welfare.due,),
    "safety": (welfare.due,),
    "surge": (surge.look_again,),
    "report": (closure.due,),
    "agency": (closure.due,),
    "transfer": (closure.due,),
    "measure": (closure.due,),
    "promise": (closure.due,),
    "task": (closure.due,),
    "status": (progress.status_ends,),
    "second_person": (second.time_is_over,),
    "proposal_void": (second.time_is_over,),
    "alone_review": (second.time_is_over,),
    "share_over": (sharing.share_is_over,),
    "glass_review": (opening.unreviewed,),
}
"""Stem of a timer's name, what stands before its colon → the reactions to its firing."""


def reactions_to(body: Body) -> tuple[Reaction, ...]:
    """What a fact may set off."""
    if isinstance(body, TimerFired):
        return TIMERS.get(body.timer.partition(":")[0], ())
    return REACTIONS.get(type(body), ())
