"""The spans that Anthropic's client writes by itself (since version 2), kept quiet for calls that we trace.

They go to the process's global provider, which is ours after ``init()``: each call would have two spans there. Theirs
say less: no content unless each client is told, of a stream none at all. A client that was given a provider of its own
goes on writing to that one. Requests carry the trace context of our span in place of theirs.
"""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace

from telltale._safely import safely
from telltale._wire import SCOPE

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME: Final = "start_api_call_span"


def keep_quiet() -> None:
    """Listen to where the client starts its spans, once. A version that writes none has no such place."""
    module = importlib.import_module("anthropic._base_client")
    original = getattr(module, _NAME, None)
    if original is not None and not hasattr(original, "__wrapped__"):
        setattr(module, _NAME, _listening(original))


def _listening(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def start(tracer: Any, *args: Any, **kwargs: Any) -> Any:
        chosen = tracer
        with safely("keep Anthropic's own span quiet"):
            chosen = _Quiet() if _would_double(tracer) else tracer
        return original(chosen, *args, **kwargs)

    return start


def _would_double(tracer: Any) -> bool:
    """Whether its span would stand beside ours: we are inside our own call, and both go the same way."""
    span: Any = trace.get_current_span()
    scope = getattr(span, "instrumentation_scope", None)
    is_our_call = span.is_recording() and getattr(scope, "name", None) == SCOPE and span.kind is trace.SpanKind.CLIENT
    real = getattr(tracer, "_tracer", tracer)  # before there is a provider, a tracer stands for one to come
    return is_our_call and getattr(real, "span_processor", None) is span._span_processor  # noqa: SLF001


class _Quiet:
    """A tracer whose spans record nothing and stand for the current one."""

    def start_span(self, *_args: Any, **_kwargs: Any) -> trace.Span:
        return trace.NonRecordingSpan(trace.get_current_span().get_span_context())
