"""The service as people start it, on a record in PostgreSQL: what the edge promises of a file holds there too. The tests are the same, run once more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.test_bad_input import (
    test_8_numbers_that_are_none_do_not_lose_the_call,
    test_9_10_harmful_characters_do_not_lose_the_words,
    test_11_rare_ideographs_survive,
    test_13_fifty_parallel_uses_of_a_key_make_one_call,
    test_13_the_same_key_with_another_body_is_a_conflict,
    test_14_five_hundred_calls_about_one_fire_are_all_kept_and_merged,
    test_18_acts_out_of_order_are_refused_with_a_reason,
    test_34_positions_that_cannot_be_are_counted_as_refused,
)
from tests.api.test_erasure import (
    test_a_member_who_left_is_erased_by_an_admin_and_a_second_person_and_by_nobody_else,
)
from tests.api.test_heads import test_an_admin_anchors_a_head_nobody_else_does_and_auditors_see_it
from tests.api.test_words_are_kept import (
    test_a_character_that_no_screen_can_hold_is_replaced_and_the_feed_goes_on,
)
from tests.support.killing import put_record
from tests.support.service import Running, running

__all__ = [
    "test_8_numbers_that_are_none_do_not_lose_the_call",
    "test_9_10_harmful_characters_do_not_lose_the_words",
    "test_11_rare_ideographs_survive",
    "test_13_fifty_parallel_uses_of_a_key_make_one_call",
    "test_13_the_same_key_with_another_body_is_a_conflict",
    "test_14_five_hundred_calls_about_one_fire_are_all_kept_and_merged",
    "test_18_acts_out_of_order_are_refused_with_a_reason",
    "test_34_positions_that_cannot_be_are_counted_as_refused",
    "test_a_character_that_no_screen_can_hold_is_replaced_and_the_feed_goes_on",
    "test_a_member_who_left_is_erased_by_an_admin_and_a_second_person_and_by_nobody_else",
    "test_an_admin_anchors_a_head_nobody_else_does_and_auditors_see_it",
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service on a small city, its record on a server."""
    folder = tmp_path_factory.mktemp("on-postgresql")
    (folder / "data").mkdir(mode=0o700)
    put_record(folder / "data", "postgresql")
    with running(folder) as found:
        yield found


def test_health_and_the_folder_say_where_the_record_is(service: Running) -> None:
    with service.client("admin") as client:
        storage = client.get("/health").json()["storage"]
    assert (storage["engine"], storage["synchronous_commit"]) == ("postgresql", "on")
    assert not (service.data / "desk.db").exists() and not (service.data / "vault.db").exists()
