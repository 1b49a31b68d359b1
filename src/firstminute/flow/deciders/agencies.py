"""Commands about other agencies and other districts: ask, answer, offer, accept."""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.flow.areas import nearest_station
from firstminute.flow.known import areas_of
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.incident import AgencyAnswered, AgencyAsked, TransferAnswered, TransferOffered
from firstminute.respond import agencies, incident, transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAgency:
    """Which agency, to take it (hand_over) or to know of it (copy)."""

    incident_id: str
    agency: str
    mode: str = "copy"


def ask_agency(state: State, a: AskAgency, act: Act) -> list[Body]:
    """Hand or copy the incident to another agency; it stays ours until accepted."""
    about = incident.find(state.respond, a.incident_id, AgencyAsked)
    row = state.registers.agencies.get(a.agency)
    if row is None and state.registers.agencies:
        raise Refused("unknown_agency", agency=a.agency)
    return agencies.ask(about, a.agency, a.mode, row, at_s=act.at_s, ids=act.ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerAgency:
    """The request and what the agency said: accepted or refused."""

    incident_id: str
    request_id: str
    answer: str
    external_id: str | None = None


def answer_agency(state: State, a: AnswerAgency, act: Act) -> list[Body]:
    """Record the agency's word."""
    about = incident.find(state.respond, a.incident_id, AgencyAnswered)
    return agencies.answer(about, a.request_id, a.answer, a.external_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferTransfer:
    """The district that should take it, and why (a code, and a note where there is more to say)."""

    incident_id: str
    to_district: str
    reason: str
    note: str | None = None


def offer_transfer(state: State, a: OfferTransfer, act: Act) -> list[Body]:
    """Offer the incident to another district of this desk."""
    about = incident.find(state.respond, a.incident_id, TransferOffered)
    if a.to_district not in state.registers.districts:
        raise Refused("unknown_district", district=a.to_district)
    return transfer.offer(about, a.to_district, a.reason, at_s=act.at_s, ids=act.ids, note=a.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTransfer:
    """The other district's word."""

    incident_id: str
    accepted: bool


def answer_transfer(state: State, a: AnswerTransfer, act: Act) -> list[Body]:
    """Accept or refuse; the first district keeps every clock until then."""
    about = incident.find(state.respond, a.incident_id, TransferAnswered)
    point = about.place.centre if about.place is not None else about.cell
    there = nearest_station(areas_of(state), point, about.transfer_to) if point is not None else None
    return transfer.answer(about, a.accepted, act.actor, station_id=there, at_s=act.at_s, ids=act.ids)
