"""What is recorded of a call on another thread, later, is what was there when the call was made and answered."""

from __future__ import annotations

import dataclasses
import gc
import json
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest

import telltale
from telltale import _runtime
from telltale.instruments._answer import Answer
from telltale.instruments._call import Call
from telltale.instruments._held import Held

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telltale.testing import Captured


class Postponed:
    """Work that waits until the test lets it be done."""

    def __init__(self) -> None:
        self.works: list[Any] = []
        self.weights: list[int] = []

    def later(self, work: Any, weight: int) -> None:
        self.works.append(work)
        self.weights.append(weight)

    def do(self) -> None:
        while self.works:
            self.works.pop(0)()


@pytest.fixture
def postponed(captured: Captured) -> Iterator[Postponed]:  # noqa: ARG001 - what it postpones
    waiting = Postponed()
    previous = _runtime.install(dataclasses.replace(_runtime.current(), later=waiting.later))
    yield waiting
    _runtime.install(previous)


def _recorded(captured: Captured, name: str = "gen_ai.input.messages") -> Any:
    (span,) = captured.spans
    return json.loads(span["attributes"][name])


def test_messages_are_recorded_as_they_were_sent_whatever_becomes_of_them(
    captured: Captured, postponed: Postponed, openai_client: Any, openai_server: Any
) -> None:
    parts = [{"type": "text", "text": "Which river?"}]
    messages: list[Any] = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": parts}]
    tools = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]
    openai_server.chat("The Seine.")
    openai_client.chat.completions.create(model="m", messages=messages, tools=tools)
    assert captured.spans == []
    messages[0]["content"] = "Be long."
    parts.append({"type": "text", "text": "Which mountain?"})
    messages.append({"role": "user", "content": "Thanks."})
    tools[0]["function"]["name"] = "listen"  # type: ignore[index]
    postponed.do()
    said = [[part["content"] for part in message["parts"]] for message in _recorded(captured)]
    assert said == [["Be brief."], ["Which river?"]]
    assert _recorded(captured, "gen_ai.tool.definitions")[0]["name"] == "look"


def test_an_answer_is_recorded_as_it_came_whatever_becomes_of_it(
    captured: Captured, postponed: Postponed, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat("The Seine.")
    completion = openai_client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": "Which river?"}]
    )
    completion.choices[0].message.content = "The Thames."
    completion.choices.clear()
    postponed.do()
    assert _recorded(captured, "gen_ai.output.messages")[0]["parts"] == [{"type": "text", "content": "The Seine."}]


def test_a_response_object_is_recorded_as_it_came(
    captured: Captured, postponed: Postponed, openai_client: Any, openai_server: Any
) -> None:
    searching = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}}
    openai_server.response(searching, openai_server.output_message("The Seine."))
    response = openai_client.responses.create(model="m", input="Which river?")
    response.output[0].status = "failed"
    response.output[1].content[0].text = "The Thames."
    postponed.do()
    parts = _recorded(captured, "gen_ai.output.messages")[0]["parts"]
    assert parts[0]["content"]["status"] == "completed"
    assert parts[1]["content"] == "The Seine."


def test_tool_calls_that_the_application_joins_in_the_first_chunk_are_recorded_once(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    """As the provider's own guide does it: ``first.function.arguments += next.function.arguments``."""
    pieces = ['{"river', '": "Se', 'ine"}']
    calls: list[Any] = [
        {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "look", "arguments": pieces[0]}}]},
        *({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in pieces[1:]),
    ]
    openai_server.chat_stream(*calls, finish="tool_calls")
    joined: dict[int, Any] = {}
    for chunk in openai_client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": "Which river?"}], stream=True
    ):
        for call in (chunk.choices[0].delta.tool_calls or []) if chunk.choices else []:
            if call.index in joined:
                joined[call.index].function.arguments += call.function.arguments
            else:
                joined[call.index] = call
    assert joined[0].function.arguments == '{"river": "Seine"}'
    (part,) = _recorded(captured, "gen_ai.output.messages")[0]["parts"]
    assert part["arguments"] == {"river": "Seine"}


