"""The one place where an exception is swallowed: Telltale never raises into the application.

``safely(place)`` is a context manager and a decorator (the decorated function then gives None). Each place
logs once; every swallowed exception is counted. Only ``Exception`` is swallowed: ``KeyboardInterrupt``,
``SystemExit`` and cancellation pass.
"""

from __future__ import annotations

import functools
import logging
from collections import Counter
from contextlib import ContextDecorator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import TracebackType

log: Final = logging.getLogger("telltale")
swallowed: Final[Counter[str]] = Counter()
"""How many exceptions each place has swallowed."""


class Intended(Exception):
    """An exception that is meant for the application: nothing here swallows it."""


class Contained(ContextDecorator):
    """What ``safely`` gives. Without state of its own, so one object serves any number of calls at once."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception) or isinstance(error, Intended):
            return False
        swallowed[self._place] += 1
        if swallowed[self._place] == 1:
            log.warning(
                "telltale could not %s (%s: %s); the application goes on, further ones are only counted",
                self._place,
                type(error).__name__,
                _text_of(error),
            )
            log.debug("where it happened", exc_info=error)
        return True


@functools.lru_cache(maxsize=256)
def safely(place: str) -> Contained:
    """Swallow what goes wrong inside.

    Args:
        place: what was being done, as words that follow "telltale could not".
    """
    return Contained(place)


def _text_of(error: Exception) -> str:
    # An exception's own __str__ may raise, too.
    with _Silent():
        return str(error)[:500]
    return "no usable text"


class _Silent:
    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        return isinstance(error, Exception)
