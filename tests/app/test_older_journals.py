"""A journal that an older release wrote is read, verified and served by this one.

The older release is this one with its writer changed: it knew fewer fields, had one that is gone now, and meant minutes where version 2 says seconds.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

from firstminute.model import encoding
from firstminute.model.envelope import Body
from firstminute.model.facts import KINDS
from firstminute.model.facts.desk import TimerSet
from firstminute.store import journal
from firstminute.store.store import Store
from firstminute.store.verify import verify
from tests.support.desk import Hands, desk_at, receive
from tests.support.record import closing, facts_of, incidents


def _as_then(body: Body) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """A body as the older release wrote it."""
    plain, sealed = encoding.encode_body(body)
    optional = {field.name for field in fields(body) if field.default is not MISSING}  # type: ignore[arg-type]
    plain = {
        name: value
        for name, value in plain.items()
        if name not in optional or value not in (None, False, [], 1)
    }
    if isinstance(body, TimerSet):
        plain["due_min"] = plain.pop("due_s") / 60
    return {**plain, "colour_code": "blue"}, sealed


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(journal, "encode_body", _as_then)
    store = Store(tmp_path)
    store.begin()
    store.append({"live": facts_of([*incidents(5), closing(3)], at_s=1_699_999_000.0)})
    store.close()
    monkeypatch.undo()
    monkeypatch.setattr(TimerSet, "VERSION", 2)
    monkeypatch.setitem(
        encoding.UPCASTS, "TimerSet", {1: lambda then: {**then, "due_s": then["due_min"] * 60}}
    )
    return tmp_path


def test_an_older_journal_is_sound_and_its_facts_mean_the_same(old: Path) -> None:
    store = Store(old)
    with store.reading() as connection:
        assert all(each.sound for each in verify(connection))
        read = list(store.journal.read(connection, "live"))
    assert [fact.body for fact in read] == [fact.body for fact in facts_of([*incidents(5), closing(3)])]
    store.close()


def test_a_desk_goes_on_from_an_older_journal_and_both_parts_verify_as_one(old: Path) -> None:
    with desk_at(old, Hands()) as desk:
        assert (
            len(desk.ask(lambda state: [each for each in state.respond.incidents.values()]).result(10)) >= 4
        )
        assert receive(desk, 1).done
        with desk.store.reading() as connection:
            assert all(each.sound for each in verify(connection))


def test_every_kind_of_today_can_be_read_from_its_bare_required_fields() -> None:
    for name, cls in KINDS.items():
        required = {
            field.name
            for field in fields(cls)
            if field.default is MISSING and field.default_factory is MISSING
        }  # type: ignore[arg-type]
        plain = {
            field: value
            for field, value in encoding.encode(encoding.decode_body(name, 1, {})).items()
            if field in required
        }
        assert encoding.decode_body(name, cls.VERSION, plain).NAME == name
