"""One traced call of a client library, from request to the last chunk of its answer.

The same code serves sync and async methods, whole answers, streams, and raw responses that are parsed later.
Nothing is put in place of the library's objects: streams and raw responses are given back themselves, with a
tap inside.
"""

from __future__ import annotations

import functools
import inspect
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from opentelemetry import context as otel_context
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY
from opentelemetry.trace import SpanKind

from telltale import _runtime, semconv
from telltale._safely import safely
from telltale._span import Span
from telltale.instruments._answer import Answer, attributes_of
from telltale.instruments._tap import is_stream, tap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from telltale._kinds import Kind


class Reader(Protocol):
    """Reads one call's answer: a whole one, or chunk by chunk."""

    answer: Answer

    def whole(self, response: Any) -> None: ...
    def chunk(self, chunk: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Operation:
    """What a wrapped method does.

    Attributes:
        name: the conventions' operation: chat, embeddings.
        kind: the span's kind.
        request: the arguments as attributes; ``True`` as second argument asks for content, too.
        reader: a fresh reader for each call.
        target: who is called, from the object that the method belongs to, as attributes.
        failure: an error's attributes beside ``error.type``.
    """

    name: str
    kind: Kind
    request: Callable[[Mapping[str, Any], bool], dict[str, Any]]
    reader: Callable[[], Reader]
    target: Callable[[Any], dict[str, Any]]
    failure: Callable[[BaseException], dict[str, Any]]


_LEFT_S: Final = 0.5
_open: Final[set[Call]] = set()
_left: Final[dict[Call, float]] = {}


def end_left_calls(after_s: float = _LEFT_S) -> None:
    """End the spans of streams whose loop was left ``after_s`` seconds ago and not taken up again."""
    before = time.monotonic() - after_s
    for call in [call for call, since in list(_left.items()) if since <= before]:
        call.abandon()


def end_open_calls() -> None:
    """End the spans of all streams that nobody has finished, for the process's end."""
    for call in list(_open):
        call.abandon()


class Call:
    """The span of one call while it runs."""

    def __init__(self, operation: Operation, span: Span) -> None:
        self.span = span
        self._operation = operation
        self._runtime = _runtime.current()
        self._began_ns = self._runtime.now()
        self._left_ns: int | None = None
        self._reader = operation.reader()
        self._is_first = True
        self._process = os.getpid()

    def deliver(self, result: Any) -> None:
        """Take what the method returned: a whole answer ends the call, a stream carries it on."""
        goes_on = False
        with safely("listen to a client library's answer"):
            if is_stream(result) or hasattr(result, "http_response"):
                _open.add(self)
                tap(result, self)
                goes_on = True
            else:
                self.whole(result)
        if not goes_on:
            self.end()

    def whole(self, response: Any) -> None:
        with safely("read a response"):
            self._reader.whole(response)
        self.end()

    def chunk(self, chunk: Any) -> None:
        with safely("read a chunk"):
            if self._is_first:
                self._is_first = False
                self.span.record({semconv.RESPONSE_TTFT_S: (self._runtime.now() - self._began_ns) / 1e9})
            self._reader.chunk(chunk)

    def streams(self) -> None:
        """Note that the answer is a stream."""
        self.span.record({semconv.REQUEST_STREAM: True})

    def pause(self) -> None:
        """The loop over the stream was left; unless another one begins soon, that was its end."""
        with safely("note that a stream was left"):
            self._left_ns = self._runtime.now()
            _left[self] = time.monotonic()

    def resume(self) -> None:
        self._left_ns = None
        _left.pop(self, None)

    def abandon(self) -> None:
        """End with what was received: the application has left the stream."""
        self.span.record({semconv.STREAM_CANCELLED: True})
        self.end()

    def end(self, error: BaseException | None = None) -> None:
        _open.discard(self)
        _left.pop(self, None)
        if not self.span.is_recording or self._process != os.getpid():  # a forked copy: the parent ends it
            return
        with safely("record an answer"):
            answer = self._reader.answer
            self.span.record(attributes_of(answer, with_content=self._runtime.policy.keeps_content))
            if answer.error is not None:
                self.span.fail(*answer.error)
        if error is not None:
            with safely("record a failure"):
                self.span.record(self._operation.failure(error))
        self.span.end(error, end_ns=self._left_ns)


def traced(method: Callable[..., Any], operation: Operation, is_ours: Callable[[Any], bool]) -> Callable[..., Any]:
    """The method, traced. ``is_ours`` says for a client whether nobody else traces it."""

    def begin(instance: Any, kwargs: Mapping[str, Any]) -> Call | None:
        call = None
        with safely("start tracing a call"):
            if _runtime.current().is_live and not _is_suppressed() and is_ours(instance):
                call = _begun(operation, instance, kwargs)
        return call

    async def call_async(self: Any, *args: Any, **kwargs: Any) -> Any:
        call = begin(self, kwargs)
        if call is None:
            return await method(self, *args, **kwargs)
        with _Request(call):
            result = await method(self, *args, **kwargs)
        call.deliver(result)
        return result

    def call_sync(self: Any, *args: Any, **kwargs: Any) -> Any:
        call = begin(self, kwargs)
        if call is None:
            return method(self, *args, **kwargs)
        with _Request(call):
            result = method(self, *args, **kwargs)
        call.deliver(result)
        return result

    # Decorators of the library's own may hide that a method is a coroutine function.
    is_async = inspect.iscoroutinefunction(inspect.unwrap(method))
    return functools.wraps(method)(call_async if is_async else call_sync)


class _Request:
    """The time until the method returns: its span is current, an exception ends it."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._active = call.span.active()

    def __enter__(self) -> None:
        self._active.__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._active.__exit__(None, None, None)
        if error is not None:
            self._call.end(error)


def _begun(operation: Operation, instance: Any, kwargs: Mapping[str, Any]) -> Call:
    attributes: dict[str, Any] = {semconv.OPERATION: operation.name}
    with safely("read a client's address"):
        attributes |= operation.target(instance)
    with safely("read a request"):
        attributes |= operation.request(kwargs, _runtime.current().policy.keeps_content)
    model = attributes.get(semconv.REQUEST_MODEL)
    span = Span(f"{operation.name} {model}" if model else operation.name, operation.kind, attributes)
    return Call(operation, span.start(SpanKind.CLIENT))


def _is_suppressed() -> bool:
    return bool(otel_context.get_value(_SUPPRESS_INSTRUMENTATION_KEY))
