"""Calls and crews on duty, as facts change them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from firstminute.model.envelope import Body, Fact
from firstminute.model.facts.call import (
    AskedOutsideTold,
    CallAmended,
    CallAttached,
    CallbackRecorded,
    CallClaimed,
    CallClosed,
    CallDetached,
    CallReceived,
    CallTakenUp,
    PromiseMade,
    ProtocolAnswered,
    ReportAnswered,
    UnreadableCallReceived,
)
from firstminute.model.facts.desk import HandOverOffered, SeatHandedOver, SeatMoved
from firstminute.model.facts.incident import AttachmentKept, TaskDone, TaskSet
from firstminute.model.facts.people import (
    DeviceRateLearned,
    TeamStatsLearned,
    UnitOffDuty,
    UnitOnDuty,
    UnitStatusSet,
)
from firstminute.respond import attachments
from firstminute.respond.nearby import square_of
from firstminute.respond.records import Attachment, Call, HandOver, Respond, Task, UnitDuty

Handlers = dict[type[Body], Callable[[Respond, Fact, Any], None]]
ANSWERS_MOST = 20
HEAT_MOST = 64
"""So many late calls are remembered a square: more is a surge already."""


def _received(respond: Respond, fact: Fact, body: CallReceived) -> None:
    respond.calls[body.call_id] = Call(
        call_id=body.call_id,
        channel=body.channel,
        received_s=fact.occurred_s,
        seat=body.seat,
        external_id=body.external_id,
        language=body.language,
        type_code=body.type_code,
        venue_id=body.venue_id,
        device_id=body.device_id,
        silent=body.silent,
        answered_s=body.answered_s,
        cell=body.cell,
        place=body.place,
        caller_name=body.caller_name,
        caller_phone=body.caller_phone,
        text=body.text,
        problems=body.problems,
        team_id=body.team_id,
        unit_id=body.unit_id,
        member_id=body.member_id,
        changed_s=fact.at_s,
        by=fact.actor,
        holder=fact.actor if fact.origin == "officer" and body.unit_id is None else None,
        device_before=respond.devices.get(body.device_id or ""),
        phone_before=respond.phones.get(body.caller_phone or ""),
        kept_outside=fact.time_source == "outside",
        confidential=body.confidential,
        form=body.form,
    )
    respond.loose[body.call_id] = None
    if body.deferred:
        respond.deferred[body.call_id] = fact.at_s
    if body.external_id:
        respond.external[body.external_id] = body.call_id
    if body.form is not None:
        respond.forms.setdefault(body.form, body.call_id)
    if body.caller_phone:
        respond.phones[body.caller_phone] = body.call_id
    if body.device_id:
        respond.devices[body.device_id] = body.call_id
    if body.cell is not None and body.channel != "paper":
        square = square_of(body.cell)
        if square not in respond.heat:
            respond.heat[square] = deque(maxlen=HEAT_MOST)
        respond.heat[square].append((fact.at_s, body.call_id))


def _asked_outside(respond: Respond, fact: Fact, body: AskedOutsideTold) -> None:
    call = respond.calls.get(body.call_id)
    if call is not None:
        known = {each.alert_id for each in call.asked_outside}
        call.asked_outside += tuple(each for each in body.alerts if each.alert_id not in known)


def _taken_up(respond: Respond, fact: Fact, body: CallTakenUp) -> None:
    respond.deferred.pop(body.call_id, None)


def no_longer_loose(respond: Respond, call_id: str) -> None:
    """The call belongs to an incident, or has ended."""
    respond.loose.pop(call_id, None)
    respond.deferred.pop(call_id, None)


def _unreadable(respond: Respond, fact: Fact, body: UnreadableCallReceived) -> None:
    respond.calls[body.call_id] = Call(
        call_id=body.call_id,
        channel=body.channel,
        received_s=fact.occurred_s,
        unreadable=True,
        problems=(body.problem,),
        changed_s=fact.at_s,
        by=fact.actor,
    )
    respond.loose[body.call_id] = None


def _attachment(respond: Respond, fact: Fact, body: AttachmentKept) -> None:
    about = attachments.find(respond, body.subject_id)
    if about is not None:
        about.attachments[body.attachment_id] = Attachment(
            attachment_id=body.attachment_id,
            media=body.media,
            size=body.size,
            shown_size=body.shown_size,
            kept_s=fact.at_s,
            name=body.name,
        )


def _amended(respond: Respond, fact: Fact, body: CallAmended) -> None:
    call = respond.calls.get(body.call_id)
    if call is None:
        return
    call.changed_s = fact.at_s
    for name in body.changed:
        if name in ("type_code", "venue_id", "language", "caller_name", "text"):
            setattr(call, name, getattr(body, name))
        elif name == "silent":
            call.silent = bool(body.silent)
        elif name == "place":
            call.place, call.cell = body.place, body.cell
        elif name == "caller_phone":
            call.caller_phone = body.caller_phone
            if body.caller_phone:
                call.phone_before = respond.phones.get(body.caller_phone)
                respond.phones[body.caller_phone] = call.call_id


def _answered(respond: Respond, fact: Fact, body: ProtocolAnswered) -> None:
    call = respond.calls.get(body.call_id)
    if call is not None:
        call.answers[body.question] = body.answer or ""
        call.changed_s = fact.at_s


def _claimed(respond: Respond, fact: Fact, body: CallClaimed) -> None:
    call = respond.calls.get(body.call_id)
    if call is not None:
        call.seat, call.claimed_s, call.holder = body.seat, fact.at_s, fact.actor


def _attached(respond: Respond, fact: Fact, body: CallAttached) -> None:
    call = respond.calls.get(body.call_id)
    incident = respond.incidents.get(body.incident_id)
    if call is not None:
        before = respond.incidents.get(call.incident_id or "")
        if before is not None and before is not incident and call.call_id in before.calls:
            before.calls.remove(call.call_id)
            call.moved_from = before.incident_id
        call.incident_id, call.attached_s, call.attach_reasons = body.incident_id, fact.at_s, body.reasons
        call.news = body.news
        no_longer_loose(respond, body.call_id)
    if incident is not None:
        if body.call_id not in incident.calls:
            incident.calls.append(body.call_id)
        incident.last_call_s = fact.at_s
        incident.confidential &= call is not None and call.confidential


def _told(respond: Respond, fact: Fact, body: ReportAnswered) -> None:
    call = respond.calls.get(body.call_id)
    if call is not None and body.answer is not None:
        call.told = (*call.told, (fact.at_s, body.answer))[-ANSWERS_MOST:]
        call.changed_s = fact.at_s


def _detached(respond: Respond, fact: Fact, body: CallDetached) -> None:
    call = respond.calls.get(body.call_id)
    incident = respond.incidents.get(body.incident_id)
    if call is not None:
        call.incident_id, call.attached_s, call.attach_reasons, call.news = None, None, (), ()
        respond.loose[body.call_id] = None
    if incident is not None and body.call_id in incident.calls:
        incident.calls.remove(body.call_id)


def _closed(respond: Respond, fact: Fact, body: CallClosed) -> None:
    call = respond.calls.get(body.call_id)
    no_longer_loose(respond, body.call_id)
    if call is None:
        return
    call.closed = True
    if call.incident_id is None:
        forget_call(respond, body.call_id)


def forget_call(respond: Respond, call_id: str) -> None:
    """Let a call that ended go, with every index that names it."""
    call = respond.calls.pop(call_id, None)
    no_longer_loose(respond, call_id)
    if call is None:
        return
    for index, key in (
        (respond.external, call.external_id),
        (respond.phones, call.caller_phone),
        (respond.devices, call.device_id),
    ):
        if key and index.get(key) == call_id:
            del index[key]
    if call.form is not None and respond.forms.get(call.form) == call_id:
        del respond.forms[call.form]


def _called_back(respond: Respond, fact: Fact, body: CallbackRecorded) -> None:
    call = respond.calls.get(body.call_id)
    if call is None:
        return
    call.called_back = body.result
    if body.promise_id is not None:
        call.promises.pop(body.promise_id, None)
    elif body.promised:
        call.promises.clear()


def _promised(respond: Respond, fact: Fact, body: PromiseMade) -> None:
    call = respond.calls.get(body.call_id)
    if call is not None:
        call.promises[body.promise_id] = (body.what or "", body.due_s)


def _on_duty(respond: Respond, fact: Fact, body: UnitOnDuty) -> None:
    duty = respond.units.get(body.unit_id)
    if duty is None:
        respond.units[body.unit_id] = UnitDuty(
            unit_id=body.unit_id,
            crew=body.crew,
            sworn=body.sworn,
            shift=body.shift,
            since_s=fact.at_s,
            station_id=body.station_id,
        )
        return
    duty.crew, duty.sworn, duty.shift, duty.station_id = body.crew, body.sworn, body.shift, body.station_id


def _off_duty(respond: Respond, fact: Fact, body: UnitOffDuty) -> None:
    respond.units.pop(body.unit_id, None)


def _status_set(respond: Respond, fact: Fact, body: UnitStatusSet) -> None:
    duty = respond.units.get(body.unit_id)
    if duty is not None:
        duty.status = body.status


def _task_set(respond: Respond, fact: Fact, body: TaskSet) -> None:
    respond.tasks[body.task_id] = Task(
        body.task_id, body.what, body.owner, fact.at_s, body.due_s, body.incident_id, body.team_id, body.note
    )


def _task_done(respond: Respond, fact: Fact, body: TaskDone) -> None:
    respond.tasks.pop(body.task_id, None)


def _hand_over_offered(respond: Respond, fact: Fact, body: HandOverOffered) -> None:
    respond.hand_overs[body.seat] = HandOver(
        body.hand_over_id,
        body.seat,
        body.from_person,
        body.to_person,
        body.open_incidents,
        body.faults,
        fact.at_s,
    )


def _handed_over(respond: Respond, fact: Fact, body: SeatHandedOver) -> None:
    respond.hand_overs.pop(body.seat, None)
    for key in (*body.open_incidents, *body.since):
        incident = respond.incidents.get(key)
        if incident is not None and incident.seat == body.seat:
            incident.holder = fact.actor


def _seat_moved(respond: Respond, fact: Fact, body: SeatMoved) -> None:
    for key in body.incident_ids:
        incident = respond.incidents.get(key)
        if incident is not None:
            incident.seat, incident.claimed_s, incident.holder = body.to_seat, None, None
    for key in body.call_ids:
        call = respond.calls.get(key)
        if call is not None:
            call.seat, call.claimed_s, call.holder = body.to_seat, None, None


def _stats(respond: Respond, fact: Fact, body: TeamStatsLearned) -> None:
    respond.answered[(body.team_id, body.hour, body.channel)] = (body.asked, body.answered)


def _device_rate(respond: Respond, fact: Fact, body: DeviceRateLearned) -> None:
    respond.false_by_device[body.device_id] = (body.calls, body.false)


HANDLERS: Handlers = {
    CallReceived: _received,
    CallTakenUp: _taken_up,
    AskedOutsideTold: _asked_outside,
    UnreadableCallReceived: _unreadable,
    CallAmended: _amended,
    ProtocolAnswered: _answered,
    CallClaimed: _claimed,
    CallAttached: _attached,
    CallDetached: _detached,
    CallClosed: _closed,
    CallbackRecorded: _called_back,
    PromiseMade: _promised,
    ReportAnswered: _told,
    AttachmentKept: _attachment,
    UnitOnDuty: _on_duty,
    UnitOffDuty: _off_duty,
    UnitStatusSet: _status_set,
    TaskSet: _task_set,
    TaskDone: _task_done,
    TeamStatsLearned: _stats,
    DeviceRateLearned: _device_rate,
    HandOverOffered: _hand_over_offered,
    SeatHandedOver: _handed_over,
    SeatMoved: _seat_moved,
}
