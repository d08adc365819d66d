from __future__ import annotations

import json
from typing import Any

import pytest

import telltale
from telltale import testing

CARD = "4111 1111 1111 1111"
MAIL = "ann@example.com"


def _send() -> None:
    with telltale.span("s", kind="tool") as span:
        span.set(input={"to": MAIL, "text": f"line\n{CARD}"}, output=f"sent to {MAIL}", model="m", note=MAIL)
        raise ValueError(f"bad address {MAIL}")


def _record(**how: Any) -> dict[str, Any]:
    with testing.capture(**how) as captured:
        with pytest.raises(ValueError, match="bad"):
            _send()
        telltale.score("feedback", 1, comment=f"I am {MAIL}")
    return {**captured.span("s"), "score": captured.scores[0]["attributes"]}


def test_full_keeps_everything() -> None:
    span = _record(capture="full")
    assert json.loads(span["attributes"]["telltale.input.value"]) == {"to": MAIL, "text": f"line\n{CARD}"}
    assert span["status_message"] == f"bad address {MAIL}"


def test_masked_leaves_no_personal_data_anywhere() -> None:
    span = _record(capture="masked")
    assert MAIL not in json.dumps(span)
    assert CARD not in json.dumps(span)
    attributes = span["attributes"]
    assert json.loads(attributes["telltale.input.value"]) == {"to": "[EMAIL]", "text": "line\n[CARD]"}
    assert attributes["gen_ai.tool.call.result"] == "sent to [EMAIL]"
    assert span["status_message"] == "bad address [EMAIL]"
    assert span["score"]["gen_ai.evaluation.explanation"] == "I am [EMAIL]"


def test_a_card_number_that_is_a_number_is_masked_too() -> None:
    with testing.capture(capture="masked") as captured, telltale.span("s") as span:
        span.set(input={"card": int(CARD.replace(" ", "")), "year": 2026, "at_ns": 1795460537216693693})
    recorded = json.loads(captured.span("s")["attributes"]["telltale.input.value"])
    assert recorded == {"card": "[CARD]", "year": 2026, "at_ns": 1795460537216693693}


def test_masked_redacts_secrets_too() -> None:
    with testing.capture(capture="masked") as captured, telltale.span("s") as span:
        span.set(input="use sk-proj-abcdefghij0123456789ABCDEF now")
    assert captured.span("s")["attributes"]["telltale.input.value"] == "use [OPENAI_KEY] now"


def test_masked_keeps_the_identity_that_traces_are_grouped_by() -> None:
    with testing.capture(capture="masked") as captured, telltale.context(user_id=MAIL), telltale.span("s"):
        pass
    assert captured.span("s")["attributes"]["user.id"] == MAIL


def test_none_keeps_no_content_but_the_error_type_and_model() -> None:
    span = _record(capture="none")
    assert span["attributes"] == {
        "telltale.span.kind": "tool",
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "s",
        "gen_ai.request.model": "m",
        "note": MAIL,
        "error.type": "ValueError",
    }
    assert span["status_message"] is None
    assert "bad address" not in json.dumps(span)
    assert "gen_ai.evaluation.explanation" not in span["score"]


def test_the_mask_hook_sees_each_string_and_not_the_structure() -> None:
    seen: list[str] = []

    def mask(text: str) -> str:
        seen.append(text)
        return text.replace("Ann", "***")

    with testing.capture(mask=mask) as captured, telltale.span("s") as span:
        span.set(input=[{"role": "user", "content": "I am Ann"}], output="Hello Ann", model="Ann-1")
    attributes = captured.span("s")["attributes"]
    assert json.loads(attributes["telltale.input.value"]) == [{"role": "user", "content": "I am ***"}]
    assert attributes["telltale.output.value"] == "Hello ***"
    assert attributes["gen_ai.request.model"] == "Ann-1"
    assert set(seen) == {"I am Ann", "Hello Ann"}


def test_the_mask_hook_comes_after_the_built_in_redaction() -> None:
    with testing.capture(capture="masked", mask=str.lower) as captured, telltale.span("s") as span:
        span.set(input=f"Mail {MAIL}")
    assert captured.span("s")["attributes"]["telltale.input.value"] == "mail [email]"


@pytest.mark.parametrize("hook", [lambda _: 1 / 0, lambda _: None, lambda _: 3, lambda: ""])
def test_a_mask_hook_that_fails_costs_the_value_and_never_lets_it_through(hook: Any) -> None:
    with testing.capture(mask=hook) as captured, telltale.span("s") as span:
        span.set(input="my secret", output={"a": "my secret"})
    recorded = captured.span("s")
    assert recorded["attributes"]["telltale.input.value"] == "[masking failed]"
    assert json.loads(recorded["attributes"]["telltale.output.value"]) == {"a": "[masking failed]"}
    assert "my secret" not in json.dumps(recorded)


def test_what_other_instrumentations_write_is_masked_by_its_name() -> None:
    with testing.capture(capture="none") as captured, telltale.span("s") as span:
        span.record(
            {
                "gen_ai.prompt.0.content": "word",
                "llm.input_messages.0.message.content": "word",
                "input.value": "w",
            }
        )
    assert captured.span("s")["attributes"] == {"telltale.span.kind": "chain"}
