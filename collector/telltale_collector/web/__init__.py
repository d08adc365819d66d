"""The built-in web UI: server-rendered pages over the store's reader, and a few small browser modules.

A page is one module under ``pages/`` and one template. It needs no build step, no network, and works (bar the
keyboard and the live list) without JavaScript.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telltale_collector.errors import TelltaleError
from telltale_collector.web import assets, failures
from telltale_collector.web.pages import all_pages
from telltale_collector.web.render import render

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

    from telltale_collector.web.notice import Notice
    from telltale_collector.web.page import Page


def mount(app: FastAPI, look: Callable[[], Notice | None] = lambda: None) -> None:
    """Add the pages, their static files and their error pages to ``app``, which carries ``state.reader``.

    ``look`` is asked at each page whether there is something that every reader has to know.
    """
    app.mount(assets.root(), assets.Assets(), name="static")
    for page in all_pages():
        app.add_route(page.path, _endpoint(page, look), include_in_schema=False)
    app.add_exception_handler(404, failures.unknown_address)
    app.add_exception_handler(500, failures.broken)


def _endpoint(page: Page, look: Callable[[], Notice | None]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            context = await page.build(request)
        except TelltaleError as error:
            return failures.failure_page(error, look())
        return render(page.template, context, notice=look())

    return endpoint
