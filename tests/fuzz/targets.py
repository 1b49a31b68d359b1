"""Every reader of bytes or text that somebody else wrote, as a function that may raise nothing but what its own page says.

Idea: a target is made by a function that imports its readers when it is called, so that a fuzzer can instrument them and each process pays for its own alone.
The first byte chooses between the readers' own switches. Seeds are small real inputs; what once broke a reader lies in `corpus/<target>/`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

NODES = b"lon,lat\n113.0,23.0\n113.01,23.0\n"
EDGES = b"u,v,length_m\n0,1,1000\n1,0,1000\n"
Reader = Callable[[bytes], object]
CORPUS = Path(__file__).parent / "corpus"
CONTENT_TYPES = (
    "application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "image/jpeg", "",
)  # fmt: skip
TABLES = (
    "venues", "teams", "members", "units", "stations", "zones", "districts", "plans", "rosters", "incident_types", "alert_policies", "devices", "agencies",
    "receivers",
)  # fmt: skip


def _split(data: bytes, choices: tuple[str, ...]) -> tuple[str, bytes]:
    return (choices[data[0] % len(choices)], data[1:]) if data else (choices[0], data)


def calls() -> Reader:
    """The body of a call, in any content type: read, or unreadable; and what was read is put into words of the model."""
    from firstminute.api import intake, loose

    def read(data: bytes) -> object:
        kind, body = _split(data, CONTENT_TYPES)
        try:
            reading = loose.read_call(body, kind)
        except loose.Unreadable as problem:
            return problem.problem
        intake.shape_place(reading.arguments, None)
        return json.dumps(reading.arguments, ensure_ascii=False).encode("utf-8")

    return read


def commands() -> Reader:
    """The JSON body of any command, held against its schema."""
    import orjson
    from pydantic import BaseModel, ValidationError

    from firstminute.api.bounds import body_model
    from firstminute.flow.commands import COMMANDS

    models: list[type[BaseModel]] = [
        body_model(each.name, each.schema, without=frozenset()) for each in COMMANDS
    ]

    def read(data: bytes) -> object:
        if not data:
            return None
        try:
            found = models[data[0] % len(models)].model_validate(orjson.loads(data[1:]))
        except (ValidationError, orjson.JSONDecodeError):
            return None
        return json.dumps(found.model_dump(mode="json"), ensure_ascii=False).encode("utf-8")

    return read


def radio() -> Reader:
    """A line of radio words, a call sign looked up, words searched for among places."""
    from firstminute.command import gazetteer
    from firstminute.model.errors import Refused
    from firstminute.model.records import Unit
    from firstminute.respond import words

    units = {
        f"u{number}": Unit(
            unit_id=f"u{number}",
            call_sign=f"铁骑-0{number}",
            kind="motorcycle",
            mode="motorcycle",
            station_id="s",
            district="d",
        )
        for number in range(3)
    }
    places = gazetteer.Gazetteer(
        gazetteer.Entry(name, name, "venue", name, 113.0, 23.0) for name in ("体育西路", "Market (A)", "%_\\")
    )

    def read(data: bytes) -> object:
        line = data.decode("utf-8", "surrogateescape")
        places.find(line, 8)
        try:
            for heard in words.parse(line):
                for sign in heard.call_signs:
                    words.resolve(sign, units, ("u1",))
        except Refused as refused:
            return refused.code
        return None

    return read


def registers() -> Reader:
    """A file of any register in any form: rows, or errors row by row."""
    from firstminute.store.import_export import FORMS, read_rows

    def read(data: bytes) -> object:
        table, rest = _split(data, TABLES)
        form, body = _split(rest, tuple(FORMS))
        datum, body = _split(body, ("wgs84", "gcj02", "bd09"))
        return read_rows(table, form, body, datum)

    return read


def cad() -> Reader:
    """A file that another dispatch system dropped."""
    import tempfile

    from firstminute.app.cad_folder import read_records

    folder = Path(tempfile.mkdtemp(prefix="fuzz-cad-", dir="/dev/shm"))

    def read(data: bytes) -> object:
        form, body = _split(data, ("json", "csv"))
        path = folder / f"record.{form}"
        path.write_bytes(body)
        try:
            return list(read_records(path))
        except ValueError:
            return None

    return read


def ground() -> Reader:
    """A city's roads: an OSM extract, or tables of nodes and edges."""
    import tempfile

    from firstminute.store.ground_osm import GroundSourceError, read_osm
    from firstminute.store.ground_table import TableSource, read_tables

    folder = Path(tempfile.mkdtemp(prefix="fuzz-ground-", dir="/dev/shm"))

    def read(data: bytes) -> object:
        what, body = _split(data, ("nodes", "edges", "osm"))
        nodes, edges = folder / "nodes.csv", folder / "edges.csv"
        try:
            if what == "osm":
                (folder / "city.osm.pbf").write_bytes(body)
                return read_osm(folder / "city.osm.pbf")
            nodes.write_bytes(body if what == "nodes" else NODES)
            edges.write_bytes(body if what == "edges" else EDGES)
            return read_tables(TableSource(nodes=nodes, edges=edges))
        except GroundSourceError as problem:
            return str(problem)

    return read


