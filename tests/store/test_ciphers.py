"""AES-256-GCM and SM4-GCM: known answers, and both open for ever."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from firstminute.store import ciphers
from firstminute.store.ciphers import AES_GCM, SM4_GCM, Sm4Gcm, built, way_called
from firstminute.store.errors import Broken, StorageRefused
from firstminute.store.vault import Vault

KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")


def test_sm4_gcm_gives_the_answer_of_rfc_8998() -> None:
    """RFC 8998, appendix A.1."""
    nonce = bytes.fromhex("00001234567800000000ABCD")
    about = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    plain = bytes.fromhex("".join(2 * 8 * letter for letter in "ABCDEF") + 16 * "E" + 16 * "A")
    sealed = bytes.fromhex(
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
        "83DE3541E4C2B58177E065A9BF7B62EC"
    )
    assert Sm4Gcm(KEY).encrypt(nonce, plain, about) == sealed
    assert Sm4Gcm(KEY).decrypt(nonce, sealed, about) == plain


def test_sm4_gives_the_answers_of_its_standard() -> None:
    """GB/T 32907-2016, example 1: one block, and the same block enciphered a million times is left to the library."""
    made = Cipher(algorithms.SM4(KEY), modes.ECB()).encryptor()
    assert made.update(KEY).hex() == "681edf34d206965e86b3e94f536e4246"


def test_sm3_gives_the_answer_of_its_standard() -> None:
    """GB/T 32905-2016, example 1."""
    made = hashes.Hash(hashes.SM3())
    made.update(b"abc")
    assert made.finalize().hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_aes_256_gcm_gives_the_answer_of_its_test_case() -> None:
    """McGrew and Viega, The Galois/Counter Mode of Operation, test case 14."""
    sealed = built(AES_GCM, bytes(32)).encrypt(bytes(12), bytes(16), b"")
    assert sealed.hex() == "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"


@given(secret=st.binary(min_size=32, max_size=32), nonce=st.binary(min_size=12, max_size=12), data=st.binary(max_size=300),
       about=st.binary(max_size=40), way=st.sampled_from([AES_GCM, SM4_GCM]), at=st.integers(min_value=0), bit=st.integers(0, 7))  # fmt: skip
def test_what_is_sealed_opens_and_any_changed_bit_is_noticed(
    secret: bytes, nonce: bytes, data: bytes, about: bytes, way: bytes, at: int, bit: int
) -> None:
    cipher = built(way, secret)
    sealed = cipher.encrypt(nonce, data, about)
    assert cipher.decrypt(nonce, sealed, about) == data
    at %= len(sealed)
    for changed, bound in (
        (sealed[:at] + bytes([sealed[at] ^ 1 << bit]) + sealed[at + 1 :], about),
        (sealed[:at], about),
        (sealed, about + b"x"),
    ):
        with pytest.raises(InvalidTag):
            cipher.decrypt(nonce, changed, bound)


def test_the_two_ciphers_share_no_key() -> None:
    assert built(SM4_GCM, KEY + KEY).encrypt(bytes(12), b"x", b"") != Sm4Gcm(KEY).encrypt(
        bytes(12), b"x", b""
    )


@pytest.mark.parametrize(("before", "after"), [("aes-256-gcm", "sm4-gcm"), ("sm4-gcm", "aes-256-gcm")])
def test_a_change_of_cipher_seals_anew_and_opens_what_was_sealed_before(
    tmp_path: Path, before: str, after: str
) -> None:
    vault = Vault(tmp_path, cipher=before)
    (key,) = vault.draw(1)
    old = vault.seal(key, "张三".encode(), b"call-1")
    vault.close()
    vault = Vault(tmp_path, cipher=after)
    new = vault.seal(key, "张三".encode(), b"call-1")
    assert {old[:1], new[:1]} == {AES_GCM, SM4_GCM}
    for sealed in (old, new):
        assert vault.open(key, sealed, b"call-1") == "张三".encode()
        with pytest.raises(Broken):
            vault.open(key, sealed, b"call-2")
    with pytest.raises(Broken):  # the first byte is no choice of whoever tampers
        vault.open(key, new[:1] + old[1:], b"call-1")
    vault.destroy([key], 1)
    assert vault.open(key, old, b"call-1") is vault.open(key, new, b"call-1") is None


def test_a_cipher_that_is_not_there_is_refused_with_a_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StorageRefused, match="aes-256-gcm, sm4-gcm"):
        way_called("rot13")

    class Without:
        def __init__(self, key: bytes) -> None:
            raise ciphers.UnsupportedAlgorithm("SM4")

    monkeypatch.setattr(ciphers, "Sm4Gcm", Without)
    with pytest.raises(StorageRefused, match="has no sm4-gcm"):
        way_called("sm4-gcm")
