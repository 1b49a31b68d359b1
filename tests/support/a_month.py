"""A month that a desk has lived, as a journal in a folder: two districts, patrols that find things, data opened rightly and not, policies changed.

Idea: everything but the clock's jumps goes through `flow.step` with commands; then the facts are appended to a real store.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from firstminute.flow.registers import put
from firstminute.model.envelope import Actor
from firstminute.model.facts.account import AccountRoleGiven
from firstminute.model.facts.desk import PolicyAdopted, RegisterChanged, SubjectErased
from firstminute.model.place import Place
from firstminute.store.store import Store
from tests.support.play import COMMANDER, PLACES, Play, play

FIRST_S = datetime(2026, 10, 30, 6, tzinfo=UTC).timestamp()
SNOOP = Actor(id="acct-snoop", role="dispatcher", seat="B")
HONEST = Actor(id="acct-honest", role="dispatcher", seat="C")
CREW = Actor(id="acct-crew", role="patrol", unit_id="U9")
AUDITOR = Actor(id="acct-auditor", role="auditor")
CASES = Actor(id="acct-cases", role="case_officer")
NEIGHBOUR = "13900000000"


def live(incidents: int = 90, seed: int = 5) -> Play:
    """The month, incident after incident; the snoop is at work in its fourth week (2026-W47)."""
    town, rng = play(), random.Random(seed)
    books = town.state.registers
    put(books, "venues", [replace(books.venues[key], district="E") for key in ("Vo", "Vv")])
    town.at_s = FIRST_S
    for number in range(incidents):
        town.wait(rng.uniform(6.0, 11.0) * 3600.0)
        _incident(town, rng, number)
        if number == 30:
            town.happen(PolicyAdopted(policy_id="nearest", version=2, compared_on="october"), actor=COMMANDER)
            town.happen(
                RegisterChanged(table="plans", keys=(), versions=(), digest="0" * 64, removed=("p1", "p2")),
                actor=COMMANDER,
            )
            town.happen(
                AccountRoleGiven(account_id="acct-new", role="patrol"),
                SubjectErased(subject_id="gone", reason="request_of_person"),
            )
            town.submit("switch_grade", actor=COMMANDER, district="D", grade="heightened", reason="festival")
            town.submit("note_read", actor=AUDITOR, what="search")
    return town


def _incident(town: Play, rng: random.Random, number: int) -> None:
    """One incident: called or found, answered by whoever is near, looked at by its desk, closed; some complain."""
    letter = "hiov"[number % 4]
    east = letter in "ov"
    who: dict[str, Any] = {
        "channel": ("phone", "web", "sensor")[number % 3],
        "caller_phone": f"{13_911_110_000 + number}",
    }
    if number % (3 if east else 12) == 0:
        who = {"channel": "radio", "unit_id": "U1"}
    elif number % 9 == 1:
        who = {"channel": "member", "actor": Actor(id=f"lead-{letter}", role="lead", team_id=f"T{letter}")}
    facts = town.submit(
        "receive_call",
        type_code=("fight", "theft", "fire")[number % 3],
        text="x",
        place=Place(points=(PLACES[letter],)),
        venue_id=f"V{letter}",
        **who,
    )
    incident_id = next(f.body.incident_id for f in facts if f.kind == "IncidentOpened")  # type: ignore[attr-defined]
    call_id = next(f.body.call_id for f in facts if f.kind == "CallReceived")  # type: ignore[attr-defined]
    town.submit("look_at_callers", subject_id=incident_id)
    incident = town.state.respond.incidents[incident_id]
    for step in ("report_en_route", "report_arrived", "report_person_reached"):
        town.wait(rng.uniform(20.0, 260.0 if east else 130.0))
        for key in list(incident.assignments):
            bound = town.state.respond.assignments.get(key)
            if bound is not None and bound.state in ("assigned", "en_route", "arrived"):
                town.submit(step, assignment_id=key, evidence=rng.choice(("fix", "fix", "touch")))
    if number % 7 == 3:
        town.submit("open_data", subject_id=call_id, purpose="review", incident_id=incident_id)
    if number % 11 == 4:
        town.submit("refuse_data", actor=HONEST, subject_id=call_id, why="purpose_missing")
    if number % 13 == 5:
        town.submit("open_data", actor=CASES, subject_id=call_id, purpose="case", file_id=f"A-{number}")
        (made,) = town.submit("record_complaint", about="slow", incident_id=incident_id)
        if number % 2:
            town.submit(
                "answer_complaint", actor=COMMANDER, complaint_id=made.body.complaint_id, result="partly"
            )  # type: ignore[attr-defined]
    if number in (20, 62):
        crew = replace(CREW, district="E" if east else "D")
        broken = town.submit(
            "break_glass", actor=crew, subject_id=call_id, incident_id=incident_id, reason="life_at_risk"
        )
        if number == 20:
            town.submit("review_glass", actor=AUDITOR, access_id=broken[0].body.access_id, result="justified")  # type: ignore[attr-defined]
    if number == 55:
        snoop(town, incident_id, call_id)
    town.submit(
        "close_incident", incident_id=incident_id, outcome=("resolved", "false_alarm")[number % 5 == 0]
    )


def snoop(town: Play, incident_id: str, call_id: str) -> None:
    """Somebody at another seat looks up one caller again and again at night, and does nothing else."""
    for _ in range(9):
        town.wait(61.0)
        town.submit("open_data", actor=SNOOP, subject_id=call_id, purpose="review", incident_id=incident_id)


def kept(folder: Path, town: Play) -> Path:
    """The facts as the journal of a real store; the folder."""
    store = Store(folder)
    store.begin()
    store.append({"live": [replace(fact, seq=seq) for seq, fact in enumerate(town.facts, 1)]})
    store.close()
    return folder
