"""``telltale.guard``: run a check on a text, and record its verdict as a span."""

from __future__ import annotations

import functools
import inspect
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

from telltale import semconv
from telltale._safely import log, safely
from telltale._span import Span
from telltale.guards import Guard, GuardBlocked, Stage, Verdict, discover

if TYPE_CHECKING:
    from collections.abc import Callable

OnHit: TypeAlias = Literal["block", "flag", "redact"]
Check: TypeAlias = "Callable[[str], bool | float | Verdict]"
F = TypeVar("F", bound="Callable[..., Any]")

_THRESHOLD: Final = 0.5


def guard(
    check: str | Check, /, stage: Stage = "input", *, on_hit: OnHit = "block", threshold: float | None = None
) -> TextGuard:
    """A check of texts: ``guard("pii").check(text)``, or a decorator on a function of text.

    Args:
        check: a built-in guard's name (pii, secrets, injection, length), or a function of the text that
            gives a bool (True = fine), a score (0..1, 1 = certainly bad) or a Verdict. One that raises gives
            the verdict ``error``.
        stage: where the text stands: input, output, tool or retrieval.
        on_hit: the verdict when the score reaches the threshold.
        threshold: 0..1, default 0.5.

    Example:
        >>> telltale.guard("pii", on_hit="redact").check("write to ann@example.com").verdict
        'redact'
        >>> @telltale.guard(lambda text: "password" not in text, stage="output")
        ... def answer(question: str) -> str:
        ...     return "I cannot tell you that."
        >>> answer("What is it?")
        'I cannot tell you that.'
    """
    return TextGuard(_resolved(check), stage, on_hit, _THRESHOLD if threshold is None else threshold)


class TextGuard:
    """A check with its stage and consequence. As a decorator it raises ``GuardBlocked``, and only that."""

    def __init__(self, rule: Guard, stage: Stage, on_hit: OnHit, threshold: float) -> None:
        self._rule = rule
        self._stage = stage
        self._on_hit = on_hit
        self._threshold = threshold
        self._is_built_in = rule in discover().values()

    def check(self, text: str) -> Verdict:
        """Check one text; the verdict becomes a span ``guard.<name>``."""
        verdict = Verdict("error", "the guard failed")
        with Span(f"guard.{self._rule.name}", "guardrail") as span:
            span.set(input=text)
            with safely(f"run the guard {self._rule.name}"):
                verdict = self._judged(text)
            span.record(
                {
                    semconv.GUARD_NAME: self._rule.name,
                    semconv.GUARD_STAGE: self._stage,
                    semconv.GUARD_VERDICT: verdict.verdict,
                    semconv.GUARD_REASON: verdict.reason or None,
                    semconv.GUARD_SCORE: verdict.score,
                }
            )
        return verdict

    def _judged(self, text: str) -> Verdict:
        found = self._rule.check(text)
        # A built-in guard says "pass" below its own threshold; here the caller's counts.
        is_open = found.verdict == "flag" or (found.verdict == "pass" and bool(found.score) and self._is_built_in)
        if not is_open or found.score is None:
            return found
        if found.score < self._threshold:
            return replace(found, verdict="pass")
        if self._on_hit != "redact":
            return replace(found, verdict=self._on_hit)
        if self._rule.redact is None:  # asked to take it out and unable to: letting it through is the worse mistake
            return replace(found, verdict="block", reason=f"{found.reason} (cannot be redacted)")
        return replace(found, verdict="redact", redacted_text=self._rule.redact(text))

    def __call__(self, fn: F) -> F:
        """Decorate a function of text.

        Its first str argument is checked, or for ``stage="output"`` the str that it returns. For ``redact``
        the function, or its caller, gets the redacted text.

        Raises:
            GuardBlocked: on each call whose text the guard blocks.
        """
        shell = self._around_coroutine(fn) if inspect.iscoroutinefunction(fn) else self._around(fn)
        return functools.wraps(fn)(shell)  # type: ignore[return-value]

    def _around(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            args, kwargs = self._incoming(args, kwargs)
            return self._outgoing(fn(*args, **kwargs))

        return call

    def _around_coroutine(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            args, kwargs = self._incoming(args, kwargs)
            return self._outgoing(await fn(*args, **kwargs))

        return call

    def _incoming(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if self._stage == "output":
            return args, kwargs
        for index, value in enumerate(args):
            if isinstance(value, str):
                return (*args[:index], self._let_through(value), *args[index + 1 :]), kwargs
        for key, value in kwargs.items():
            if isinstance(value, str):
                return args, {**kwargs, key: self._let_through(value)}
        return args, kwargs

    def _outgoing(self, result: Any) -> Any:
        return self._let_through(result) if self._stage == "output" and isinstance(result, str) else result

    def _let_through(self, text: str) -> str:
        verdict = self.check(text)
        if verdict.verdict == "block":
            raise GuardBlocked(self._rule.name, verdict)
        return text if verdict.redacted_text is None else verdict.redacted_text


def _resolved(check: str | Check) -> Guard:
    if callable(check):
        name = str(getattr(check, "__name__", type(check).__name__))
        return Guard(name, functools.partial(_read, check))
    known = discover()
    if check in known:
        return known[check]
    log.warning("there is no guard %r; use one of %s, or a function of the text", check, ", ".join(known))
    return Guard(str(check), functools.partial(_unknown, str(check)))


def _unknown(name: str, _text: str) -> Verdict:
    return Verdict("error", f"there is no guard {name}")


def _read(check: Check, text: str) -> Verdict:
    """A user function's answer as a verdict."""
    answer = check(text)
    if isinstance(answer, Verdict):
        return answer
    if isinstance(answer, bool):
        return Verdict("pass", score=0.0) if answer else Verdict("flag", "not fine", 1.0)
    return Verdict("flag", f"score {float(answer):.3g}", float(answer))
