"""One traced call of a client library, from request to the last chunk of its answer.

The same code serves sync and async methods, whole answers, streams, and raw responses that are parsed later.
Nothing is put in place of the library's objects: streams and raw responses are given back themselves, with a
tap inside.

On the application's thread is done what cannot wait: the span begins there, the request's containers are copied
(``_held``), and the answer is read as it passes, into texts that nobody changes. To make attributes of all this, and to
end the span as of the moment that was noted, is the packing thread's work.
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

from telltale import _brakes, _runtime, _scope, semconv
from telltale._reservation import never_sent
from telltale._safely import safely
from telltale._span import Span
from telltale.instruments._answer import Answer, attributes_of, detached
from telltale.instruments._held import held
from telltale.instruments._tap import has, is_stream, tap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from telltale._kinds import Kind
    from telltale._reservation import Ending, Reservation
    from telltale.instruments._held import Held


class Reader(Protocol):
    """Reads one call's answer: a whole one, or chunk by chunk."""

    @property
    def answer(self) -> Answer: ...

    def whole(self, response: Any) -> None: ...
    def chunk(self, chunk: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Operation:
    """What a wrapped method does.

    Attributes:
        name: the conventions' operation: chat, embeddings.
        kind: the span's kind.
        request: the arguments as attributes, without content.
        asked: of the arguments what has content.
        content: that as attributes; may be called later, on another thread, with a copy.
        reader: a fresh reader for each call.
        target: who is called, from the object that the method belongs to, as attributes.
        failure: an error's attributes beside ``error.type``.
    """

    name: str
    kind: Kind
    request: Callable[[Mapping[str, Any]], dict[str, Any]]
    asked: Callable[[Mapping[str, Any]], dict[str, Any]]
    content: Callable[[Mapping[str, Any]], dict[str, Any]]
    reader: Callable[[], Reader]
    target: Callable[[Any], dict[str, Any]]
    failure: Callable[[BaseException], dict[str, Any]]


_LEFT_S: Final = 0.5
_READING: Final = safely("read a chunk")
_WEIGHT: Final = 2048
_ENDED: Final = Span("ended", "span")
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
    """The span of one call while it runs.

    Args:
        operation: what is called.
        span: the call's span, begun.
    """

    def __init__(self, operation: Operation, span: Span) -> None:
        self.span = span
        self._operation = operation
        self._request: Held | None = None
        self._runtime = _runtime.current()
        self._began_ns = self._runtime.now()
        self._left_ns: int | None = None
        self._reader = operation.reader()
        self._noted: dict[str, Any] = {}
        self.reservation: Reservation | None = None
        self._is_first = True
        self._is_over = False
        self._process = os.getpid()

    def asked(self, arguments: Mapping[str, Any]) -> None:
        """Keep what is to be recorded of a request's content. What cannot be copied is recorded here and now."""
        asked: dict[str, Any] = {}
        with safely("read a request"):
            asked = self._operation.asked(arguments)
        self._request = held(asked)
        if self._request is None:
            self.span.record(self._content_of(asked))

    def _content_of(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        with safely("record a request"):
            return self._operation.content(asked)
        return {}

    def deliver(self, result: Any) -> None:
        """Take what the method returned: a whole answer ends the call, a stream carries it on."""
        goes_on = False
        with safely("listen to a client library's answer"):
            if is_stream(result) or has(result, "http_response"):
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
        with _READING:
            if self._is_first:
                self._is_first = False
                self._noted[semconv.RESPONSE_TTFT_S] = (self._runtime.now() - self._began_ns) / 1e9
            self._reader.chunk(chunk)

    def streams(self) -> None:
        """Note that the answer is a stream."""
        self._noted[semconv.REQUEST_STREAM] = True

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
        self._noted[semconv.STREAM_CANCELLED] = True
        self.end()

    def end(self, error: BaseException | None = None) -> None:
        """The call is over, now or when its stream was left. An error is recorded at once, with what was received."""
        _open.discard(self)
        _left.pop(self, None)
        if self.reservation is not None:
            self.reservation.settle(self._reader.answer, self._ending(error))
        is_a_forked_copy = self._process != os.getpid()  # the parent ends it
        if self._is_over or is_a_forked_copy or not self.span.is_recording:
            return
        self._is_over = True
        end_ns = self._runtime.now() if self._left_ns is None else self._left_ns
        weight = None
        if error is None:
            with safely("put an answer aside"):
                weight = detached(self._reader.answer)
        if weight is None:
            self._record(error, end_ns)
        else:
            weight += _WEIGHT + (0 if self._request is None else self._request.weight)
            self._runtime.later(functools.partial(self._record, None, end_ns), weight)

    def _ending(self, error: BaseException | None) -> Ending:
        if error is None:
            return "broken off" if semconv.STREAM_CANCELLED in self._noted else "answered"
        with safely("read a failure"):
            if self._is_first and (never_sent(error) or semconv.HTTP_STATUS_CODE in self._operation.failure(error)):
                return "refused"
        return "broken off"

    def _record(self, error: BaseException | None, end_ns: int) -> None:
        """What was noted, asked, answered and failed as attributes; the end."""
        attributes, keeps_content = self._noted, self._runtime.policy.keeps_content
        if self._request is not None:
            attributes = self._content_of(self._request.value) | attributes
        with safely("record an answer"):
            attributes = attributes | attributes_of(self._reader.answer, with_content=keeps_content)
        if error is not None:
            with safely("record a failure"):
                attributes = attributes | self._operation.failure(error)
        self.span.record(attributes)
        if self._reader.answer.error is not None:
            with safely("record a failure"):
                self.span.fail(*self._reader.answer.error)
        self.span.end(error, end_ns=end_ns)
        # The application may keep the stream, and with it this call, for as long as it likes.
        self._request, self._reader, self.span = None, self._operation.reader(), _ENDED


def traced(method: Callable[..., Any], operation: Operation, is_ours: Callable[[Any], bool]) -> Callable[..., Any]:
    """The method, traced. ``is_ours`` says for a client whether nobody else traces it."""

    def begin(instance: Any, kwargs: dict[str, Any]) -> Call | None:
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

    def __enter__(self) -> None:
        self._entered = _scope.enter(self._call.span.context)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        _scope.leave(self._entered)
        if error is not None:
            self._call.end(error)


def _begun(operation: Operation, instance: Any, kwargs: dict[str, Any]) -> Call:
    reservation = None
    if _brakes.is_on():  # may raise; may change the model
        reservation = _brakes.hold(operation.kind, kwargs, _request_of(operation, kwargs))
    attributes: dict[str, Any] = {semconv.OPERATION: operation.name}
    with safely("read a client's address"):
        attributes |= operation.target(instance)
    attributes |= _request_of(operation, kwargs)
    if reservation is not None:
        attributes |= reservation.of(attributes)
    model = attributes.get(semconv.REQUEST_MODEL)
    span = Span(f"{operation.name} {model}" if model else operation.name, operation.kind, attributes)
    span.start(SpanKind.CLIENT)
    call = Call(operation, span)
    call.reservation = reservation
    if span.is_recording and _runtime.current().policy.keeps_content:
        call.asked(kwargs)
    return call


def _request_of(operation: Operation, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    with safely("read a request"):
        return operation.request(kwargs)
    return {}


def _is_suppressed() -> bool:
    return bool(otel_context.get_value(_SUPPRESS_INSTRUMENTATION_KEY))
