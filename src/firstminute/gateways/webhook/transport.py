"""The one place from which the service calls out: a name is resolved once, looked at, and exactly that address is connected to.

Idea: between looking and connecting there is no second look-up that somebody could answer otherwise. Every step stands under one deadline, however slowly the
other side drips; of the answer at most a few kilobytes are read. TLS is checked against the name, not the address.
Limits: the resolver has its own time-outs; it is asked on a thread of the webhooks alone.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from firstminute.gateways.webhook.addresses import Allowed, Forbidden, checked, target_of
from firstminute.gateways.webhook.codec import ANSWER_MOST, body_in, complete, request_of, status_of

WITHIN_S = 10.0
ADDRESSES_MOST = 8
Resolve = Callable[[str, int], Sequence[str]]


class NotSent(Exception):
    """It did not arrive, as far as we know. The text is a code: a word of `Forbidden`, unresolved, no_connection, tls, too_slow, not_http, status_<number>."""


@dataclass(frozen=True, slots=True)
class Line:
    """How messages leave: what is allowed, whose certificates are believed, and who resolves names."""

    allowed: Allowed
    trusted: ssl.SSLContext
    resolve: Resolve
    within_s: float = WITHIN_S


def addresses_of(host: str, port: int) -> Sequence[str]:
    """What the machine's resolver says a name stands for."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found[:ADDRESSES_MOST]]


def send(line: Line, url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Send one message; the status of a 2xx answer, of which nothing more is read. Raises NotSent."""
    return _sent(line, url, headers, body, whole=False)[0]


def ask(line: Line, url: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Send one message; what the body of a 2xx answer says, a few kilobytes at most. Raises NotSent."""
    return body_in(_sent(line, url, headers, body, whole=True)[1])


def _sent(line: Line, url: str, headers: Mapping[str, str], body: bytes, *, whole: bool) -> tuple[int, bytes]:
    until_s = time.monotonic() + line.within_s
    try:
        target = target_of(url, line.allowed)
        found = checked(line.resolve(target.host, target.port), target, line.allowed)
        with _connected(found, target.port, until_s) as plain:
            if not target.secure:
                status, answer = _asked(plain, request_of(target, headers, body), until_s, whole=whole)
            else:
                plain.settimeout(_left_s(until_s))
                with line.trusted.wrap_socket(plain, server_hostname=target.host) as secured:
                    status, answer = _asked(secured, request_of(target, headers, body), until_s, whole=whole)
    except Forbidden as problem:
        raise NotSent(str(problem)) from None
    except socket.gaierror:
        raise NotSent("unresolved") from None
    except TimeoutError:
        raise NotSent("too_slow") from None
    except ssl.SSLError:
        raise NotSent("tls") from None
    except (OSError, UnicodeError):
        raise NotSent("no_connection") from None
    if not 200 <= status < 300:
        raise NotSent(f"status_{status}")
    return status, answer


def _left_s(until_s: float) -> float:
    left_s = until_s - time.monotonic()
    if left_s <= 0.0:
        raise TimeoutError
    return left_s


def _connected(addresses: Sequence[str], port: int, until_s: float) -> socket.socket:
    """A connection to the first address that takes one: an address, never a name."""
    refused: OSError | None = None
    for address in addresses:
        try:
            return socket.create_connection((address, port), _left_s(until_s))
        except ConnectionError as problem:
            refused = problem
    assert refused is not None
    raise refused


def _asked(connection: socket.socket, request: bytes, until_s: float, *, whole: bool) -> tuple[int, bytes]:
    connection.settimeout(_left_s(until_s))
    connection.sendall(request)
    answer = b""
    while True:
        try:
            status = status_of(answer)
        except ValueError:
            raise NotSent("not_http") from None
        if status is not None and (not whole or complete(answer) or len(answer) >= ANSWER_MOST):
            return status, answer
        connection.settimeout(_left_s(until_s))
        part = connection.recv(min(1_024, ANSWER_MOST - len(answer)))
        if not part and status is not None:
            return status, answer
        if not part:
            raise NotSent("not_http")
        answer += part
