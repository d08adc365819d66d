"""Find things by pattern, and take them out of a text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telltale.guards._model import Hit, Verdict

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Sequence

CLEAR: Final = Verdict("pass", score=0.0)


def _anything(_text: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Pattern:
    """What one sort of thing looks like.

    Attributes:
        label: its name in verdicts and, in capitals, in redacted text.
        regex: where it has a group, the group is the thing. Runs in linear time.
        is_real: a further test, such as a checksum.
        mark: stands in every match; texts without it are not searched, which is most of them.
    """

    label: str
    regex: re.Pattern[str]
    is_real: Callable[[str], bool] = _anything
    mark: str = ""


def find(patterns: Sequence[Pattern], text: str) -> tuple[Hit, ...]:
    """All hits in text order, overlapping ones merged into the one that an earlier pattern names."""
    hits: list[tuple[int, int, int]] = []
    for rank, pattern in enumerate(patterns):
        if pattern.mark not in text:
            continue
        group = 1 if pattern.regex.groups else 0
        found = (match for match in pattern.regex.finditer(text) if pattern.is_real(match.group(group)))
        hits += [(match.start(group), match.end(group), rank) for match in found]
    return _merged(hits, patterns)


def _merged(hits: list[tuple[int, int, int]], patterns: Sequence[Pattern]) -> tuple[Hit, ...]:
    merged: list[tuple[int, int, int]] = []
    for start, end, rank in sorted(hits):
        if merged and start < merged[-1][1]:
            first, until, first_rank = merged.pop()
            merged.append((first, max(until, end), min(first_rank, rank)))
        else:
            merged.append((start, end, rank))
    return tuple(Hit(start, end, patterns[rank].label) for start, end, rank in merged)


def without(text: str, hits: Iterable[Hit]) -> str:
    """The text with each hit replaced by its label: ``[EMAIL]``."""
    parts, position = [], 0
    for hit in hits:
        parts += [text[position : hit.start], f"[{hit.label.upper()}]"]
        position = hit.end
    return "".join([*parts, text[position:]])


def verdict_on(hits: tuple[Hit, ...]) -> Verdict:
    """``flag`` with the labels and their counts as the reason; ``pass`` without hits."""
    if not hits:
        return CLEAR
    counts = Counter(hit.label for hit in hits)
    return Verdict("flag", ", ".join(f"{label} x{n}" for label, n in counts.items()), 1.0, hits)
