"""`firstminute city build|info`, `reach`, `matrix`: the ground at the command line.

Idea: thin shells over `store.ground` and `geo`; answers go to standard output (or a file), progress and mistakes to standard error. A mistake in what was
asked or in a source ends with exit code 2 and one sentence that says what is wrong and what to do, in the language of --lang or LANG.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from firstminute.app.messages import language_of, sentence
from firstminute.geo.ground import MAX_SNAP_M, TRAVEL_MODES, Ground
from firstminute.geo.speeds import MODES, REGIONS
from firstminute.store.ground_osm import GroundSourceError

MOST_MINUTES = 180.0
_MODE = click.Choice(TRAVEL_MODES)
_DATUM = click.Choice(["wgs84", "gcj02", "bd09"])
_FILE = click.Path(path_type=Path)

Command = Callable[..., Any]


def lang_option(command: Command) -> Command:
    """`--lang`, the language of progress and mistakes."""
    option = click.option("--lang", type=click.Choice(["en", "zh-CN"]), help="Language; default: LANG.")
    return option(command)


@contextmanager
def plain_errors(lang: str | None) -> Iterator[str]:
    """Turn a mistake in a source or a question into one sentence and exit code 2; gives the language."""
    language = language_of(lang, os.environ)
    try:
        yield language
    except GroundSourceError as error:
        click.echo(sentence(language, error.code, error.parameters), err=True)
        raise SystemExit(2) from None


@click.group()
def city() -> None:
    """Build a city from open data, or look at one."""


@city.command()
@click.argument("source", required=False, type=_FILE)
@click.option(
    "--out", required=True, type=_FILE, help="Directory to write; an earlier city there is replaced."
)
@click.option("--nodes", type=_FILE, help="Node table (parquet or CSV): node_id, lon, lat.")
@click.option(
    "--edges", type=_FILE, help="Edge table: u, v = rows of the nodes table, length_m, optional highway, wkt."
)
@click.option(
    "--time-s",
    multiple=True,
    metavar="MODE=COLUMN",
    help="Column with the seconds of a mode; may be repeated.",
)
@click.option(
    "--speed-kmh",
    metavar="COLUMN",
    help="Column with the speed that cars drive, km/h; 0 and empty = not posted.",
)
@click.option(
    "--speed-mph", metavar="COLUMN", help="The same in miles an hour; there 99 too means not posted."
)
@click.option("--undirected", is_flag=True, help="A row is a street open both ways.")
@click.option("--region", type=click.Choice(sorted(REGIONS)), help="Table of speeds; default: by place.")
@click.option(
    "--datum", type=_DATUM, default="wgs84", show_default=True, help="Datum of the source's coordinates."
)
@click.option(
    "--mask",
    type=_FILE,
    help="GeoJSON polygon in which the datum is shifted; default: mainland China, coarse.",
)
@lang_option
def build(lang: str | None, out: Path, **options: Any) -> None:
    """Build a city from SOURCE.osm.pbf, or from --nodes and --edges."""
    from firstminute.app.cli.city_report import progress, summary
    from firstminute.store.datum_mask import read_mask
    from firstminute.store.ground import build_city, save_city

    with plain_errors(lang) as language:
        source = _source(options)
        start = time.monotonic()
        with progress(language) as tell:
            mask = read_mask(options["mask"])
            parts = build_city(source, region=options["region"], datum=options["datum"], mask=mask, tell=tell)
            tell("write", 0, 0)
            try:
                save_city(parts, out)
            except OSError as error:
                raise GroundSourceError(
                    "ground.out_not_writable", path=str(out), reason=str(error.strerror or error)
                ) from error
        summary(parts.about, language)
        seconds = round(time.monotonic() - start, 1)
        click.echo(sentence(language, "ground.built", {"out": out, "seconds": seconds}))


def _source(options: Mapping[str, Any]) -> Any:
    from firstminute.store.ground_table import TableSource

    source, nodes, edges = options["source"], options["nodes"], options["edges"]
    tables = [name for name in ("time_s", "speed_kmh", "speed_mph", "undirected") if options[name]]
    if (source is None) == (nodes is None and edges is None) or (nodes is None) != (edges is None):
        raise GroundSourceError("ground.source_or_tables")
    if source is not None:
        if tables:
            raise GroundSourceError("ground.tables_only", option="--" + tables[0].replace("_", "-"))
        if source.suffix.lower() in (".parquet", ".csv"):
            raise GroundSourceError("ground.wrong_source", path=str(source))
        return source
    if options["speed_kmh"] and options["speed_mph"]:
        raise GroundSourceError("ground.one_speed")
    speed = (
        (options["speed_kmh"], "kmh")
        if options["speed_kmh"]
        else (options["speed_mph"], "mph")
        if options["speed_mph"]
        else None
    )
    return TableSource(nodes, edges, _time_columns(options["time_s"]), speed, bool(options["undirected"]))


def _time_columns(values: tuple[str, ...]) -> dict[str, str]:
    columns = {}
    for value in values:
        mode, equals, column = value.partition("=")
        if not equals or not column or mode not in MODES:
            raise GroundSourceError("ground.bad_time_option", value=value, modes=", ".join(MODES))
        columns[mode] = column
    return columns


@city.command()
@click.argument("directory", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@lang_option
def info(lang: str | None, directory: Path, as_json: bool) -> None:
    """Say what the city in DIRECTORY is: nodes, arcs, share strongly connected, modes, speed source."""
    from firstminute.app.cli.city_report import summary
    from firstminute.store.ground import city_info

    with plain_errors(lang) as language:
        about = city_info(directory)
        if as_json:
            click.echo(json.dumps(about, ensure_ascii=False, indent=1))
        else:
            summary(about, language)


@click.command()
@click.option("--city", "directory", required=True, type=_FILE, help="A city built by `city build`.")
@click.option("--at", required=True, metavar="LON,LAT", help="Where to start, degrees WGS-84.")
@click.option("--minutes", required=True, type=float)
@click.option("--mode", required=True, type=_MODE)
@click.option("--keep-rules", is_flag=True, help="Let car-lights heed one-ways and turn bans.")
@click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
@click.option("--geojson", "as_geojson", is_flag=True, help="Print the area and its streets as GeoJSON.")
@lang_option
def reach(lang: str | None, **options: Any) -> None:
    """Show how far one gets from a place in some minutes."""
    from firstminute.app.cli.city_reach import reached, reached_geojson
    from firstminute.store.ground import open_city

    with plain_errors(lang) as language:
        lon, lat = _place(options["at"])
        minutes = options["minutes"]
        if not 0 < minutes <= MOST_MINUTES:
            raise GroundSourceError("ground.bad_minutes", value=minutes, most=MOST_MINUTES)
        ground = open_city(options["directory"]).ground
        found = reached(
            ground, (lon, lat), minutes, options["mode"], lights_break_rules=not options["keep_rules"]
        )
        if options["as_geojson"]:
            click.echo(json.dumps(reached_geojson(found), ensure_ascii=False))
        elif options["as_json"]:
            click.echo(json.dumps(found.figures, ensure_ascii=False, indent=1))
        else:
            click.echo(_reach_sentence(language, found.figures, ground))


def _reach_sentence(language: str, figures: Mapping[str, Any], ground: Ground) -> str:
    lon, lat = figures["at"]
    about = {**figures, "lon": lon, "lat": lat}
    if not ground.serves(figures["mode"]):
        served = ", ".join(mode for mode in TRAVEL_MODES if ground.serves(mode))
        return sentence(language, "ground.mode_not_served", {**about, "modes": served})
    if figures["snapped"] is None and figures["mode"] != "drone":
        return sentence(language, "ground.off_network", {**about, "limit": int(MAX_SNAP_M)})
    return sentence(language, "ground.reach", about)


def _place(text: str) -> tuple[float, float]:
    parts = text.split(",")
    try:
        lon, lat = (float(part) for part in parts)
    except ValueError as error:
        raise GroundSourceError("ground.bad_at", value=text) from error
    if not abs(lat) <= 90:
        raise GroundSourceError("ground.at_swapped", value=text, lat=lat)
    if not abs(lon) <= 180:
        raise GroundSourceError("ground.bad_at", value=text)
    return lon, lat


@click.command()
@click.option("--city", "directory", required=True, type=_FILE, help="A city built by `city build`.")
@click.option("--from", "sources", required=True, type=_FILE, help="CSV or parquet: id, lon, lat.")
@click.option("--to", "targets", required=True, type=_FILE, help="CSV or parquet: id, lon, lat.")
@click.option("--mode", required=True, type=_MODE)
@click.option("--keep-rules", is_flag=True, help="Let car-lights heed one-ways and turn bans.")
@click.option(
    "--out", required=True, type=_FILE, help="CSV or parquet: id_from, id_to, travel_s (empty = unreachable)."
)
@lang_option
def matrix(lang: str | None, **options: Any) -> None:
    """Write the travel time of every pair of two lists of places."""
    from firstminute.app.cli.city_matrix import check_answer, read_points, travel_rows, write_matrix
    from firstminute.store.ground import open_city

    with plain_errors(lang) as language:
        check_answer(options["out"])
        sources, targets = read_points(options["sources"]), read_points(options["targets"])
        ground = open_city(options["directory"]).ground
        rows = travel_rows(
            ground, sources, targets, options["mode"], lights_break_rules=not options["keep_rules"]
        )
        pairs, unreachable = write_matrix(options["out"], sources, targets, rows)
        about = {"pairs": pairs, "out": options["out"], "unreachable": unreachable}
        click.echo(sentence(language, "ground.matrix_written", about), file=sys.stderr)
