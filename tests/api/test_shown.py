"""What is shown has the shape that the description promises: every row of a lived-in town, and of the running service, with nothing left over."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from typing_extensions import get_type_hints, is_typeddict

from firstminute.api.shown import ROWS, Catalogue, schemas
from firstminute.command.picture import Audience, visible
from tests.support.service import Running
from tests.support.town import Town

COMMANDER = Audience("commander", names=frozenset({"c1"}))


def wrong_with(sort: str, row: dict[str, Any]) -> list[str]:
    """What of a row does not fit its shape."""
    shape = ROWS[sort]
    left_over = [f"{sort}: {name} is not described" for name in row if name not in get_type_hints(shape)]
    try:
        TypeAdapter(shape).validate_python(row)
    except ValidationError as error:
        return [*left_over, *(f"{sort}: {e['loc']} {e['msg']}" for e in error.errors())]
    return left_over


def test_every_row_of_a_lived_in_town_has_its_shape() -> None:
    town = Town(7)
    town.live(160)
    found = [
        wrong
        for key, row in town.rows.items()
        for wrong in wrong_with(key.partition("/")[0], visible(COMMANDER, key, row) or {})
    ]
    assert found == []


def test_rows_and_catalogue_of_the_running_service_have_their_shapes(service: Running) -> None:
    with service.client("commander") as client:
        client.post("/calls", json={"text": "two men fighting", "type_code": "fight"})
        rows = client.get("/feed/snapshot").json()["set"]
        TypeAdapter(Catalogue).validate_python(client.get("/catalogue").json())
    assert [wrong for key, row in rows.items() for wrong in wrong_with(key.partition("/")[0], row)] == []


@pytest.mark.parametrize("name", sorted(schemas()))
def test_every_shape_says_what_it_is(name: str) -> None:
    assert schemas()[name]["description"].strip()


def test_every_sort_of_row_has_a_shape() -> None:
    assert all(is_typeddict(shape) for shape in ROWS.values())
