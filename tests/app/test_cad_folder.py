"""A CAD that speaks by files: records become calls once, bad files say why, status goes back out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from firstminute.app.cad_folder import CadFolder
from firstminute.app.desk import Desk
from firstminute.store.store import Store


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with an empty record."""
    store = Store(tmp_path / "record")
    found = Desk(store).start()
    yield found
    found.stop()
    store.close()


def drop(folder: Path, name: str, text: str | bytes) -> None:
    """Put a finished file where the connector looks."""
    (folder / "in" / name).write_bytes(text if isinstance(text, bytes) else text.encode())


def calls(desk: Desk) -> dict[str, str | None]:
    """External id → words of every open call."""
    return desk.ask(
        lambda state: {call.external_id or "": call.text for call in state.respond.calls.values()}
    ).result(10)


def test_a_record_is_one_call_however_often_it_is_dropped(desk: Desk, tmp_path: Path) -> None:
    connector = CadFolder(desk, tmp_path / "cad")
    record = json.dumps(
        {"external_id": "A1", "text": "两人打架", "type_code": "fight", "lon": 118.4, "lat": 30.2}
    )
    for name in ("1.json", "2.json"):
        drop(tmp_path / "cad", name, record)
        assert connector.look() == 1
    assert calls(desk) == {"cad:A1": "两人打架"}
    assert sorted(path.name for path in (tmp_path / "cad" / "done").iterdir()) == ["1.json", "2.json"]


def test_an_update_amends_and_a_cancel_is_information(desk: Desk, tmp_path: Path) -> None:
    connector = CadFolder(desk, tmp_path / "cad")
    drop(tmp_path / "cad", "a.csv", "external_id,action,text,type_code\nB1,create,噪音,disturbance\n")
    connector.look()
    drop(
        tmp_path / "cad",
        "b.csv",
        "external_id,action,text,type_code\nB1,update,有人受伤,disturbance\n".encode("gb18030"),
    )
    connector.look()
    assert calls(desk)["cad:B1"] == "有人受伤"
    drop(tmp_path / "cad", "c.csv", "external_id,action\nB1,cancel\n")
    connector.look()
    incidents = desk.ask(
        lambda state: [(i.status, i.cancel_requested) for i in state.respond.incidents.values()]
    ).result(10)
    assert incidents and incidents[0][1] is True and incidents[0][0] != "closed"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.json", "{"),
        ("y.json", "[1]"),
        ("z.csv", "external_id,action\n,create\n"),
        ("w.json", b"\xff\xfe\x00"),
    ],
)
def test_a_bad_file_is_kept_with_the_reason(desk: Desk, tmp_path: Path, name: str, text: str | bytes) -> None:
    connector = CadFolder(desk, tmp_path / "cad")
    drop(tmp_path / "cad", name, text)
    connector.look()
    assert (tmp_path / "cad" / "bad" / name).exists()
    assert (tmp_path / "cad" / "bad" / f"{name}.why.txt").read_text()
    assert calls(desk) == {}


def test_status_goes_back_out_once_a_change(desk: Desk, tmp_path: Path) -> None:
    connector = CadFolder(desk, tmp_path / "cad")
    drop(tmp_path / "cad", "1.json", json.dumps({"external_id": "C1", "text": "x", "type_code": "fight"}))
    connector.look()
    connector.look()
    lines = [
        json.loads(line) for line in (tmp_path / "cad" / "out" / "status.jsonl").read_text().splitlines()
    ]
    assert [line["external_id"] for line in lines] == ["C1"]
    assert lines[0]["status"]


POISON = {
    "a.csv": b"id,\r\x00\x00\x00c1,x\n",
    "b.json": b'[{"external_id": "c1", "text": ' + b"[" * 60 + b"]" * 60 + b"}]",
    "c.json": b"[" * 50_000,
    "d.csv": b"external_id,text\nc1," + b"x" * 200_000 + b"\n",
    "e.csv": b'external_id,text\n"c1',
    "f.json": b"\xff\xfe\x00",
    "g.json": b'[{"external_id": {"a": 1}, "action": [], "place": {"points": [[1e999, "x"]]}}]',
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(POISON))
def test_37_a_file_that_cannot_be_read_stands_in_nobodys_way(desk: Desk, tmp_path: Path, name: str) -> None:
    connector = CadFolder(desk, tmp_path / "cad")
    drop(tmp_path / "cad", name, POISON[name])
    drop(tmp_path / "cad", "z.json", json.dumps({"external_id": "after", "text": "fire"}))
    connector.look()
    assert "fire" in calls(desk).values()
    assert not list((tmp_path / "cad" / "in").iterdir())


def test_a_mistake_of_ours_with_one_file_costs_that_file_alone(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector, apply = CadFolder(desk, tmp_path / "cad"), CadFolder._apply

    def breaks(self: CadFolder, record: Mapping[str, Any]) -> str | None:
        if record["external_id"] == "bad":
            raise RuntimeError("ours")
        return apply(self, record)

    monkeypatch.setattr(CadFolder, "_apply", breaks)
    drop(tmp_path / "cad", "a.json", json.dumps({"external_id": "bad", "text": "x"}))
    drop(tmp_path / "cad", "b.json", json.dumps({"external_id": "good", "text": "fire"}))
    assert connector.look() == 1 and "fire" in calls(desk).values()
    assert (tmp_path / "cad" / "bad" / "a.json.why.txt").exists()
