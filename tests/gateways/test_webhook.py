"""Where webhooks may go, told with real sockets: named hosts, checked addresses, one look-up, one request, one status, one deadline."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import ssl
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstminute.app import certificates
from firstminute.gateways.webhook.addresses import (
    NEVER,
    Forbidden,
    allowed_of,
    checked,
    permitted,
    target_of,
)
from firstminute.gateways.webhook.codec import request_of, signed, status_of
from firstminute.gateways.webhook.transport import Line, NotSent, addresses_of, send
from tests.support.listener import listening, saying

INNER = (
    "127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "0.0.0.0", "0.1.2.3",
    "255.255.255.255", "224.0.0.1", "168.63.129.16", "192.0.2.1", "198.18.0.1", "::1", "::", "::ffff:127.0.0.1",
    "::ffff:10.1.1.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
    "2001:0:53aa:64c:0:0:f5ff:fffe", "localhost", "", "2130706433", "0x7f000001",
)  # fmt: skip
OUTER = ("93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")


@pytest.mark.parametrize("address", INNER)
def test_44_no_spelling_of_an_inner_address_is_permitted(address: str) -> None:
    assert not permitted(address)


@pytest.mark.parametrize("address", OUTER)
def test_addresses_of_the_whole_world_are(address: str) -> None:
    assert permitted(address)


@given(st.ip_addresses(v=4))
def test_44_an_address_within_an_address_is_judged_as_itself(address: ipaddress.IPv4Address) -> None:
    said = permitted(str(address))
    number = int(address)
    for within in (
        f"::ffff:{address}",
        str(ipaddress.IPv6Address((0x64FF9B << 96) | number)),
        str(ipaddress.IPv6Address((0x2002 << 112) | (number << 80))),
    ):
        assert permitted(within) == said, within


@given(st.ip_addresses())
def test_what_may_never_be_reached_stays_shut_whatever_network_is_named(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    everything = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
    assert permitted(str(address), everything) or any(
        ipaddress.ip_address(str(each)) in network
        for network in NEVER
        for each in (
            address,
            getattr(address, "ipv4_mapped", None) or address,
            getattr(address, "sixtofour", None) or address,
            _tail(address),
        )
    )


def _tail(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


ALLOWED = allowed_of("hooks.example, inner.example:8443, localhost, 127.0.0.1, 2130706433, [::1]", "")
UNFIT = (
    "file:///etc/passwd", "gopher://hooks.example/_x", "ftp://hooks.example/", "dict://hooks.example:11211/", "https://user:pw@hooks.example/", "https://@hooks.example/",
    "https://hooks.example/#x", "https://hooks.example\\@evil.example/", "https://hooks.example/\r\nX: 1", "https://hooks.example/ x", "https://hooks.exampl\u0435/",
    "https:///x", "https://hooks.example:99999/", "javascript:alert(1)", "//hooks.example/", "https://[::1", "https://" + "a" * 3000, "",
)  # fmt: skip
UNNAMED = (
    "https://evil.example/", "https://hooks.example.evil.example/", "https://hooks.example:8443/", "https://inner.example/", "http://0/", "http://0x7f.1/",
    "http://[::ffff:127.0.0.1]/", "https://evil.example/?hooks.example", "https://xhooks.example/",
)  # fmt: skip


@pytest.mark.parametrize("url", UNFIT)
def test_44_a_url_that_is_more_than_a_place_is_refused(url: str) -> None:
    with pytest.raises(Forbidden, match="url_unfit"):
        target_of(url, ALLOWED)


@pytest.mark.parametrize("url", UNNAMED)
def test_44_a_host_that_nobody_named_is_refused(url: str) -> None:
    with pytest.raises(Forbidden, match="host_not_named"):
        target_of(url, ALLOWED)


def test_a_named_host_is_taken_with_its_usual_port_or_the_one_it_was_named_with() -> None:
    assert (
        target_of("https://HOOKS.example./a?b=c", ALLOWED).host,
        target_of("https://inner.example:8443/x", ALLOWED).port,
    ) == ("hooks.example", 8443)


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader_of_urls_or_gets_past_the_list(text: str) -> None:
    for url in (text, f"https://{text}/", f"https://hooks.example{text}"):
        try:
            assert target_of(url, ALLOWED).host in (
                "hooks.example",
                "localhost",
                "127.0.0.1",
                "2130706433",
                "inner.example",
            )
        except Forbidden:
            pass


def test_one_inner_address_among_many_is_enough_to_refuse_all() -> None:
    with pytest.raises(Forbidden, match="address_not_allowed"):
        checked(["8.8.8.8", "127.0.0.1"], target_of("https://hooks.example/", ALLOWED), ALLOWED)
    with pytest.raises(Forbidden, match="plain_text"):
        checked(["8.8.8.8"], target_of("http://hooks.example/", ALLOWED), ALLOWED)


# --- real sockets -----------------------------------------------------------------------------------------------------------------

HOUSE = "127.0.0.0/8"


def line(
    port: int,
    *,
    networks: str = HOUSE,
    resolve: object = None,
    trusted: ssl.SSLContext | None = None,
    within_s: float = 5.0,
) -> Line:
    named = ("hooks.example", "127.0.0.1", "localhost", "2130706433", "0177.0.0.1", "127.1", "[::1]", "0")
    allowed = allowed_of(",".join(f"{each}:{port}" for each in named), networks)
    found = resolve if callable(resolve) else lambda *_: ["127.0.0.1"]
    return Line(allowed, trusted or ssl.create_default_context(), found, within_s)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "0177.0.0.1", "127.1", "0"])
def test_44_a_named_host_that_stands_for_loopback_is_never_knocked_at(host: str) -> None:
    """Even where the operator named the host by mistake: the machine's own resolver says what it stands for."""
    with listening() as there:
        with pytest.raises(NotSent, match="address_not_allowed"):
            send(
                line(there.port, networks="", resolve=addresses_of), f"http://{host}:{there.port}/", {}, b"{}"
            )
        assert there.knocks == 0


