"""Templates to responses: autoescape always, one set of filters, the security headers on every page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from telltale_collector.web import assets, urls
from telltale_collector.web import format as formats
from telltale_collector.web.life import life
from telltale_collector.web.notice import Notice
from telltale_collector.web.quantity import quantity
from telltale_collector.web.visible import finalize

if TYPE_CHECKING:
    from telltale_collector.web.page import Context

TEMPLATES: Final = Path(__file__).parent / "templates"

HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}

_FILTERS: Final = (
    formats.usd,
    formats.usd_exact,
    formats.cost,
    formats.duration,
    formats.count,
    formats.whole,
    formats.decimal,
    formats.exact_time,
    formats.iso_time,
    formats.clock,
    formats.ago,
    formats.preview,
    formats.clip,
    life,
    quantity,
)


@cache
def environment() -> Environment:
    """The one template environment. ``urls``, ``static`` and ``notice`` are known to every template."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update({function.__name__: function for function in _FILTERS})
    made.globals.update(urls=urls, static=assets.static, notice=None)
    return made


def render(template: str, context: Context, status: int = 200, notice: Notice | None = None) -> HTMLResponse:
    """The page of ``template``; the context's fields are its variables, ``notice`` stands above its content."""
    values = {field: getattr(context, field) for field in context.__dataclass_fields__} | {"notice": notice}
    body = environment().get_template(template).render(values)
    return HTMLResponse(body, status_code=status, headers=HEADERS)


@dataclass(frozen=True, slots=True)
class Failure:
    """What an error page says.

    Attributes:
        status: the HTTP status.
        title: a few words.
        message: what failed.
        hint: what to do; may be empty.
        arriving: whether the page should look again by itself, because what is missing may still come.
    """

    status: int
    title: str
    message: str
    hint: str
    arriving: bool = False


def render_failure(failure: Failure, notice: Notice | None = None) -> HTMLResponse:
    return render("failure.html", failure, failure.status, notice)
