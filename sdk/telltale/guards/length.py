"""Texts that are longer than anybody types: pasted dumps, padding attacks, runaway output."""

from __future__ import annotations

from typing import Final

from telltale.guards._model import Guard, Verdict

MAX_CHARACTERS: Final = 20_000


def check(text: str) -> Verdict:
    """The score grows with the length: 0.5 at ``MAX_CHARACTERS``, 1 at twice that."""
    score = min(1.0, len(text) / (2 * MAX_CHARACTERS))
    if len(text) < MAX_CHARACTERS:
        return Verdict("pass", score=score)
    return Verdict("flag", f"{len(text)} characters", score)


def redact(text: str) -> str:
    """The start of the text."""
    return text if len(text) < MAX_CHARACTERS else text[: MAX_CHARACTERS - 1]


GUARD = Guard("length", check, redact=redact)
