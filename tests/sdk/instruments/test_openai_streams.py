from __future__ import annotations

import gc
import json
import threading
from typing import TYPE_CHECKING, Any

import openai
import pytest

import telltale

if TYPE_CHECKING:
    from telltale.testing import Captured

QUESTION: Any = [{"role": "user", "content": "Which rivers cross Paris?"}]


@pytest.fixture
def client(openai_server: Any) -> Any:
    with openai.OpenAI(base_url=openai_server.url, api_key="k", max_retries=0) as made:
        yield made


def _stream(client: Any) -> Any:
    return client.chat.completions.create(model="m", messages=QUESTION, stream=True)


def _only(captured: Captured) -> dict[str, Any]:
    assert len(captured.spans) == 1
    return captured.spans[0]


def _output(span: dict[str, Any]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = json.loads(span["attributes"]["gen_ai.output.messages"])
    return messages


def _text(span: dict[str, Any]) -> str:
    return "".join(part["content"] for part in _output(span)[0]["parts"])


def _is_cancelled(span: dict[str, Any]) -> bool:
    return bool(span["attributes"].get("telltale.stream.cancelled", False))


def test_a_stream_read_to_its_end_has_output_usage_and_time_to_first_token(
    captured: Captured, client: Any, openai_server: Any
) -> None:
    openai_server.chat_stream("The Se", "ine.")
    stream = _stream(client)
    assert isinstance(stream, openai.Stream)
    assert stream.response.status_code == 200
    assert captured.spans == []
    chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "The Seine."
    span = _only(captured)
    assert _text(span) == "The Seine."
    assert span["status"] == "unset"
    assert not _is_cancelled(span)
    attributes = span["attributes"]
    assert attributes["gen_ai.response.time_to_first_chunk"] > 0
    assert attributes["gen_ai.usage.input_tokens"] == 31
    assert attributes["gen_ai.usage.cache_read.input_tokens"] == 8
    assert attributes["gen_ai.response.finish_reasons"] == ["stop"]
    assert attributes["gen_ai.response.model"] == "gpt-5-mini-2025-08-07"


def test_usage_that_the_provider_does_not_send_is_unknown(captured: Captured, client: Any, openai_server: Any) -> None:
    openai_server.chat_stream("x", usage=False)
    list(_stream(client))
    assert not any(key.startswith("gen_ai.usage.") for key in _only(captured)["attributes"])


def test_tool_calls_are_put_together_from_their_pieces(captured: Captured, client: Any, openai_server: Any) -> None:
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
    list(_stream(client))
    assert _output(_only(captured))[0]["parts"] == [
        {"type": "tool_call", "id": "call_a", "name": "weather", "arguments": {"city": "Lyon"}},
        {"type": "tool_call", "id": "call_b", "name": "time", "arguments": {"zone": "CET"}},
    ]


def test_the_choices_of_a_stream_are_kept_apart(captured: Captured, client: Any, openai_server: Any) -> None:
    openai_server.chat_stream(
        (0, {"content": "Sei"}), (1, {"content": "Mar"}), (0, {"content": "ne"}), (1, {"content": "ne"})
    )
    list(_stream(client))
    texts = [message["parts"][0]["content"] for message in _output(_only(captured))]
    assert texts == ["Seine", "Marne"]


def test_leaving_the_loop_early_ends_the_span_with_what_was_received(
    captured: Captured, client: Any, openai_server: Any
) -> None:
    openai_server.chat_stream("The ", "Seine", " flows")
    stream = _stream(client)
    for chunk in stream:
        if chunk.choices[0].delta.content == "Seine":
            break
    span = _only(captured)
    assert _text(span) == "The Seine"
    assert _is_cancelled(span)
    assert span["status"] == "unset"


def test_looking_at_the_first_chunk_beforehand_is_not_leaving(
    captured: Captured, client: Any, openai_server: Any
) -> None:
    openai_server.chat_stream("The ", "Seine")
    stream = _stream(client)
    assert next(iter(stream)).choices[0].delta.content == "The "
    for _ in stream:
        pass
    span = _only(captured)
    assert _text(span) == "The Seine"
    assert not _is_cancelled(span)


def test_closing_ends_the_span(captured: Captured, client: Any, openai_server: Any) -> None:
    openai_server.chat_stream("The ", "Seine")
    stream = _stream(client)
    next(stream)
    stream.close()
    assert stream.response.is_closed
    assert _is_cancelled(_only(captured))


def test_leaving_the_context_manager_ends_the_span(captured: Captured, client: Any, openai_server: Any) -> None:
    openai_server.chat_stream("The ", "Seine")
    with _stream(client) as stream:
        next(stream)
    assert _text(_only(captured)) == "The "


def test_a_stream_that_is_dropped_unread_ends_its_span(captured: Captured, client: Any, openai_server: Any) -> None:
    openai_server.chat_stream("The ", "Seine")
    stream = _stream(client)
    stream.response.close = lambda: None  # so that nothing but the garbage collector is left to notice
    del stream
    gc.collect()
    span = _only(captured)
    assert _is_cancelled(span)
    assert "gen_ai.output.messages" not in span["attributes"]


def test_an_error_in_the_consumer_ends_the_span_as_left(captured: Captured, client: Any, openai_server: Any) -> None:
    openai_server.chat_stream("The ", "Seine")
    stream = _stream(client)
    with pytest.raises(ZeroDivisionError), stream:
        [1 // 0 for _ in stream]
    assert _is_cancelled(_only(captured))


def test_a_connection_that_breaks_is_a_failure_with_what_was_received(
    captured: Captured, client: Any, openai_server: Any
) -> None:
    openai_server.chat_stream("The ", "Seine", finish=None, usage=False, breaks=True)
    with pytest.raises(Exception, match=r"(?i)incomplete|peer|connection"):
        list(_stream(client))
    span = _only(captured)
    assert span["status"] == "error"
    assert span["attributes"]["error.type"]
    assert _text(span) == "The Seine"


def test_an_error_event_inside_a_stream_is_a_failure(captured: Captured, client: Any, openai_server: Any) -> None:
    reply = openai_server.chat_stream("The ", finish=None, usage=False)
    reply.events.append({"error": {"message": "overloaded", "type": "server_error"}})
    with pytest.raises(openai.APIError, match="overloaded"):
        list(_stream(client))
    assert _only(captured)["status"] == "error"


def test_a_slow_stream_is_passed_on_chunk_by_chunk(captured: Captured, client: Any, openai_server: Any) -> None:
    gate = threading.Event()
    openai_server.chat_stream("first", "second", gates={1: gate})
    stream = _stream(client)
    assert next(stream).choices[0].delta.content == "first"
    gate.set()
    assert next(stream).choices[0].delta.content == "second"
    list(stream)
    assert _text(_only(captured)) == "firstsecond"


def test_the_helper_for_streams_is_traced_once(captured: Captured, client: Any, openai_server: Any) -> None:
    openai_server.chat_stream("The ", "Seine")
    with client.chat.completions.stream(model="m", messages=QUESTION) as stream:
        kinds = {event.type for event in stream}
        assert stream.get_final_completion().choices[0].message.content == "The Seine"
    assert "content.delta" in kinds
    span = _only(captured)
    assert _text(span) == "The Seine"
    assert not _is_cancelled(span)


def test_leaving_the_helper_early_ends_the_span(captured: Captured, client: Any, openai_server: Any) -> None:
    openai_server.chat_stream("The ", "Seine")
    with client.chat.completions.stream(model="m", messages=QUESTION) as stream:
        for _ in stream:
            break
    assert _is_cancelled(_only(captured))


def test_a_raw_response_of_a_stream_is_traced_when_it_is_parsed(
    captured: Captured, client: Any, openai_server: Any
) -> None:
    openai_server.chat_stream("The ", "Seine")
    raw = client.chat.completions.with_raw_response.create(model="m", messages=QUESTION, stream=True)
    assert raw.headers["content-type"] == "text/event-stream"
    assert captured.spans == []
    list(raw.parse())
    assert _text(_only(captured)) == "The Seine"


def test_a_streaming_response_of_a_stream_is_traced(captured: Captured, client: Any, openai_server: Any) -> None:
    openai_server.chat_stream("The ", "Seine")
    ask = client.chat.completions.with_streaming_response.create
    with ask(model="m", messages=QUESTION, stream=True) as raw:
        list(raw.parse())
    assert _text(_only(captured)) == "The Seine"


def test_the_consumers_own_spans_are_not_children_of_the_call(
    captured: Captured, client: Any, openai_server: Any
) -> None:
    openai_server.chat_stream("The ", "Seine")
    for _ in _stream(client):
        with telltale.span("show"):
            pass
    assert {span["parent_span_id"] for span in captured.spans} == {None}