def test_the_span_ends_when_the_call_did(
    captured: Captured, postponed: Postponed, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat("The Seine.")
    openai_client.chat.completions.create(model="m", messages=[])
    with telltale.span("afterwards"):
        pass
    postponed.do()
    call, afterwards = captured.spans
    assert call["end_ns"] <= afterwards["start_ns"]


def test_a_request_that_cannot_be_copied_is_recorded_when_it_is_made(
    captured: Captured, postponed: Postponed, openai_client: Any, openai_server: Any
) -> None:
    class Words(dict[str, Any]):
        """A mapping of the application's own."""

    message = Words(role="user", content="Which river?")
    openai_server.chat("The Seine.")
    openai_client.chat.completions.create(model="m", messages=[message])
    message["content"] = "Which mountain?"
    postponed.do()
    assert _recorded(captured)[0]["parts"][0]["content"] == "Which river?"


def test_a_request_that_nobody_can_read_costs_its_own_attributes_only(
    captured: Captured, postponed: Postponed, openai_client: Any, openai_server: Any, monkeypatch: Any
) -> None:
    from telltale.instruments import _openai_chat

    openai_server.chat("The Seine.")
    openai_client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Which river?"}])
    monkeypatch.setattr(_openai_chat, "to_json", lambda _: 1 / 0)
    postponed.do()
    (span,) = captured.spans
    assert "gen_ai.input.messages" not in span["attributes"]
    assert span["attributes"]["gen_ai.request.model"] == "m"
    assert _recorded(captured, "gen_ai.output.messages")[0]["parts"][0]["content"] == "The Seine."


def test_a_long_request_with_settings_that_nobody_records_is_read_later_too(
    captured: Captured, postponed: Postponed, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat("The Seine.")
    message = {"role": "user", "content": "b" * 1_000_000}
    messages: Any = [message]
    openai_client.chat.completions.create(model="m", messages=messages, timeout=httpx.Timeout(60))
    message["content"] = "Which mountain?"
    assert postponed.weights[0] >= 1_000_000
    postponed.do()
    assert _recorded(captured)[0]["parts"][0]["content"].startswith("bbbb")


@pytest.mark.parametrize("is_read", [True, False])
def test_a_stream_that_the_application_keeps_keeps_nothing_of_its_call(
    captured: Captured, openai_client: Any, openai_server: Any, is_read: bool
) -> None:
    openai_server.chat_stream("The Se", "ine.")
    messages: Any = [{"role": "user", "content": "Which river?"}]
    stream = openai_client.chat.completions.create(model="m", messages=messages, stream=True)
    if is_read:
        list(stream)
    else:
        next(stream)
        stream.close()
    assert len(captured.spans) == 1
    gc.collect()
    alive = gc.get_objects()
    assert not [one for one in alive if type(one) is Held and "messages" in one.value]
    assert not [one for one in alive if type(one) is Answer and one.choices]
    assert not [one for one in alive if type(one) is Call and one.span._name.startswith("chat")]


def test_what_waits_to_be_read_says_how_much_it_keeps_alive(
    captured: Captured, postponed: Postponed, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat("a" * 50_000)
    openai_client.chat.completions.create(model="m", messages=[{"role": "user", "content": "b" * 70_000}])
    openai_server.chat_stream("c" * 30_000, "d" * 30_000)
    for _ in openai_client.chat.completions.create(model="m", messages=[], stream=True):
        pass
    assert 120_000 <= postponed.weights[0] <= 130_000
    assert 60_000 <= postponed.weights[1] <= 70_000
    postponed.do()
    assert len(captured.spans) == 2


def test_a_failure_is_recorded_at_once(
    captured: Captured, postponed: Postponed, openai_client: Any, openai_server: Any
) -> None:
    openai_server.fails(429)
    with pytest.raises(openai.RateLimitError):
        openai_client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Which river?"}])
    assert postponed.works == []
    assert captured.spans[0]["status"] == "error"
    assert _recorded(captured)[0]["parts"][0]["content"] == "Which river?"


@pytest.mark.parametrize("extra", [{}, {"reasoning_content": "Hm."}, {"refusal": "I"}, {"role": "tool"}])
def test_chunks_that_bring_more_than_text_are_read_whole(
    captured: Captured, openai_client: Any, openai_server: Any, extra: dict[str, str]
) -> None:
    deltas = [{"content": "The "}, {"content": "Se"}, {"content": "in", **extra}, {"content": "e."}]
    openai_server.chat_stream(*deltas)
    for _ in openai_client.chat.completions.create(model="m", messages=[], stream=True):
        pass
    (message,) = _recorded(captured, "gen_ai.output.messages")
    parts = {part["type"]: part["content"] for part in message["parts"]}
    assert parts["text"] == "The Seine."
    assert parts.get("reasoning") == extra.get("reasoning_content")
    assert parts.get("refusal") == extra.get("refusal")
