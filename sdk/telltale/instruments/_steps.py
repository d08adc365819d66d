"""Steps that a framework reports by ids of its own: each a span, under the right parent in any task or thread.

What a step's code starts must find the step as its parent. The framework tells of a step's beginning and end, but not
where its code runs: between the two, a generator's consumer may run in the same context, and the end may be told in
another task. So what is put into the context is no span, but a question that is answered anew each time.
"""

from __future__ import annotations

import os
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, Context
from opentelemetry.trace import SpanKind

from telltale import _runtime, _scope, semconv
from telltale._safely import safely
from telltale._span import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_STEP: Final = otel_context.create_key("telltale-step")
_ENDED: Final = Span("ended", "span")
_MOST_OPEN: Final = 10_000
"""A framework that forgets to end its steps must not fill the memory."""


def is_wanted() -> bool:
    """Whether spans are recorded here and now."""
    return _runtime.current().is_live and not otel_context.get_value(_SUPPRESS_INSTRUMENTATION_KEY)


def keeps_content() -> bool:
    """Whether words of the application are recorded."""
    return _runtime.current().policy.keeps_content


class _Inside(Context):
    """A context that says where the code is that asks: inside a step, or still in what was before."""

    def __init__(self, before: Context, find: Callable[[], Context | None], *, follows: bool) -> None:
        super().__init__()
        self.before = before
        self.follows = follows
        self._find: Callable[[], Context | None] | None = find

    @property
    def is_over(self) -> bool:
        return self._find is None

    def end(self) -> None:
        """From now on all code here is in what was before. Nothing is kept of the step: this context may be."""
        self._find = None

    def get(self, key: str, default: Any = None) -> Any:
        return self._now().get(key, default)

    def copy(self) -> dict[str, object]:
        return self._now().copy()

    def _now(self) -> Context:
        find = self._find  # another thread may end this at any moment
        found = None if find is None else find()
        return self.before if found is None else found


class Step:
    """One step while it runs."""

    def __init__(self, span: Span, kind: SpanKind) -> None:
        above = otel_context.get_value(_STEP)
        self.above = above if isinstance(above, Step) else None
        self.span = span.start(kind)
        self.began_ns = _runtime.current().now()
        self.context = otel_context.set_value(_STEP, self, span.context)
        self.inside: _Inside | None = None
        self.notes: dict[str, Any] = {}
        self._process = os.getpid()

    def is_inside(self, other: Step) -> bool:
        step: Step | None = self
        while step is not None and step is not other:
            step = step.above
        return step is not None

    def leave(self) -> None:
        """What runs from here on, wherever, is not inside this step."""
        inside = self.inside
        if inside is None:
            return
        inside.end()
        if otel_context.get_current() is inside:
            otel_context.attach(_living(inside))

    def answers(self) -> None:
        """The first piece of an answer is here: from now on the application's own code runs between the pieces."""
        if "answers" not in self.notes:
            self.notes["answers"] = True
            self.leave()
            waited_ns = _runtime.current().now() - self.began_ns
            self.span.record({semconv.REQUEST_STREAM: True, semconv.RESPONSE_TTFT_S: waited_ns / 1e9})

    def end(self, error: BaseException | None = None) -> None:
        self.leave()
        if self._process == os.getpid():  # a forked copy: the parent ends it
            self.span.end(error)
        # The application's contexts may lead here for as long as it likes: what is left is the place in the trace.
        place = trace.get_current_span(self.context).get_span_context()
        self.context = trace.set_span_in_context(trace.NonRecordingSpan(place))
        self.span = _ENDED


