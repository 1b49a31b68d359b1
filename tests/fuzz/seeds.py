"""Small real inputs of each fuzz target, from which a fuzzer begins."""

from __future__ import annotations

import json

from tests.fuzz.targets import EDGES, NODES
from tests.support import media
from tests.support.browser_push import Browser
from tests.support.terminals import asks, batch, frame, place

CALL = {
    "text": "打架", "type_code": "fight", "place": {"lon": 113.3, "lat": 23.1, "radius_m": 50, "floor": 1}, "caller_phone": "+86 139",
    "occurred_at": "2026-01-01T00:00:00+08:00",
}  # fmt: skip
FORM = (
    b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nhelp\r\n'
    b'--x\r\nContent-Disposition: form-data; name="p"; filename="a.jpg"\r\n\r\n\xff\xd8\r\n--x--'
)
STATION = [{"station_id": "s", "name": "=x", "lon": 113.0, "lat": 23.0, "district": "d"}]
ZONE = {
    "features": [{
        "id": "z", "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
        "properties": {"name": "n", "zone_class": "core", "district": "d"},
    }]
}  # fmt: skip
FIX = [{"unit_id": "u", "lon": 113.3, "lat": 23.1, "fix_s": 1_700_000_000, "speed_m_s": 3}]
PHONE = {
    "device_id": "u",
    "location": {"timestamp": "2025-06-15T13:45:12Z", "coords": {"latitude": 1, "longitude": 2}},
}
DAY = {"features": [{"properties": {"a": 1}, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}
CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def seeds() -> dict[str, list[bytes]]:
    """Target → inputs."""
    small = (16, 16)
    return {
        "calls": [b"\0" + _json(CALL), b"\1" + "有人落水".encode("gb18030"), b"\2text=help&lon=113&lat=23", b"\3" + FORM],
        "commands": [bytes([number]) + _json(CALL) for number in range(0, 90, 9)],
        "radio": ["铁骑12、15号 出发；P7 done".encode(), b"12 arrived", "01 到".encode()],
        "registers": [b"\4\2\0" + _json(STATION), b"\4\0\1station_id,name,lon,lat,district\r\ns,'=x,113,23,d\r\n", b"\5\1\0" + _json(ZONE)],
        "cad": [b"\0" + _json([{"id": "c1", "text": "x"}]), b"\1id,text\nc1,x\n"],
        "ground": [b"\0" + NODES, b"\1" + EDGES, b"\2\0\0\0\x0d\x0a\x09OSMHeader\x18\x00"],
        "tags": [
            b"highway=primary\nmaxspeed=50 mph\noneway=-1\naccess:conditional=no @ (Mo-Fr 07:00-09:00)",
            b"maxspeed=CN:urban",
        ],
        "recorded": [b"\0call_id,received,lon,lat\n1,2026-01-01T00:00:00+08:00,113,23\n", b"\1" + _json(DAY)],
        "positions": [b"\0" + _json(FIX), b"\1id=u1&lat=23.5&lon=113.25&timestamp=1700000000&speed=10", b"\2" + _json(PHONE)],
        "jt808": [
            frame(0x0100, asks()) + frame(0x0102, b"code") + frame(0x0200, place(1_780_000_000.0)),
            frame(0x0102, b"code") + frame(0x0704, batch(place(1_779_999_000.0)), part=(2, 1)) + frame(0x0002),
        ],
        "secrets": [b"Bearer " + b"a" * 40, b"123456", CERTIFICATE],
        "media": [media.film(records_places=True), media.voice(), media.tone(), media.film(b"M4A ")],
        "pictures": [*(media.picture(form, small) for form in ("JPEG", "PNG", "WEBP")), media.bomb()],
        "phones": [Browser("https://push.example/x").subscription, b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n{"errcode":0}\r\n0\r\n\r\n'],
        "webhooks": [b"https://hooks.example/a?b", b"http://[::ffff:127.0.0.1]/", b"HTTP/1.1 204 No Content\r\n", b"64:ff9b::7f00:1"],
        "record": [b"\0" + _json({"call_id": "c", "channel": "phone"})],
    }  # fmt: skip
