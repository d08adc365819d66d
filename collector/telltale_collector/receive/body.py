"""Reading a request body: inflated as it comes, never larger than allowed."""

from __future__ import annotations

import sys
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

from telltale_collector.errors import BadRequest, TooLarge, WrongMediaType

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


class _Inflater(Protocol):
    """Feeds compressed bytes, gives at most ``limit`` inflated ones and whether the stream is whole."""

    def feed(self, data: bytes, limit: int) -> bytes: ...
    @property
    def whole(self) -> bool: ...


class _Zlib:
    def __init__(self, window_bits: int) -> None:
        self._window_bits = window_bits
        self._inner = zlib.decompressobj(window_bits)
        self._begun = False

    @property
    def whole(self) -> bool:
        return self._inner.eof or not self._begun

    def feed(self, data: bytes, limit: int) -> bytes:
        parts: list[bytes] = []
        while data and limit > 0:
            if self._inner.eof:  # gzip members may follow one another
                self._inner = zlib.decompressobj(self._window_bits)
            self._begun = True
            part = self._inner.decompress(data, limit)
            parts.append(part)
            limit -= len(part)
            data = self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail
        return b"".join(parts)


class _Zstd:
    def __init__(self) -> None:
        self._inner: Any = zstd.ZstdDecompressor()
        self._begun = False

    @property
    def whole(self) -> bool:
        return bool(self._inner.eof) or not self._begun

    def feed(self, data: bytes, limit: int) -> bytes:
        parts: list[bytes] = []
        while limit > 0 and (data or self._holds_more()):
            if self._inner.eof:  # frames may follow one another
                self._inner = zstd.ZstdDecompressor()
            self._begun = True
            part = self._inner.decompress(data, limit)
            parts.append(part)
            limit -= len(part)
            data = self._inner.unused_data if self._inner.eof else b""
        return b"".join(parts)

    def _holds_more(self) -> bool:
        return self._begun and not self._inner.eof and not self._inner.needs_input


_INFLATERS: dict[str, Callable[[], _Inflater]] = {
    "gzip": lambda: _Zlib(31),
    "x-gzip": lambda: _Zlib(31),
    "deflate": lambda: _Zlib(15),
    "zstd": _Zstd,
}


async def read_body(chunks: AsyncIterator[bytes], encoding: str, limit: int) -> bytes:
    """The whole body, inflated.

    Args:
        chunks: as they come from the socket.
        encoding: the Content-Encoding; "" or identity: none.
        limit: most bytes, before and after inflating.

    Raises:
        WrongMediaType: an unknown encoding.
        TooLarge: the body passes the limit; reading stopped there.
        BadRequest: the compressed stream is damaged or cut.
    """
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return await _read_plain(chunks, limit)
    if name not in _INFLATERS:
        raise WrongMediaType(f"content encoding {name[:40]!r} is not known", "use gzip, deflate, zstd or none")
    inflater = _INFLATERS[name]()
    parts: list[bytes] = []
    room = limit + 1
    try:
        async for chunk in chunks:
            part = inflater.feed(chunk, room)
            parts.append(part)
            room -= len(part)
            if room <= 0:
                raise _too_large(limit)
    except (zlib.error, zstd.ZstdError, EOFError) as error:
        raise BadRequest(f"the body is not valid {name}: {error}", "check the Content-Encoding header") from error
    if not inflater.whole:
        raise BadRequest(f"the {name} body is cut short", "send the whole body")
    return b"".join(parts)


async def _read_plain(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        parts.append(chunk)
    return b"".join(parts)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body is larger than {limit} bytes", "send smaller batches")