def tags() -> Reader:
    """What a mapper wrote about a street: speeds, access, directions, turn rules."""
    from firstminute.geo.maxspeed import parse_maxspeed, posted_pair
    from firstminute.geo.speeds import REGIONS
    from firstminute.geo.tags import way_class, way_rule

    def read(data: bytes) -> object:
        text = data.decode("utf-8", "replace")
        found = dict(line.partition("=")[::2] for line in text.split("\n")[:40])
        for region in REGIONS.values():
            parse_maxspeed(text, region)
            posted_pair(found, region)
            way_rule(found, region)
        return way_class(found)

    return read


def recorded() -> Reader:
    """A recorded day for the replay: CSV, GeoJSON, parquet, packed or not, and the times in it."""
    import tempfile

    from firstminute.simulate.tables import TableError, read_rows, seconds_of

    folder = Path(tempfile.mkdtemp(prefix="fuzz-day-", dir="/dev/shm"))

    def read(data: bytes) -> object:
        name, body = _split(data, ("day.csv", "day.geojson", "day.parquet", "day.csv.gz"))
        path = folder / name
        path.write_bytes(body)
        try:
            rows = read_rows(path)
        except TableError as problem:
            return problem.code
        return [seconds_of(value) for row in rows[:50] for value in row.values()]

    return read


def positions() -> Reader:
    """Fixes as JSON, and as OsmAnd and Traccar Client send them."""
    from firstminute.api.errors import Problem
    from firstminute.api.positions import _items, read_fixes
    from firstminute.gateways.osmand import codec
    from firstminute.model.envelope import Actor

    actor = Actor(id="d", role="device")

    def read(data: bytes) -> object:
        how, body = _split(data, ("fixes", "query", "body", "form"))
        if how != "fixes":
            query = body if how == "query" else b""
            return codec.decode(
                query,
                b"" if how == "query" else body,
                "application/x-www-form-urlencoded" if how == "form" else "",
            )
        try:
            return read_fixes(_items(body), actor, 1_700_000_000.0)
        except Problem as problem:
            return problem.code

    return read


def jt808() -> Reader:
    """A whole conversation of a vehicle terminal."""
    from firstminute.gateways.jt808.messages import Asked
    from firstminute.gateways.jt808.session import Session

    class Known:
        def known(self, phone: str) -> bool:
            return phone == "13800001111"

        def code(self, phone: str) -> str:
            return "code"

        def bind(self, phone: str, asked: Asked) -> bool:
            return True

        def enter(self, phone: str, session: object) -> bool:
            return True

    def read(data: bytes) -> object:
        session = Session(Known(), lambda: 1_780_000_000.0)
        for start in range(0, len(data), 97):
            if session.closed:
                break
            session.receive(data[start : start + 97])
        return session.refused

    return read


