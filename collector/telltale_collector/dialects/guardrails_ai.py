"""Guardrails AI: guards, their steps, and one span a validator, with its outcome and what happens on failure."""

from __future__ import annotations

from collections.abc import Sequence

from telltale_collector.dialects import Dialect
from telltale_collector.dialects._calls import finish
from telltale_collector.dialects._guards import verdict
from telltale_collector.dialects._messages import plain
from telltale_collector.dialects._values import boolean, first, mapping, text, unquoted, word
from telltale_collector.model import Attributes, Call, LogEvent, RawSpan, Verdict

_VALIDATOR = "guardrails/guard/step/validator"
_GUARDS = frozenset({"guardrails/guard", _VALIDATOR})
_STEPS = _GUARDS | {"guardrails/guard/step", "guardrails/guard/step/call"}
_ON_FAIL: dict[str, Verdict] = {
    **dict.fromkeys(("fix", "fix_reask", "reask", "filter"), "redact"),
    **dict.fromkeys(("exception", "refrain"), "block"),
    **dict.fromkeys(("noop", "custom"), "flag"),
}
"""What a failed validation does to the text."""


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    given = span.attributes
    return "validator.name" in given or (span.scope_name == "guardrails-ai" and word(given.get("type")) in _STEPS)


def _read(span: RawSpan, _events: Sequence[LogEvent]) -> Call:
    given = span.attributes
    kind = word(given.get("type"))
    call = Call(kind="guardrail" if kind in _GUARDS else "chain")
    call.input_messages = plain(first(given, "validator.validate.input.value", "input.value", "input"))
    if "validator.name" in given:
        _read_validator(call, given)
        return finish(call)
    call.output_messages = plain(given.get("output.value"))
    if call.kind == "guardrail":
        call.guard_name = word(given.get("guard.name"))
        passed = boolean(given.get("validation_passed"))
        if passed is not None:
            call.guard_verdict = "pass" if passed else "block"
    return finish(call)


def _read_validator(call: Call, given: Attributes) -> None:
    answer = mapping(given.get("output.value"))
    call.guard_name = word(given["validator.name"])
    outcome = first(given, "validator.validate.output.outcome") or answer.get("outcome")
    call.guard_verdict = verdict(unquoted(outcome))
    if call.guard_verdict == "block":
        call.guard_verdict = _ON_FAIL.get(str(given.get("validator.on_fail")).rpartition(".")[2].lower(), "flag")
    reason = first(given, "validator.validate.output.error_message") or answer.get("error_message")
    call.guard_reason = text(reason)


DIALECT = Dialect("guardrails_ai", rank=19, speaks=_speaks, read=_read, needs=("validator.name", "guardrails-ai"))