@pytest.mark.parametrize(
    ("turns", "arrives"),
    [(["127.0.0.2", "127.0.0.1"], True), (["127.0.0.1", "127.0.0.2"], False), (["::ffff:127.0.0.1"], False), (["169.254.169.254"], False)],
)  # fmt: skip
def test_44_a_name_that_flips_between_look_ups_is_looked_up_once(turns: list[str], arrives: bool) -> None:
    """Only 127.0.0.2 is of the house here; whatever the name stands for a moment later is never asked."""
    asked: list[str] = []

    def flips(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return [turns[min(len(asked), len(turns)) - 1]]

    with listening(host="127.0.0.2") as there:
        out = line(there.port, networks="127.0.0.2/32", resolve=flips)
        if arrives:
            assert send(out, f"http://hooks.example:{there.port}/", {}, b"{}") == 204
        else:
            with pytest.raises(NotSent, match="address_not_allowed"):
                send(out, f"http://hooks.example:{there.port}/", {}, b"{}")
        assert len(asked) == 1 and there.knocks == arrives


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_44_a_redirect_to_metadata_is_not_followed(status: int) -> None:
    with listening() as inner:
        said = f"HTTP/1.1 {status} Found\r\nLocation: http://127.0.0.1:{inner.port}/latest/meta-data\r\n\r\n".encode()
        with listening(saying(said)) as there, pytest.raises(NotSent, match=f"status_{status}"):
            send(line(there.port), f"http://hooks.example:{there.port}/", {}, b"{}")
        assert inner.knocks == 0


def _drips(there: object, _: int) -> None:
    for _each in range(200):
        there.sendall(b"H")  # type: ignore[attr-defined]
        time.sleep(0.05)


def _floods(there: object, _: int) -> None:
    while True:
        there.sendall(b"x" * 65_536)  # type: ignore[attr-defined]


def _drips_a_head(there: object, _: int) -> None:
    for letter in b"HTTP/1.1 200 O" + b"K" * 400:
        there.sendall(bytes([letter]))  # type: ignore[attr-defined]
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lambda *_: time.sleep(3), "too_slow"), (_drips, "not_http"), (_drips_a_head, "too_slow"), (_floods, "not_http"), (saying(b""), "not_http"),
        (saying(b"SSH-2.0-x\r\n"), "not_http"), (saying(b"HTTP/1.1 999 x\r\n"), "not_http"), (saying(b"HTTP/1.1 500 x\r\n\r\n"), "status_500"),
    ],
)  # fmt: skip
def test_whatever_comes_back_is_bounded_in_time_and_size(answer: object, code: str) -> None:
    with listening(answer) as there:  # type: ignore[arg-type]
        began = time.monotonic()
        with pytest.raises(NotSent, match=code):
            send(line(there.port, within_s=1.0), f"http://hooks.example:{there.port}/", {}, b"{}")
        assert time.monotonic() - began < 2.5


