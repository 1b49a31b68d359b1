"""Who passes the door: a bearer token, and the roles of the policy that the route names.

Idea: every route, command and topic names a policy of `model.access.policies`; a route without one fails the build. What of the things behind the door
somebody may see is asked of the same policy thing by thing (`api.access`, `command.picture`, the desk itself). The token stands in the Authorization header
(or in the first message of a live feed), never in a URL. A token belongs to a device or an integration,
or is that of a person's session (`store.sessions`); the routes do not care which. Who sits at a locked desk reads everything and changes nothing; what may
be a call for help passes all the same, because no lock may cost a call.
"""

from __future__ import annotations

from fastapi import Request
from starlette.requests import HTTPConnection

from firstminute.api.errors import Problem
from firstminute.api.ports import Edge, TokenPort
from firstminute.api.urgent import may_be_a_call
from firstminute.model.access.policies import POLICIES
from firstminute.model.envelope import Actor

__all__ = ["POLICIES", "Allow", "actor_of", "admit", "bearer_of"]

EVEN_LOCKED = ("seat",)
"""What somebody does about his own seat, also where its desk is locked: open it, leave it."""
READS = ("GET", "HEAD")


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
    if actor.role not in POLICIES[policy].roles:
        raise Problem("forbidden", role=actor.role)
    return actor


def actor_of(connection: HTTPConnection, policy: str) -> Actor:
    """The actor behind a request, where the policy lets it pass; otherwise a problem."""
    services: Edge = connection.app.state.services
    actor = admit(services.tokens, connection.headers.get("authorization", ""), policy)
    method = connection.scope.get("method", "GET")
    if method not in READS and not may_be_a_call(method, connection.scope["path"]):
        token = bearer_of(connection.headers.get("authorization", "")) or ""
        if policy not in EVEN_LOCKED and services.tokens.locked(token):
            raise Problem("desk_locked")
        services.tokens.acted(token)
    return actor


class Allow:
    """A dependency that lets a policy's roles pass and gives their actor."""

    def __init__(self, policy: str) -> None:
        if policy not in POLICIES:
            raise KeyError(policy)
        self.policy = policy

    async def __call__(self, request: Request) -> Actor:
        """The actor, or a problem."""
        return actor_of(request, self.policy)
