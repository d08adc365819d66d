"""Who speaks this span? One dialect a module, found by discovery; the core never names a vendor.

To add one: ``dialects/<name>.py`` ending in ``DIALECT = Dialect(...)``, and goldens recorded from the real library.
A dialect reads a span (and the log events that belong to it) into one canonical ``Call``; it never changes the span,
and what it does not know stays in the raw attributes.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from telltale_collector.dialects._application import add_application_context
from telltale_collector.dialects._evaluations import judgements
from telltale_collector.dialects._guards import add_guard_events
from telltale_collector.dialects._names import Names, remembered
from telltale_collector.model import Call, LogEvent, RawSpan

__all__ = ["Dialect", "dialects", "read_call", "read_evaluations"]

Speaks = Callable[[RawSpan, Sequence[LogEvent]], bool]
Read = Callable[[RawSpan, Sequence[LogEvent]], Call]

READ_FAULTS = (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, RecursionError)
"""What a reader may raise on attributes that no library writes: the span is then kept as a plain one."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way of writing LLM calls into spans.

    Attributes:
        name: as stored in the span's ``dialect`` column.
        rank: the lowest rank that speaks a span reads it; more specific dialects come first.
        speaks: is this span written in the dialect?
        read: the canonical fields; unknown is None.
        needs: words of which a span in the dialect has one among its attribute names or in its scope's name, so that
            few dialects are asked about a span; none given: it is asked about every span.
    """

    name: str
    rank: int
    speaks: Speaks
    read: Read
    needs: tuple[str, ...] = ()


@cache
def dialects() -> tuple[Dialect, ...]:
    """All dialects, by rank."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    found = [import_module(f"{__name__}.{name}").DIALECT for name in names]
    return tuple(sorted(found, key=lambda dialect: (dialect.rank, dialect.name)))


@remembered
def _candidates(names: Names) -> tuple[Dialect, ...]:
    """Who may speak a span, by the name of its scope and those of its attributes."""
    scope, *there = names
    known = set(there)
    return tuple(
        dialect
        for dialect in dialects()
        if not dialect.needs or any(need in known or need in scope for need in dialect.needs)
    )


def read_call(span: RawSpan, events: Sequence[LogEvent] = ()) -> tuple[str | None, Call]:
    """Read a span: the name of its dialect (None for a plain span) and the canonical fields."""
    name, call = None, Call()
    for dialect in _candidates((span.scope_name, *span.attributes)):
        try:
            if not dialect.speaks(span, events):
                continue
            name, call = dialect.name, dialect.read(span, events)
        except READ_FAULTS:
            continue
        break
    add_guard_events(call, span)
    add_application_context(call, span)
    return name, call


def read_evaluations(span: RawSpan) -> list[LogEvent]:
    """The judgements that a span carries, one event each; the same span always gives the same ids."""
    try:
        return judgements(span)
    except READ_FAULTS:
        return []
