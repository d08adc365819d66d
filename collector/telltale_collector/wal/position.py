"""Places in the log, and stretches between them."""

from __future__ import annotations

from typing import NamedTuple


class Position(NamedTuple):
    """A place in the log: segment number, byte offset. Ordered as the log is."""

    segment: int
    offset: int


class Bounds(NamedTuple):
    """The bytes from ``start`` up to ``end``: what one batch is made of."""

    start: Position
    end: Position
