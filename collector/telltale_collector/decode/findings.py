"""What a check finds in a request beside its good items: rejects, and items that were mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from telltale.semconv import MENDED

_NOTES_KEPT = 20
_LONGEST_NOTE = 200
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Reject:
    """One item that was set aside, and why: lower case, what is wrong with it."""

    name: str
    reason: str


@dataclass(slots=True)
class Findings:
    """Collected while a request is read.

    Attributes:
        rejects: items that were set aside.
        changed: the request is not, to the byte, what was sent.
    """

    rejects: list[Reject] = field(default_factory=list)
    changed: bool = False
    _mended: Counter[str] = field(default_factory=Counter)
    _first: dict[str, str] = field(default_factory=dict)

    def reject(self, name: str, reason: str) -> None:
        self.changed = True
        self.rejects.append(Reject(name[:_LONGEST_NAME] or "unnamed", reason))

    def mended(self, name: str, notes: Sequence[str]) -> None:
        """An item was kept, with what ``notes`` say."""
        self.changed = True
        note = notes[0][:_LONGEST_NOTE] if notes else "read leniently"
        self._mended[note] += 1
        self._first.setdefault(note, name[:_LONGEST_NAME])

    @property
    def warnings(self) -> list[str]:
        """For the sender: what was mended, each with its count, the first named."""
        if not self._mended:
            return []
        return [
            f"mended: {note} ({count} item{'s' if count > 1 else ''}, first: {self._first[note]!r})"
            for note, count in self._mended.most_common(10)
        ]


def mended_attribute(notes: Sequence[str]) -> KeyValue:
    """The attribute by which an item says what was mended in it."""
    distinct = list(dict.fromkeys(note[:_LONGEST_NOTE] for note in notes))
    told = distinct[:_NOTES_KEPT]
    if len(distinct) > len(told):
        told.append(f"and {len(distinct) - len(told)} more")
    flag = KeyValue(key=MENDED)
    flag.value.array_value.values.extend([flag.value.__class__(string_value=note) for note in told])
    return flag
