"""What the running SDK is made of: spans, scores and guards ask ``current()`` and know nothing else.

Before ``init()`` it is ``IDLE``: spans record nothing and decorated functions run as they are.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.trace import NoOpTracer, Tracer

from telltale._masking import Policy

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class ScoreEvent:
    """A score on its way to the collector. Ids are integers, 0 for none; time is Unix nanoseconds."""

    trace_id: int
    span_id: int
    time_ns: int
    attributes: dict[str, Any]


def _discard(_event: ScoreEvent) -> None:
    return None


def _at_once(work: Callable[[], None], _weight: int) -> None:
    work()


def _nothing_to_flush(_timeout_s: float) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Runtime:
    """The parts that the public functions work with.

    Attributes:
        tracer: starts spans.
        policy: whether content is recorded at all; how it is masked is the exporter's work.
        now: Unix time in ns.
        emit: takes a score event.
        later: does work on another thread; takes about how many bytes of memory it keeps alive, too.
        flush: sends what waits within a number of seconds; False when something still waits.
        finish: sends what waits, keeps the rest on disk, and ends the background threads; its result is that of flush.
        is_live: False before init().
    """

    tracer: Tracer = field(default_factory=NoOpTracer)
    policy: Policy = field(default_factory=Policy)
    now: Callable[[], int] = time.time_ns
    emit: Callable[[ScoreEvent], None] = _discard
    later: Callable[[Callable[[], None], int], None] = _at_once
    flush: Callable[[float], bool] = _nothing_to_flush
    finish: Callable[[float], bool] = _nothing_to_flush
    is_live: bool = False


IDLE: Final = Runtime()
OVER: Final = Runtime()
"""What is current after ``shutdown()``."""

_holder: Final = [IDLE]


def current() -> Runtime:
    return _holder[0]


def install(runtime: Runtime) -> Runtime:
    """Make ``runtime`` the current one and give back the one before."""
    previous, _holder[0] = _holder[0], runtime
    return previous


def flush(timeout_s: float = 2.0) -> bool:
    """Send what waits. Never raises.

    Args:
        timeout_s: how long to wait at most, in seconds.

    Returns:
        True when everything recorded so far has reached the collector.

    Example:
        >>> telltale.flush(timeout_s=1.0)
        True
    """
    return current().flush(timeout_s)


def shutdown(timeout_s: float = 2.0) -> bool:
    """End tracing, for good. Never raises; a second call does nothing, nor does one before ``init()``.

    What waits is sent; what cannot be sent in time stays on disk for the next process. Spans that begin later record
    nothing, functions under ``observe`` run as they are, and ``init()`` starts nothing any more. The end of the process
    does the same by itself: this is for those that know better when their last span is done.

    Args:
        timeout_s: how long to wait at most, in seconds.

    Returns:
        True when everything recorded has reached the collector.

    Example:
        >>> telltale.shutdown(timeout_s=1.0)
        True
    """
    return install(OVER).finish(timeout_s) if current().is_live else True
