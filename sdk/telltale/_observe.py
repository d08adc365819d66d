"""``telltale.observe``: a function's calls as spans, whatever sort of function it is."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, overload

from opentelemetry import context as otel_context

from telltale import _runtime, _scope, semconv
from telltale._content import LIMIT
from telltale._safely import safely
from telltale._span import Span

if TYPE_CHECKING:
    from types import TracebackType

    from telltale._kinds import Kind

AnyFunction = Callable[..., Any]
F = TypeVar("F", bound="AnyFunction | classmethod[Any, Any, Any] | staticmethod[Any, Any]")
_RECEIVERS: Final = ("self", "cls")
_LEFT: Final = (GeneratorExit, asyncio.CancelledError)
"""How a generator learns that nobody wants its items any more."""

_ITEMS: Final = 1000
"""How many items of a generator are kept for its output."""


@overload
def observe(fn: F, /) -> F: ...


@overload
def observe(
    *, name: str | None = None, kind: Kind = "chain", capture_input: bool = True, capture_output: bool = True
) -> Callable[[F], F]: ...


def observe(
    fn: F | None = None,
    /,
    *,
    name: str | None = None,
    kind: Kind = "chain",
    capture_input: bool = True,
    capture_output: bool = True,
) -> F | Callable[[F], F]:
    """Record each call of a function as a span. The function itself behaves as before.

    Functions, coroutines, generators, async generators and methods alike. Exceptions are recorded and pass
    on.

    Args:
        fn: the function, when used without parentheses.
        name: the span's name; else the function's own.
        kind: what sort of step this is. ``retriever``: a result that is a list of documents (str, dict or
            object with id, content or text, score, metadata; or pairs with the score) is recorded as such.
        capture_input: record the arguments, as a JSON object by parameter name.
        capture_output: record the result; of a generator, its items (joined where they are str).
    """

    def decorate(target: Any) -> Any:
        if isinstance(target, (classmethod, staticmethod)):
            return type(target)(decorate(target.__func__))
        with safely("decorate a function with observe"):
            plan = _Plan(target, name or target.__name__, kind, capture_input, capture_output)
            return functools.wraps(target)(_shell(target, plan))
        return target

    return decorate if fn is None else decorate(fn)


def _shell(fn: AnyFunction, plan: _Plan) -> AnyFunction:
    """The wrapper that is of the same sort as the function."""
    if inspect.isasyncgenfunction(fn):
        return _async_generator(fn, plan)
    if inspect.isgeneratorfunction(fn):
        return _generator(fn, plan)
    if inspect.iscoroutinefunction(fn):
        return _coroutine(fn, plan)
    return _function(fn, plan)


def _function(fn: AnyFunction, plan: _Plan) -> AnyFunction:
    def call(*args: Any, **kwargs: Any) -> Any:
        if not _runtime.current().is_live:
            return fn(*args, **kwargs)
        with plan.span() as span:
            plan.take(span, args, kwargs)
            result = fn(*args, **kwargs)
            plan.give(span, result)
        return result

    return call


def _coroutine(fn: AnyFunction, plan: _Plan) -> AnyFunction:
    async def call(*args: Any, **kwargs: Any) -> Any:
        with plan.span() as span:
            plan.take(span, args, kwargs)
            result = await fn(*args, **kwargs)
            plan.give(span, result)
        return result

    return call


def _generator(fn: AnyFunction, plan: _Plan) -> AnyFunction:
    def generate(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with _Items(plan, plan.span().start()) as items:
            plan.take(items.span, args, kwargs)
            return (yield from _Steps(fn(*args, **kwargs), items))

    return generate


def _async_generator(fn: AnyFunction, plan: _Plan) -> AnyFunction:
    async def generate(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        answer = _Answer()
        async with _AsyncItems(plan, plan.span().start(), fn(*args, **kwargs)) as items:
            plan.take(items.span, args, kwargs)
            while not await items.is_done(answer):
                with answer:
                    answer.sent = yield items.latest

    return generate


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the calls of one function are recorded."""

    fn: AnyFunction
    name: str
    kind: Kind
    takes: bool
    gives: bool

    def span(self) -> Span:
        return Span(self.name, self.kind)

    def take(self, span: Span, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self.takes and span.is_recording:
            with safely("record a function's arguments"):
                span.set(input=_named(_signature(self.fn), args, kwargs))

    def give(self, span: Span, result: Any) -> None:
        if self.gives:
            span.set(output=result)


@functools.lru_cache(maxsize=4096)
def _signature(fn: AnyFunction) -> inspect.Signature:
    return inspect.signature(fn)


def _named(signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments by parameter name, without the object that a method is called on."""
    named = dict(signature.bind_partial(*args, **kwargs).arguments)
    first = next(iter(named), None)
    if first in _RECEIVERS:
        del named[first]
    extra = next((p.name for p in signature.parameters.values() if p.kind is p.VAR_KEYWORD), None)
    if extra in named:
        named |= named.pop(extra)
    return named


class _Items:
    """The span of a generator, from its first item to its last, and the items as they pass.

    The span is current only while the generator's own code runs: what the consumer does between two items is
    not its child. A span that the generator itself has open at a ``yield`` is current again when it goes on.
    """

    def __init__(self, plan: _Plan, span: Span) -> None:
        self.span = span
        self.latest: Any = None
        self._context = span.context
        self._plan = plan
        self._kept: list[Any] = []
        self._size = 0

    def keep(self, item: Any) -> None:
        self.latest = item
        self._size += len(item) if isinstance(item, str) else 1
        if self._plan.gives and self._size <= LIMIT and (isinstance(item, str) or len(self._kept) < _ITEMS):
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
            are_texts = bool(self._kept) and all(isinstance(item, str) for item in self._kept)
            self._plan.give(self.span, "".join(self._kept) if are_texts else self._kept)
            if isinstance(error, _LEFT):
                self.span.record({semconv.STREAM_CANCELLED: True})
        self.span.end(None if isinstance(error, _LEFT) else error)


class _AsyncItems(_Items):
    """The same for an async generator, which it also runs."""

    def __init__(self, plan: _Plan, span: Span, source: AsyncGenerator[Any, Any]) -> None:
        super().__init__(plan, span)
        self._source = source

    async def is_done(self, answer: _Answer) -> bool:
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


class _Steps(Generator[Any, Any, Any]):
    """A generator's own iterator, with its span current during each step. ``yield from`` does the rest."""

    def __init__(self, source: Generator[Any, Any, Any], items: _Items) -> None:
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


class _Answer:
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
