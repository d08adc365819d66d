"""Which retrieved documents an answer draws on, as far as its words can tell.

A run of three or more words that stands in both the document and the answer counts; single words do not:
every text about a subject shares those. It is a hint for the eye, not a measure of grounding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_WORD: Final = re.compile(r"\w+")
_RUN: Final = 3
_MOST_WORDS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a document; ``used`` when the answer has the same words in the same order."""

    text: str
    used: bool


def pieces(document: str, answer: str) -> list[Piece]:
    """The document cut where its use changes; joined, the pieces are the document."""
    words = list(_WORD.finditer(document))[:_MOST_WORDS]
    spoken = _runs([match.group().casefold() for match in _WORD.finditer(answer)][:_MOST_WORDS])
    folded = [match.group().casefold() for match in words]
    found: list[Piece] = []
    end = 0
    for first, last in _stretches(folded, spoken):
        start, stop = words[first].start(), words[last].end()
        if start > end:
            found.append(Piece(document[end:start], used=False))
        found.append(Piece(document[start:stop], used=True))
        end = stop
    if end < len(document):
        found.append(Piece(document[end:], used=False))
    return found


def _runs(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[place : place + _RUN]) for place in range(len(words) - _RUN + 1)}


def _stretches(words: list[str], spoken: set[tuple[str, ...]]) -> list[tuple[int, int]]:
    """First and last word of each maximal stretch covered by shared runs."""
    stretches: list[tuple[int, int]] = []
    for place in range(len(words) - _RUN + 1):
        if tuple(words[place : place + _RUN]) not in spoken:
            continue
        if stretches and place <= stretches[-1][1] + 1:
            stretches[-1] = (stretches[-1][0], place + _RUN - 1)
        else:
            stretches.append((place, place + _RUN - 1))
    return stretches
