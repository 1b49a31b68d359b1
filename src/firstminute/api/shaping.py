"""Budgets of requests, so that no client, and nobody's mistake, takes the service away from the others; calls for help have none.

Idea: a token bucket for each bearer token, each address, and each address's guesses at tokens. Who is over the budget hears 429 with `Retry-After`
before the body is read. What may be a call for help is never asked (`may_be_a_call`): it is stored first, and shaped afterwards by the order in which
stored calls are taken up (`flow.deciders.calls.next_turns`). Memory is bounded: the bucket that was touched longest ago is forgotten.
Limits: one process. Somebody with more addresses than `MOST` starts afresh each time; the bound on connections stands behind that.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from math import ceil

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from firstminute.api.auth import bearer_of
from firstminute.api.errors import Problem, respond
from firstminute.api.ports import Edge, Limits
from firstminute.api.urgent import may_be_a_call

MOST = 10_000
BURST_S = 10.0
"""So many seconds' worth may come at once: a page that opens, a device that was out of reach."""
TRY_AGAIN = 1013


class Budget:
    """Token buckets by key, `per_s` requests a second and `burst` at once (else `BURST_S` seconds' worth); at most `most` of them are kept."""

    def __init__(self, per_s: float, most: int = MOST, *, burst: float | None = None) -> None:
        self._per_s, self._most = per_s, most
        self._burst = max(1.0, per_s * BURST_S) if burst is None else burst
        self._buckets: OrderedDict[object, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def wait_s(self, key: object, at_s: float) -> float:
        """Take one request off a key's budget: 0.0, or in how many seconds there will be one; then nothing is taken."""
        if self._per_s <= 0.0:
            return 0.0
        left, since_s = self._buckets.get(key, (self._burst, at_s))
        left = min(self._burst, left + max(0.0, at_s - since_s) * self._per_s)
        wait_s = 0.0 if left >= 1.0 else (1.0 - left) / self._per_s
        self._buckets[key] = (left - 1.0 if left >= 1.0 else left, at_s)
        self._buckets.move_to_end(key)
        while len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return wait_s

    def give_back(self, key: object) -> None:
        """The last request was no burden: it is put back on the key's budget."""
        if key in self._buckets:
            left, since_s = self._buckets[key]
            self._buckets[key] = (min(self._burst, left + 1.0), since_s)


def address_of(connection: HTTPConnection, *, behind_proxy: bool) -> str:
    """Whose request it is: the peer, or the last address in X-Forwarded-For where a proxy of ours stands before us. An IPv6 network of 64 bits is one."""
    said = connection.client.host if connection.client is not None else ""
    if behind_proxy:
        said = ",".join(connection.headers.getlist("x-forwarded-for")).rpartition(",")[2].strip() or said
    try:
        found = ip_address(said)
    except ValueError:
        return said[:64]
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return found.packed[:8].hex()
    return str(getattr(found, "ipv4_mapped", None) or found)


class Shaping:
    """ASGI middleware: nobody gets more than the budget.

    Attributes
    ----------
    refused : how many were told to wait since start
    """

    def __init__(self, app: ASGIApp, *, limits: Limits, now: Callable[[], float] = time.monotonic) -> None:
        self.app, self._now, self._behind_proxy = app, now, limits.behind_proxy
        self._tokens, self._addresses = Budget(limits.token_per_s), Budget(limits.address_per_s)
        self._guesses = Budget(limits.guesses_per_s)
        self.refused = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is within its budgets."""
        if scope["type"] == "lifespan" or may_be_a_call(scope.get("method", "GET"), scope["path"]):
            await self.app(scope, receive, send)
            return
        if scope["type"] == "http":
            scope["app"].state.shaping = self
        wait_s = self._wait_s(HTTPConnection(scope))
        if wait_s <= 0.0:
            await self.app(scope, receive, send)
            return
        self.refused += 1
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": TRY_AGAIN})
            return
        request = Request(scope, receive)
        await respond(request, Problem("too_many", wait_s=ceil(wait_s)))(scope, receive, send)

    def _wait_s(self, connection: HTTPConnection) -> float:
        at_s = self._now()
        address = address_of(connection, behind_proxy=self._behind_proxy)
        wait_s = self._addresses.wait_s(address, at_s)
        token = bearer_of(connection.headers.get("authorization", ""))
        if token is None:
            return wait_s
        services: Edge = connection.app.state.services
        if services.tokens.find(token) is None:
            return max(wait_s, self._guesses.wait_s(address, at_s))
        return max(wait_s, self._tokens.wait_s(hash(token), at_s))
