"""Which key seals which subject: one for each, whoever else is new in the same group, also after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstminute.store.store import Store

pytestmark = pytest.mark.usefixtures("engine")


def _of(store: Store, *subjects: str) -> dict[str, int]:
    with store.database.write() as connection:
        return store.keys.of(connection, subjects)


def test_a_subject_keeps_its_key_beside_new_ones_so_that_erasing_it_reaches_all_it_sealed(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path)
    store.begin()
    first = _of(store, "a", "b")
    store.close()
    store = Store(tmp_path)
    store.begin()
    both = _of(store, "c", "a", "d", "a")
    assert both["a"] == first["a"] and len({*first.values(), *both.values()}) == 4
    sealed = store.vault.seal(both["a"], b"x", b"a")
    with store.database.write() as connection:
        assert store.keys.erase(connection, ["a"]) == 1
    assert store.vault.open(both["a"], sealed, b"a") is None
    assert _of(store, "a", "e")["a"] not in {*first.values(), *both.values()}
    store.close()


def test_a_number_whose_key_is_gone_gives_way_to_a_new_one(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.begin()
    before = _of(store, "a")["a"]
    store.vault.destroy([before], 1)
    store.keys.forget_cache()
    after = _of(store, "a", "b")
    assert after["a"] != before and store.vault.has(after["a"])
    store.close()
    again = Store(tmp_path)
    again.begin()
    assert _of(again, "a") == {"a": after["a"]}
    again.close()
