"""Counting what the provider did not report."""

import socket

import pytest

from telltale_collector.enrich import count_missing_tokens
from telltale_collector.enrich.tokens import count_text
from telltale_collector.model import Call, Message


def counted(call: Call, *, failed: bool = False) -> Call:
    count_missing_tokens(call, failed=failed)
    return call


@pytest.mark.parametrize(
    ("model", "tokens"), [("gpt-4o", 8), ("gpt-4-turbo", 9), ("claude-sonnet-4-5", 8), ("openai/gpt-4o", 8)]
)
def test_each_model_is_counted_in_its_vocabulary(model: str, tokens: int) -> None:
    assert count_text("Hello, мир! How many tokens?", model) == tokens


def test_counting_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    from telltale_collector.enrich import vocabulary

    def refuse(*_args: object) -> None:
        raise AssertionError("counting went to the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert vocabulary.encoding.__wrapped__("o200k_base").encode_ordinary("hello") == [24912]


def test_missing_tokens_are_counted_and_marked() -> None:
    call = counted(
        Call(kind="llm", input_messages=[Message("user", "hello")], output_messages=[Message("assistant", "hello")])
    )
    assert (call.input_tokens, call.output_tokens, call.tokens_source) == (1 + 3 * 2, 1, "estimated")


def test_reported_tokens_are_never_counted_again() -> None:
    call = counted(
        Call(
            kind="llm",
            input_tokens=500,
            output_tokens=7,
            tokens_source="provider",
            input_messages=[Message("user", "hello")],
        )
    )
    assert (call.input_tokens, call.output_tokens, call.tokens_source) == (500, 7, "provider")


def test_no_text_gives_no_count() -> None:
    call = counted(Call(kind="llm"))
    assert (call.input_tokens, call.output_tokens, call.tokens_source) == (None, None, None)


def test_a_failed_call_is_not_counted() -> None:
    assert counted(Call(kind="llm", input_messages=[Message("user", "hi")]), failed=True).input_tokens is None


def test_only_calls_are_counted() -> None:
    assert counted(Call(kind="chain", input_messages=[Message("user", "hi")])).input_tokens is None


def test_tool_calls_and_reasoning_count_as_output() -> None:
    quiet = counted(Call(kind="llm", output_messages=[Message("assistant", "ok")]))
    busy = counted(
        Call(
            kind="llm",
            output_messages=[
                Message(
                    "assistant", "ok", tool_calls=[{"id": "1", "name": "f", "arguments": {"a": 1}}], reasoning="well"
                )
            ],
        )
    )
    assert busy.output_tokens > quiet.output_tokens
