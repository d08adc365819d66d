"""Which attributes of a span matter to a reader, remembered by the names the span has.

The spans of one library have the same few sets of names, so what follows from the names alone is worked out once a set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

Names = tuple[str, ...]
Found = TypeVar("Found")

_MOST_SETS = 2048
_MOST_NAMES = 64
_MOST_LETTERS = 4096
"""Larger sets are worked out each time: senders choose the names, and must not fill our memory with them."""


def remembered(work_out: Callable[[Names], Found]) -> Callable[[Iterable[str]], Found]:
    """A function of names in their order; an attribute map is one, too."""
    known = lru_cache(maxsize=_MOST_SETS)(work_out)

    def of(given: Iterable[str]) -> Found:
        names = tuple(given)
        return known(names) if _is_small(names) else work_out(names)

    return of


def _is_small(names: Names) -> bool:
    try:
        return len(names) <= _MOST_NAMES and len("".join(names)) <= _MOST_LETTERS
    except TypeError:  # a name that is no text, out of a Python literal
        return False


def starting_with(*prefixes: str) -> Callable[[Iterable[str]], Names]:
    """The names that start with one of the prefixes."""
    return remembered(lambda names: tuple(name for name in names if name.startswith(prefixes)))
