"""Make a span current and restore what was before, without noise.

OpenTelemetry's ``detach`` logs an error when a generator is closed in another task than the one that ran it.
Here a marker variable tells whether this is still the same context; where it is not, there is nothing to
restore.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Final, NamedTuple

from opentelemetry import context as otel_context

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.context import Context

_marker: Final[ContextVar[object]] = ContextVar("telltale_scope", default=None)


class Entered(NamedTuple):
    previous: Context
    token: Token[object]


def enter(context: Context) -> Entered:
    """Make ``context`` current. Give the result to ``leave``."""
    entered = Entered(otel_context.get_current(), _marker.set(context))
    otel_context.attach(context)
    return entered


def leave(entered: Entered) -> None:
    """Restore what was current before, when called in the context that ``enter`` was called in."""
    try:
        _marker.reset(entered.token)
    except (ValueError, RuntimeError):
        return
    otel_context.attach(entered.previous)


@contextmanager
def inside(context: Context) -> Iterator[None]:
    entered = enter(context)
    try:
        yield
    finally:
        leave(entered)
