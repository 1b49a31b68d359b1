"""A bulk import beside the desk: calls go on being answered, one fact tells of it, and a file with one bad row changes nothing."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from firstminute.api.ports import ImportFailed
from firstminute.app import prepare
from firstminute.app.desk import Desk
from firstminute.app.imports import Imports
from firstminute.app.ports import JournalReader, RegisterFiles
from firstminute.flow.state import State
from firstminute.model.encoding import encode
from firstminute.model.envelope import Actor
from firstminute.model.records import District, Member
from firstminute.store import staging
from firstminute.store.import_export import change_of
from tests.support.desk import ADMIN, desk_at, do, receive

pytestmark = pytest.mark.usefixtures("engine")

ROWS = 1_300


def _file(count: int = ROWS, team: str = "t", **spoilt: Any) -> bytes:
    rows = [
        {"member_id": f"m{n}", "team_id": f"{team}{n % 9}", "name": f"王{n}", "phone": f"139{n:08}"}
        for n in range(count)
    ]
    if spoilt:
        rows[count // 2].update(spoilt)
    return json.dumps(rows, ensure_ascii=False).encode()


def _load(
    desk: Desk,
    data: bytes,
    key: str = "import",
    form: str = "json",
    table: str = "members",
    actor: Actor = ADMIN,
) -> Any:
    return asyncio.run(Imports(desk.store, desk).load(table, form, data, actor, key))


def _settle(desk: Desk) -> int:
    count = 0
    while desk.store.settle():
        count += 1
    return count


def _facts(desk: Desk) -> list[Any]:
    return [fact for fact in JournalReader(desk.store).after(0) if fact.kind == "RegisterChanged"]


def test_an_import_is_one_fact_and_the_same_in_memory_on_disk_and_after_a_restart(tmp_path: Path) -> None:
    with desk_at(tmp_path) as desk:
        ack, errors = _load(desk, _file())
        assert ack.done and not errors and ack.reply == {"rows": ROWS}
        (fact,) = _facts(desk)
        assert fact.seq == ack.seq and len(fact.body.keys) == ROWS and fact.body.rows[7]["name"] == "王7"
        held = desk.ask(_members).result(10)
        assert len(held[0]) == ROWS and held[0]["m3"] == Member(member_id="m3", team_id="t3")
        exported, _ = RegisterFiles(desk.store, sealed=True).export("members", "json")
        assert _settle(desk) > 0
        assert _same(exported, RegisterFiles(desk.store, sealed=True).export("members", "json")[0])
        assert {row["member_id"]: row["phone"] for row in json.loads(exported)}["m5"] == "13900000005"
    with desk_at(tmp_path) as desk:
        assert desk.ask(_members).result(10) == held


def _members(state: State) -> tuple[dict[str, Any], dict[str, set[str]]]:
    return dict(state.registers.members), {key: set(ids) for key, ids in state.registers.team_members.items()}


def _same(one: bytes, other: bytes) -> bool:
    def by_key(row: dict[str, Any]) -> str:
        return str(row["member_id"])

    return sorted(json.loads(one), key=by_key) == sorted(json.loads(other), key=by_key)


def test_a_bulk_import_leaves_what_a_direct_one_leaves(tmp_path: Path) -> None:
    rows = [encode(Member(member_id=f"m{n}", team_id="t", name="x")) for n in range(20)]
    left: list[Any] = []
    for name in ("bulk", "direct"):
        with desk_at(tmp_path / name) as desk:
            if name == "bulk":
                assert _load(desk, json.dumps(rows).encode())[0].done
                _settle(desk)
            else:
                assert do(desk, "change_register", change_of("members", rows), "direct", ADMIN).done
            with desk.store.reading() as connection:
                table = connection.exec_driver_sql(
                    "SELECT register, key, version, body, valid_to_s FROM register_rows ORDER BY key"
                ).all()
            (fact,) = _facts(desk)
            left.append((table, fact.body, desk.ask(lambda state: dict(state.registers.members)).result(10)))
    assert left[0] == left[1]


def test_calls_are_answered_between_the_pieces_of_an_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk_at(tmp_path) as desk:
        answered: list[int] = []
        whole = desk.store.stage

        def staged(about: Any, rows: Sequence[Any]) -> None:
            whole(about, rows)
            assert receive(desk, len(answered)).done, "the desk waits for the import"
            assert desk.ask(lambda state: len(state.registers.members)).result(10) == 0
            answered.append(len(rows))

        monkeypatch.setattr(desk.store, "stage", staged)
        assert _load(desk, _file())[0].done
        assert len(answered) == 3 and sum(answered) == ROWS
        monkeypatch.setattr(staging, "BITE", 100)
        while desk.store.settle():
            assert receive(desk, 1000 + len(answered)).done
            answered.append(0)


@pytest.mark.parametrize(
    ("spoilt", "said"), [({"team_id": None}, "string_type"), ({"member_id": "m1"}, "twice_in_file")]
)
def test_a_file_with_one_bad_row_changes_nothing_and_names_it(
    tmp_path: Path, spoilt: dict[str, Any], said: str
) -> None:
    with desk_at(tmp_path) as desk:
        ack, errors = _load(desk, _file(**spoilt))
        assert ack is None and errors[0]["row"] == ROWS // 2 + 1 and errors[0]["problem"] == said
        assert _settle(desk) == 1  # the announcement alone
        assert _facts(desk) == [] and RegisterFiles(desk.store).export("members", "json")[0] == b"[]"


def test_a_preview_counts_or_names_and_changes_nothing(tmp_path: Path) -> None:
    with desk_at(tmp_path) as desk:
        imports = Imports(desk.store, desk)
        assert asyncio.run(imports.check("members", "json", _file())) == (ROWS, [])
        count, errors = asyncio.run(imports.check("members", "json", _file(age=1)))
        assert count == 0 and errors[0]["problem"] == "unknown_field"
        assert not desk.store.settle()


@pytest.mark.parametrize("data", [b"[]", b"[" * 5000, b'\xff\xfe"'])
def test_a_file_that_is_no_register_is_refused_with_its_reason(tmp_path: Path, data: bytes) -> None:
    with desk_at(tmp_path) as desk:
        ack, errors = _load(desk, data)
        assert ack is None and errors and errors[0]["row"] == 0


def test_the_same_key_again_gets_the_same_answer_without_a_second_import(tmp_path: Path) -> None:
    with desk_at(tmp_path) as desk:
        first, _ = _load(desk, _file())
        _settle(desk)
        again, _ = _load(desk, _file())
        assert again.again and (again.seq, again.reply) == (first.seq, first.reply)
        other, _ = _load(desk, _file(team="u"))
        assert (other.status, other.code) == ("refused", "idempotency_conflict")
        assert _settle(desk) == 0 and len(_facts(desk)) == 1


def test_a_register_that_is_still_settling_takes_no_other_change_and_others_do(tmp_path: Path) -> None:
    with desk_at(tmp_path) as desk:
        assert _load(desk, _file())[0].done
        one = change_of("members", [encode(Member(member_id="m1", team_id="x"))])
        refused = do(desk, "change_register", one, "one", ADMIN)
        assert (refused.status, refused.code) == ("refused", "import_running")
        district = change_of("districts", [encode(District(district_id="d", name="d"))])
        assert do(desk, "change_register", district, "district", ADMIN).done
        _settle(desk)
        assert do(desk, "change_register", one, "two", ADMIN).done
        assert desk.ask(lambda state: state.registers.members["m1"].team_id).result(10) == "x"


def test_a_second_import_of_a_register_waits_for_the_first_and_its_rows_win(tmp_path: Path) -> None:
    async def both(desk: Desk) -> list[Any]:
        imports = Imports(desk.store, desk)
        settling = asyncio.create_task(imports.run())
        done = await asyncio.gather(
            imports.load("members", "json", _file(team="a"), ADMIN, "a"),
            imports.load("members", "json", _file(team="b"), ADMIN, "b"),
        )
        while desk.store.settling:
            await asyncio.sleep(0.01)
        settling.cancel()
        return done

    with desk_at(tmp_path) as desk:
        (first, _), (second, _) = asyncio.run(both(desk))
        assert first.done and second.done and first.seq < second.seq
        rows = json.loads(RegisterFiles(desk.store).export("members", "json")[0])
        assert len(rows) == ROWS and all(row["team_id"].startswith("b") for row in rows)
        assert (
            desk.ask(lambda state: sum(len(ids) for ids in state.registers.team_members.values())).result(10)
            == ROWS
        )


def test_a_process_that_dies_changes_nothing_and_is_told_apart_from_a_bad_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk_at(tmp_path) as desk:
        for child in (
            "import os; os._exit(9)",
            "import sys, os; sys.stdin.buffer.read(); sys.stdout.write('half'); os._exit(0)",
        ):
            monkeypatch.setattr(prepare, "CHILD", child)
            with pytest.raises(ImportFailed):
                _load(desk, _file())
        monkeypatch.undo()
        assert _settle(desk) == 2 and _facts(desk) == []
        assert _load(desk, _file())[0].done


def test_csv_in_chinese_comes_in_like_json(tmp_path: Path) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["member_id", "team_id", "name"])
    writer.writerows([f"m{n}", "t", "王小明"] for n in range(700))
    with desk_at(tmp_path) as desk:
        ack, errors = _load(desk, out.getvalue().encode("gb18030"), form="csv")
        assert ack is not None and ack.reply == {"rows": 700}, errors
