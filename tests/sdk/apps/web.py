"""A WSGI and an ASGI application; ``init()`` runs when it is imported, by a preloading server before it forks."""

import os
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import telltale

telltale.init()
with telltale.span("imported"):
    pass


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    with telltale.span(f"request {environ['PATH_INFO']}"):
        start_response("200 OK", [("Content-Type", "text/plain"), ("Connection", "close")])
    return [str(os.getpid()).encode()]


async def asgi(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[..., Any]) -> None:
    if scope["type"] != "http":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    with telltale.span(f"request {scope['path']}"):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
        await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
