"""Every fact and record survives being written down and read, today's and yesterday's."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firstminute.model import encoding
from firstminute.model.encoding import UnknownKind, decode, decode_body, encode, encode_body
from firstminute.model.envelope import Body
from firstminute.model.facts import KINDS
from firstminute.model.facts.call import CallReceived
from firstminute.model.facts.desk import TimerSet
from firstminute.model.place import Place
from firstminute.model.records import TABLES

st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
PLAIN = st.dictionaries(
    st.text(max_size=5), st.one_of(st.none(), st.integers(-9, 9), st.text(max_size=5)), max_size=2
)


def _strategy(cls: type[Any]) -> st.SearchStrategy[Any]:
    chosen = {
        field.name: st.lists(PLAIN, max_size=2).map(tuple) for field in fields(cls) if field.name == "rows"
    }
    return st.builds(
        cls,
        **chosen,
        **{
            name: st.from_type(hint)
            for name, hint in get_type_hints(cls).items()
            if name not in chosen and name in {f.name for f in fields(cls)}
        },
    )


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_fact_written_as_json_and_read_again_is_the_same_fact(name: str) -> None:
    cls = KINDS[name]

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(_strategy(cls))
    def same(body: Body) -> None:
        plain, sealed = encode_body(body)
        assert not set(plain) & cls.SEALED
        back = decode_body(name, cls.VERSION, json.loads(json.dumps(plain)), json.loads(json.dumps(sealed)))
        assert encode_body(back) == (plain, sealed)
        if not cls.DETACHED:
            assert back == body

    same()


@pytest.mark.parametrize("table", sorted(TABLES))
def test_a_record_written_as_json_and_read_again_is_the_same_record(table: str) -> None:
    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.from_type(TABLES[table]))
    def same(record: Any) -> None:
        assert decode(TABLES[table], json.loads(json.dumps(encode(record)))) == record

    same()


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_kind_reads_with_all_sealed_fields_erased_and_with_no_field_at_all(name: str) -> None:
    body = decode_body(name, 1, {})
    assert all(getattr(body, field) is None for field in body.SEALED)


def test_a_field_nobody_knows_any_more_is_ignored_and_a_missing_one_takes_its_default() -> None:
    body = decode_body("CallReceived", 1, {"call_id": "c", "channel": "phone", "colour": "blue"})
    assert body == CallReceived(call_id="c", channel="phone")


def test_whole_numbers_in_json_become_the_floats_that_the_fact_promises() -> None:
    body = decode_body("TimerSet", 1, {"timer_subject": "i", "timer": "t", "round": 1, "due_s": 5})
    assert isinstance(body, TimerSet) and isinstance(body.due_s, float)


def test_nested_places_come_back_as_places() -> None:
    place = Place(points=((113.2, 23.1), (113.3, 23.2)), kind="line", address="1号")
    plain, sealed = encode_body(CallReceived(call_id="c", channel="phone", place=place))
    assert "place" not in plain
    assert decode_body("CallReceived", 1, plain, sealed).place == place  # type: ignore[attr-defined]


def test_a_kind_or_version_of_a_newer_release_is_refused() -> None:
    with pytest.raises(UnknownKind):
        decode_body("MoonLanded", 1, {})
    with pytest.raises(UnknownKind):
        decode_body("TimerSet", 99, {})


def test_a_body_of_an_older_version_is_lifted_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TimerSet, "VERSION", 3)
    monkeypatch.setitem(
        encoding.UPCASTS,
        "TimerSet",
        {
            1: lambda old: {**old, "due_s": old["due_min"] * 60},
            2: lambda old: {**old, "timer": old["timer"].upper()},
        },
    )
    body = decode_body("TimerSet", 1, {"timer_subject": "i", "timer": "t", "round": 1, "due_min": 2})
    assert (body.due_s, body.timer) == (120.0, "T")  # type: ignore[attr-defined]


def test_a_number_that_was_none_reads_as_one_that_was_not_said_and_what_may_be_none_stays_none() -> None:
    body = decode_body("TimerSet", 1, {"timer_subject": "i", "timer": "t", "round": None, "due_s": None})
    assert (body.due_s, body.round) == (0.0, 0)  # type: ignore[attr-defined]
    plain, sealed = encode_body(CallReceived(call_id="c", channel="phone", answered_s=None))
    assert decode_body("CallReceived", 1, plain, sealed).answered_s is None  # type: ignore[attr-defined]


def test_a_type_outside_the_words_is_refused_when_its_class_is_first_seen() -> None:
    with pytest.raises(TypeError):
        encoding._writer(set[int])
