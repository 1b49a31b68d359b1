"""A disk that is full, refuses or does not sync: nothing is acknowledged that is not durable, everybody hears it, and it passes by itself."""

from __future__ import annotations

from pathlib import Path

from firstminute.store.store import DATABASE
from tests.support.faulty import (
    SYNC,
    WRITE,
    bound_files,
    call,
    command,
    copied,
    failing,
    fill,
    health,
    held,
    may_mount,
    rises,
    served,
    small_disk,
)
from tests.support.service import Running


def _refused(service: Running, key: str) -> None:
    """A call that cannot be kept: told so in the caller's language, and so is whoever looks at the health."""
    with service.client("dispatcher", **{"accept-language": "zh-CN"}) as client:
        answer = call(client, key)
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert "纸" in answer.json()["title"]
        answer = call(client, f"{key} once more")
        assert (answer.status_code, answer.json()["code"]) == (503, "read_only")
        said = client.get("/health")
        assert said.status_code == 503
        assert not said.json()["accepting"] and not said.json()["durable"]
        assert said.json()["read_only"]["tries"] >= 1 and said.json()["read_only"]["problem"]
        assert client.get("/incidents").status_code == 200, "what stands is still shown"
        assert "firstminute_read_only 1" in client.get("/metrics").text


def _accept(service: Running, keys: list[str]) -> set[str]:
    with service.client() as client:
        assert [call(client, key).status_code for key in keys] == [201] * len(keys)
    return set(keys)


def _rise(service: Running, key: str) -> set[str]:
    with service.client() as client:
        rises(client, key)
        assert client.get("/health").status_code == 200 and health(client)["read_only"] is None
    return {key}


def test_46_a_full_disk_refuses_calls_loudly_and_takes_them_again_once_there_is_room(tmp_path: Path) -> None:
    if not may_mount():
        _no_room_for_files(tmp_path / "record")
        return
    with small_disk(tmp_path / "disk") as disk:
        with served(disk / "record") as service:
            accepted = _accept(service, ["before 1", "before 2"])
            ballast = fill(disk)
            _refused(service, "full")
            assert command("verify", "--data", str(disk / "record")).returncode == 0
            ballast.unlink()
            accepted |= _rise(service, "after")
        assert held(copied(disk / "record", tmp_path / "left"), accepted)["RecordResumed"] == 1


def test_46_files_that_may_not_grow_are_a_full_disk_too(tmp_path: Path) -> None:
    _no_room_for_files(tmp_path / "record")


def _no_room_for_files(data: Path) -> None:
    with served(data) as service:
        accepted = _accept(service, ["before 1", "before 2"])
        bound_files(service.process.pid, (data / f"{DATABASE}-wal").stat().st_size)
        _refused(service, "full")
        bound_files(service.process.pid, None)
        accepted |= _rise(service, "after")
    assert held(data, accepted)["RecordResumed"] == 1


def test_47_a_sync_that_fails_once_is_not_acknowledged_and_the_next_call_is(tmp_path: Path) -> None:
    data = tmp_path / "record"
    with served(data) as service:
        accepted = _accept(service, ["before"])
        with failing(service.process.pid, SYNC, "EIO", once=True), service.client() as client:
            answer = call(client, "during")
            assert (answer.status_code, answer.json()["code"]) == (503, "not_durable")
            rises(client, "during")
        accepted |= {"during"} | _accept(service, ["after"])
    held(data, accepted)


def test_47_48_a_disk_that_fails_for_long_makes_the_service_read_only_until_it_works(tmp_path: Path) -> None:
    data = tmp_path / "record"
    with served(data) as service:
        accepted = _accept(service, ["before"])
        for calls, errno in ((SYNC, "EIO"), (WRITE, "ENOSPC"), (WRITE, "EROFS")):
            with failing(service.process.pid, calls, errno):
                _refused(service, errno)
            accepted |= _rise(service, errno) | _accept(service, [f"after {errno}"])
    assert held(data, accepted)["RecordResumed"] == 3
