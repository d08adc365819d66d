"""Streams of Google's client, read to their end or left early."""

from __future__ import annotations

import asyncio
import functools
import gc
import threading
from typing import TYPE_CHECKING, Any

import pytest
from cancelled_reader import cancel_after_first
from captured_call import is_cancelled, only, parts, recorded_text
from fake_gemini import answer
from foreign_wrapper import wrapped_by_another
from google import genai
from google.genai import errors
from google.genai.models import Models
from scripted_provider import Reply

import telltale

# Where aiohttp is installed, Google's client uses it, in a way that aiohttp warns of.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")

if TYPE_CHECKING:
    from collections.abc import Callable

    from telltale.testing import Captured

ASK: Any = {"model": "gemini-2.5-flash", "contents": "Which rivers cross Paris?"}


def test_a_stream_read_to_its_end_is_complete(captured: Captured, gemini_client: Any, gemini_server: Any) -> None:
    gemini_server.stream("The Se", "ine.")
    assert "".join(chunk.text for chunk in gemini_client.models.generate_content_stream(**ASK)) == "The Seine."
    assert parts(captured) == [{"type": "text", "content": "The Seine."}]
    attributes = only(captured)["attributes"]
    assert attributes["gen_ai.usage.input_tokens"] == 1010
    assert attributes["gen_ai.usage.output_tokens"] == 70
    assert attributes["gen_ai.response.finish_reasons"] == ["STOP"]
    assert attributes["gen_ai.request.stream"] is True
    assert attributes["gen_ai.response.time_to_first_chunk"] > 0
    assert not is_cancelled(captured)


EARLY: Any = {"promptTokenCount": 10, "totalTokenCount": 10}
"""The usage of a first chunk, of which nothing has been counted yet; zeros are left out."""


def test_a_stream_that_is_left_before_its_output_was_counted_has_an_unknown_number_of_tokens(
    captured: Captured, gemini_client: Any, gemini_server: Any
) -> None:
    early = answer([{"text": "A long "}], finish=None, usage=EARLY)
    gemini_server.reply(Reply(events=[early, answer([{"text": "beginning"}])]))
    stream = gemini_client.models.generate_content_stream(**ASK)
    next(stream)
    stream.close()
    attributes = only(captured)["attributes"]
    assert attributes["gen_ai.usage.input_tokens"] == 10
    assert "gen_ai.usage.output_tokens" not in attributes


def test_an_answer_that_ends_without_a_count_has_no_tokens(
    captured: Captured, gemini_client: Any, gemini_server: Any
) -> None:
    blocked = {"usageMetadata": EARLY, "promptFeedback": {"blockReason": "SAFETY"}}
    gemini_server.reply(Reply(events=[blocked]))
    list(gemini_client.models.generate_content_stream(**ASK))
    assert only(captured)["attributes"]["gen_ai.usage.output_tokens"] == 0


def test_thoughts_and_text_are_told_apart(captured: Captured, gemini_client: Any, gemini_server: Any) -> None:
    thought = {"text": "Rivers", "thought": True}
    gemini_server.stream(thought, {**thought, "text": "?"}, "The ", "Seine", {"functionCall": {"name": "map"}})
    list(gemini_client.models.generate_content_stream(**ASK))
    assert [(part["type"], part.get("content")) for part in parts(captured)] == [
        ("reasoning", "Rivers?"),
        ("text", "The Seine"),
        ("tool_call", None),
    ]


@pytest.mark.parametrize("closes", [True, False])
def test_leaving_a_stream_ends_the_span_with_what_was_received(
    captured: Captured, gemini_client: Any, gemini_server: Any, closes: bool
) -> None:
    gemini_server.stream("The ", "Seine", " flows")
    stream = gemini_client.models.generate_content_stream(**ASK)
    next(stream)
    next(stream)
    if closes:
        stream.close()
    del stream
    gc.collect()
    assert recorded_text(captured) == "The Seine"
    assert is_cancelled(captured)
    assert only(captured)["status"] == "unset"


def test_a_stream_that_is_never_read_asks_nothing_and_is_no_call(
    captured: Captured, gemini_client: Any, gemini_server: Any
) -> None:
    gemini_client.models.generate_content_stream(**ASK)
    assert (gemini_server.requests, captured.spans) == ([], [])


def test_a_stream_refused_by_the_provider_is_a_failure(
    captured: Captured, gemini_client: Any, gemini_server: Any
) -> None:
    gemini_server.fails(429)
    with pytest.raises(errors.ClientError):
        list(gemini_client.models.generate_content_stream(**ASK))
    span = only(captured)
    assert (span["status"], span["attributes"]["http.response.status_code"]) == ("error", 429)


