"""The table of incidents follows the journal, and can be thrown away and made again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firstminute.model.facts.incident import IncidentReopened
from firstminute.model.facts.response import AlertSent, Arrived
from firstminute.store import read_models
from firstminute.store.schema import incidents
from firstminute.store.store import Store
from tests.support.record import closing, facts_of, incident

pytestmark = pytest.mark.usefixtures("engine")

ALERT: dict[str, Any] = {
    "incident_id": "incident-1",
    "responder_id": "u1",
    "responder_kind": "unit",
    "ring": "reinforcement",
}
ALERTED = AlertSent(alert_id="a1", team_id=None, round=1, task="respond", expires_s=1100.0, **ALERT)
ARRIVED = Arrived(assignment_id="s1", evidence="fix", **ALERT)


def _rows(store: Store, at_once: int | None = None) -> list[Any]:
    while True:
        with store.reading() as connection:
            bite = read_models.follow(connection, store.journal)
        if bite is None:
            break
        with store.database.write() as connection:
            read_models.keep(connection, store.journal, bite)
    with store.reading() as connection:
        return list(connection.execute(incidents.select().order_by(incidents.c.incident_id)))


def test_an_incident_has_its_marks_whatever_the_size_of_the_bites(tmp_path: Path, monkeypatch: Any) -> None:
    store = Store(tmp_path)
    store.begin()
    bodies = [*incident(1), ALERTED, ALERTED, ARRIVED, *incident(2), closing(1), closing(2)]
    store.append(
        {
            "live": facts_of(
                [
                    *bodies,
                    IncidentReopened(incident_id="incident-2", reason="back", type_code="fight", priority=2),
                ]
            )
        }
    )
    one, two = rows = _rows(store)
    assert (one.alerted_s, one.arrived_s, one.alerts, one.arrivals) == (1004.75, 1006.75, 2, 1)
    assert (one.evidence, one.outcome, one.closed_s, two.closed_s) == ("fix", "resolved", 1012.0, None)
    with store.database.write() as connection:
        read_models.start_again(connection, store.journal)
    monkeypatch.setattr(read_models, "AT_ONCE", 3)
    assert _rows(store) == rows
    with store.reading() as connection:
        everything, nothing, span_s = ("1 = 1", {}), ("1 = 0", {}), (0.0, 9e9)
        page = read_models.page_closed(connection, "city", span_s, everything, after=(0.0, ""), most=9)
        assert [row["incident_id"] for row in page] == ["incident-1"]
        last = (page[0]["closed_s"], page[0]["incident_id"])
        assert read_models.page_closed(connection, "city", span_s, everything, after=last, most=9) == []
        assert read_models.count_closed(connection, "city", span_s, everything) == 1
        assert read_models.count_closed(connection, "city", span_s, nothing) == 0
        assert read_models.ids_since(connection, "city", 0.0, everything) == {"incident-1", "incident-2"}
        assert not read_models.is_seen(connection, "city", "incident-1", nothing)


def test_marks_typed_later_are_counted_and_judged_by_when_they_happened(tmp_path: Path) -> None:
    from dataclasses import replace

    store = Store(tmp_path)
    store.begin()
    facts = facts_of([*incident(1), ARRIVED, ARRIVED])
    facts[4] = replace(facts[4], occurred_s=1500.0)
    facts[5] = replace(facts[5], occurred_s=1200.0, time_source="paper")
    store.append({"live": facts})
    (row,) = _rows(store)
    assert (row.arrived_s, row.typed_later) == (1200.0, 1)