def test_nobody_there_and_no_name_service_are_said() -> None:
    with listening() as there:
        port = there.port
    with pytest.raises(NotSent, match="no_connection"):
        send(line(port), f"http://hooks.example:{port}/", {}, b"{}")
    with pytest.raises(NotSent, match="unresolved"):
        send(
            line(443, resolve=lambda *_: addresses_of("no-such-host.invalid", 443)),
            "https://hooks.example:443/",
            {},
            b"{}",
        )


def test_over_tls_the_certificate_must_be_of_the_name(tmp_path: Path) -> None:
    mine = certificates.write(tmp_path / "a", *certificates.make(("hooks.example",), 2, datetime.now(UTC)))
    other = certificates.write(tmp_path / "b", *certificates.make(("evil.example",), 2, datetime.now(UTC)))
    trusted = ssl.create_default_context()
    for pair in (mine, other):
        trusted.load_verify_locations(pair[0])
    with listening(pair=mine) as there:
        assert (
            send(
                line(there.port, trusted=trusted), f"https://hooks.example:{there.port}/x", {"a": "b"}, b"{}"
            )
            == 204
        )
        assert there.heard[0].startswith(b"POST /x HTTP/1.1\r\nhost: hooks.example:")
        with pytest.raises(NotSent, match="tls"):
            send(
                line(there.port), f"https://hooks.example:{there.port}/", {}, b"{}"
            )  # an authority that nobody trusts
    with listening(pair=other) as there:
        with pytest.raises(NotSent, match="tls"):
            send(line(there.port, trusted=trusted), f"https://hooks.example:{there.port}/", {}, b"{}")
        assert there.heard == []


# --- what is said -----------------------------------------------------------------------------------------------------------------


def test_a_receiver_can_check_who_said_what_and_when() -> None:
    key, body = b"k" * 32, b'{"event":"test"}'
    found = signed(key, "m1", 1_700_000_000, body)
    said = base64.b64encode(hmac.new(key, b"m1.1700000000." + body, hashlib.sha256).digest()).decode()
    assert found == {"webhook-id": "m1", "webhook-timestamp": "1700000000", "webhook-signature": f"v1,{said}"}
    assert signed(key, "m1", 1_700_000_001, body)["webhook-signature"] != found["webhook-signature"]


@given(st.dictionaries(st.sampled_from(["webhook-id", "x"]), st.text(max_size=20)))
def test_no_header_value_makes_a_new_line(headers: dict[str, str]) -> None:
    target = target_of("https://hooks.example/", ALLOWED)
    try:
        made = request_of(target, headers, b"")
    except AssertionError:
        return
    assert made.count(b"\r\n") == 7 + len(set(headers) - {"host"})


@given(st.binary(max_size=100))
def test_no_bytes_break_the_reader_of_a_status(data: bytes) -> None:
    try:
        found = status_of(data)
    except ValueError:
        return
    assert found is None or 100 <= found <= 599
