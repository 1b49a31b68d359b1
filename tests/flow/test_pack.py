"""The pack of an incident says what its facts say, and no word that is sealed."""

from __future__ import annotations

import json

import pytest

from firstminute.flow.pack import pack
from firstminute.model.envelope import Fact
from tests.support.town import Town


@pytest.fixture(scope="module")
def played() -> tuple[Town, list[Fact]]:
    """A town, and all that it did."""
    town = Town(3)
    facts: list[Fact] = []
    do = town.do

    def kept(name: str, **arguments: object) -> object:
        outcome = do(name, **arguments)
        facts.extend(outcome.facts)
        return outcome

    town.do = kept  # type: ignore[method-assign, assignment]
    town.live(120)
    town.call()
    incident_id = list(town.state.respond.incidents)[-1]
    town.do("dispatch", incident_id=incident_id, responder_ids=(town.city.registers["units"][0].unit_id,))  # type: ignore[union-attr]
    for bound in list(town.state.respond.assignments.values()):
        town.do("report_arrived", assignment_id=bound.assignment_id, evidence="fix")
    return town, facts


def about(facts: list[Fact], incident_id: str) -> list[Fact]:
    return [fact for fact in facts if getattr(fact.body, "incident_id", None) == incident_id]


def test_every_incident_has_a_pack_that_names_its_promises_and_who_came(
    played: tuple[Town, list[Fact]],
) -> None:
    town, facts = played
    ids = {fact.body.incident_id for fact in facts if fact.kind == "IncidentOpened"}  # type: ignore[attr-defined]
    made = [pack(about(facts, each), town.state.registers) for each in sorted(ids)]
    assert len(made) > 10
    assert all(each is not None and each["log"] and each["plan"]["plan_id"] for each in made)
    came = [row for each in made if each is not None for row in each["table"]]
    assert came
    assert all(row["name"] for row in came)
    json.dumps(made)


def test_no_word_of_a_call_or_a_note_is_in_it(played: tuple[Town, list[Fact]]) -> None:
    town, facts = played
    incident_id = next(iter(town.state.respond.incidents))
    town.do("add_note", incident_id=incident_id, note="canary upstairs")
    assert "canary" not in json.dumps(
        pack(about(facts, incident_id), town.state.registers), ensure_ascii=False
    )


def test_facts_without_an_incident_have_no_pack(played: tuple[Town, list[Fact]]) -> None:
    assert pack([], played[0].state.registers) is None