def secrets() -> Reader:
    """One-time codes, bearer headers, certificates, and heads of a journal as somebody typed them off paper."""
    from firstminute.api.auth import bearer_of
    from firstminute.app import certificates
    from firstminute.store import head_text, totp

    def read(data: bytes) -> object:
        text = data.decode("utf-8", "surrogateescape")
        bearer_of(text)
        totp.step_of(b"k" * 20, text, 1_700_000_000.0)
        for reader in (
            head_text.read_head,
            lambda said: certificates.about(said.encode("utf-8", "surrogateescape")),
        ):
            try:
                reader(text)
            except ValueError:
                continue
        return None

    return read


def media() -> Reader:
    """Sound and film that people attach."""
    from firstminute.gateways.media import codec

    def read(data: bytes) -> object:
        kind = codec.media_of(data)
        if kind is None or kind in codec.PICTURES:
            return None
        try:
            return codec.shareable(data, kind)
        except codec.Broken:
            return None

    return read


def pictures() -> Reader:
    """Pictures that people attach: drawn anew, or refused. Large ones take their time in a child with a clock of its own; here small ones are looked for."""
    from firstminute.gateways.media.pictures import Undrawable, drawn_anew

    def read(data: bytes) -> object:
        try:
            return drawn_anew(data, most=200_000)
        except Undrawable:
            return None

    return read


def phones() -> Reader:
    """Push subscriptions as browsers give them, and what adaptors and robots answer."""
    from firstminute.gateways.push import codec as push
    from firstminute.gateways.webhook.codec import body_in, complete
    from firstminute.gateways.wecom import codec as wecom

    def read(data: bytes) -> object:
        complete(data)
        assert len(body_in(data)) <= len(data)
        wecom.taken(data)
        try:
            found = push.decode(data)
        except ValueError as problem:
            assert str(problem) == "push_unfit"
            return None
        return len(found.p256dh) == 65 and len(found.auth) == 16

    return read


def webhooks() -> Reader:
    """Addresses that a webhook is to go to, and the first line of what comes back."""
    from firstminute.gateways.webhook.addresses import Forbidden, allowed_of, permitted, target_of
    from firstminute.gateways.webhook.codec import request_of, status_of

    allowed = allowed_of("hooks.example, 127.0.0.1", "")

    def read(data: bytes) -> object:
        text = data.decode("utf-8", "surrogateescape")
        permitted(text)
        try:
            target = target_of(text, allowed)
        except Forbidden:
            target = None
        if target is not None:
            assert target.host in ("hooks.example", "127.0.0.1")
            assert request_of(target, {}, b"").count(b"\r\n") == 7
        try:
            return status_of(data)
        except ValueError:
            return None

    return read


def record() -> Reader:
    """What lies on the disk: canonical bodies, track files, parts of facts."""
    import io

    from firstminute.model.encoding import decode
    from firstminute.model.facts import KINDS
    from firstminute.store import canonical, track_file

    kinds = tuple(KINDS)

    def read(data: bytes) -> object:
        name, body = _split(data, kinds)
        for _ in track_file.frames(io.BytesIO(body)):
            pass
        try:
            return decode(KINDS[name], canonical.read(body))
        except (
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
        ):  # the chain has told long before that these are not our bytes
            return None

    return read


TARGETS: dict[str, Callable[[], Reader]] = {
    "calls": calls, "commands": commands, "radio": radio, "registers": registers, "cad": cad, "ground": ground, "tags": tags, "recorded": recorded,
    "jt808": jt808, "positions": positions, "secrets": secrets, "media": media, "pictures": pictures, "webhooks": webhooks, "phones": phones, "record": record,
}  # fmt: skip


def planted() -> Reader:
    """No reader of ours: a bug to be found."""
    from tests.fuzz import planted as bug

    return bug.read


def corpus(name: str) -> list[bytes]:
    """All inputs that are kept of a target."""
    from tests.fuzz.seeds import seeds

    return [*seeds()[name], *(path.read_bytes() for path in sorted((CORPUS / name).glob("*")))]
