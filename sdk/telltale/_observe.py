"""``telltale.observe``: a function's calls as spans, whatever sort of function it is."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from telltale import _brakes, _runtime
from telltale._generators import Answer, AsyncItems, Items, Steps
from telltale._safely import safely
from telltale._span import Span

if TYPE_CHECKING:
    from telltale._kinds import Kind

AnyFunction = Callable[..., Any]
F = TypeVar("F", bound="AnyFunction | classmethod[Any, Any, Any] | staticmethod[Any, Any]")
_RECEIVERS: Final = ("self", "cls")


@overload
def observe(
    fn: F,
    /,
    *,
    name: str | None = None,
    kind: Kind = "chain",
    capture_input: bool = True,
    capture_output: bool = True,
) -> F: ...


@overload
def observe(
    fn: str | None = None,
    /,
    *,
    name: str | None = None,
    kind: Kind = "chain",
    capture_input: bool = True,
    capture_output: bool = True,
) -> Callable[[F], F]: ...


def observe(
    fn: Any = None,
    /,
    *,
    name: str | None = None,
    kind: Kind = "chain",
    capture_input: bool = True,
    capture_output: bool = True,
) -> Any:
    """Record each call of a function as a span. The function itself behaves as before.

    Functions, coroutines, generators, async generators and methods alike. Exceptions are recorded and pass
    on.

    Args:
        fn: the function, when used without parentheses; or the span's name.
        name: the span's name; else the function's own.
        kind: what sort of step this is. ``retriever``: a result that is a list of documents (str, dict or
            object with id, content or text, score, metadata; or pairs with the score) is recorded as such.
        capture_input: record the arguments, as a JSON object by parameter name.
        capture_output: record the result; of a generator, its items (joined where they are str).

    Example:
        >>> @telltale.observe(kind="retriever")
        ... def search(question: str) -> list[str]:
        ...     return ["Paris is the capital of France."]
        >>> search("What is the capital of France?")
        ['Paris is the capital of France.']
    """
    given_name = fn if isinstance(fn, str) else name

    def decorate(target: Any) -> Any:
        if isinstance(target, (classmethod, staticmethod)):
            return type(target)(decorate(target.__func__))
        with safely("decorate a function with observe"):
            own_name = str(getattr(target, "__name__", type(target).__name__))
            plan = _Plan(target, given_name or own_name, kind, capture_input, capture_output)
            return functools.wraps(target)(_shell(target, plan))
        return target

    return decorate if fn is None or isinstance(fn, str) else decorate(fn)


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
        with Items(plan.span().start(), plan.give) as items:
            plan.take(items.span, args, kwargs)
            return (yield from Steps(fn(*args, **kwargs), items))

    return generate


def _async_generator(fn: AnyFunction, plan: _Plan) -> AnyFunction:
    async def generate(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        answer = Answer()
        async with AsyncItems(plan.span().start(), plan.give, fn(*args, **kwargs)) as items:
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
        elif self.kind == "tool" and _brakes.is_on():
            with safely("look at a tool's arguments"):
                _brakes.tool(self.name, _named(_signature(self.fn), args, kwargs))

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
