"""``telltale.budget``: a brake that warns, goes to a cheaper model, or stops before the call that would be too much."""

from __future__ import annotations

import functools
import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from telltale import _brakes, _runtime
from telltale._brakes import Run
from telltale._exceeded import BudgetExceeded
from telltale._generators import Answer, AsyncItems, Items, Steps
from telltale._limits import rule_of
from telltale._safely import log, safely
from telltale._span import Span

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Mapping
    from decimal import Decimal
    from types import TracebackType

    from telltale._limits import OnExceed, OnUnknown, Scope

__all__ = ["BudgetExceeded", "budget"]

F = TypeVar("F", bound="Callable[..., Any] | classmethod[Any, Any, Any] | staticmethod[Any, Any]")


class budget:  # noqa: N801 - reads as a function, is one to its users
    """Hold what the calls inside may use; ``with``, ``async with``, or a decorator. Off unless it is written.

    Looked at before each call that Telltale traces. Budgets inside one another all hold. Tasks of asyncio inherit them;
    a thread of its own does so where it runs in a copy of the context (``contextvars.copy_context``).

    Calls are exact: with ``calls=10``, the eleventh is not made, however many threads there are. Tokens and dollars are
    known after an answer: what is under way may pass the limit, but for the answers of requests that say
    ``max_tokens``, which are reserved. A price comes from ``prices`` at once, else from the collector within about a
    second. What is unknown is never counted as 0 without a word, see ``on_unknown``.

    Args:
        name: what it is called, in spans and texts.
        usd: the most US dollars.
        calls: the most calls of models, failed ones included.
        tokens: the most tokens, input and output together.
        window_s: within so many seconds, rolling; else for as long as the run, or the process, goes on.
        scope: what is added up: this ``run`` (each time that the block or function is entered); or all runs of this
            process, of each ``user`` or ``session`` (``telltale.context``), or of the whole ``service``.
        on_exceed: ``warn`` (the default), ``raise`` BudgetExceeded instead of the call, or ``route`` to a cheaper
            model.
        route: model to cheaper model, for ``route``. A model that is not in it goes on, with a warning.
        same_tool_calls: how often one run may use a tool (``kind="tool"``) with the same arguments.
        prices: by model, in the price file's words: ``{"m": {"input_usd_per_mtok": 1, "output_usd_per_mtok": 4}}``.
        on_unknown: what follows once a model's tokens or price turn out to be unknown: ``warn``, or ``block`` its
            further calls. An answer that broke off or was left is told of and blocks nothing.
        from_collector: limits, window and spend are those of the collector's budget of this name
            (``POST /api/v1/budgets``), over all processes, a few seconds late. Where the collector cannot be asked,
            nothing is held, and the spans say so.

    Raises:
        BudgetExceeded: with ``on_exceed="raise"``, from inside, in place of the call.

    Example:
        >>> with telltale.budget("nightly", usd=5, calls=200, on_exceed="raise"):
        ...     pass  # calls of models
    """

    def __init__(  # noqa: PLR0913 - one line says all of a budget
        self,
        name: str,
        *,
        usd: Decimal | float | str | None = None,
        calls: int | None = None,
        tokens: int | None = None,
        window_s: float | None = None,
        scope: Scope = "run",
        on_exceed: OnExceed | None = None,
        route: Mapping[str, str] | None = None,
        same_tool_calls: int | None = None,
        prices: Mapping[str, Mapping[str, Any]] | None = None,
        on_unknown: OnUnknown = "warn",
        from_collector: bool = False,
    ) -> None:
        given = dict(locals())
        self.rule = rule_of(name, given)

    def __enter__(self) -> Run:
        if _runtime.current() is _runtime.IDLE:
            _tell_idle(self.rule.name)
        run = Run(self.rule)
        _brakes.enter(run)
        return run

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _brakes.leave(self.rule)

    async def __aenter__(self) -> Run:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def __call__(self, fn: F) -> F:
        """Decorate a function, coroutine function, generator function or method: each call of it is a run."""
        if isinstance(fn, (classmethod, staticmethod)):
            return type(fn)(self(fn.__func__))
        with safely("decorate a function with a budget"):
            return functools.wraps(fn)(_shell(self, fn))  # type: ignore[return-value]
        return fn


@functools.cache
def _tell_idle(name: str) -> None:
    log.warning("budget %r holds nothing: call telltale.init() first", name)


def _shell(held: budget, fn: Callable[..., Any]) -> Callable[..., Any]:
    """The wrapper that is of the same sort as the function."""
    if inspect.isasyncgenfunction(fn):
        return _async_generator(held, fn)
    if inspect.isgeneratorfunction(fn):
        return _generator(held, fn)

    async def call_async(*args: Any, **kwargs: Any) -> Any:
        with held:
            return await fn(*args, **kwargs)

    def call(*args: Any, **kwargs: Any) -> Any:
        with held:
            return fn(*args, **kwargs)

    return call_async if inspect.iscoroutinefunction(fn) else call


def _generator(held: budget, fn: Callable[..., Any]) -> Callable[..., Any]:
    def generate(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        return (yield from Steps(fn(*args, **kwargs), _Items(Run(held.rule))))

    return generate


def _async_generator(held: budget, fn: Callable[..., Any]) -> Callable[..., Any]:
    async def generate(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        answer = Answer()
        async with _AsyncItems(Run(held.rule), fn(*args, **kwargs)) as items:
            while not await items.is_done(answer):
                with answer:
                    answer.sent = yield items.latest

    return generate


class _InRun:
    """The steps of a generator are one run, and what its consumer does between them is none of it."""

    latest: Any
    run: Run

    def keep(self, item: Any) -> None:
        self.latest = item

    @contextmanager
    def step(self) -> Iterator[None]:
        with _brakes.inside(self.run):
            yield


class _Items(_InRun, Items):
    def __init__(self, run: Run) -> None:
        super().__init__(Span(""), _nothing)
        self.run = run


class _AsyncItems(_InRun, AsyncItems):
    def __init__(self, run: Run, source: AsyncGenerator[Any, Any]) -> None:
        super().__init__(Span(""), _nothing, source)
        self.run = run


def _nothing(_span: Span, _result: Any) -> None:
    """These items have no span of their own."""