def test_a_connection_that_breaks_is_a_failure_with_what_was_received(
    captured: Captured, gemini_client: Any, gemini_server: Any
) -> None:
    gemini_server.stream("The ", "Seine", ends=False, breaks=True)
    with pytest.raises(Exception, match=r"(?i)incomplete|peer|connection"):
        list(gemini_client.models.generate_content_stream(**ASK))
    assert only(captured)["status"] == "error"
    assert recorded_text(captured) == "The Seine"


def test_the_rounds_of_a_streamed_chat_with_functions_are_calls(
    captured: Captured, gemini_client: Any, gemini_server: Any
) -> None:
    def weather(city: str) -> str:
        """The weather in a city."""
        return f"18 degrees in {city}"

    gemini_server.stream({"functionCall": {"name": "weather", "args": {"city": "Lyon"}}})
    gemini_server.stream("Mi", "ld.")
    chat = gemini_client.chats.create(model="gemini-2.5-flash", config={"tools": [weather]})
    assert "".join(chunk.text or "" for chunk in chat.send_message_stream("Weather?")) == "Mild."
    assert len(captured.spans) == 2
    assert not [span for span in captured.spans if span["attributes"].get("telltale.stream.cancelled")]


def test_the_consumers_own_spans_are_not_children_of_the_call(
    captured: Captured, gemini_client: Any, gemini_server: Any
) -> None:
    gemini_server.stream("The ", "Seine")
    for _ in gemini_client.models.generate_content_stream(**ASK):
        with telltale.span("show"):
            pass
    assert {span["parent_span_id"] for span in captured.spans} == {None}


def test_a_client_whose_public_method_is_wrapped_is_left_to_that(
    captured: Captured, gemini_client: Any, gemini_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Models, "generate_content", wrapped_by_another(Models.generate_content))
    gemini_server.content()
    gemini_client.models.generate_content(**ASK)
    assert captured.spans == []


def test_a_client_whose_public_method_sentry_wraps_is_traced_too(
    captured: Captured, gemini_client: Any, gemini_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place: dict[str, Any] = {"__name__": "sentry_sdk.integrations.google_genai", "original": Models.generate_content}
    exec("def wrapper(*args, **kwargs): return original(*args, **kwargs)", place)  # in a module of its own
    monkeypatch.setattr(Models, "generate_content", functools.wraps(Models.generate_content)(place["wrapper"]))
    gemini_server.content()
    gemini_client.models.generate_content(**ASK)
    assert len(captured.spans) == 1


# --- async ---------------------------------------------------------------------------------------------------
async def _with_client(server: Any, use: Any) -> None:
    client = genai.Client(api_key="k", http_options={"base_url": server.url}).aio
    await use(client)
    await client.aclose()


def test_an_async_stream_read_to_its_end_is_complete(captured: Captured, gemini_server: Any) -> None:
    async def use(client: Any) -> None:
        stream = await client.models.generate_content_stream(**ASK)
        assert "".join([chunk.text async for chunk in stream]) == "The Seine"

    gemini_server.stream("The ", "Seine")
    asyncio.run(_with_client(gemini_server, use))
    assert recorded_text(captured) == "The Seine"
    assert not is_cancelled(captured)


def test_an_async_chat_streams_too(captured: Captured, gemini_server: Any) -> None:
    async def use(client: Any) -> None:
        chat = client.chats.create(model="gemini-2.5-flash")
        async for _ in await chat.send_message_stream("?"):
            pass

    gemini_server.stream("The ", "Seine")
    asyncio.run(_with_client(gemini_server, use))
    assert recorded_text(captured) == "The Seine"


def test_leaving_an_async_loop_early_ends_the_span(captured: Captured, gemini_server: Any) -> None:
    async def use(client: Any) -> None:
        async for _ in await client.models.generate_content_stream(**ASK):
            break

    gemini_server.stream("The ", "Seine")
    asyncio.run(_with_client(gemini_server, use))
    assert recorded_text(captured) == "The "
    assert is_cancelled(captured)


def test_a_cancelled_reader_ends_the_span_with_what_was_received(captured: Captured, gemini_server: Any) -> None:
    gate = threading.Event()

    async def use(client: Any) -> None:
        async def consume(arrived: Callable[[], None]) -> None:
            async for _ in await client.models.generate_content_stream(**ASK):
                arrived()

        await cancel_after_first(consume)

    gemini_server.stream("The ", "Seine", gates={1: gate})
    asyncio.run(_with_client(gemini_server, use))
    gate.set()
    assert recorded_text(captured) == "The "
    assert is_cancelled(captured)
    assert only(captured)["status"] == "unset"
