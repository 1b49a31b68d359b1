"""Every command there is, as one literal tuple: name, function, policy, argument schema.

Idea: a command is a named pure function `(state, arguments, act) -> facts`; shells submit it by name with plain data, no closure crosses to the desk. The
policy names who may submit it. The functions stand in `deciders/`, one file a subject; each adapts state to a capability's own decide function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from firstminute.flow.access import second, sharing
from firstminute.flow.access.allowed import WHOLE_CITY
from firstminute.flow.deciders import (
    accounts,
    agencies,
    alerts,
    attachments,
    calls,
    data,
    desk,
    dispatch,
    duty,
    heads,
    incidents,
    muster,
    opening,
    outside,
    points,
    progress,
    radio,
    review,
    said,
    seats,
    warning,
    welfare,
)
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.respond.muster import RollRow

Decide = Callable[[State, Any, Act], list[Body]]


@dataclass(frozen=True, slots=True)
class Command:
    """One line of the menu.

    Attributes
    ----------
    policy : who may submit it, and about what: a key of `model.access.policies`
    schema : the frozen dataclass that its arguments must fit
    about : the arguments that name what the policy is asked about; None: all that name a thing; `WHOLE_CITY`: it is about no place but all of them
    """

    name: str
    decide: Decide
    policy: str
    schema: type[Any]
    about: tuple[str, ...] | None = None


COMMANDS: tuple[Command, ...] = (
    Command("receive_call", calls.receive_call, "public", calls.ReceiveCall, about=()),
    Command("receive_unreadable_call", calls.receive_unreadable_call, "public", calls.ReceiveUnreadable),
    Command("take_up_call", calls.take_up_call, "system", calls.TakeUpCall),
    Command("tell_asked_outside", outside.tell_asked_outside, "system", outside.TellAskedOutside),
    Command("amend_call", calls.amend_call, "partner", calls.AmendCall),
    Command("answer_protocol", calls.answer_protocol, "dispatcher", calls.AnswerProtocol),
    Command("claim_call", calls.claim_call, "dispatcher", calls.ClaimCall),
    Command("attach_call", calls.attach_call, "dispatcher", calls.AttachCall),
    Command("detach_call", calls.detach_call, "dispatcher", calls.DetachCall),
    Command("close_call", calls.close_call, "dispatcher", calls.CloseCall),
    Command("record_callback", calls.record_callback, "dispatcher", calls.RecordCallback),
    Command("answer_report", calls.answer_report, "dispatcher", calls.AnswerReport),
    Command("make_promise", calls.make_promise, "dispatcher", calls.MakePromise),
    Command("amend_incident", incidents.amend_incident, "dispatcher", incidents.AmendIncident),
    Command("claim_incident", incidents.claim_incident, "dispatcher", incidents.ClaimIncident),
    Command("add_note", incidents.add_note, "dispatcher", incidents.AddNote),
    Command("keep_attachment", attachments.keep_attachment, "public", attachments.KeepAttachment),
    Command("raise_level", incidents.raise_level, "dispatcher", incidents.RaiseLevel),
    Command("take_command", incidents.take_command, "dispatcher", incidents.TakeCommand),
    Command("set_post", incidents.set_post, "dispatcher", incidents.SetPost),
    Command("take_measure", incidents.take_measure, "dispatcher", incidents.TakeMeasure),
    Command("ask_agency", agencies.ask_agency, "dispatcher", agencies.AskAgency),
    Command("answer_agency", agencies.answer_agency, "partner", agencies.AnswerAgency),
    Command("offer_transfer", agencies.offer_transfer, "dispatcher", agencies.OfferTransfer),
    Command("answer_transfer", agencies.answer_transfer, "receiver", agencies.AnswerTransfer),
    Command("request_cancel", incidents.request_cancel, "public", incidents.RequestCancel),
    Command("stand_down", incidents.stand_down, "dispatcher", incidents.StandDown),
    Command("close_incident", incidents.close_incident, "dispatcher", incidents.CloseIncident),
    Command("reopen_incident", incidents.reopen_incident, "dispatcher", incidents.ReopenIncident),
    Command("review_incident", review.review_incident, "dispatcher", review.ReviewIncident),
    Command("set_task", review.set_task, "dispatcher", review.SetTask),
    Command("finish_task", review.finish_task, "responder", review.FinishTask),
    Command("say", said.say, "responder", said.Say),
    Command("undo_dispatch", said.undo_dispatch, "dispatcher", said.UndoDispatch),
    Command("recommend", dispatch.recommend, "dispatcher", dispatch.Recommend),
    Command("dispatch", dispatch.dispatch, "dispatcher", dispatch.Dispatch),
    Command("open_ring", dispatch.open_ring, "dispatcher", dispatch.OpenRing),
    Command("alert_delivered", alerts.alert_delivered, "responder", alerts.Delivered),
    Command("alert_failed", alerts.alert_failed, "responder", alerts.Failed),
    Command("alert_seen", alerts.alert_seen, "responder", alerts.Seen),
    Command("accept_alert", alerts.accept_alert, "responder", alerts.Accept),
    Command("decline_alert", alerts.decline_alert, "responder", alerts.Decline),
    Command("withdraw_alert", alerts.withdraw_alert, "dispatcher", alerts.Withdraw),
    Command("report_en_route", progress.report_en_route, "responder", progress.Report),
    Command("report_arrived", progress.report_arrived, "responder", progress.Report),
    Command("report_person_reached", progress.report_person_reached, "responder", progress.Report),
    Command("report_cleared", progress.report_cleared, "responder", progress.ReportCleared),
    Command("release_assignment", progress.release_assignment, "responder", progress.ReleaseAssignment),
    Command("ask_help", progress.ask_help, "responder", progress.AskHelp),
    Command("self_attach", progress.self_attach, "dispatcher", progress.SelfAttach, about=("incident_id",)),
    Command("swap_crews", progress.swap_crews, "dispatcher", progress.SwapCrews),
    Command("radio_words", radio.radio_words, "dispatcher", radio.RadioWords),
    Command("answer_safety", welfare.answer_safety, "responder", welfare.AnswerSafety),
    Command("answer_welfare", welfare.answer_welfare, "responder", welfare.AnswerWelfare),
    Command("unit_on_duty", progress.unit_on_duty, "device", progress.StartDuty),
    Command("unit_off_duty", progress.unit_off_duty, "device", progress.EndDuty),
    Command("set_unit_status", progress.set_unit_status, "device", progress.SetUnitStatus),
    Command("visit_point", points.visit_point, "crew", points.VisitPoint),
    Command("leave_out_point", points.leave_out_point, "crew", points.LeaveOutPoint),
    Command("call_muster", muster.call_muster, "commander", muster.CallMuster),
    Command("take_roll", muster.take_roll, "responder", RollRow),
    Command("take_rolls", muster.take_rolls, "dispatcher", muster.TakeRolls),
    Command("check_in", muster.check_in, "responder", muster.CheckIn, about=("member_id",)),
    Command("check_out", muster.check_out, "responder", muster.CheckOut, about=("member_id",)),
    Command("hear_test", muster.hear_test, "responder", muster.HearTest, about=("member_id",)),
    Command("end_roll", muster.end_roll, "responder", muster.EndRoll),
    Command("start_spot_call", muster.start_spot_call, "dispatcher", muster.StartSpotCall),
    Command(
        "answer_spot_call", muster.answer_spot_call, "responder", muster.AnswerSpotCall, about=("team_id",)
    ),
    Command("start_pull_test", muster.start_pull_test, "dispatcher", muster.StartPullTest),
    Command("answer_drill", muster.answer_drill, "responder", muster.AnswerDrill, about=("team_id",)),
    Command("end_drill", muster.end_drill, "dispatcher", muster.EndDrill),
    Command("leave_drill", muster.leave_drill, "system", muster.LeaveDrill),
    Command("enter_member", duty.enter_member, "team", duty.EnterMember, about=()),
    Command("give_feedback", duty.give_feedback, "responder", duty.GiveFeedback),
    Command("report_kit", muster.report_kit, "responder", muster.ReportKit),
    Command("recall", muster.recall_to_duty, "commander", muster.Recall),
    Command("fire_timer", desk.fire_timer, "system", desk.FireTimer),
    Command("change_register", desk.change_register, "admin", desk.ChangeRegister),
    Command("switch_grade", desk.switch_grade, "commander", desk.SwitchGrade),
    Command("adopt_policy", desk.adopt_policy, "commander", desk.AdoptPolicy, about=WHOLE_CITY),
    Command("report_clock", desk.report_clock, "system", desk.ReportClock),
    Command("report_pause", desk.report_pause, "system", desk.ReportPause),
    Command("report_cap", desk.report_cap, "system", desk.ReportCap),
    Command("confirm_clock", desk.confirm_clock, "commander", desk.ConfirmClock, about=WHOLE_CITY),
    Command("offer_hand_over", desk.offer_hand_over, "dispatcher", desk.OfferHandOver),
    Command("sign_hand_over", desk.sign_hand_over, "dispatcher", desk.SignHandOver),
    Command("move_seat", seats.move_seat, "dispatcher", seats.MoveSeat, about=("incident_ids",)),
    Command("note_room", seats.note_room, "dispatcher", seats.NoteRoom, about=()),
    Command("reserve_forms", seats.reserve_forms, "dispatcher", seats.ReserveForms, about=()),
    Command("record_delivery", desk.record_delivery, "system", desk.RecordDelivery),
    Command("look_at_callers", opening.look_at_callers, "crew", opening.LookAtCallers),
    Command("open_data", opening.open_data, "opening", opening.OpenData, about=()),
    Command("refuse_data", opening.refuse_data, "opening", opening.RefuseData, about=()),
    Command("break_glass", opening.break_glass, "glass", opening.BreakGlass, about=()),
    Command("review_glass", opening.review_glass, "auditor", opening.ReviewGlass),
    Command("note_read", opening.note_read, "auditor", opening.NoteRead, about=()),
    Command("note_past", opening.note_past, "dispatcher", opening.NotePast, about=()),
    Command(
        "record_complaint",
        opening.record_complaint,
        "dispatcher",
        opening.RecordComplaint,
        about=("incident_id",),
    ),
    Command("answer_complaint", opening.answer_complaint, "commander", opening.AnswerComplaint),
    Command("erase_subjects", desk.erase_subjects, "admin", desk.EraseSubjects),
    Command("record_account", accounts.record_account, "record", accounts.RecordAccount),
    Command("anchor_head", heads.anchor_head, "admin", heads.AnchorHead, about=WHOLE_CITY),
    Command("record_master_key", data.record_master_key, "system", data.RecordMasterKey),
    Command("renew_keys", data.renew_keys, "admin", data.RenewKeys),
    Command("hold_data", data.hold_data, "admin", data.HoldData),
    Command("release_hold", data.release_hold, "admin", data.ReleaseHold),
    Command("correct_data", data.correct_data, "admin", data.CorrectData),
    Command("send_keep_away", warning.send_keep_away, "commander", warning.SendKeepAway),
    Command("lift_keep_away", warning.lift_keep_away, "commander", warning.LiftKeepAway),
    Command("confirm_proposal", second.confirm_proposal, "four_eyes", second.ConfirmProposal),
    Command("refuse_proposal", second.refuse_proposal, "four_eyes", second.RefuseProposal),
    Command("act_alone", second.act_alone, "commander", second.ActAlone),
    Command("review_alone", second.review_alone, "reviewer", second.ReviewAlone),
    Command("offer_share", sharing.offer_share, "commander", sharing.OfferShare),
    Command("agree_share", sharing.agree_share, "commander", sharing.AgreeShare),
    Command("end_share", sharing.end_share, "commander", sharing.EndShare),
)

COMMAND_BY_NAME: dict[str, Command] = {command.name: command for command in COMMANDS}
