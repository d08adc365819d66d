"""Listen to a stream or raw response of a client library without standing in for it.

The object stays the library's own: its type, attributes, ``close`` and context manager are untouched. Only
its private ``_iterator`` is passed through a tap, and the HTTP response's ``close`` is listened to, which is
where every way of leaving a stream comes by. A stream that is only dropped is noticed by its finaliser.
"""

from __future__ import annotations

import asyncio
import inspect
import weakref
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable


class Listener(Protocol):
    """Who hears what passes."""

    def whole(self, response: Any) -> None: ...
    def chunk(self, chunk: Any) -> None: ...
    def streams(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def abandon(self) -> None: ...
    def end(self, error: BaseException | None = None) -> None: ...


def is_stream(result: Any) -> bool:
    return has(result, "_iterator") and (hasattr(result, "__next__") or hasattr(result, "__anext__"))


def has(result: Any, name: str) -> bool:
    """As ``hasattr``. Whole answers are pydantic's, which takes its time to say no."""
    is_whole = hasattr(type(result), "__pydantic_fields_set__")
    return name in result.__dict__ if is_whole else hasattr(result, name)


def tap(result: Any, listener: Listener) -> None:
    """Let ``listener`` hear what comes out of a stream or raw response."""
    if is_stream(result):
        _tap_stream(result, listener)
    elif _is_read(result.http_response):
        listener.whole(_parsed(result))
    else:
        _tap_raw(result, listener)


def _tap_stream(stream: Any, listener: Listener) -> None:
    listener.streams()
    passing = _Passing(listener)
    source = stream._iterator  # noqa: SLF001
    stream._iterator = _AsyncTap(source, passing) if hasattr(source, "__anext__") else _Tap(source, passing)  # noqa: SLF001
    _listen_to_close(stream.response, passing.left)
    weakref.finalize(stream, passing.left).atexit = False


def _tap_raw(raw: Any, listener: Listener) -> None:
    """A raw response: the application parses it later, as a whole or a stream, or reads its bytes."""
    original = raw.parse
    unheard = _Passing(listener)

    def hear(parsed: Any) -> Any:
        if not unheard.is_over:
            unheard.is_over = True
            tap_parsed(parsed, listener)
        return parsed

    async def hear_later(awaitable: Any) -> Any:
        with unheard:
            parsed = await awaitable
        return hear(parsed)

    def parse(*args: Any, **kwargs: Any) -> Any:
        with unheard:  # it may read, and so close, the response
            parsed = original(*args, **kwargs)
        return hear_later(parsed) if inspect.isawaitable(parsed) else hear(parsed)

    raw.parse = parse
    _listen_to_close(raw.http_response, unheard.over)
    weakref.finalize(raw, unheard.left).atexit = False


def tap_parsed(parsed: Any, listener: Listener) -> None:
    if is_stream(parsed):
        _tap_stream(parsed, listener)
    else:
        listener.whole(parsed)


def _parsed(raw: Any) -> Any:
    if inspect.iscoroutinefunction(raw.parse):  # nobody to await it: what it would be made of is here already
        return raw.http_response.json()
    return raw.parse()  # the library caches this: the application's own parse() gives the same object


def _is_read(response: Any) -> bool:
    return bool(getattr(response, "is_closed", False))


def _listen_to_close(response: Any, closed: Callable[[], None]) -> None:
    for name in ("close", "aclose"):
        setattr(response, name, _heard(getattr(response, name), closed))


def _heard(original: Callable[[], Any], closed: Callable[[], None]) -> Callable[[], Any]:
    def close() -> Any:
        closed()
        return original()

    return close


class _Passing:
    """Where a stream stands: it ends once, by exhaustion, error or being left."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.hear = listener.chunk
        self._is_reading = False
        self.is_over = False

    def __enter__(self) -> Self:
        self._is_reading = True
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._is_reading = False
        if error is None or self.is_over:
            return
        self.is_over = True
        if isinstance(error, (StopIteration, StopAsyncIteration)):
            self._listener.end()
        elif isinstance(error, (GeneratorExit, asyncio.CancelledError, KeyboardInterrupt)):
            self._listener.abandon()
        else:
            self._listener.end(error)

    def loop_begins(self) -> None:
        if not self.is_over:
            self._listener.resume()

    def loop_ends(self) -> None:
        """A ``for`` was left: the last one, or of somebody who looks at the first chunk beforehand."""
        if not self.is_over:
            self._listener.pause()

    def left(self) -> None:
        """The application is done with it. While a chunk is being read this is the library's doing."""
        if not self.is_over and not self._is_reading:
            self.is_over = True
            self._listener.abandon()

    def over(self) -> None:
        """A response whose bytes the application has read by itself is closed."""
        if not self.is_over and not self._is_reading:
            self.is_over = True
            self._listener.end()


class _Tap:
    """In place of a stream's iterator."""

    def __init__(self, source: Any, passing: _Passing) -> None:
        self._source = source
        self._passing = passing

    def __iter__(self) -> _Loop:
        return _Loop(self._source, self._passing)

    def __next__(self) -> Any:
        with self._passing as passing:
            chunk = next(self._source)
            if not passing.is_over:
                passing.hear(chunk)
        return chunk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)


class _AsyncTap:
    """In place of an async stream's iterator."""

    def __init__(self, source: Any, passing: _Passing) -> None:
        self._source = source
        self._passing = passing

    def __aiter__(self) -> _AsyncLoop:
        return _AsyncLoop(self._source, self._passing)

    async def __anext__(self) -> Any:
        with self._passing as passing:
            chunk = await anext(self._source)
            if not passing.is_over:
                passing.hear(chunk)
        return chunk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)


class _Loop(_Tap):
    """One ``for`` over a stream. It is dropped when the loop is left."""

    def __init__(self, source: Any, passing: _Passing) -> None:
        super().__init__(source, passing)
        passing.loop_begins()

    def __iter__(self) -> _Loop:
        return self

    def __del__(self) -> None:
        self._passing.loop_ends()


class _AsyncLoop(_AsyncTap):
    """One ``async for`` over a stream."""

    def __init__(self, source: Any, passing: _Passing) -> None:
        super().__init__(source, passing)
        passing.loop_begins()

    def __aiter__(self) -> _AsyncLoop:
        return self

    def __del__(self) -> None:
        self._passing.loop_ends()
