"""Reading a request body: inflated as it comes, paid for before it is kept, never larger than allowed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from telltale_collector.errors import BadRequest, TooLarge
from telltale_collector.receive.admission import Charge
from telltale_collector.receive.inflate import Inflater, inflater

Receive = Callable[[], Awaitable[Any]]

_INLINE_BYTES = 1 << 20
"""So much is inflated where it arrives (about 2 ms in pieces); what is larger goes on in a thread."""

HEAVY = ThreadPoolExecutor(2, thread_name_prefix="heavy")
"""For what would hold up the other connections: large bodies, one or two at a time."""


async def read_body(receive: Receive, encoding: str, limit: int, charge: Charge) -> bytes:
    """The whole body, inflated.

    Args:
        receive: gives the ASGI messages of the request.
        encoding: the Content-Encoding; "" or identity: none.
        limit: most bytes, before and after inflating.
        charge: pays for what is kept.

    Raises:
        WrongMediaType: an unknown encoding.
        TooLarge: the body passes the limit; reading stopped there.
        BadRequest: the compressed stream is damaged or cut, or the sender went away.
        Overloaded: there is no memory for it.
    """
    body = _Body(limit, charge)
    inflating = inflater(encoding)
    received = 0
    async for chunk in _chunks(receive):
        received += len(chunk)
        if received > limit:
            raise _too_large(limit)
        if inflating is None:
            body.add(chunk)
        else:
            await _inflate(inflating, chunk, body)
    if inflating is not None and not inflating.whole:
        raise BadRequest("the compressed body is cut short", "send the whole body")
    return body.whole()


class _Body:
    def __init__(self, limit: int, charge: Charge) -> None:
        self._limit = limit
        self._charge = charge
        self._parts: list[bytes] = []
        self.size = 0

    def add(self, part: bytes) -> None:
        self.size += len(part)
        if self.size > self._limit:
            raise _too_large(self._limit)
        self._charge.take(len(part))
        self._parts.append(part)

    def whole(self) -> bytes:
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest("the sender went away before the body was whole")
        if chunk := message.get("body", b""):
            yield chunk
        more = message.get("more_body", False)


async def _inflate(inflating: Inflater, chunk: bytes, body: _Body) -> None:
    pieces = inflating.pieces(chunk)
    while True:
        if body.size < _INLINE_BYTES:
            piece = next(pieces, None)
        else:
            piece = await asyncio.get_running_loop().run_in_executor(HEAVY, _next, pieces)
        if piece is None:
            return
        body.add(piece)


def _next(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body is larger than {limit} bytes", "send smaller batches")
