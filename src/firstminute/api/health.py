"""Is it alive, is it durable, how much does it do: `/health` and `/metrics`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, PlainTextResponse

from firstminute.api.auth import Allow
from firstminute.api.commanding import problems
from firstminute.model.envelope import Actor

router = APIRouter(tags=["service"])


@router.get(
    "/health",
    summary="Is it alive and durable",
    responses={503: {"description": "not accepting calls"}, **problems(401, 403)},
    openapi_extra={"x-policy": "signed_in"},
)
async def health(request: Request, actor: Annotated[Actor, Depends(Allow("signed_in"))]) -> JSONResponse:
    """Durability settings as asserted at start, queue, timers, clock, last snapshot, last check of the chain, feed. 503 where no call can be accepted."""
    services = request.app.state.services
    found = {
        **services.desk.health(),
        **services.upkeep(),
        **({"border": border} if (border := services.border()) else {}),
        "feed": {"clients": services.hub.clients, "dropped": services.hub.dropped, "seq": services.hub.seq},
    }
    return JSONResponse(found, status_code=200 if found.get("accepting", True) else 503)


@router.get(
    "/metrics", summary="Counters and gauges (Prometheus text)", responses={200: {"content": {"text/plain": {}}}, **problems(401, 403)},
    openapi_extra={"x-policy": "staff"}, response_class=PlainTextResponse,
)  # fmt: skip
async def metrics(request: Request, actor: Annotated[Actor, Depends(Allow("staff"))]) -> PlainTextResponse:
    """One line a figure; no personal data in names, labels or values."""
    services = request.app.state.services
    figures = {
        **services.desk.metrics(),
        **services.gauges(),
        "feed_clients": services.hub.clients,
        "feed_dropped_total": services.hub.dropped,
        "requests_shaped_total": request.app.state.shaping.refused,
        **_of_border(services.border()),
    }
    return PlainTextResponse(
        "".join(f"firstminute_{name} {value}\n" for name, value in sorted(figures.items()))
    )


def _of_border(border: Mapping[str, Any]) -> dict[str, float]:
    """The border's figures; refusals by reason."""
    found = {
        f"border_{name}": float(value) for name, value in border.items() if isinstance(value, (int, float))
    }
    return found | {
        f"border_refused_{why}_total": float(count) for why, count in border.get("refused", {}).items()
    }
