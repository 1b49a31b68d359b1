"""Registers keep every version, seal what identifies a person, and come in and out of files whole or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from firstminute.app.cli import main
from firstminute.model.encoding import decode, encode
from firstminute.model.facts.desk import RegisterChanged, SubjectErased
from firstminute.model.records import KEYS, TABLES, Entrance, Member, Record, Station, Venue, Zone
from firstminute.store import registers
from firstminute.store.import_export import FORMS, change_of, check_rows, read_rows, write_rows
from firstminute.store.store import Store
from tests.support.record import facts_of

pytestmark = pytest.mark.usefixtures("engine")

VENUE = Venue(
    venue_id="v1", name="东门市场", name_en="East Gate Market", category="market", lon=113.2644, lat=23.1291, district="d1",
    entrances=(Entrance(lon=113.2645, lat=23.1292, hours=((480, 1200),), key_holder="保安室", note="=1+1"),), station_id="s1",
)  # fmt: skip
RING = ((113.0, 23.0), (113.1, 23.0), (113.1, 23.1), (113.0, 23.0))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path)
    made.begin()
    return made


def _change(
    table: str, records: list[Record], version: int, removed: tuple[str, ...] = ()
) -> RegisterChanged:
    rows = [encode(each) for each in records]
    keys = tuple(str(row[KEYS[table]]) for row in rows)
    return RegisterChanged(
        table=table, keys=keys, versions=(version,) * len(rows), digest=registers.digest_of(table, rows), removed=removed, rows=tuple(rows)
    )  # fmt: skip


def _write(store: Store, *bodies: RegisterChanged) -> None:
    store.append({"live": facts_of(bodies, after=store.heads["live"].seq)})


def test_a_row_has_a_history_and_a_replay_sees_the_rows_of_then(store: Store) -> None:
    newer = replace(VENUE, name="新东门市场")
    _write(store, _change("venues", [VENUE], 1))
    _write(store, _change("venues", [newer], 2))
    _write(store, _change("venues", [], 0, removed=("v1",)))
    with store.reading() as connection:
        assert list(registers.current(connection, "city", "venues")) == []
        assert registers.history(connection, "city", "venues", "v1") == [
            (1, 1001.0, 1002.0, VENUE),
            (2, 1002.0, 1003.0, newer),
        ]
        rows = [fact.body.rows for fact in store.journal.read(connection, "live")]  # type: ignore[attr-defined]
    assert [[decode(Venue, row) for row in each] for each in rows] == [[VENUE], [newer], []]


def test_names_and_phones_are_sealed_per_person_and_can_be_erased_one_by_one(
    store: Store, tmp_path: Path
) -> None:
    people: list[Record] = [
        Member(member_id=f"m{n}", team_id="t1", name=f"王小明{n}", phone=f"1380000{n}") for n in (1, 2)
    ]
    _write(store, _change("members", people, 1))
    with store.reading() as connection:
        assert [
            record for _, _, record in registers.current(connection, "city", "members", store.keys)
        ] == people
        bare = [record for _, _, record in registers.current(connection, "city", "members")]
    assert [(each.name, each.phone) for each in bare if isinstance(each, Member)] == [(None, None)] * 2
    erased = SubjectErased(subject_id=registers.row_subject("members", "m1"), reason="retention")
    store.append({"live": facts_of([erased], after=1)})
    with store.reading() as connection:
        left = [record.name for _, _, record in registers.current(connection, "city", "members", store.keys)]  # type: ignore[union-attr]
    assert left == [None, "王小明2"]
    store.close()
    assert all("王小明".encode() not in path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.parametrize("table", sorted(TABLES))
def test_a_record_of_every_table_goes_out_and_in_again_in_every_form(table: str) -> None:
    @settings(max_examples=8, phases=[Phase.generate])
    @given(st.lists(st.from_type(TABLES[table]), max_size=3, unique_by=lambda row: getattr(row, KEYS[table])))
    def same(records: list[Any]) -> None:
        sound = [each for each in records if not check_rows(table, [encode(each)])[1]]
        for form in FORMS:
            rows, errors = read_rows(table, form, write_rows(table, form, sound))
            assert not errors, (form, errors)
            assert form == "csv" or rows == [encode(each) for each in sound], form

    same()


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_venue_with_everything_survives_every_form(form: str) -> None:
    rows, errors = read_rows("venues", form, write_rows("venues", form, [VENUE]))
    assert (errors, [decode(Venue, row) for row in rows]) == ([], [VENUE])


def test_a_zone_is_a_polygon_and_a_station_a_point() -> None:
    zone = Zone(zone_id="z", name="核心区", zone_class="core", district="d", ring=RING)
    station = Station(station_id="s", name="派出所", lon=113.0, lat=23.0, district="d")
    assert b'"Polygon"' in write_rows("zones", "geojson", [zone])
    assert b'"Point"' in write_rows("stations", "geojson", [station])
    assert read_rows("zones", "geojson", write_rows("zones", "geojson", [zone]))[0] == [encode(zone)]


def test_a_cell_that_a_spreadsheet_would_run_is_quoted_and_comes_back_as_it_was() -> None:
    for name in ("=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝1", "＠x", "'=x", "'quoted"):
        out = write_rows("venues", "csv", [replace(VENUE, name=name)])
        assert f",{name}," not in out.decode() or name.startswith("'q")
        assert read_rows("venues", "csv", out)[0][0]["name"] == name


HEADER = "venue_id,name,category,lon,lat,district"


@pytest.mark.parametrize(
    ("text", "row", "field", "problem"),
    [
        (f"{HEADER}\nv1,a,m,113,23,d\nv1,b,m,113,23,d", 2, "venue_id", "twice_in_file"),
        (f"{HEADER}\nv1,a,m,213,23,d", 1, "lon", "outside_the_world"),
        (f"{HEADER}\nv1,a,m,113,91,d", 1, "lon", "outside_the_world"),
        (f"{HEADER}\nv1,a,m,nan,23,d", 1, "lon", "not_a_number"),
        (f"{HEADER}\nv1,a,m,x,23,d", 1, "lon", "float_parsing"),
        (f"{HEADER}\n,a,m,113,23,d", 1, "venue_id", "missing"),
        (f"{HEADER},colour\nv1,a,m,113,23,d,red", 1, "colour", "unknown_field"),
        (f"{HEADER}\nv1,a,m,113,23,d,surplus", 0, "", "unreadable"),
        ("", 0, "", "unreadable"),
        ('{"type": "FeatureCollection"}', 0, "", "unreadable"),
    ],
)
def test_a_bad_row_is_named_with_its_field_and_nothing_is_taken(
    text: str, row: int, field: str, problem: str
) -> None:
    form = "geojson" if text.startswith("{") else "csv"
    _, errors = read_rows("venues", form, text.encode())
    assert (errors[0].row, errors[0].field) == (row, field)
    assert errors[0].problem.startswith(problem)


def test_values_outside_their_choice_are_named() -> None:
    _, errors = check_rows(
        "units",
        [
            {
                "unit_id": "u",
                "call_sign": "12",
                "kind": "tank",
                "mode": "car",
                "station_id": "s",
                "district": "d",
            }
        ],
    )
    assert errors[0].field == "kind" and "motorcycle" in errors[0].problem


def test_chinese_spreadsheets_in_gb18030_are_read() -> None:
    rows, errors = read_rows("venues", "csv", f"{HEADER}\nv1,东门𠮷市场,m,113,23,d".encode("gb18030"))
    assert (errors, rows[0]["name"]) == ([], "东门𠮷市场")


def test_coordinates_in_gcj02_are_moved_to_wgs84_with_their_entrances() -> None:
    rows, errors = read_rows("venues", "json", write_rows("venues", "json", [VENUE]), "gcj02")
    assert not errors
    for lon, lat, was in (
        (rows[0]["lon"], rows[0]["lat"], VENUE),
        (rows[0]["entrances"][0]["lon"], rows[0]["entrances"][0]["lat"], VENUE.entrances[0]),
    ):
        assert 0.003 < abs(lon - was.lon) + abs(lat - was.lat) < 0.02


def test_an_import_is_one_fact_and_a_file_with_one_bad_row_changes_nothing(tmp_path: Path) -> None:
    good, bad, data = tmp_path / "venues.csv", tmp_path / "bad.csv", tmp_path / "data"
    good.write_text(
        f"{HEADER}\n" + "\n".join(f"v{n},市场{n},market,113.{n:03},23,d" for n in range(50)), encoding="utf-8"
    )
    bad.write_text(good.read_text(encoding="utf-8").replace("v7,", "v8,"), encoding="utf-8")
    run = CliRunner()
    said = run.invoke(main, ["register", "import", "venues", str(bad), "--data", str(data)])
    assert said.exit_code == 1 and "row 9: venue_id twice_in_file" in said.output
    said = run.invoke(main, ["register", "import", "venues", str(good), "--data", str(data), "--check"])
    assert said.exit_code == 0 and "nothing was imported" in said.output
    said = run.invoke(main, ["register", "import", "venues", str(good), "--data", str(data)])
    assert "50 rows imported as fact 1" in said.output, said.output
    out = tmp_path / "out.geojson"
    assert run.invoke(main, ["register", "export", "venues", str(out), "--data", str(data)]).exit_code == 0
    assert len(read_rows("venues", "geojson", out.read_bytes())[0]) == 50
    assert (
        run.invoke(
            main, ["register", "export", "venues", str(tmp_path / "x.txt"), "--data", str(data)]
        ).exit_code
        == 1
    )


def test_the_digest_of_a_change_does_not_tell_a_phone_number() -> None:
    rows = [encode(Member(member_id="m", team_id="t", phone=phone)) for phone in ("1", "2")]
    assert change_of("members", rows[:1])["digest"] == change_of("members", rows[1:])["digest"]
