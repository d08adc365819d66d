"""The bot's documents, passages of the Python language reference, and their ranking by Okapi BM25."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from pydoc_data.topics import topics

MAX_PASSAGE_CHARS = 420
"""Of the golden questions, the demo's model got 21 right with passages of this size, 15 with 250 characters."""

_ENDING = re.compile(r"(?<=\w{4})ings?$|(?<=\w{3})(?:ed|es|e|s)$")
_STOP_WORDS = frozenset(
    """
    a an and any are as at be been but by can could did do does for from had has have how i if in into is it
    its may must no not of on only or shall should so than that the their them then there these they this to
    was were what when where which while who whose why will with would you your
    """.split()
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of one topic. ``id`` is ``<topic>#<number>``; ``score`` is BM25's, 0 before a search."""

    id: str
    content: str
    score: float = 0.0


def terms(text: str) -> list[str]:
    """The words that carry meaning, lower case, each without its plainest endings."""
    words = re.findall(r"\w+|[%&*+/<=>@^|~-]+", text.lower())
    return [_ENDING.sub("", word) for word in words if word not in _STOP_WORDS]


def passages() -> list[Passage]:
    """Every paragraph of the reference once, short neighbours joined.

    The topics overlap (``compound`` repeats ``try``), so the shortest topic that has a paragraph keeps it.
    """
    seen: set[str] = set()
    found: list[Passage] = []
    for topic, text in sorted(topics.items(), key=lambda item: (len(item[1]), item[0])):
        paragraphs = (" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text))
        fresh = [paragraph for paragraph in paragraphs if _is_prose(paragraph) and paragraph not in seen]
        seen.update(fresh)
        found += [Passage(f"{topic}#{n}", content) for n, content in enumerate(_joined(fresh), start=1)]
    return found


def _is_prose(paragraph: str) -> bool:
    return "::=" not in paragraph and not re.search(r"\*{4}|={4}|-{4}|^>>>", paragraph)


def _joined(paragraphs: list[str]) -> list[str]:
    joined: list[str] = []
    for paragraph in paragraphs:
        for sentence in re.split(r"(?<=[.!?:])\s+(?=\"?[A-Z*])", paragraph):
            if joined and len(joined[-1]) + len(sentence) < MAX_PASSAGE_CHARS:
                joined[-1] += " " + sentence
            else:
                joined.append(sentence)
    return joined


class BM25:
    """Ranks passages by Okapi BM25 with the usual constants."""

    def __init__(self, documents: list[Passage], k1: float = 1.2, b: float = 0.75) -> None:
        self._documents = documents
        self._counts = [Counter(terms(document.content)) for document in documents]
        lengths = [count.total() for count in self._counts]
        mean = sum(lengths) / len(lengths)
        self._norms = [k1 * (1 - b + b * length / mean) for length in lengths]
        self._k1 = k1
        containing = Counter(term for count in self._counts for term in count)
        self._idf = {term: math.log(1 + (len(documents) - n + 0.5) / (n + 0.5)) for term, n in containing.items()}

    def search(self, query: str, k: int) -> list[Passage]:
        """The ``k`` best passages with a score above 0, best first."""
        wanted = set(terms(query))
        scores = [self._score(wanted, n) for n in range(len(self._documents))]
        best = sorted(range(len(scores)), key=lambda n: (-scores[n], n))[:k]
        return [Passage(self._documents[n].id, self._documents[n].content, scores[n]) for n in best if scores[n] > 0]

    def _score(self, wanted: set[str], n: int) -> float:
        count, norm = self._counts[n], self._norms[n]
        hits = ((self._idf[term], count[term]) for term in wanted if term in count)
        return sum(idf * tf * (self._k1 + 1) / (tf + norm) for idf, tf in hits)
