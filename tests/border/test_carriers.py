"""What carriers and disks do to two zones: doubled, reordered, cut off and late files, a full disk outside, and the one connection that goes out."""

from __future__ import annotations

import errno
import random
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from firstminute.app import certificates
from firstminute.app.border.pull import PullCarrier
from firstminute.app.transport import TransportRefused
from firstminute.model.envelope import Actor
from firstminute.store.errors import NotDurable
from tests.support.zones import zones


def test_files_that_are_doubled_reordered_and_cut_in_the_middle_make_each_call_one_call(
    tmp_path: Path,
) -> None:
    dice = random.Random(7)

    def spoil(name: str, data: bytes) -> list[tuple[str, bytes]]:
        cut = data[: dice.randrange(len(data))]
        some = dice.choice(([data], [data, data], [cut], [cut, data], []))
        return [(f"{dice.randrange(1_000):04}-{number}-{name}", each) for number, each in enumerate(some)]

    with zones(tmp_path) as z, z.client() as caller:
        z.pass_s(4)
        z.inward.change = z.outbound.change = spoil
        sent = []
        for number in range(12):
            sent.append(z.call(caller, text=f"第 {number} 个", key=f"k{number}")["call_id"])
            z.inward.delay_s = float(dice.randrange(6))
            z.pass_s(2)
        z.inward.change = z.outbound.change = lambda name, data: [(name, data)]
        z.pass_s(200, 5.0)
        assert [fact.body.call_id for fact in z.facts("CallReceived")] == sent
        assert z.outer.link.out.count("command") == 0
        refused = z.link.into.refused()
        assert refused.get("truncated", 0) > 0 and refused.get("doubled", 0) > 0
        assert refused.get("forged", 0) == 0
        why = list((tmp_path / "f-in" / "bad").glob("*.why.txt"))
        assert why and all(path.read_text().strip() for path in why)


def test_a_disk_that_fails_or_is_full_outside_is_said_and_nothing_is_acknowledged(tmp_path: Path) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    with (
        zones(tmp_path, settings={"border_most_mb": 1}) as z,
        z.client() as caller,
        z.client("d", "device") as device,
    ):
        z.pass_s(4)
        z.inward.cut = True
        z.disk["outside"] = full
        refused = caller.post("/calls", json={"text": "救命"}, headers={"idempotency-key": "k"})
        assert refused.status_code == 503 and refused.json()["code"] == "not_durable"
        z.disk["outside"] = lambda: None
        assert z.call(caller, text="救命", key="k")["read_inside"] is False
        fixes = [{"unit_id": "U", "lon": 113.0, "lat": 23.0, "fix_s": z.hands.wall_s} for _ in range(1_000)]
        codes = [device.post("/positions", json=fixes).status_code for _ in range(30)]
        assert codes[0] == 202 and codes[-1] == 503
        assert device.post("/positions", json=fixes).json()["code"] == "outside_full"
        assert z.call(caller, text="还有地方")["read_inside"] is False  # calls still find room
        big = "话" * 60_000
        codes = [caller.post("/calls", json={"text": f"{n}{big}"}).status_code for n in range(4)]
        assert 503 in codes
        health = z.outer.core.health()
        assert health["border"]["nearly_full"] and z.outer.core.metrics()["outside_full_total"] >= 1
        z.inward.cut = False
        z.pass_s(10)
        assert len(z.facts("CallReceived")) == 2 + codes.count(202)


def test_kills_between_doing_and_noting_do_nothing_twice(tmp_path: Path) -> None:
    with zones(tmp_path) as z, z.client() as caller:
        z.pass_s(4)
        real = z.link.into._note  # type: ignore[attr-defined]
        broken = [3]

        def fail(*some: object) -> None:
            if broken[0] > 0:
                broken[0] -= 1
                raise OSError(errno.EIO, "killed here")
            real(*some)  # type: ignore[arg-type]

        z.link.into._note = fail  # type: ignore[method-assign, assignment]
        z.call(caller, text="一", key="1")
        for _ in range(12):
            try:
                z.pass_s(8)
            except NotDurable as problem:
                assert "killed here" in str(problem)
        assert broken == [0] and len(z.facts("CallReceived")) == 1 and z.link.into.place.seq >= 1


def test_the_inside_exchanges_over_http_with_a_token_and_a_signature(tmp_path: Path) -> None:
    with zones(tmp_path) as z, z.client() as caller:
        token = tmp_path / "token"
        token.write_text(z.outer.tokens.add(Actor(id="inside", role="border")) + "\n")
        pull = PullCarrier(z.link, z.address, token, z.inside.do)
        z.call(caller, text="有人晕倒")
        z.hands.pass_s(1)
        assert pull.exchange() is True
        z.hands.pass_s(1)
        pull.exchange()
        assert len(z.facts("CallReceived")) == 1 and z.outer.link.out.waiting().count == 0
        assert caller.post("/border", content=z.link.speak()[0]).status_code == 403
        token.write_text("x" * 40)
        with pytest.raises(ValueError, match="401"):
            PullCarrier(z.link, z.address, token, z.inside.do).exchange()
        for address in ("http://outside.example", "ftp://127.0.0.1", "https://", "https://h/path"):
            with pytest.raises(TransportRefused):
                PullCarrier(z.link, address, token, z.inside.do)


def test_over_https_only_a_certificate_that_the_operator_named_is_spoken_to(tmp_path: Path) -> None:
    pair = certificates.make(["localhost", "127.0.0.1"], 5, datetime.now(UTC))
    certificate, key = certificates.write(tmp_path / "tls", *pair)
    other, _ = certificates.write(tmp_path / "other", *certificates.make(["localhost"], 5, datetime.now(UTC)))
    given = {"tls_certificate": certificate, "tls_key": key}
    with zones(tmp_path, settings=given) as z:
        token = tmp_path / "token"
        token.write_text(z.outer.tokens.add(Actor(id="inside", role="border")))
        address = z.address.replace("http://", "https://")
        z.hands.pass_s(1)
        PullCarrier(z.link, address, token, z.inside.do, authority=certificate).exchange()
        assert z.link.heard_s is not None
        with pytest.raises(ssl.SSLError):
            PullCarrier(z.link, address, token, z.inside.do, authority=other).exchange()
