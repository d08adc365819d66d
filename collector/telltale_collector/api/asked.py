"""What a request asks for: filter, limit, cursor; and the request's reader."""

from __future__ import annotations

import time

from fastapi import Request

from telltale_collector.errors import BadRequest
from telltale_collector.model import TraceFilter
from telltale_collector.store.filters import read_filter
from telltale_collector.store.reader import Reader


def asked_filter(request: Request) -> TraceFilter:
    return read_filter(request.query_params, time.time_ns())


def asked_limit(request: Request, default: int, most: int) -> int:
    """The parameter ``limit``.

    Raises:
        BadRequest: not a whole number from 1 to ``most``.
    """
    return asked_number(request, "limit", default, most)


def asked_number(request: Request, name: str, default: int, most: int = 999_999_999) -> int:
    """A parameter that counts.

    Raises:
        BadRequest: not a whole number from 1 to ``most``.
    """
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= most or len(text) > 9:
        raise BadRequest(f"{name} is not a whole number from 1 to {most}: {text[:40]!r}")
    return int(text)


def asked_cursor(request: Request) -> str | None:
    return request.query_params.get("cursor") or None


def reader_of(request: Request) -> Reader:
    reader: Reader = request.app.state.reader
    return reader
