"""The golden set: questions with the right answer and the sentence of the reference that proves it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from bm25 import terms

FILE = Path(__file__).with_name("golden.jsonl")
_ENOUGH = 0.5
_BEGINNING = 5


@dataclass(frozen=True, slots=True)
class Case:
    """One question. ``evidence`` is a quote from the text of ``topic``, white space made single."""

    id: str
    question: str
    answer: str
    topic: str
    evidence: str


def load() -> list[Case]:
    """All cases, in the order of the file."""
    return [Case(**json.loads(line)) for line in FILE.read_text(encoding="utf-8").splitlines()]


def agrees(case: Case, answer: str) -> bool:
    """Whether an answer says what the golden answer or its evidence says.

    A comparison of words, not of meanings. To a yes-or-no question, yes or no decides, where the answer begins with
    one; else half of what the golden answer or the evidence adds to the question must be there.
    """
    expected, given = _yes_or_no(case.answer), _yes_or_no(answer)
    if expected and given:
        return expected == given
    said, asked = set(terms(answer)), set(terms(case.question))
    news = [set(terms(reference)) - asked for reference in (case.answer, case.evidence)]
    return any(len(said & new) >= _ENOUGH * len(new) for new in news if new)


def _yes_or_no(text: str) -> str | None:
    words = re.findall(r"\w+", text.lower())[:_BEGINNING]
    return next((word for word in words if word in {"yes", "no"}), None)
