"""Verdicts of guards: what guard libraries write on spans, in events, and in their answers."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from telltale_collector.model import Call

Read = Callable[..., Call]


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"blocked": True, "score": 0.97, "reason": "injection"}, ("block", 0.97, "injection")),
        ({"passed": True}, ("pass", None, None)),
        ({"flagged": True, "confidence": 0.6}, ("flag", 0.6, None)),
        ({"action": "DENY", "explanation": "secrets"}, ("block", None, "secrets")),
        ({"verdict": "redacted"}, ("redact", None, None)),
        ({"tripwire_triggered": False}, ("pass", None, None)),
        ({"answer": 42}, (None, None, None)),
    ],
)
def test_a_guards_answer_becomes_a_verdict(read: Read, answer: dict[str, Any], found: tuple[Any, ...]) -> None:
    call = read({"openinference.span.kind": "GUARDRAIL", "output.value": json.dumps(answer)}, name="g")
    assert (call.guard_verdict, call.guard_score, call.guard_reason) == found
    assert call.guard_name == "g"


def test_the_worst_of_a_callers_guard_events_is_its_verdict(read: Read) -> None:
    def event(name: str, action: str, score: float) -> dict[str, Any]:
        given = {"guard.name": name, "guard.action": action, "guard.phase": "preflight", "guard.score": score}
        return {"name": "guard.evaluation", "attributes": {**given, "guard.explanation": "found"}}

    events = [event("pii", "redact", 0.7), event("injection", "deny", 0.9), event("topic", "allow", 0.1)]
    call = read({"gen_ai.operation.name": "chat"}, scope="openlit.instrumentation.openai", events=events)
    assert call.kind == "llm"
    assert (call.guard_name, call.guard_verdict, call.guard_stage) == ("injection", "block", "input")
    assert (call.guard_score, call.guard_reason) == (0.9, "found")


def test_a_validator_of_guardrails_ai_does_what_its_failure_policy_says(read: Read) -> None:
    given = {
        "type": "guardrails/guard/step/validator",
        "validator.name": "guardrails/detect_pii",
        "validator.on_fail": "OnFailAction.FIX",
        "validator.validate.input.value": "call me",
        "validator.validate.output.outcome": "fail",
        "validator.validate.output.error_message": "1 phone number",
    }
    call = read(given, scope="guardrails-ai")
    assert (call.kind, call.guard_name, call.guard_verdict) == ("guardrail", "guardrails/detect_pii", "redact")
    assert call.guard_reason == "1 phone number"
    blocked = read({**given, "validator.on_fail": "exception"}, scope="guardrails-ai")
    passed = read({**given, "validator.validate.output.outcome": "pass"}, scope="guardrails-ai")
    assert (blocked.guard_verdict, passed.guard_verdict) == ("block", "pass")
    whole = read({"type": "guardrails/guard", "guard.name": "g", "validation_passed": False}, scope="guardrails-ai")
    assert (whole.kind, whole.guard_name, whole.guard_verdict) == ("guardrail", "g", "block")


def test_a_rail_of_nemo_guardrails_that_stops_blocks(read: Read) -> None:
    rail = {"rail.type": "input", "rail.name": "self check input", "rail.stop": True}
    call = read(rail, name="guardrails.rail")
    assert (call.kind, call.guard_name, call.guard_stage) == ("guardrail", "self check input", "input")
    assert call.guard_verdict == "block"
    assert read({**rail, "rail.stop": False}).guard_verdict == "pass"
    assert read({**rail, "rail.type": "dialog"}).kind == "chain"
    assert read({"gen_ai.operation.name": "guardrails"}, name="guardrails.request").kind == "chain"
