"""``telltale.span``: one step of the application as a span."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from telltale import _brakes, _runtime, _scope, semconv
from telltale._content import to_text
from telltale._exceeded import BudgetExceeded
from telltale._kinds import (
    Kind,
    document_attributes,
    given_attributes,
    input_attributes,
    metadata_attributes,
    opening,
    output_attributes,
    tag_words,
)
from telltale._safely import safely
from telltale.feedback import score

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager
    from types import TracebackType
    from typing import Self

_ENDINGS: Final = (GeneratorExit, SystemExit)
"""What ends a block without being its failure."""

_CANCELLATIONS: Final = frozenset({"trio.Cancelled", "greenlet.GreenletExit"})
"""What cancels in other libraries than asyncio."""

_MESSAGE: Final = 4096


class Span:
    """One step: a context manager, sync or async, that yields itself. Nothing it does raises.

    Attributes:
        context: OpenTelemetry's context with this span in it.
        trace_id: 32 hex digits; all zero before ``init()``.
        span_id: 16 hex digits.
    """

    def __init__(self, name: str, kind: Kind = "chain", attributes: Mapping[str, Any] | None = None) -> None:
        self._name = name
        self._kind = kind
        self._attributes = attributes or {}
        self._runtime = _runtime.current()
        self._otel: trace.Span = trace.INVALID_SPAN
        self.context = trace.set_span_in_context(self._otel)
        self._entered: _scope.Entered | None = None
        self._is_used = kind != "tool"

    # --- life
    def start(self, span_kind: SpanKind = SpanKind.INTERNAL) -> Self:
        """Begin, without becoming the current span."""
        with safely("start a span"):
            self._runtime = _runtime.current()
            self._otel = self._runtime.tracer.start_span(
                self._name,
                kind=span_kind,
                attributes={**opening(self._kind, self._name), **self._attributes},
                start_time=self._runtime.now(),
            )
            self.context = trace.set_span_in_context(self._otel)
        return self

    def active(self) -> AbstractContextManager[None]:
        """Be the current span for a while."""
        return _scope.inside(self.context)

    def end(self, error: BaseException | None = None, *, end_ns: int | None = None) -> None:
        """Finish, now or as of ``end_ns`` (Unix); with an error as failed or cancelled. A second call does nothing."""
        if not self._otel.is_recording():
            return
        with safely("end a span"):
            now = self._runtime.now() if end_ns is None else end_ns
            if error is not None and _is_cancellation(error):
                self._otel.set_attribute(semconv.CANCELLED, value=True)
            elif error is not None and not isinstance(error, _ENDINGS):
                self._fail(error, now)
            self._otel.end(end_time=now)

    def _fail(self, error: BaseException, now: int) -> None:
        name = error_type(error)
        message = name
        with safely("read an exception's message"):
            message = f"{error}" or name
        with safely("record an exception"):
            self._otel.record_exception(error, timestamp=now)
        self.fail(name, message)

    def fail(self, kind: str, message: str) -> None:
        """Mark as failed.

        Args:
            kind: what went wrong, as a class or code.
            message: for people.
        """
        self._otel.set_attribute(semconv.ERROR_TYPE, kind)
        self._otel.set_status(Status(StatusCode.ERROR, to_text(message, _MESSAGE)))

    def __enter__(self) -> Self:
        self.start()
        self._entered = _scope.enter(self.context)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace_: TracebackType | None
    ) -> None:
        if self._entered is not None:
            _scope.leave(self._entered)
        self.end(error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace_: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace_)

    # --- what it says
    @property
    def is_recording(self) -> bool:
        return self._otel.is_recording()

    @property
    def trace_id(self) -> str:
        return trace.format_trace_id(self._otel.get_span_context().trace_id)

    @property
    def span_id(self) -> str:
        return trace.format_span_id(self._otel.get_span_context().span_id)

    def set(
        self,
        *,
        input: Any = None,  # noqa: A002 - the word that users look for
        output: Any = None,
        documents: Any = None,
        metadata: Mapping[str, Any] | None = None,
        tags: Iterable[str] | None = None,
        model: str | None = None,
        **attributes: Any,
    ) -> Self:
        """Add to the span. What is None is left as it was.

        Args:
            input: what went in; a str as it is, anything else as JSON text, at most 256 KiB.
            output: what came out, likewise.
            documents: a retriever's result, see ``observe``.
            metadata: free pairs; values become text.
            tags: free words.
            model: the model that was asked for.
            attributes: any other span attributes, by their own names.

        Raises:
            BudgetExceeded: only for the input of a tool, inside a ``telltale.budget`` that was asked to raise.
        """
        if input is not None and not self._is_used and _brakes.is_on():
            self._is_used = True  # further input is of the same use
            self._ask_budgets(input)
        if not self._otel.is_recording():
            return self
        self.record({semconv.REQUEST_MODEL: model, **attributes})
        if metadata is not None:
            with safely("record metadata"):
                self._otel.set_attributes(metadata_attributes(metadata))
        if tags is not None:
            with safely("record tags"):
                self._otel.set_attribute(semconv.TAGS, tag_words(tags))
        with safely("record content"):
            self._content(input, output, documents)
        return self

    def _ask_budgets(self, given: Any) -> None:
        try:
            _brakes.tool(self._name, given)
        except BudgetExceeded as error:
            self.end(error)  # whoever began it may not come to that
            raise

    def record(self, attributes: Mapping[str, Any]) -> None:
        """Add attributes by their own names; None is left out."""
        if self._otel.is_recording():
            with safely("set a span's attributes"):
                self._otel.set_attributes(given_attributes(attributes))

    def _content(self, given: Any, result: Any, documents: Any) -> None:
        if not self._runtime.policy.keeps_content:
            return
        if given is not None:
            self._otel.set_attributes(input_attributes(self._kind, given))
        if result is not None:
            self._otel.set_attributes(output_attributes(self._kind, result))
        if documents is not None:
            self._otel.set_attributes(document_attributes(documents))

    def score(self, name: str, value: float | None = None, **details: Any) -> str:
        """Score this span; arguments and result as for ``telltale.score``."""
        return score(name, value, **{"trace_id": self.trace_id, "span_id": self.span_id, **details})


def span(name: str, kind: Kind = "chain") -> Span:
    """One step of the application, for ``with`` and ``async with``.

    Args:
        name: what the step is called.
        kind: one of llm, embedding, retriever, reranker, tool, agent, chain, guardrail, evaluator, prompt,
            span.

    Example:
        >>> with telltale.span("answer", kind="chain") as step:
        ...     _ = step.set(input="What is 6 times 7?", output="42", metadata={"plan": "pro"})
        >>> len(step.trace_id)
        32
    """
    return Span(name, kind)


def _is_cancellation(error: BaseException) -> bool:
    return is_cancelled_task(error) or error_type(error) in _CANCELLATIONS


def is_cancelled_task(error: BaseException | None) -> bool:
    """Whether asyncio cancels. It is loaded where that can be, and not for this."""
    exceptions = sys.modules.get("asyncio.exceptions")
    return exceptions is not None and isinstance(error, exceptions.CancelledError)


def error_type(error: BaseException) -> str:
    """The error's class with its module, ``ValueError`` or ``openai.RateLimitError``."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
