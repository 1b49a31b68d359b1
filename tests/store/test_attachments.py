"""Attachments that come while others of the same subject go."""

from __future__ import annotations

import threading
from pathlib import Path

from firstminute.store.attachments import Attachments
from firstminute.store.store import Store

ROUNDS = 150


def test_a_folder_is_not_taken_for_empty_while_something_is_put_into_it(tmp_path: Path) -> None:
    store = Store(tmp_path, "north")
    files = Attachments(store, most=100_000_000)
    over, broken = threading.Event(), list[BaseException]()

    def forget() -> None:
        try:
            while not over.is_set():
                files.drop("call-0")
        except OSError as problem:
            broken.append(problem)

    beside = threading.Thread(target=forget)
    beside.start()
    try:
        for number in range(ROUNDS):
            files.put("call-0", f"{number:032x}", {"original": b"as it came", "shown": b"drawn anew"})
    finally:
        over.set()
        beside.join(20)
    files.drop("call-0")
    assert not broken and files.room.used == 0
    store.close()
