"""The day that bench `replay` plays, drawn on the streets of a city, and the same as files for `firstminute replay`.

`python -m benchmarks.recorded_day CITY OUT` writes OUT/calls.csv and OUT/units.csv: so the report of that day can be made by anybody. Calls lie at
street pieces drawn by length, at hours drawn by `BY_HOUR`; five units stand at each of sixty posts. Seeded; nothing in it happened.
"""

from __future__ import annotations

import csv
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from firstminute.geo.ground import Ground
from firstminute.model.records import Station, Unit
from firstminute.simulate.behaviour import CITY_PEOPLE
from firstminute.simulate.recorded import RecordedCall
from firstminute.store.ground import open_city

CALLS, UNITS, POSTS = 4_320, 300, 60
MIDNIGHT = datetime(2024, 5, 1, tzinfo=UTC)


def recorded_day(ground: Ground) -> tuple[list[RecordedCall], tuple[list[Station], list[Unit]]]:
    """Calls of a day, seconds after midnight, and the stations and units that answer them."""
    rng = np.random.default_rng(1)
    network = ground.network
    length = network.edge_length_m
    edges = rng.choice(len(length), CALLS, p=length / length.sum())
    weight = np.array([CITY_PEOPLE.hour_weight(hour) for hour in range(24)])
    at = np.sort((rng.choice(24, CALLS, p=weight / weight.sum()) + rng.random(CALLS)) * 3600.0)
    calls = []
    for k in range(CALLS):
        start, stop = int(network.shape_start[edges[k]]), int(network.shape_start[edges[k] + 1])
        point = int(rng.integers(start, stop))
        place = float(network.shape_lon[point]), float(network.shape_lat[point])
        calls.append(RecordedCall(str(k), float(at[k]), *place, units=1 + int(rng.random() < 0.3)))
    nodes = rng.choice(len(network.node_lon), POSTS, replace=False)
    stations = [
        Station(
            station_id=f"P{k}",
            name=f"P{k}",
            lon=float(network.node_lon[n]),
            lat=float(network.node_lat[n]),
            district="city",
        )
        for k, n in enumerate(nodes)
    ]
    units = [
        Unit(
            unit_id=f"U{k:03d}",
            call_sign=f"{k}",
            kind="car",
            mode="car-lights",
            station_id=f"P{k % POSTS}",
            district="city",
        )
        for k in range(UNITS)
    ]
    return calls, (stations, units)


def write_day(ground: Ground, out: Path) -> None:
    """Write the day as tables: a row for each unit that a call takes, a row for each unit."""
    calls, (stations, units) = recorded_day(ground)
    out.mkdir(parents=True, exist_ok=True)
    rows = [
        [call.key, (MIDNIGHT + timedelta(seconds=call.received_s)).replace(tzinfo=None), call.lon, call.lat]
        for call in calls
        for _ in range(call.units)
    ]
    _table(out / "calls.csv", ["call_id", "received", "lon", "lat"], rows)
    at = {station.station_id: (station.lon, station.lat) for station in stations}
    fleet = [[unit.unit_id, unit.station_id, *at[unit.station_id], unit.kind, unit.mode] for unit in units]
    _table(out / "units.csv", ["unit_id", "station_id", "lon", "lat", "kind", "mode"], fleet)


def _table(path: Path, heads: list[str], rows: list[list[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(heads)
        writer.writerows(rows)


if __name__ == "__main__":
    write_day(open_city(Path(sys.argv[1])).ground, Path(sys.argv[2]))
