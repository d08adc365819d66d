"""What an instrument is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Instrument:
    """One library.

    Attributes:
        name: how ``init(instrument=[...])`` calls it.
        library: the package that it waits for.
        install: wraps the library; a second call does nothing.
    """

    name: str
    library: str
    install: Callable[[], None]
