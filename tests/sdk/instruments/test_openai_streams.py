"""Streams of OpenAI's client, read to their end or left early."""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING, Any

import openai
import pytest
from captured_call import is_cancelled, messages, only, parts, recorded_text
from scripted_provider import Reply

import telltale

if TYPE_CHECKING:
    from telltale.testing import Captured

QUESTION: Any = [{"role": "user", "content": "Which rivers cross Paris?"}]


def _stream(client: Any) -> Any:
    return client.chat.completions.create(model="m", messages=QUESTION, stream=True)


def test_a_first_chunk_without_choices_costs_no_text(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    """As Azure sends it, with what its filter says of the prompt."""
    pieces = [{"index": 0, "delta": {"content": text}, "finish_reason": None} for text in ("The Se", "ine.")]
    events = [openai_server._completion("chat.completion.chunk", choices) for choices in ([], *([p] for p in pieces))]
    openai_server.reply(Reply(events=[*events, "[DONE]"]))
    list(_stream(openai_client))
    assert recorded_text(captured) == "The Seine."


def test_a_stream_read_to_its_end_has_output_usage_and_time_to_first_token(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat_stream("The Se", "ine.")
    stream = _stream(openai_client)
    assert isinstance(stream, openai.Stream)
    assert stream.response.status_code == 200
    assert captured.spans == []
    chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "The Seine."
    span = only(captured)
    assert recorded_text(captured) == "The Seine."
    assert span["status"] == "unset"
    assert not is_cancelled(captured)
    attributes = span["attributes"]
    assert attributes["gen_ai.response.time_to_first_chunk"] > 0
    assert attributes["gen_ai.usage.input_tokens"] == 31
    assert attributes["gen_ai.usage.cache_read.input_tokens"] == 8
    assert attributes["gen_ai.response.finish_reasons"] == ["stop"]
    assert attributes["gen_ai.response.model"] == "gpt-5-mini-2025-08-07"


def test_usage_that_the_provider_does_not_send_is_unknown(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat_stream("x", usage=False)
    list(_stream(openai_client))
    assert not any(key.startswith("gen_ai.usage.") for key in only(captured)["attributes"])


def test_tool_calls_are_put_together_from_their_pieces(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    def piece(index: int, arguments: str, **head: Any) -> dict[str, Any]:
        function = {"arguments": arguments, **({"name": head.pop("name")} if "name" in head else {})}
        return {"tool_calls": [{"index": index, "function": function, **head}]}

    openai_server.chat_stream(
        piece(0, "", id="call_a", type="function", name="weather"),
        piece(0, '{"city":'),
        piece(1, "", id="call_b", type="function", name="time"),
        piece(0, ' "Lyon"}'),
        piece(1, '{"zone": "CET"}'),
        finish="tool_calls",
    )
    list(_stream(openai_client))
    assert parts(captured) == [
        {"type": "tool_call", "id": "call_a", "name": "weather", "arguments": {"city": "Lyon"}},
        {"type": "tool_call", "id": "call_b", "name": "time", "arguments": {"zone": "CET"}},
    ]


def test_the_choices_of_a_stream_are_kept_apart(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    openai_server.chat_stream(
        (0, {"content": "Sei"}), (1, {"content": "Mar"}), (0, {"content": "ne"}), (1, {"content": "ne"})
    )
    list(_stream(openai_client))
    texts = [message["parts"][0]["content"] for message in messages(captured)]
    assert texts == ["Seine", "Marne"]


def test_leaving_the_loop_early_ends_the_span_with_what_was_received(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat_stream("The ", "Seine", " flows")
    stream = _stream(openai_client)
    for chunk in stream:
        if chunk.choices[0].delta.content == "Seine":
            break
    span = only(captured)
    assert recorded_text(captured) == "The Seine"
    assert is_cancelled(captured)
    assert span["status"] == "unset"


def test_looking_at_the_first_chunk_beforehand_is_not_leaving(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat_stream("The ", "Seine")
    stream = _stream(openai_client)
    assert next(iter(stream)).choices[0].delta.content == "The "
    for _ in stream:
        pass
    assert recorded_text(captured) == "The Seine"
    assert not is_cancelled(captured)


def test_closing_ends_the_span(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    openai_server.chat_stream("The ", "Seine")
    stream = _stream(openai_client)
    next(stream)
    stream.close()
    assert stream.response.is_closed
    assert is_cancelled(captured)


def test_leaving_the_context_manager_ends_the_span(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    openai_server.chat_stream("The ", "Seine")
    with _stream(openai_client) as stream:
        next(stream)
    assert recorded_text(captured) == "The "


def test_a_stream_that_is_dropped_unread_ends_its_span(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat_stream("The ", "Seine")
    stream = _stream(openai_client)
    stream.response.close = lambda: None  # so that nothing but the garbage collector is left to notice
    del stream
    gc.collect()
    span = only(captured)
    assert is_cancelled(captured)
    assert "gen_ai.output.messages" not in span["attributes"]


def test_an_error_in_the_consumer_ends_the_span_as_left(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat_stream("The ", "Seine")
    stream = _stream(openai_client)
    with pytest.raises(ZeroDivisionError), stream:
        [1 // 0 for _ in stream]
    assert is_cancelled(captured)


def test_a_connection_that_breaks_is_a_failure_with_what_was_received(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat_stream("The ", "Seine", finish=None, usage=False, breaks=True)
    with pytest.raises(Exception, match=r"(?i)incomplete|peer|connection"):
        list(_stream(openai_client))
    span = only(captured)
    assert span["status"] == "error"
    assert span["attributes"]["error.type"]
    assert recorded_text(captured) == "The Seine"


def test_an_error_event_inside_a_stream_is_a_failure(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    reply = openai_server.chat_stream("The ", finish=None, usage=False)
    reply.events.append({"error": {"message": "overloaded", "type": "server_error"}})
    with pytest.raises(openai.APIError, match="overloaded"):
        list(_stream(openai_client))
    assert only(captured)["status"] == "error"


def test_a_slow_stream_is_passed_on_chunk_by_chunk(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    gate = threading.Event()
    openai_server.chat_stream("first", "second", gates={1: gate})
    stream = _stream(openai_client)
    assert next(stream).choices[0].delta.content == "first"
    gate.set()
    assert next(stream).choices[0].delta.content == "second"
    list(stream)
    assert recorded_text(captured) == "firstsecond"


def test_the_helper_for_streams_is_traced_once(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    openai_server.chat_stream("The ", "Seine")
    with openai_client.chat.completions.stream(model="m", messages=QUESTION) as stream:
        kinds = {event.type for event in stream}
        assert stream.get_final_completion().choices[0].message.content == "The Seine"
    assert "content.delta" in kinds
    assert recorded_text(captured) == "The Seine"
    assert not is_cancelled(captured)


def test_leaving_the_helper_early_ends_the_span(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    openai_server.chat_stream("The ", "Seine")
    with openai_client.chat.completions.stream(model="m", messages=QUESTION) as stream:
        for _ in stream:
            break
    assert is_cancelled(captured)


def test_a_raw_response_of_a_stream_is_traced_when_it_is_parsed(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat_stream("The ", "Seine")
    raw = openai_client.chat.completions.with_raw_response.create(model="m", messages=QUESTION, stream=True)
    assert raw.headers["content-type"] == "text/event-stream"
    assert captured.spans == []
    list(raw.parse())
    assert recorded_text(captured) == "The Seine"


def test_a_streaming_response_of_a_stream_is_traced(captured: Captured, openai_client: Any, openai_server: Any) -> None:
    openai_server.chat_stream("The ", "Seine")
    ask = openai_client.chat.completions.with_streaming_response.create
    with ask(model="m", messages=QUESTION, stream=True) as raw:
        list(raw.parse())
    assert recorded_text(captured) == "The Seine"


def test_the_consumers_own_spans_are_not_children_of_the_call(
    captured: Captured, openai_client: Any, openai_server: Any
) -> None:
    openai_server.chat_stream("The ", "Seine")
    for _ in _stream(openai_client):
        with telltale.span("show"):
            pass
    assert {span["parent_span_id"] for span in captured.spans} == {None}
