"""Bulk imports: wherever the process is killed, a register holds all of an import or nothing of it, and one fact tells of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firstminute.model.encoding import encode
from firstminute.model.facts.desk import RegisterChanged
from firstminute.model.records import Member
from firstminute.store import registers, staging
from firstminute.store.registers import Import, digest_of, parts_of
from firstminute.store.store import Store
from firstminute.store.verify import verify
from tests.support.record import facts_of

pytestmark = pytest.mark.usefixtures("engine")

OLD = {f"m{n}": "t-old" for n in range(7)}
NEW = {f"m{n}": "t-new" for n in range(3, 12)}


@pytest.fixture(autouse=True)
def small_bites(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "BITE", 2)


def _rows(teams: dict[str, str]) -> list[dict[str, Any]]:
    return [encode(Member(member_id=key, team_id=team, name=f"王{key}")) for key, team in teams.items()]


def _fact(teams: dict[str, str], version: int, staged: str | None = None) -> RegisterChanged:
    rows = _rows(teams)
    return RegisterChanged(
        table="members", keys=tuple(teams), versions=(version,) * len(rows), digest=digest_of("members", rows),
        rows=() if staged else tuple(rows), staged=staged,
    )  # fmt: skip


def _opened(folder: Path) -> Store:
    store = Store(folder)
    store.begin()
    return store


def _stage(store: Store, teams: dict[str, str]) -> Import:
    about = store.begin_import("members", "import-1")
    parts = [parts_of("members", row["member_id"], row) for row in _rows(teams)]
    for start in range(0, len(parts), 4):
        store.stage(about, parts[start : start + 4])
    return about


def _now(store: Store) -> dict[str, tuple[str, str | None]]:
    with store.reading() as connection:
        found = list(registers.current(connection, "city", "members", store.keys))
    assert len({key for key, _, _ in found}) == len(found), "a key is valid twice"
    return {key: (record.team_id, record.name) for key, _, record in found}  # type: ignore[union-attr]


def _told(*parts: dict[str, str]) -> dict[str, tuple[str, str | None]]:
    return {key: (team, f"王{key}") for part in parts for key, team in part.items()}


def _begun(store: Store) -> Import:
    store.append({"live": facts_of([_fact(OLD, 1)])})
    return _stage(store, NEW)


def _accepted(store: Store) -> None:
    about = _begun(store)
    store.append({"live": facts_of([_fact(NEW, 2, about.import_id)], after=1)})


def _half_settled(store: Store) -> None:
    _accepted(store)
    for _ in range(3):
        assert store.settle()


@pytest.mark.parametrize(
    ("course", "whole"),
    [(_begun, _told(OLD)), (_accepted, _told(OLD, NEW)), (_half_settled, _told(OLD, NEW))],
)
@pytest.mark.parametrize("killed", [False, True])
def test_an_import_is_there_whole_or_not_at_all_at_every_moment(
    tmp_path: Path, course: Callable[[Store], Any], whole: dict[str, tuple[str, str]], killed: bool
) -> None:
    store = _opened(tmp_path)
    course(store)
    assert _now(store) == whole
    if killed:
        store.close()
        store = _opened(tmp_path)
        assert _now(store) == whole
    elif course is _begun:
        assert not store.settle(), "rows that are still being staged are left alone"
        store.abandon("import-1")
    while store.settle():
        assert _now(store) == whole
    assert _now(store) == whole and store.settling == {}
    with store.reading() as connection:
        assert staging.on_their_way(connection, "city") == []
        assert connection.exec_driver_sql("SELECT count(*) FROM staged_rows").scalar() == 0
        facts = list(store.journal.read(connection, "live"))
        assert [len(fact.body.rows) for fact in facts] == [len(OLD), len(NEW)][: len(facts)]  # type: ignore[attr-defined]
        assert all(each.sound for each in verify(connection))
    store.close()


@pytest.mark.parametrize("course", [_accepted, _half_settled])
def test_facts_and_history_tell_the_same_before_while_and_after_rows_move(
    tmp_path: Path, course: Callable[[Store], None]
) -> None:
    store = _opened(tmp_path)
    course(store)
    before = _tale(store)
    while store.settle():
        assert _tale(store) == before
    assert _tale(store) == before
    (_, first), (_, second) = before[0]
    assert [row["team_id"] for row in first] == ["t-old"] * 7 and [row["team_id"] for row in second] == [
        "t-new"
    ] * 9
    assert [each[:3] for each in before[1]["m4"]] == [(1, 1001.0, 1002.0), (2, 1002.0, None)]
    store.close()


def _tale(store: Store) -> tuple[list[Any], dict[str, Any]]:
    with store.reading() as connection:
        facts = [(fact.seq, fact.body.rows) for fact in store.journal.read(connection, "live")]  # type: ignore[attr-defined]
        history = {key: registers.history(connection, "city", "members", key) for key in ("m1", "m4", "m11")}
    return facts, history


def test_an_import_whose_fact_was_not_made_durable_does_not_count(tmp_path: Path) -> None:
    failing = [False]

    def before_commit() -> None:
        if failing[0]:
            raise OSError("disk full")

    store = Store(tmp_path, before_commit=before_commit)
    store.begin()
    about = _begun(store)
    failing[0] = True
    with pytest.raises(Exception, match="disk full"):
        store.append({"live": facts_of([_fact(NEW, 2, about.import_id)], after=1)})
    failing[0] = False
    store.begin()
    assert _now(store) == _told(OLD) and store.settling == {}
    store.append({"live": facts_of([_fact(NEW, 2, about.import_id)], after=1)})
    assert _now(store) == _told(OLD, NEW) and store.settling == {"members": "import-1"}
    store.close()


def test_a_digest_of_rows_that_come_one_by_one_is_that_of_the_list() -> None:
    from firstminute.store.canonical import canonical
    from firstminute.store.registers import Digest

    for rows in ([], [{"a": 1}], [{"b": "é", "a": [1, 2]}, {"c": None}]):
        made = Digest()
        for row in rows:
            made.add(canonical(row))
        import hashlib

        assert made.hexdigest() == hashlib.sha256(canonical(rows)).hexdigest()
