"""Compressed bytes to plain ones, in pieces of bounded size: what a stream claims to hold is never made at once."""

from __future__ import annotations

import sys
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from telltale_collector.errors import BadRequest, WrongMediaType

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PIECE_BYTES = 256 << 10

_MOST_MEMBERS = 4096
"""Streams may follow one another, as parallel compressors write them; empty ones only cost time."""

_WINDOW_LOG = 23
"""RFC 9659: the window of a zstd body is at most 8 MiB."""


class Inflater(Protocol):
    """Takes a body's chunks in order.

    ``pieces`` gives what a chunk inflates to, at most PIECE_BYTES at a time. Errors: BadRequest.
    """

    def pieces(self, data: bytes) -> Iterator[bytes]: ...
    @property
    def whole(self) -> bool: ...


class _Members(ABC):
    """Streams after one another, each with a decompressor of its own."""

    def __init__(self, name: str, make: Callable[[], Any]) -> None:
        self._name = name
        self._make = make
        self._inner = make()
        self._members = 0

    @property
    def whole(self) -> bool:
        return bool(self._inner.eof) or not self._members

    def pieces(self, data: bytes) -> Iterator[bytes]:
        try:
            yield from self._pieces(data)
        except (zlib.error, zstd.ZstdError, EOFError) as error:
            raise BadRequest(
                f"the body is not valid {self._name}: {error}", "check the Content-Encoding header"
            ) from error

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        more = bool(data)
        while more:
            if not self._members or self._inner.eof:
                self._begin()
            part, data, more = self._step(data)
            if part:
                yield part

    def _begin(self) -> None:
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise BadRequest(f"the {self._name} body is more than {_MOST_MEMBERS} streams", "compress it as one")
        if self._inner.eof:
            self._inner = self._make()

    @abstractmethod
    def _step(self, data: bytes) -> tuple[bytes, bytes, bool]:
        """A piece, the input that is left, and whether there is more to come of it."""


class _Zlib(_Members):
    def _step(self, data: bytes) -> tuple[bytes, bytes, bool]:
        inner = self._inner
        part = inner.decompress(data, PIECE_BYTES)
        left = inner.unused_data if inner.eof else inner.unconsumed_tail
        return part, left, bool(left) or (not inner.eof and len(part) == PIECE_BYTES)


class _Zstd(_Members):
    def _step(self, data: bytes) -> tuple[bytes, bytes, bool]:
        inner = self._inner
        part = inner.decompress(data, PIECE_BYTES)
        left = inner.unused_data if inner.eof else b""  # the decompressor keeps the rest of its own stream
        return part, left, bool(left) or (not inner.eof and not inner.needs_input)


_INFLATERS: dict[str, Callable[[], Inflater]] = {
    "gzip": lambda: _Zlib("gzip", lambda: zlib.decompressobj(31)),
    "x-gzip": lambda: _Zlib("gzip", lambda: zlib.decompressobj(31)),
    "deflate": lambda: _Zlib("deflate", lambda: zlib.decompressobj(15)),
    "zstd": lambda: _Zstd("zstd", _zstd),
}


def _zstd() -> zstd.ZstdDecompressor:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG})


def inflater(encoding: str) -> Inflater | None:
    """The inflater of a Content-Encoding; None where there is nothing to inflate.

    Raises:
        WrongMediaType: an unknown encoding.
    """
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return None
    if name not in _INFLATERS:
        raise WrongMediaType(f"content encoding {name[:40]!r} is not known", "use gzip, deflate, zstd or none")
    return _INFLATERS[name]()
