"""The shapes of what is shown: each sort of row of the live feed as a desk sees it, and the catalogue that words it.

Idea: rows stay plain dicts that are rendered fast (`respond.view`, `flow.views`); here stands once what is in them. The description of the API
carries these shapes, the web page's types are written from that description (`scripts.make_types`), and a test holds every row of a lived-in city
against them. Limits: other readers get a part of a row (`command.picture`); which part is not said here.
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from firstminute.api.shown_figures import Course, Figures, Pack
from firstminute.api.shown_rows import (
    CallRow,
    Catalogue,
    CoverageRow,
    DeskRow,
    IncidentRow,
    Message,
    PointRow,
    StationRow,
    UnitRow,
    VenueRow,
    ZoneRow,
)
from firstminute.model.records import Agency, District, IncidentType, Need

REFERENCE = "#/components/schemas/{model}"

ROWS: dict[str, Any] = {
    "incident": IncidentRow,
    "call": CallRow,
    "unit": UnitRow,
    "venue": VenueRow,
    "station": StationRow,
    "zone": ZoneRow,
    "point": PointRow,
    "coverage": CoverageRow,
    "desk": DeskRow,
}
"""Sort of row → its shape at the desk."""

SHAPES: tuple[Any, ...] = (*ROWS.values(), Message, Catalogue, Figures, Course, Pack)


def schemas() -> dict[str, Any]:
    """Every shape by name, as JSON schema with references into the API's components."""
    found: dict[str, Any] = {}
    for shape in SHAPES:
        schema = TypeAdapter(shape).json_schema(ref_template=REFERENCE, mode="serialization")
        found.update(schema.pop("$defs", {}))
        found[shape.__name__] = schema
    for record in (IncidentType, Need, Agency, District):
        schema = found[record.__name__]
        schema["required"] = list(
            schema["properties"]
        )  # a record is shown whole, also where a field has its default
    return found
