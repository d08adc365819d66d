"""What a guard is and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

VerdictWord: TypeAlias = Literal["pass", "flag", "redact", "block", "error"]
Stage: TypeAlias = Literal["input", "output", "tool", "retrieval"]

EVERY_STAGE: Final[tuple[Stage, ...]] = ("input", "output", "tool", "retrieval")


class Hit(NamedTuple):
    """Where something was found: code-point offsets, and what it is. Never the text itself.

    Example:
        >>> guards.discover()["pii"].check("write to ann@example.com").spans[0].label
        'email'
    """

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a guard found.

    Attributes:
        verdict: from good to bad: pass, flag, redact, block, error (the guard itself failed).
        reason: short, and without the text that was checked.
        score: 0..1, 1 = certainly bad.
        spans: where.
        redacted_text: the text without what was found, when the verdict is ``redact``.

    Example:
        >>> def polite(text: str) -> guards.Verdict:
        ...     return guards.Verdict("pass" if "please" in text else "flag", "no please", score=0.6)
        >>> telltale.guard(polite).check("pass the salt").verdict
        'block'
    """

    verdict: VerdictWord
    reason: str = ""
    score: float | None = None
    spans: tuple[Hit, ...] = ()
    redacted_text: str | None = None


@dataclass(frozen=True, slots=True)
class Guard:
    """One check.

    Attributes:
        name: how ``telltale.guard`` and the collector's settings call it.
        check: gives ``pass`` or ``flag`` with a score; what follows from a hit is the caller's choice.
        stages: where it makes sense.
        redact: the text without what the check would find; None when that cannot be taken out.

    Example:
        >>> rule = guards.Guard("short", lambda text: guards.Verdict("pass" if len(text) < 100 else "flag"))
        >>> rule.check("hello").verdict
        'pass'
    """

    name: str
    check: Callable[[str], Verdict]
    stages: tuple[Stage, ...] = EVERY_STAGE
    redact: Callable[[str], str] | None = None


class GuardBlocked(Exception):
    """Raised by a function decorated with a guard whose verdict is ``block``.

    Attributes:
        name: the guard's.
        verdict: with reason, score and places.

    Example:
        >>> @telltale.guard("secrets")
        ... def ask(question: str) -> str:
        ...     return question
        >>> try:
        ...     ask("my key is AKIAIOSFODNN7EXAMPLE")
        ... except guards.GuardBlocked as blocked:
        ...     print(blocked.name)
        secrets
    """

    def __init__(self, name: str, verdict: Verdict) -> None:
        super().__init__(f"blocked by guard {name}: {verdict.reason}")
        self.name = name
        self.verdict = verdict
