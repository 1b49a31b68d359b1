"""An HTTP endpoint that reads its body and does nothing: the peer of the calls accepted over HTTP. `python -m benchmarks.nothing PORT`."""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def nothing(request: Request) -> JSONResponse:
    """Read and answer."""
    await request.body()
    return JSONResponse({"ok": True}, status_code=201)


def main() -> None:
    """Serve on loopback until killed, with the same server and settings as the service."""
    app = Starlette(routes=[Route("/calls", nothing, methods=["POST"])])
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="warning",
        access_log=False,
        loop="uvloop",
        http="httptools",
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
