"""LlamaIndex's dispatcher tells of spans and events: each span is a step. Imported once LlamaIndex itself is.

Content and usage come with the events. A streamed answer's step lasts until its last event: the dispatcher ends its
span as soon as there is a generator.
"""

from __future__ import annotations

import functools
import inspect
import weakref
from typing import Any, Final

from llama_index_instrumentation import root_dispatcher
from llama_index_instrumentation.base import BaseEvent
from llama_index_instrumentation.event_handlers import BaseEventHandler
from llama_index_instrumentation.span import active_span_id
from llama_index_instrumentation.span.base import BaseSpan
from llama_index_instrumentation.span_handlers import BaseSpanHandler

from telltale import semconv
from telltale._safely import safely
from telltale._span import Span
from telltale.instruments import _llama_index_fields as fields
from telltale.instruments._elsewhere import leave_to
from telltale.instruments._steps import Step, Steps, is_wanted, keeps_content

_STEPS: Final = Steps(active_span_id.get)
_OTHERS: Final = ("openinference.", "opentelemetry.")


def _is_free() -> bool:
    """Whether nobody else traces LlamaIndex."""
    modules = (type(handler).__module__ for handler in root_dispatcher.span_handlers)
    other = next((module for module in modules if module.startswith(_OTHERS)), None)
    return True if other is None else leave_to("llama_index", other)


@functools.cache
def install() -> None:
    """Add the handlers to the root of all dispatchers, once."""
    root_dispatcher.add_span_handler(_SpanHandler())
    root_dispatcher.add_event_handler(_EventHandler())


class _SpanHandler(BaseSpanHandler[BaseSpan]):
    @classmethod
    def class_name(cls) -> str:
        return "TelltaleSpanHandler"

    def span_enter(
        self,
        id_: str,
        bound_args: inspect.BoundArguments,
        instance: Any | None = None,
        parent_id: str | None = None,
        tags: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        del tags, kwargs
        with safely("begin a LlamaIndex step"):
            if is_wanted() and _is_free():
                _begin(id_, parent_id, instance, bound_args)

    def span_exit(
        self,
        id_: str,
        bound_args: inspect.BoundArguments,
        instance: Any | None = None,
        result: Any | None = None,
        **kwargs: Any,
    ) -> None:
        del bound_args, instance, kwargs
        with safely("end a LlamaIndex step"):
            step = _STEPS.find(id_)
            kind = step.notes["kind"] if step is not None and step.notes["key"] == id_ else None
            if step is not None and kind == "llm" and (inspect.isgenerator(result) or inspect.isasyncgen(result)):
                _goes_on(step, id_, result)
                return
            if step is not None and kind is not None and kind not in fields.CALLS and keeps_content():
                with safely("read what a LlamaIndex step has made"):
                    step.span.set(output=fields.shown(result))
            _end(id_)

    def span_drop(
        self,
        id_: str,
        bound_args: inspect.BoundArguments,
        instance: Any | None = None,
        err: BaseException | None = None,
        **kwargs: Any,
    ) -> None:
        del bound_args, instance, kwargs
        _end(id_, err)

    def new_span(self, *args: Any, **kwargs: Any) -> None:
        """Steps are kept by us."""

    def prepare_to_exit_span(self, *args: Any, **kwargs: Any) -> None:
        """Likewise."""

    def prepare_to_drop_span(self, *args: Any, **kwargs: Any) -> None:
        """Likewise."""


def _begin(key: str, parent: str | None, instance: Any, bound: inspect.BoundArguments) -> None:
    name = fields.name_of(key)
    if fields.is_inner(name) and _STEPS.hide(key, parent):
        return
    kind = fields.kind_of(instance, name)
    step = _STEPS.begin(key, parent, Span(name, kind, fields.opening(instance, kind, name)))
    step.notes["kind"] = kind
    if kind not in fields.CALLS and keeps_content():  # theirs comes with events, in a better shape
        with safely("read what a LlamaIndex step was given"):
            step.span.set(input=fields.given(bound))


def _goes_on(step: Step, key: str, stream: Any) -> None:
    """The request is made with the first piece that is asked for, by whoever got the generator."""
    step.leave()
    step.notes["streams"] = True
    step.span.record({semconv.REQUEST_STREAM: True})
    _STEPS.enter(step)
    weakref.finalize(stream, _abandon, key).atexit = False


def _abandon(key: str) -> None:
    step = _STEPS.find(key)
    if step is not None:
        step.span.record({semconv.STREAM_CANCELLED: True})
        _end(key)


def _end(key: str, error: BaseException | None = None) -> None:
    with safely("end a LlamaIndex step"):
        step = _STEPS.take(key)
        if step is not None:
            step.end(error)


class _EventHandler(BaseEventHandler):
    @classmethod
    def class_name(cls) -> str:
        return "TelltaleEventHandler"

    def handle(self, event: BaseEvent, **kwargs: Any) -> None:
        del kwargs
        with safely("read a LlamaIndex event"):
            step = _STEPS.find(event.span_id)
            if step is not None:
                _hear(step, event, event.class_name())


def _hear(step: Step, event: Any, name: str) -> None:
    if name.endswith("InProgressEvent"):
        step.answers()
    elif name == "ExceptionEvent":
        if isinstance(event.exception, GeneratorExit):
            _abandon(event.span_id)
        else:
            _end(event.span_id, event.exception)
    elif name in fields.READERS:
        step.span.record(fields.READERS[name](event, with_content=keeps_content()))
        if name in fields.LAST and "streams" in step.notes:
            _end(event.span_id)
