"""The HTTP interface, read from the routers: every route with its policy."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

from fastapi import APIRouter
from fastapi.routing import APIRoute, APIWebSocketRoute

import firstminute.api
from firstminute.api.auth import POLICIES, Allow
from scripts.reference.text import first_sentence, page, table

Route = APIRoute | APIWebSocketRoute


def routers() -> Iterator[tuple[str, APIRouter]]:
    """Every router of the package with the name of its file."""
    for found in pkgutil.walk_packages(firstminute.api.__path__, "firstminute.api."):
        router = getattr(import_module(found.name), "router", None)
        if isinstance(router, APIRouter):
            yield found.name.removeprefix("firstminute.api."), router


def routes() -> Iterator[tuple[str, Route]]:
    """Every route with the name of the file it stands in."""
    for name, router in routers():
        for route in router.routes:
            if isinstance(route, Route):
                yield name, route


def policy_of(route: Route) -> str:
    """Who may call a route, '' where nothing says so."""
    if isinstance(route, APIRoute):
        return str((route.openapi_extra or {}).get("x-policy", ""))
    return str(getattr(route.endpoint, "policy", ""))


def enforced_by(route: Route) -> set[str]:
    """Policies that a route's dependencies really ask for."""
    waiting, found = list(route.dependant.dependencies), set()
    while waiting:
        dependant = waiting.pop()
        waiting += dependant.dependencies
        if isinstance(dependant.call, Allow):
            found.add(dependant.call.policy)
    return found


def meaning_of(route: Route) -> str:
    """One sentence: the route's summary, else its function's."""
    return getattr(route, "summary", None) or first_sentence(route.endpoint)


def method_of(route: Route) -> str:
    """GET, POST … or WS."""
    return ", ".join(sorted((route.methods or set()) - {"HEAD"})) if isinstance(route, APIRoute) else "WS"


def api_page() -> str:
    """The routes by file."""
    parts = []
    for name, router in routers():
        rows = [
            (f"{method_of(route)} `{route.path}`", f"`{policy_of(route)}`", meaning_of(route))
            for route in router.routes
            if isinstance(route, Route)
        ]
        parts += [f"## {name}\n", table(("route", "policy", "what it does"), rows)]
    policies = [
        (f"`{name}`", ", ".join(policy.roles) or "anybody, without a token")
        for name, policy in POLICIES.items()
    ]
    parts += ["## Policies\n", table(("policy", "roles"), policies)]
    lead = (
        "A bearer token in `Authorization` (on the live feed: in the first message). Every write takes `Idempotency-Key`; the same key with the same "
        "body gives the same answer. Errors are problem details (RFC 9457) with a stable `code`, in zh-CN or English by `Accept-Language`: see "
        "[errors](errors.md). The running service shows the full schema at `/openapi.json`."
    )
    return page("HTTP interface", lead, *parts)
