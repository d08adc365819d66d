"""Generators under observation: one span from first to last item, current only while their own code runs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

from opentelemetry import context as otel_context

from telltale import _scope, semconv
from telltale._content import LIMIT
from telltale._safely import safely
from telltale._span import Span, is_cancelled_task

if TYPE_CHECKING:
    from types import TracebackType

Give: TypeAlias = Callable[[Span, Any], None]
"""Records what came out."""

_ITEMS: Final = 1000
"""How many items of a generator are kept for its output."""


class Items:
    """The span of a generator and its items as they pass.

    The span is current only while the generator's own code runs: what the consumer does between two items is
    not its child. A span that the generator itself has open at a ``yield`` is current again when it goes on.
    """

    def __init__(self, span: Span, give: Give) -> None:
        self.span = span
        self.latest: Any = None
        self._context = span.context
        self._give = give
        self._kept: list[Any] = []
        self._size = 0

    def keep(self, item: Any) -> None:
        self.latest = item
        is_text = issubclass(type(item), str)
        self._size += str.__len__(item) if is_text else 1
        if self._size <= LIMIT and (is_text or len(self._kept) < _ITEMS):
            self._kept.append(item)

    @contextmanager
    def step(self) -> Iterator[None]:
        """Be current while the generator's own code runs, as it was when that stopped."""
        entered = _scope.enter(self._context)
        try:
            yield
        finally:
            self._context = otel_context.get_current()
            _scope.leave(entered)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with safely("record what a generator gave"):
            are_texts = bool(self._kept) and all(issubclass(type(item), str) for item in self._kept)
            self._give(self.span, "".join(self._kept) if are_texts else self._kept)
            if _is_left(error):
                self.span.record({semconv.STREAM_CANCELLED: True})
        self.span.end(None if _is_left(error) else error)


def _is_left(error: BaseException | None) -> bool:
    """How a generator learns that nobody wants its items any more."""
    return isinstance(error, GeneratorExit) or is_cancelled_task(error)


class AsyncItems(Items):
    """The same for an async generator, which it also runs."""

    def __init__(self, span: Span, give: Give, source: AsyncGenerator[Any, Any]) -> None:
        super().__init__(span, give)
        self._source = source

    async def is_done(self, answer: Answer) -> bool:
        """Take one step, with what the consumer answered; True when that was the generator's end."""
        with self.step():
            try:
                item = await answer.to(self._source)
            except StopAsyncIteration:
                return True
        self.keep(item)
        return False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with self.step():
                await self._source.aclose()
        finally:
            self.__exit__(kind, error, trace)


class Steps(Generator[Any, Any, Any]):
    """A generator's own iterator, with its span current during each step. ``yield from`` does the rest."""

    def __init__(self, source: Generator[Any, Any, Any], items: Items) -> None:
        self._source = source
        self._items = items

    def send(self, value: Any, /) -> Any:
        with self._items.step():
            item = self._source.send(value)
        self._items.keep(item)
        return item

    def throw(self, error: Any, value: Any = None, trace: TracebackType | None = None, /) -> Any:
        del trace  # an exception carries its own
        with self._items.step():
            item = self._source.throw(error if value is None else value)
        self._items.keep(item)
        return item


class Answer:
    """What the consumer of an async generator did at a ``yield``: sent a value or threw an error."""

    def __init__(self) -> None:
        self.sent: Any = None
        self._error: BaseException | None = None

    def __enter__(self) -> None:
        self.sent = self._error = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._error = error
        return error is not None and not isinstance(error, GeneratorExit)

    def to(self, source: AsyncGenerator[Any, Any]) -> Any:
        """The generator's next step, to be awaited."""
        return source.asend(self.sent) if self._error is None else source.athrow(self._error)
