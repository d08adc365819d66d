"""What an instrument is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Instrument:
    """One library. README's table of instruments is made of these fields (``make docs``).

    Attributes:
        name: how ``init(instrument=[...])`` calls it: the module's name here.
        library: the module whose import it waits for; ``google.genai`` is one, too.
        install: wraps the library; a second call does nothing.
        distribution: what ``pip install`` calls the library.
        traces: which of its calls become spans, as the README says it: a phrase without a full stop.
        tested: versions of the distribution that the tests have passed with, oldest first; the installed one is among
            them (a test asks). Between the oldest and the newest the instrument is meant to work.
    """

    name: str
    library: str
    install: Callable[[], None]
    distribution: str
    traces: str
    tested: tuple[str, ...]
