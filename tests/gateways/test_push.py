"""Web Push: what we seal, the phone's own key opens, and nobody else's; the proof of who sends it holds; what is no subscription is refused."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from firstminute.gateways.push import codec
from firstminute.gateways.wecom import codec as wecom
from tests.support.browser_push import Browser, opened

OURS = codec.key_of(b"\7" * 32)


def once() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@given(st.binary(max_size=codec.TEXT_MOST))
def test_the_phone_opens_what_was_sealed_for_it(text: bytes) -> None:
    phone = Browser("https://push.example/x")
    assert opened(phone, codec.sealed(text, codec.decode(phone.subscription), once(), b"s" * 16)) == text


def test_nobody_else_opens_it_and_a_changed_byte_is_noticed() -> None:
    phone, other = Browser("https://push.example/x"), Browser("https://push.example/x")
    body = codec.sealed("火情: 福花站".encode(), codec.decode(phone.subscription), once(), b"s" * 16)
    for wrong in (body[:-1] + bytes([body[-1] ^ 1]), body[:100] + bytes([body[100] ^ 1]) + body[101:]):
        with pytest.raises(InvalidTag):
            opened(phone, wrong)
    with pytest.raises(InvalidTag):
        opened(other, body)


def test_a_text_that_fits_no_record_is_not_sent() -> None:
    with pytest.raises(ValueError, match="push_too_long"):
        codec.sealed(
            b"x" * (codec.TEXT_MOST + 1),
            codec.decode(Browser("https://p.example/").subscription),
            once(),
            b"s" * 16,
        )


def test_the_proof_names_the_push_service_and_the_operator_and_its_signature_holds() -> None:
    to = codec.decode(Browser("https://push.example:8443/send/abc").subscription)
    headers = codec.headers_of(
        to, OURS, contact="mailto:desk@city.example", at_s=1_000.0, lasts_s=30.4, topic="m1"
    )
    token, _, key = headers["authorization"].removeprefix("vapid t=").partition(", k=")
    head, body, signature = token.split(".")
    said = json.loads(codec.unsigned(body))
    assert said == {
        "aud": "https://push.example:8443",
        "exp": 1_000 + codec.VALID_S,
        "sub": "mailto:desk@city.example",
    }
    assert json.loads(codec.unsigned(head)) == {"typ": "JWT", "alg": "ES256"}
    raw = codec.unsigned(signature)
    known = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), codec.unsigned(key))
    made = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    known.verify(made, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    assert (headers["ttl"], headers["urgency"], headers["content-encoding"]) == ("30", "high", "aes128gcm")


def test_the_same_secret_is_always_the_same_key_and_every_secret_is_one() -> None:
    assert codec.public_text(codec.key_of(b"\7" * 32)) == codec.public_text(OURS)
    for secret in (b"\0" * 32, b"\xff" * 32):
        assert len(codec.point_of(codec.key_of(secret))) == 65


@given(st.binary(max_size=300))
def test_random_bytes_are_no_subscription_and_never_raise_anything_else(data: bytes) -> None:
    with pytest.raises(ValueError, match="push_unfit"):
        codec.decode(data)


@pytest.mark.parametrize("wrong", ["endpoint", "auth", "point", "off_curve"])
def test_a_subscription_that_is_almost_one_is_refused(wrong: str) -> None:
    said = json.loads(Browser("https://push.example/x").subscription)
    if wrong == "endpoint":
        said["endpoint"] = "https://пример.example/x"
    elif wrong == "auth":
        said["keys"]["auth"] = said["keys"]["auth"][:-4]
    elif wrong == "point":
        said["keys"]["p256dh"] = said["keys"]["p256dh"][:40]
    else:
        said["keys"]["p256dh"] = base64.urlsafe_b64encode(b"\4" + b"\1" * 64).decode()
    with pytest.raises(ValueError, match="push_unfit"):
        codec.decode(json.dumps(said).encode())


def test_a_long_chinese_text_is_cut_at_a_sign_and_within_the_robots_bytes() -> None:
    said = json.loads(wecom.body_of("急" * 1_500, ["13800000000"]))
    assert len(said["text"]["content"].encode()) <= wecom.TEXT_MOST and set(said["text"]["content"]) == {"急"}
    assert (
        wecom.url_of("https://qyapi.weixin.qq.com/send", "a&b=c")
        == "https://qyapi.weixin.qq.com/send?key=a%26b%3Dc"
    )