class Steps:
    """The open steps of one framework.

    Args:
        innermost: the framework's id of the step whose code runs here, where it keeps one; else None.
    """

    def __init__(self, innermost: Callable[[], Hashable | None]) -> None:
        self._innermost = innermost
        self._open: dict[Hashable, Step] = {}
        self._calling: ContextVar[_Calling | None] = ContextVar("telltale_calling", default=None)  # as long as we live

    def begin(self, key: Hashable, parent: Hashable | None, span: Span, kind: SpanKind = SpanKind.INTERNAL) -> Step:
        """Start a step that the framework itself marks as the innermost for its code."""
        step = self._started(key, parent, span, kind)
        current = _living(otel_context.get_current())
        if not (isinstance(current, _Inside) and current.follows):
            here = self._innermost()
            here = parent if here == key else here
            step.inside = _Inside(current, lambda: self._deeper_than(here), follows=True)
            otel_context.attach(step.inside)
        return step

    def begin_outside(
        self, key: Hashable, parent: Hashable | None, span: Span, kind: SpanKind = SpanKind.INTERNAL
    ) -> Step:
        """Start a step that nothing is inside of until it is entered."""
        return self._started(key, parent, span, kind)

    def begin_leaf(
        self, key: Hashable, parent: Hashable | None, span: Span, kind: SpanKind = SpanKind.INTERNAL
    ) -> Step:
        """Start a step that the framework does not mark: all that follows here is inside until it is left."""
        step = self._started(key, parent, span, kind)
        self.enter(step)
        return step

    def enter(self, step: Step) -> None:
        """All that follows here is inside the step until it is left; what is inside one of its parts stays there."""
        current = _living(otel_context.get_current())
        here = otel_context.get_value(_STEP, current)
        if isinstance(current, _Inside) and not current.follows and isinstance(here, Step) and here.is_inside(step):
            return
        step.inside = _Inside(current, lambda: step.context, follows=False)
        otel_context.attach(step.inside)

    def hide(self, key: Hashable, parent: Hashable | None) -> bool:
        """Let a step that nobody wants to see stand for its parent. False where there is none."""
        above = self._open.get(parent)
        if above is not None:
            self._keep(key, above)
        return above is not None

    def calling(self) -> _Calling:
        """For ``with``, around a call of the framework's that does not always tell of an end."""
        return _Calling(self, self._calling)

    def find(self, key: Hashable | None) -> Step | None:
        return self._open.get(key)

    def take(self, key: Hashable) -> Step | None:
        """The step, to be ended; None where it is unknown or hidden."""
        step = self._open.pop(key, None)
        return step if step is not None and step.notes.get("key") == key else None

    def _started(self, key: Hashable, parent: Hashable | None, span: Span, kind: SpanKind) -> Step:
        above = self._open.get(parent)
        current = otel_context.get_current()
        # Inside its parent, the application's own spans may stand between the two.
        here = otel_context.get_value(_STEP, current)
        is_within = above is None or (isinstance(here, Step) and here.is_inside(above))
        with _scope.inside(current if is_within or above is None else above.context):
            step = Step(span, kind)
        step.notes["key"] = key
        self._keep(key, step)
        calling = self._calling.get()
        if calling is not None:
            calling.begun(key, parent)
        return step

    def _keep(self, key: Hashable, step: Step) -> None:
        """One more, in place of the oldest where there are too many. What is hidden does not end what it stands for."""
        if len(self._open) >= _MOST_OPEN:
            oldest = self.take(next(iter(self._open)))
            if oldest is not None:
                oldest.end()
        self._open[key] = step

    def _deeper_than(self, here: Hashable | None) -> Context | None:
        key = self._innermost()
        step = self._open.get(key) if key != here else None
        return None if step is None else step.context


class _Calling:
    """A call of the framework's. What it began and tells no end of, when an exception ends it, was cancelled."""

    def __init__(self, steps: Steps, current: ContextVar[_Calling | None]) -> None:
        self._steps = steps
        self._current = current
        self._parent: Hashable | None = None
        self._begun: list[Hashable] = []

    def begun(self, key: Hashable, parent: Hashable | None) -> None:
        """A step has begun in here. What is inside of others is theirs to end."""
        if not self._begun or parent == self._parent:
            self._parent = parent
            self._begun.append(key)

    def __enter__(self) -> None:
        self._token = self._current.set(self)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace_: object) -> None:
        with suppress(ValueError):  # closed in another context than entered: that one ends with its task
            self._current.reset(self._token)
        for key in self._begun if error is not None else ():
            with safely("end a step that was cancelled"):
                step = self._steps.take(key)
                if step is not None:
                    step.span.record({semconv.CANCELLED: True})
                    step.end()


def _living(context: Context) -> Context:
    while isinstance(context, _Inside) and context.is_over:
        context = context.before
    return context
