"""Content that Google's client asks for and gets whole."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from captured_call import messages, only, parts
from fake_gemini import USAGE, answer
from google import genai
from google.genai import errors, types
from google.oauth2.credentials import Credentials
from pydantic import BaseModel
from scripted_provider import Reply

import telltale
from telltale import testing

if TYPE_CHECKING:
    from telltale.testing import Captured


# Where aiohttp is installed, Google's client uses it, in a way that aiohttp warns of.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
MODEL = "gemini-2.5-flash"


def test_a_request_becomes_one_client_span(captured: Captured, gemini_client: Any, gemini_server: Any) -> None:
    gemini_server.content()
    words = {"system_instruction": "Be brief.", "stop_sequences": ["END"]}
    numbers = {"temperature": 0.5, "top_p": 0.9, "top_k": 40, "seed": 7, "max_output_tokens": 64, "candidate_count": 2}
    config = words | numbers
    response = gemini_client.models.generate_content(model=MODEL, contents="Capital of France?", config=config)
    assert response.text == "Paris."
    span = only(captured)
    assert (span["name"], span["kind"], span["status"]) == (f"generate_content {MODEL}", "client", "unset")
    assert span["attributes"] == {
        "telltale.span.kind": "llm",
        "gen_ai.operation.name": "generate_content",
        "gen_ai.provider.name": "gcp.gemini",
        "server.address": "127.0.0.1",
        "server.port": gemini_server.port,
        "gen_ai.request.model": MODEL,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.top_p": 0.9,
        "gen_ai.request.top_k": 40,
        "gen_ai.request.seed": 7,
        "gen_ai.request.max_tokens": 64,
        "gen_ai.request.stop_sequences": ["END"],
        "gen_ai.request.choice.count": 2,
        "gen_ai.system_instructions": '[{"type":"text","content":"Be brief."}]',
        "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Capital of France?"}]}]',
        "gen_ai.response.id": "resp-1",
        "gen_ai.response.model": MODEL,
        "gen_ai.response.finish_reasons": ["STOP"],
        "gen_ai.usage.input_tokens": 1010,
        "gen_ai.usage.output_tokens": 70,
        "gen_ai.usage.cache_read.input_tokens": 400,
        "gen_ai.usage.reasoning.output_tokens": 20,
        "gen_ai.output.messages": (
            '[{"role":"assistant","parts":[{"type":"text","content":"Paris."}],"finish_reason":"STOP"}]'
        ),
    }


@pytest.mark.parametrize("typed", [True, False])
def test_a_conversation_is_read_from_objects_and_from_dicts(
    captured: Captured, gemini_client: Any, gemini_server: Any, typed: bool
) -> None:
    turns: list[Any] = [
        {"role": "user", "parts": [{"text": "Weather?"}]},
        {"role": "model", "parts": [{"functionCall": {"name": "weather", "args": {"city": "Lyon"}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "weather", "response": {"result": "18"}}}]},
    ]
    gemini_server.content()
    contents = [types.Content.model_validate(turn) for turn in turns] if typed else turns
    gemini_client.models.generate_content(model=MODEL, contents=contents)
    call = {"type": "tool_call", "id": None, "name": "weather", "arguments": {"city": "Lyon"}}
    result = {"type": "tool_call_response", "id": "weather", "response": {"result": "18"}}
    assert messages(captured, "input") == [
        {"role": "user", "parts": [{"type": "text", "content": "Weather?"}]},
        {"role": "assistant", "parts": [call]},
        {"role": "user", "parts": [result]},
    ]


def test_pictures_and_files_do_not_crowd_out_the_words(
    captured: Captured, gemini_client: Any, gemini_server: Any
) -> None:
    gemini_server.content()
    picture = types.Part.from_bytes(data=b"A" * 900, mime_type="image/png")
    paper = types.Part.from_uri(file_uri="gs://bucket/a.pdf", mime_type="application/pdf")
    gemini_client.models.generate_content(model=MODEL, contents=["What is this?", picture, paper])
    (message,) = messages(captured, "input")
    assert message["parts"] == [
        {"type": "text", "content": "What is this?"},
        {"type": "blob", "modality": "image", "mime_type": "image/png"},
        {"type": "uri", "modality": "file", "mime_type": "application/pdf", "uri": "gs://bucket/a.pdf"},
    ]


def test_thoughts_code_and_calls_keep_their_order(captured: Captured, gemini_client: Any, gemini_server: Any) -> None:
    gemini_server.content(
        {"text": "Compute.", "thought": True},
        {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        {"text": "One."},
        {"functionCall": {"id": "c1", "name": "note", "args": {"n": 1}}},
    )
    schema = {"type": "OBJECT", "properties": {"n": {"type": "INTEGER"}}}
    tool = {"function_declarations": [{"name": "note", "description": "Keep", "parameters": schema}]}
    gemini_client.models.generate_content(model=MODEL, contents="?", config={"tools": [tool, {"code_execution": {}}]})
    kinds = [part["type"] for part in parts(captured)]
    assert kinds == ["reasoning", "server_tool_call", "server_tool_call_response", "text", "tool_call"]
    offered = json.loads(only(captured)["attributes"]["gen_ai.tool.definitions"])
    assert [(tool["type"], tool.get("name")) for tool in offered] == [("function", "note"), ("code_execution", None)]
    assert offered[0]["parameters"]["properties"]["n"]["type"] == "INTEGER"


def test_every_candidate_is_kept(captured: Captured, gemini_client: Any, gemini_server: Any) -> None:
    candidates = [
        {"content": {"parts": [{"text": said}]}, "index": index, "finishReason": reason}
        for index, (said, reason) in enumerate([("Paris.", "STOP"), ("Par", "MAX_TOKENS")])
    ]
    gemini_server.content(candidates=candidates)
    gemini_client.models.generate_content(model=MODEL, contents="?")
    assert only(captured)["attributes"]["gen_ai.response.finish_reasons"] == ["STOP", "MAX_TOKENS"]
    assert [message["parts"][0]["content"] for message in messages(captured)] == ["Paris.", "Par"]


def test_a_blocked_prompt_says_why_and_has_no_output(
    captured: Captured, gemini_client: Any, gemini_server: Any
) -> None:
    usage = {"promptTokenCount": 12, "totalTokenCount": 12}
    gemini_server.content(candidates=[], promptFeedback={"blockReason": "PROHIBITED_CONTENT"}, usageMetadata=usage)
    gemini_client.models.generate_content(model=MODEL, contents="?")
    attributes = only(captured)["attributes"]
    assert attributes["gen_ai.response.finish_reasons"] == ["PROHIBITED_CONTENT"]
    assert (attributes["gen_ai.usage.input_tokens"], attributes["gen_ai.usage.output_tokens"]) == (12, 0)


def test_audio_and_pictures_are_counted_apart_because_they_have_other_prices(
    captured: Captured, gemini_client: Any, gemini_server: Any
) -> None:
    usage = {
        **USAGE,
        "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 700}, {"modality": "TEXT", "tokenCount": 300}],
        "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 400}],
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 40}],
    }
    gemini_server.content(usageMetadata=usage)
    gemini_client.models.generate_content(model=MODEL, contents="?")
    attributes = only(captured)["attributes"]
    assert attributes["gen_ai.usage.input_audio_tokens"] == 300
    assert attributes["gen_ai.usage.output_image_tokens"] == 40


def test_each_request_of_automatic_function_calling_is_a_call(
    captured: Captured, gemini_client: Any, gemini_server: Any
) -> None:
    def weather(city: str) -> str:
        """The weather in a city."""
        with telltale.span("look outside"):
            return f"18 degrees in {city}"

    weather.__annotations__ = {"city": str, "return": str}  # version 2 cannot do with their text
    gemini_server.content({"functionCall": {"name": "weather", "args": {"city": "Lyon"}}})
    gemini_server.content({"text": "Mild."})
    chat = gemini_client.chats.create(model=MODEL, config={"tools": [weather]})
    assert chat.send_message("Weather in Lyon?").text == "Mild."
    first, own, second = captured.spans
    assert own["name"] == "look outside"
    assert [span["attributes"]["gen_ai.usage.input_tokens"] for span in (first, second)] == [1010, 1010]
    assert "18 degrees in Lyon" in second["attributes"]["gen_ai.input.messages"]
    assert json.loads(first["attributes"]["gen_ai.tool.definitions"])[0]["name"] == "weather"


def test_chats_are_counted_once(captured: Captured, gemini_client: Any, gemini_server: Any) -> None:
    chat = gemini_client.chats.create(model=MODEL)
    for said in ("Hello.", "Bye."):
        gemini_server.content({"text": said})
        chat.send_message("?")
    assert [len(json.loads(span["attributes"]["gen_ai.input.messages"])) for span in captured.spans] == [1, 3]


def test_structured_outputs_come_through(captured: Captured, gemini_client: Any, gemini_server: Any) -> None:
    class City(BaseModel):
        name: str

    gemini_server.content({"text": '{"name": "Paris"}'})
    config = {"response_mime_type": "application/json", "response_schema": City}
    assert gemini_client.models.generate_content(model=MODEL, contents="?", config=config).parsed == City(name="Paris")
    assert len(captured.spans) == 1


@pytest.mark.parametrize(("status", "kind"), [(400, errors.ClientError), (429, errors.ClientError), (500, None)])
def test_an_error_of_the_provider_reaches_the_application_and_the_span(
    captured: Captured, gemini_client: Any, gemini_server: Any, status: int, kind: Any
) -> None:
    gemini_server.fails(status)
    with pytest.raises(kind or errors.ServerError):
        gemini_client.models.generate_content(model=MODEL, contents="?")
    span = only(captured)
    assert span["status"] == "error"
    assert span["attributes"]["http.response.status_code"] == status
    assert span["attributes"]["error.type"].endswith("Error")


@pytest.mark.parametrize("name", [MODEL, f"models/{MODEL}", f"publishers/google/models/{MODEL}"])
def test_vertex_ai_has_its_own_provider_name_and_models_one_name(
    captured: Captured, gemini_server: Any, name: str
) -> None:
    gemini_server.content()
    client = genai.Client(
        vertexai=True,
        project="p",
        location="europe-west1",
        credentials=Credentials("token"),
        http_options={"base_url": gemini_server.url},
    )
    client.models.generate_content(model=name, contents="?")
    client.close()
    attributes = only(captured)["attributes"]
    assert attributes["gen_ai.provider.name"] == "gcp.vertex_ai"
    assert attributes["gen_ai.request.model"] == MODEL


def test_counting_tokens_is_no_call(captured: Captured, gemini_client: Any, gemini_server: Any) -> None:
    gemini_server.reply(Reply(body={"totalTokens": 12}))
    assert gemini_client.models.count_tokens(model=MODEL, contents="?").total_tokens == 12
    assert captured.spans == []


def _async_client(server: Any) -> Any:
    return genai.Client(api_key="k", http_options={"base_url": server.url}).aio


def test_the_async_client_is_traced(captured: Captured, gemini_server: Any) -> None:
    async def go() -> None:
        client = _async_client(gemini_server)
        await client.models.generate_content(model=MODEL, contents="?")
        await client.models.embed_content(model="gemini-embedding-001", contents="?")
        await client.aclose()

    gemini_server.content()
    gemini_server.embeddings([0.1])
    asyncio.run(go())
    assert [span["name"].split()[0] for span in captured.spans] == ["generate_content", "embeddings"]


def test_a_cancelled_call_ends_its_span(captured: Captured, gemini_server: Any) -> None:
    gate = threading.Event()

    async def go() -> None:
        client = _async_client(gemini_server)
        task = asyncio.create_task(client.models.generate_content(model=MODEL, contents="?"))
        await asyncio.to_thread(gemini_server.asked.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await client.aclose()

    gemini_server.reply(Reply(body=answer([]), gates={-1: gate}))
    asyncio.run(go())
    gate.set()
    assert only(captured)["attributes"]["telltale.cancelled"] is True


@pytest.mark.parametrize("capture", ["none", "masked"])
def test_content_is_left_out_or_masked_as_it_was_asked_for(
    gemini_client: Any, gemini_server: Any, capture: Any
) -> None:
    gemini_server.content({"text": "Write to ann@example.org."})
    with testing.capture(capture=capture) as captured:
        gemini_client.models.generate_content(
            model=MODEL, contents="I am bob@example.org", config={"system_instruction": "Be brief."}
        )
    shown = json.dumps(only(captured))
    assert "@example.org" not in shown
    assert ("brief" in shown) == (capture == "masked")
    assert only(captured)["attributes"]["gen_ai.usage.input_tokens"] == 1010
