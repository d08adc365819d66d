"""Verdicts of guards, from what guard libraries answer: words, booleans, scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telltale import semconv as names
from telltale_collector.dialects._values import boolean, first, mapping, parsed, real, text, word
from telltale_collector.model import AttributeValue, Call, RawSpan, Verdict

_WORDS: dict[Verdict, str] = {
    "pass": "pass passed allow allowed ok safe valid none no_action noop continue accept accepted clean success"
    " not_flagged low continued approved benign true",
    "flag": "flag flagged warn warning alert log monitor detected suspicious",
    "redact": "redact redacted mask masked anonymize anonymized fix fixed sanitize sanitized modify modified"
    " transform transformed filter filtered replace replaced rewritten reask",
    "block": "block blocked deny denied reject rejected refuse refused refrain exception stop stopped fail failed"
    " unsafe invalid violation malicious abort aborted guardrail_intervened intervened false",
    "error": "error errored timeout",
}
_CANONICAL = {word: verdict for verdict, words in _WORDS.items() for word in words.split()}
_VERDICT_KEYS = (
    "verdict",
    "action",
    "decision",
    "outcome",
    "status",
    "result",
    "validation_outcome",
    "validator_result",
    "validation_result",
)
_BLOCKED_KEYS = ("blocked", "tripwire_triggered", "denied", "is_blocked", "triggered", "stop", "violation")
_PASSED_KEYS = ("passed", "valid", "validation_passed", "is_valid", "is_safe", "safe", "allowed", "allow", "pass")
_FLAGGED_KEYS = ("flagged", "is_flagged", "detected")
_STAGES = {
    "input": "input",
    "preflight": "input",
    "prompt": "input",
    "pre_call": "input",
    "request": "input",
    "output": "output",
    "post_call": "output",
    "postflight": "output",
    "completion": "output",
    "response": "output",
    "tool": "tool",
    "tool_call": "tool",
    "execution": "tool",
    "tool_input": "tool",
    "tool_output": "tool",
    "retrieval": "retrieval",
    "rag": "retrieval",
}


def verdict(value: AttributeValue) -> Verdict | None:
    """A word that a guard library uses for its decision; True is a pass."""
    if isinstance(value, bool):
        return "pass" if value else "block"
    found = word(value)
    plain = "" if found is None else found.rpartition(".")[2].lower().replace("-", "_").replace(" ", "_")
    return _CANONICAL.get(plain)


def stage(value: AttributeValue) -> str | None:
    """Where the guard stood: one of ``input output tool retrieval``."""
    found = word(value)
    return None if found is None else _STAGES.get(found.lower().replace("-", "_"))


def read_guard(value: AttributeValue) -> Call:
    """What a guard answered (an object, JSON of it, a word or a boolean), as a call with only guard fields."""
    value = parsed(value)
    if not isinstance(value, dict):
        return Call(guard_verdict=verdict(value) if _is_short(value) else None)
    given = {str(key).rpartition(".")[2]: found for key, found in value.items()}
    return Call(
        guard_name=word(first(given, "guard", "guard_name", "guardrail", "validator_name", "validator", "rail")),
        guard_stage=stage(first(given, "stage", "phase", "direction")),
        guard_verdict=_decision(given),
        guard_reason=_reason(given),
        guard_score=real(first(given, "score", "confidence", "risk_score", "probability")),
    )


def _is_short(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, str) and len(value) < 40)


def _decision(given: Mapping[str, Any]) -> Verdict | None:
    for key in _VERDICT_KEYS:
        found = verdict(given.get(key)) if isinstance(given.get(key), str) else None
        if found is not None:
            return found
    blocked = _flag(given, _BLOCKED_KEYS)
    if blocked is not None:
        return "block" if blocked else "pass"
    passed = _flag(given, _PASSED_KEYS)
    if passed is not None:
        return "pass" if passed else "block"
    flagged = _flag(given, _FLAGGED_KEYS)
    return None if flagged is None else ("flag" if flagged else "pass")


def _flag(given: Mapping[str, Any], keys: tuple[str, ...]) -> bool | None:
    return next((found for key in keys if (found := boolean(given.get(key))) is not None), None)


def _reason(given: Mapping[str, Any]) -> str | None:
    return text(first(given, "reason", "explanation", "why", "message", "error_message", "classification", "label"))


def add_guard_events(call: Call, span: RawSpan) -> None:
    """Verdicts that a guard wrote as events on the span of its caller: the worst one holds."""
    found = [_of_event(event.attributes) for event in span.events if event.name == "guard.evaluation"]
    if not found or call.guard_verdict is not None:
        return
    worst = max(found, key=lambda guard: _rank(guard.guard_verdict))
    call.guard_name, call.guard_stage = call.guard_name or worst.guard_name, worst.guard_stage
    call.guard_verdict, call.guard_reason, call.guard_score = worst.guard_verdict, worst.guard_reason, worst.guard_score


def _of_event(attributes: Mapping[str, Any]) -> Call:
    guard = read_guard(attributes)
    guard.guard_name = word(attributes.get("guard.name"))
    return guard


def _rank(found: Verdict | None) -> int:
    return -1 if found is None else names.GUARD_VERDICTS.index(found)


def read_metadata_guard(value: AttributeValue) -> Call:
    """A verdict that the application put into a span's metadata as ``guard.name``, ``guard.verdict`` ..."""
    given = {key: found for key, found in mapping(value).items() if key.startswith(("guard.", "guardrail."))}
    if not given:
        return Call()
    guard = read_guard(given)
    guard.guard_name = word(first(given, "guard.name", "guardrail.name"))
    return guard
