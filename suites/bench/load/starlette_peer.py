"""Starlette alone, which answers given bytes: `python -m suites.bench.load.starlette_peer`.

Standard input holds one line, a JSON object of paths and bodies. It prints its address, on the same
server, event loop and parser as the reference service, and serves until its input is closed.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def _app(bodies: dict[str, str]) -> Starlette:
    async def answer(request: Request) -> Response:
        return Response(bodies[request.url.path], media_type="application/json")

    return Starlette(routes=[Route(path, answer) for path in bodies])


async def _serve() -> None:
    bodies = json.loads(sys.stdin.readline())
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        _app(bodies), http="httptools", ws="none", lifespan="off", log_config=None,
        access_log=False, server_header=False,
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = True
    await serving


if __name__ == "__main__":
    uvloop.run(_serve())
