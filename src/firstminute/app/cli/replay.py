"""`firstminute replay`: recorded calls through the core that dispatches live, with statistics and a report.

Idea: a thin shell over `simulate.replay`: it reads files, runs the twin, and writes `facts.jsonl`, `intervals.json` and `report.html`. A mistake in a file
ends with exit code 2 and one sentence. Limits: everything is held in memory; ten days of a large city are some hundred megabytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from firstminute.app.cli.city import lang_option, plain_errors
from firstminute.geo.ground import TRAVEL_MODES

if TYPE_CHECKING:
    from firstminute.app.report.city_map import MapData
    from firstminute.geo.ground import Ground
    from firstminute.model.envelope import Fact
    from firstminute.simulate.recorded import Record
    from firstminute.simulate.replay import Setting

_FILE = click.Path(path_type=Path)


@click.command()
@click.option(
    "--city", required=True, type=_FILE, help="City directory, as `firstminute city build` wrote it."
)
@click.option(
    "--units",
    required=True,
    type=_FILE,
    help="Units, or stations that get --units-per-station (CSV, parquet, GeoJSON).",
)
@click.option(
    "--calls",
    required=True,
    type=_FILE,
    help="Recorded calls (CSV, CSV.gz, parquet); several rows may be one call.",
)
@click.option(
    "--venues", type=_FILE, help="Venues with a team on duty: name, lon, lat, optional category and on_duty."
)
@click.option(
    "--policy", type=_FILE, help="JSON: fields of an alert policy, and `priorities` from the file's to 1-4."
)
@click.option(
    "--out", required=True, type=_FILE, help="Directory for facts.jsonl, intervals.json and report.html."
)
@click.option(
    "--column",
    multiple=True,
    metavar="MEANING=COLUMN",
    help="Which column of the calls file means what; may be repeated.",
)
@click.option("--units-per-station", type=click.IntRange(1, 50), default=3, show_default=True)
@click.option(
    "--turnout-s",
    type=click.FloatRange(0, 900),
    default=49.0,
    show_default=True,
    help="Median turnout of a unit.",
)
@click.option(
    "--mode",
    type=click.Choice(TRAVEL_MODES),
    default="car-lights",
    show_default=True,
    help="How units travel where their file does not say.",
)
@click.option("--name", help="Title of the report; default: the city directory.")
@click.option("--attribution", default="", help="Whose data it is; stands at the foot of the report.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--most", type=click.IntRange(1), help="Only the first so many calls.")
@lang_option
def replay(lang: str | None, **options: Any) -> None:
    """Replay recorded calls and write facts, interval statistics and a report."""
    from firstminute.app.report.page import render
    from firstminute.simulate.fleets import read_fleet
    from firstminute.simulate.recorded import read_calls
    from firstminute.simulate.replay import replay as run
    from firstminute.simulate.statistics import summarise
    from firstminute.simulate.tables import TableError
    from firstminute.store.ground import open_city

    with plain_errors(lang) as language:
        _make(options["out"])
        try:
            columns = dict(_pair(text) for text in options["column"])
            record = _first(read_calls(options["calls"], columns), options["most"])
            fleet = read_fleet(
                options["units"],
                per_station=options["units_per_station"],
                turnout_s=options["turnout_s"],
                mode=options["mode"],
            )
            setting = _setting(options)
        except TableError as error:
            raise _plain(error) from error
        city = open_city(options["city"])
        done = run(city.ground, record, fleet, setting)
        about = {
            "city": options["name"] or options["city"].name,
            "units": len(fleet[1]),
            "policy": f"{setting.policy.policy_id} v{setting.policy.version}",
            "seed": setting.seed,
            "seconds": round(done.seconds, 3),
        }
        statistics = summarise(
            record, done.facts, done.lived, about=about, not_modelled=_not_modelled(city.about)
        )
        statistics["calls"]["off_network"] = done.off_network
        statistics["units_off_network"] = done.units_off_network
        statistics["attribution"] = options["attribution"]
        statistics["refused"] = dict(sorted(done.refused.items()))
        _write(
            options["out"],
            done.facts,
            statistics,
            render(statistics, _map(city.ground, record, fleet[0], done.lived), language),
        )
        _tell(language, statistics, options["out"])


def _make(out: Path) -> None:
    """The directory of the answer, made before the work is done and not after it."""
    from firstminute.store.ground_osm import GroundSourceError

    try:
        out.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise GroundSourceError("ground.out_is_file", path=str(out)) from error
    except OSError as error:
        raise GroundSourceError(
            "ground.out_not_writable", path=str(out), reason=error.strerror or ""
        ) from error


def _pair(text: str) -> tuple[str, str]:
    from firstminute.simulate.tables import TableError

    meaning, _, column = text.partition("=")
    if not column:
        raise TableError("replay.column_form", given=text)
    return meaning, column


def _plain(error: Any) -> Exception:
    from firstminute.store.ground_osm import GroundSourceError

    return GroundSourceError(error.code, **error.parameters)


def _first(record: Record, most: int | None) -> Record:
    from firstminute.simulate.recorded import Record

    return record if most is None else Record(record.calls[:most], record.rows, record.left_out)


def _setting(options: Mapping[str, Any]) -> Setting:
    """The policy under test and the venues, from their files."""
    from firstminute.model.encoding import decode, encode
    from firstminute.model.records import AlertPolicy
    from firstminute.simulate.fleets import read_venues
    from firstminute.simulate.replay import RECORDED_POLICY, Setting
    from firstminute.simulate.tables import TableError

    given = _policy(options["policy"]) if options["policy"] is not None else {}
    priorities = given.pop("priorities", {})
    unknown = sorted(set(given) - {field.name for field in fields(AlertPolicy)})
    if unknown:
        raise TableError("replay.unknown_policy_field", field=unknown[0])
    try:
        policy = decode(AlertPolicy, {**encode(RECORDED_POLICY), **given})
    except (TypeError, ValueError, AttributeError) as error:
        raise TableError("replay.bad_policy", path=str(options["policy"]), reason=str(error)[:200]) from error
    venues, teams = read_venues(options["venues"]) if options["venues"] is not None else ([], [])
    return Setting(policy=policy, priorities=priorities, venues=venues, teams=teams, seed=options["seed"])


def _policy(path: Path) -> dict[str, Any]:
    """Fields of an alert policy, and `priorities` as a dictionary of texts to 1-4."""
    from firstminute.simulate.tables import TableError

    def refuse(reason: str) -> TableError:
        return TableError("replay.bad_policy", path=str(path), reason=reason)

    try:
        given = orjson.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise refuse(str(getattr(error, "strerror", None) or error)[:200]) from error
    if not isinstance(given, dict):
        raise refuse("{…} expected")
    priorities = given.get("priorities", {})
    if not isinstance(priorities, dict) or not all(value in (1, 2, 3, 4) for value in priorities.values()):
        raise refuse("priorities: {file's own: 1-4} expected")
    return given


def _not_modelled(about: Mapping[str, Any]) -> list[str]:
    from firstminute.simulate.replay import NOT_MODELLED

    modes = about.get("per_mode", {})
    both_ways = modes.get("car", {}).get("arcs") == 2 * about.get("pieces", -1)
    return [*NOT_MODELLED, "on_scene_early", *(["one_way"] if both_ways else [])]


def _map(ground: Ground, record: Record, stations: Iterable[Any], lived: Mapping[str, Any]) -> MapData:
    from firstminute.app.report.city_map import MapData
    from firstminute.geo.speeds import CLASS_INDEX

    network = ground.network
    broad = network.edge_class <= CLASS_INDEX["secondary_link"]
    return MapData(
        from_lon=network.node_lon[network.edge_from],
        from_lat=network.node_lat[network.edge_from],
        to_lon=network.node_lon[network.edge_to],
        to_lat=network.node_lat[network.edge_to],
        broad=broad,
        stations=[(station.lon, station.lat) for station in stations],
        calls=[
            (call.lon, call.lat, lived[call.key].phases().get("total") if call.key in lived else None)
            for call in record.calls
        ],
    )


def _write(out: Path, facts: Iterable[Fact], statistics: Mapping[str, Any], page: str) -> None:
    from firstminute.model.encoding import encode

    with (out / "facts.jsonl").open("wb") as file:
        for fact in facts:
            line = {
                "seq": fact.seq, "at_s": fact.at_s, "occurred_s": fact.occurred_s, "kind": fact.kind, "subject": fact.subject,
                "actor": fact.actor, "origin": fact.origin, "because": fact.because, "body": encode(fact.body),
            }  # fmt: skip
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    plain = {key: value for key, value in statistics.items() if key != "totals"}
    (out / "intervals.json").write_bytes(orjson.dumps(plain, option=orjson.OPT_INDENT_2))
    (out / "report.html").write_text(page, encoding="utf-8")


def _tell(language: str, statistics: Mapping[str, Any], out: Path) -> None:
    from firstminute.app.messages import sentence

    total = statistics["modelled"]["total"]
    parameters = {
        "calls": statistics["calls"]["calls"],
        "seconds": round(statistics["seconds"], 1),
        "rate": statistics["calls_per_s"] or 0,
        "facts": statistics["facts_per_call"],
        "p50": total["p50_s"] if total["p50_s"] is not None else "–",
        "p90": total["p90_s"] if total["p90_s"] is not None else "–",
        "out": str(out),
    }
    click.echo(sentence(language, "replay.done", parameters))
