"""Attachments beside a real desk whose clock and disk the test moves: erased with their person, sealed anew with a new key, swept where no fact is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from firstminute.api.errors import Problem
from firstminute.app.answers import Answers
from firstminute.app.attachments import Sealed
from firstminute.app.desk import Desk
from firstminute.app.services import ask
from firstminute.app.settings import Settings
from firstminute.model.envelope import Actor
from firstminute.store.attachments import FOLDER, ORPHAN_S, Attachments, NoRoom
from firstminute.store.errors import Broken
from tests.support import media
from tests.support.desk import ADMIN, DISPATCHER, Hands, desk_at, do, receive

SHIFT_S = 8 * 3600.0
MB = 1_000_000
CREW = Actor(id="p1", role="patrol", unit_id="U1")


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def desk(tmp_path: Path, hands: Hands) -> Iterator[Desk]:
    with desk_at(tmp_path, hands) as found:
        yield found


def files_of(desk: Desk) -> list[Path]:
    return sorted((desk.store.folder / FOLDER).glob("*/*"))


def sealed_by(desk: Desk, *, most: int = 100 * MB) -> tuple[Attachments, Callable[[], Sealed]]:
    """The files, and the service over them: made inside the event loop that it serves."""
    files = Attachments(desk.store, most=most)
    settings = Settings(data_dir=desk.store.folder)
    return files, lambda: Sealed(files, desk, Answers(desk).send, ask(desk), settings)


def keep(
    desk: Desk, subject_id: str, data: bytes, key: str, actor: Actor = DISPATCHER, *, most: int = 100 * MB
) -> Any:
    _, serve = sealed_by(desk, most=most)

    async def run() -> Any:
        return await serve().keep(subject_id, data, None, actor, key)

    return asyncio.run(run())


def ids_of(desk: Desk) -> tuple[str, str]:
    said = receive(desk, 1).reply
    return said["call_id"], said["incident_id"]


def over(desk: Desk, hands: Hands, incident_id: str) -> None:
    assert do(desk, "close_incident", {"incident_id": incident_id, "outcome": "resolved"}, "close").done
    hands.pass_s(SHIFT_S + 60)


def erase(desk: Desk, *subjects: str) -> None:
    done = do(
        desk, "erase_subjects", {"subject_ids": list(subjects), "reason": "request_of_person"}, "erase", ADMIN
    )
    assert done.done, done


def served(desk: Desk, act: Callable[[Sealed], Coroutine[Any, Any, None]]) -> None:
    """Run something while the service follows the desk."""
    _, serve = sealed_by(desk)

    async def run() -> None:
        sealed = serve()
        desk.listen(sealed.heard)
        following = asyncio.create_task(sealed.run())
        await asyncio.sleep(0)
        await act(sealed)
        following.cancel()

    asyncio.run(run())


def test_erasing_a_call_takes_its_photos_and_their_key_away(desk: Desk, hands: Hands) -> None:
    call_id, incident_id = ids_of(desk)
    kept = keep(desk, call_id, media.picture(), "a" * 32)[0]["attachment_id"]
    keep(desk, incident_id, media.voice(), "b" * 32)
    copy = {path: path.read_bytes() for path in files_of(desk)}
    over(desk, hands, incident_id)

    async def erased(sealed: Sealed) -> None:
        await asyncio.to_thread(erase, desk, call_id)
        for _ in range(200):
            if len(files_of(desk)) == 2 and not any(folder.exists() for folder in gone):
                return
            await asyncio.sleep(0.02)
        raise AssertionError(files_of(desk))

    gone = {path.parent for path in copy if not path.name.startswith("b" * 32)}
    served(desk, erased)
    assert all(path.name.startswith("b" * 32) for path in files_of(desk))
    for path, data in copy.items():  # put back from a backup, it opens no more
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    files, _ = sealed_by(desk)
    assert (
        files.get(call_id, kept, "original") is None
        and files.get(incident_id, "b" * 32, "original") == media.voice()
    )
    assert files.sweep(0.0) == 2 and len(files_of(desk)) == 2
    assert [fact.body.digest for fact in _kept(desk, call_id)] == [None]  # type: ignore[attr-defined]


def _kept(desk: Desk, subject_id: str) -> list[Any]:
    with desk.store.reading() as connection:
        return desk.store.journal.about(connection, "live", subject_id, kinds=("AttachmentKept",))


def test_a_key_renewed_while_a_photo_comes_in_seals_it_too(
    desk: Desk, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id, incident_id = ids_of(desk)
    put = Attachments.put

    def and_renew(self: Attachments, subject_id: str, attachment_id: str, parts: Any) -> int:
        first = not files_of(desk)
        number = put(self, subject_id, attachment_id, parts)
        if first:
            assert do(
                desk, "renew_keys", {"subject_ids": [subject_id], "reason": "routine"}, "renew", ADMIN
            ).done
        return number

    monkeypatch.setattr(Attachments, "put", and_renew)
    kept = keep(desk, call_id, media.picture(), "a" * 32)[0]["attachment_id"]
    copy = {path: path.read_bytes() for path in files_of(desk)}
    over(desk, hands, incident_id)
    erase(desk, call_id)
    for path, data in copy.items():
        path.write_bytes(data)
    files, _ = sealed_by(desk)
    assert files.get(call_id, kept, "original") is None


def test_what_was_not_made_durable_may_be_sent_again_and_is_swept_where_nobody_does(
    desk: Desk, hands: Hands
) -> None:
    """A commit that failed may have been written after all, so its file stays until the record says otherwise."""
    call_id, _ = ids_of(desk)
    left: list[int] = []

    def breaks_once() -> None:
        if left and files_of(desk):
            left.pop()
            raise OSError("the disk is gone")

    hands.fails = breaks_once
    for key, again in (("a" * 32, True), ("b" * 32, False)):
        left.append(1)
        with pytest.raises(Problem) as problem:
            keep(desk, call_id, media.picture(), key)
        assert problem.value.code == "not_durable"
        if again:
            assert keep(desk, call_id, media.picture(), key)[0]["attachment_id"] == key
    hands.fails = lambda: None
    files, _ = sealed_by(desk)
    files.sweep(max(path.stat().st_mtime for path in files_of(desk)) + ORPHAN_S + 60)
    assert {path.name[:32] for path in files_of(desk)} == {"a" * 32}


def test_what_the_desk_refuses_leaves_no_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    call_id, _ = ids_of(desk)
    monkeypatch.setattr("firstminute.respond.attachments.MOST", 0)
    monkeypatch.setattr(Sealed, "_room", _lets_pass)
    with pytest.raises(Problem) as problem:
        keep(desk, call_id, media.picture(), "a" * 32)
    assert problem.value.code == "too_many_attachments" and files_of(desk) == []


async def _lets_pass(*_: object) -> None:
    """As if the bound had been reached a moment after it was asked for."""


def test_files_that_no_fact_speaks_of_are_swept_after_an_hour_and_others_stay(desk: Desk) -> None:
    call_id, _ = ids_of(desk)
    keep(desk, call_id, media.picture(), "a" * 32)
    (desk.store.folder / FOLDER / "00").mkdir()
    (desk.store.folder / FOLDER / "00" / "half.original-new").write_bytes(b"half written")
    files, _ = sealed_by(desk)
    files.put(call_id, "c" * 32, {"original": b"killed before its fact", "shown": b"x"})
    now_s = max(path.stat().st_mtime for path in files_of(desk))
    assert files.sweep(now_s + ORPHAN_S - 60) == 0 and files.sweep(now_s) == 0
    assert files.sweep(now_s + ORPHAN_S + 60) == 3
    assert {path.name for path in files_of(desk)} == {"a" * 32 + ".original", "a" * 32 + ".shown"}
    assert files.room.used == sum(path.stat().st_size for path in files_of(desk))


def test_there_is_a_bound_to_all_of_them_and_a_call_is_still_taken(desk: Desk) -> None:
    call_id, _ = ids_of(desk)
    with pytest.raises(Problem) as problem:
        keep(desk, call_id, media.tone(label=b""), "a" * 32, most=1_000)
    assert problem.value.code == "attachments_full" and files_of(desk) == []
    assert receive(desk, 2).done


def test_a_disk_with_little_room_left_is_kept_for_the_record(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    free = type("Usage", (), {"free": 1_000_000_100})()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    files, _ = sealed_by(desk)
    with pytest.raises(NoRoom):
        files.put("call", "d" * 32, {"original": bytes(200)})


@pytest.mark.parametrize("spoilt", ["byte", "moved", "renamed"])
def test_a_file_that_was_changed_or_put_elsewhere_is_not_shown(desk: Desk, spoilt: str) -> None:
    call_id, incident_id = ids_of(desk)
    keep(desk, call_id, media.picture(), "a" * 32)
    keep(desk, incident_id, media.voice(), "b" * 32)
    files, _ = sealed_by(desk)
    mine = next(path for path in files_of(desk) if path.name == "a" * 32 + ".shown")
    other = next(path for path in files_of(desk) if path.name == "b" * 32 + ".shown")
    if spoilt == "byte":
        data = bytearray(mine.read_bytes())
        data[-20] ^= 1
        mine.write_bytes(bytes(data))
    elif spoilt == "moved":
        os.replace(other, mine)
    else:
        mine.write_bytes(mine.read_bytes().replace(b'"shown"', b'"shown" ', 1))
    with pytest.raises(Broken):
        files.get(call_id, "a" * 32, "shown")


def test_only_who_is_bound_to_an_incident_adds_to_it(desk: Desk) -> None:
    _, incident_id = ids_of(desk)
    for actor in (
        CREW,
        Actor(id="r", role="resident"),
        Actor(id="x", role="partner"),
        Actor(id="l", role="lead", team_id="T1"),
    ):
        with pytest.raises(Problem) as problem:
            keep(desk, incident_id, media.picture(), "e" * 32, actor)
        assert problem.value.code == "not_yours"
    with pytest.raises(Problem) as problem:
        keep(desk, "nothing", media.picture(), "e" * 32)
    assert problem.value.code == "unknown_incident" and files_of(desk) == []


def test_a_restart_remembers_what_a_source_sent_today(desk: Desk) -> None:
    call_id, _ = ids_of(desk)
    keep(desk, call_id, media.picture(), "a" * 32)
    _, serve = sealed_by(desk)

    async def counted() -> int:
        sealed = serve()
        await sealed._count(DISPATCHER.id, 0)
        return sealed._sent[DISPATCHER.id]

    assert asyncio.run(counted()) == len(media.picture())
