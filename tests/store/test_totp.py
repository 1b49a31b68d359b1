"""One-time codes: the vectors of RFC 6238 and RFC 4226, the window of one step, and each code used once."""

from __future__ import annotations

import pytest

from firstminute.store.totp import STEP_S, code_at, step_of
from firstminute.store.totp import uri_of as uri
from tests.support.accounts import secret_in

SEEDS = {
    "sha1": b"12345678901234567890",
    "sha256": b"12345678901234567890123456789012",
    "sha512": b"1234567890123456789012345678901234567890123456789012345678901234",
}
# RFC 6238, appendix B: time, SHA-1, SHA-256, SHA-512
VECTORS = [
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
]
# RFC 4226, appendix D: counter 0…9
COUNTED = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489".split()


@pytest.mark.parametrize("at_s, sha1, sha256, sha512", VECTORS)
def test_the_vectors_of_rfc_6238(at_s: int, sha1: str, sha256: str, sha512: str) -> None:
    for name, wanted in (("sha1", sha1), ("sha256", sha256), ("sha512", sha512)):
        assert code_at(SEEDS[name], at_s // STEP_S, digits=8, hash_name=name) == wanted


def test_the_vectors_of_rfc_4226() -> None:
    assert [code_at(SEEDS["sha1"], counter) for counter in range(10)] == COUNTED


@pytest.mark.parametrize("late, taken", [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_wrong_and_not_two(late: int, taken: bool) -> None:
    secret, step = SEEDS["sha1"], 59_000_000
    assert (step_of(secret, code_at(secret, step + late), step * STEP_S) is not None) == taken


def test_a_phone_that_is_ninety_seconds_behind_is_refused() -> None:
    secret, at_s = SEEDS["sha1"], 1_780_000_000.0
    assert step_of(secret, code_at(secret, int((at_s - 90) // STEP_S)), at_s) is None


def test_a_used_step_and_every_one_before_it_is_refused() -> None:
    secret, step = SEEDS["sha1"], 59_000_000
    assert step_of(secret, code_at(secret, step), step * STEP_S, after=step) is None
    assert step_of(secret, code_at(secret, step - 1), step * STEP_S, after=step) is None
    assert step_of(secret, code_at(secret, step + 1), step * STEP_S, after=step) == step + 1


@pytest.mark.parametrize(
    "wrong", ["", "0", "12345", "1234567", "１２３４５６", "abcdef", "\ud800", "0" * 10_000]
)
def test_what_is_no_code_is_refused(wrong: str) -> None:
    assert step_of(SEEDS["sha1"], wrong, 0.0) is None


def test_the_qr_code_carries_the_secret_whatever_the_name() -> None:
    for name in ("wang", "王 警官&secret=x", "a/b?c#d"):
        assert secret_in(uri(SEEDS["sha1"], name)) == SEEDS["sha1"]
