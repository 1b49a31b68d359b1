"""Who may do what at the edge: a bearer token per role, and one table of policies.

Idea: every route, command and topic names a policy of this table; a route without one fails the build. The token stands in the Authorization header
(or in the first message of a live feed), never in a URL. A token belongs to a device or an integration,
or is that of a person's session (`store.sessions`); the routes do not care which.
"""

from __future__ import annotations

from fastapi import Request
from starlette.requests import HTTPConnection

from firstminute.api.errors import Problem
from firstminute.api.ports import Services, TokenPort
from firstminute.model.envelope import Actor
from firstminute.model.roles import ACCOUNT_ROLES

DESK = ("dispatcher", "commander")
STAFF = (*DESK, "patrol", "auditor", "admin")
RESPONDERS = (*DESK, "patrol", "lead", "member")

POLICIES: dict[str, tuple[str, ...]] = {
    "open": (),
    "public": (*RESPONDERS, "resident", "partner", "device", "auditor", "admin", "system"),
    "signed_in": (*RESPONDERS, "resident", "partner", "device", "auditor", "admin"),
    "device": (*DESK, "patrol", "device", "system"),
    "responder": RESPONDERS,
    "team": (*DESK, "lead", "member"),
    "dispatcher": DESK,
    "commander": ("commander",),
    "crew": (*DESK, "patrol"),
    "opening": (*DESK, "patrol", "case_officer", "inspector", "auditor", "admin", "system_admin"),
    "partner": (*DESK, "partner"),
    "auditor": ("auditor", "commander"),
    "staff": STAFF,
    "admin": ("admin", "system_admin"),
    "account": tuple(
        dict.fromkeys((*ACCOUNT_ROLES, *RESPONDERS, "resident", "partner", "device", "auditor", "admin"))
    ),
    "security": ("security_admin",),
    "audit": ("auditor",),
    "unlock": ("security_admin", "commander"),
    "lead": ("lead",),
    "system": ("system",),
}
"""policy → roles. `open` asks for no token: health of the process, the page itself, its map tiles."""


def bearer_of(authorization: str) -> str | None:
    """The token of an Authorization header, None where it holds none that could be one."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" and 16 <= len(token) <= 256 else None


def admit(tokens: TokenPort, authorization: str, policy: str) -> Actor:
    """The actor behind an Authorization header, where the policy lets it pass; otherwise a 401 or 403 problem."""
    token = bearer_of(authorization)
    actor = tokens.find(token) if token else None
    if actor is None:
        raise Problem("unauthenticated")
    if actor.role not in POLICIES[policy]:
        raise Problem("forbidden", role=actor.role)
    return actor


def actor_of(connection: HTTPConnection, policy: str) -> Actor:
    """The actor behind a request, where the policy lets it pass; otherwise a problem."""
    services: Services = connection.app.state.services
    return admit(services.tokens, connection.headers.get("authorization", ""), policy)


class Allow:
    """A dependency that lets a policy's roles pass and gives their actor."""

    def __init__(self, policy: str) -> None:
        if policy not in POLICIES:
            raise KeyError(policy)
        self.policy = policy

    async def __call__(self, request: Request) -> Actor:
        """The actor, or a problem."""
        return actor_of(request, self.policy)
