"""Google's streams are plain generators that the client's own methods read. They get the shape that a tap takes."""

from __future__ import annotations

import functools
import inspect
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from telltale.instruments._call import traced

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from telltale.instruments._call import Operation


def traced_chunks(
    method: Callable[..., Any], operation: Operation, is_ours: Callable[[Any], bool]
) -> Callable[..., Any]:
    """The method, a generator or a coroutine that gives one; the chunks that pass are heard."""

    @functools.wraps(method)
    async def ask_later(self: Any, *args: Any, **kwargs: Any) -> Any:
        return _AsyncChunks(await method(self, *args, **kwargs))

    @functools.wraps(method)
    def ask(self: Any, *args: Any, **kwargs: Any) -> Any:
        return _Chunks(method(self, *args, **kwargs))

    return traced(ask_later if inspect.iscoroutinefunction(method) else ask, operation, is_ours)


class _AnyChunks:
    def __init__(self, chunks: Any) -> None:
        self._iterator = chunks
        self.response = SimpleNamespace(close=_nothing, aclose=_nothing)


class _Chunks(_AnyChunks):
    def __iter__(self) -> Iterator[Any]:
        # A generator that holds this object: once nobody reads it any more, both are gone, and the tap hears of it.
        yield from self._iterator

    def __next__(self) -> Any:
        return next(self._iterator)


class _AsyncChunks(_AnyChunks):
    async def __aiter__(self) -> AsyncIterator[Any]:
        async for chunk in self._iterator:
            yield chunk

    async def __anext__(self) -> Any:
        return await anext(self._iterator)


def _nothing() -> None:
    """The response is closed by the generator that reads it."""
