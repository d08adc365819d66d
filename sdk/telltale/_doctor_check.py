"""One line of the doctor's report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["ok", "note", "fault"]
"""``note`` is worth knowing and may be meant; only a ``fault`` changes the exit code."""


@dataclass(frozen=True, slots=True)
class Check:
    """What was found.

    Attributes:
        level: how it is.
        subject: what was looked at, one word.
        text: one line: what was found.
        mends: lines that mend it, ready to copy.
    """

    level: Level
    subject: str
    text: str
    mends: tuple[str, ...] = ()
