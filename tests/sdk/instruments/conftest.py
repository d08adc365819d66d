"""Servers on loopback that speak providers' APIs by a script, and the providers' own clients of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fake_anthropic import FakeAnthropic
from fake_gemini import FakeGemini
from scripted_provider import Reply, ScriptedProvider

from telltale import _brakes

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWERED_BY = "gpt-5-mini-2025-08-07"


class FakeOpenAI(ScriptedProvider):
    """OpenAI's API."""

    path = "/v1"

    def fails(self, status: int, *, retry: bool = False) -> None:
        error = {"error": {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}}
        self.reply(Reply(status, error, {"x-should-retry": str(retry).lower(), "retry-after-ms": "1"}))

    def chat(self, content: str | None = "Paris.", **more: Any) -> None:
        message = {"role": "assistant", "content": content, "refusal": None, **more.pop("message", {})}
        reason = more.pop("finish_reason", "stop")
        choices = more.pop("choices", [{"index": 0, "message": message, "finish_reason": reason, "logprobs": None}])
        usage = more.pop("usage", {"prompt_tokens": 31, "completion_tokens": 16, "total_tokens": 47})
        self.reply(Reply(body=self._completion("chat.completion", choices, usage=usage, **more)))

    def chat_stream(self, *deltas: Any, usage: bool = True, finish: str | None = "stop", **more: Any) -> Reply:
        """Deltas are text, ``(choice index, delta)`` or a delta."""
        events = [self._delta_event(delta) for delta in deltas]
        if finish:
            last = {"index": 0, "delta": {}, "finish_reason": finish}
            events.append(self._completion("chat.completion.chunk", [last]))
        if usage:
            details = {"prompt_tokens_details": {"cached_tokens": 8}}
            counts = {"prompt_tokens": 31, "completion_tokens": 16, "total_tokens": 47, **details}
            events.append(self._completion("chat.completion.chunk", [], usage=counts))
        return self.reply(Reply(events=[*events, *(["[DONE]"] if finish else [])], **more))

    def _delta_event(self, delta: Any) -> dict[str, Any]:
        index, said = delta if isinstance(delta, tuple) else (0, delta)
        said = {"content": said} if isinstance(said, str) else said
        choice = {"index": index, "delta": {"role": "assistant", **said}, "finish_reason": None}
        return self._completion("chat.completion.chunk", [choice])

    @staticmethod
    def _completion(kind: str, choices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        head = {"id": "chatcmpl-1", "object": kind, "created": 1_700_000_000, "model": ANSWERED_BY}
        return {**head, "choices": choices, "service_tier": "default", **more}

    @staticmethod
    def response_body(*output: dict[str, Any], **more: Any) -> dict[str, Any]:
        usage = {
            "input_tokens": 29,
            "input_tokens_details": {"cached_tokens": 16},
            "output_tokens": 72,
            "output_tokens_details": {"reasoning_tokens": 64},
            "total_tokens": 101,
        }
        head = {"id": "resp_1", "object": "response", "created_at": 1_700_000_000, "model": ANSWERED_BY}
        tail = {"tools": [], "tool_choice": "auto", "parallel_tool_calls": True, "usage": usage}
        return {**head, "status": "completed", "output": list(output), **tail, **more}

    @staticmethod
    def output_message(text: str) -> dict[str, Any]:
        content = [{"type": "output_text", "text": text, "annotations": []}]
        return {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "status": "completed",
            "content": content,
        }

    def response(self, *output: dict[str, Any], **more: Any) -> None:
        self.reply(Reply(body=self.response_body(*output, **more)))

    def response_stream(self, *deltas: str, completes: bool = True, **more: Any) -> Reply:
        started = self.response_body(status="in_progress", usage=None)
        place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
        item = {**self.output_message(""), "content": [], "status": "in_progress"}
        part = {"type": "output_text", "text": "", "annotations": []}
        events: list[dict[str, Any]] = [
            {"type": "response.created", "response": started},
            {"type": "response.output_item.added", "output_index": 0, "item": item},
            {"type": "response.content_part.added", **place, "part": part},
        ]
        events += [{"type": "response.output_text.delta", **place, "delta": d, "logprobs": []} for d in deltas]
        if completes:
            text = "".join(deltas)
            done = self.output_message(text)
            events.append({"type": "response.output_text.done", **place, "text": text, "logprobs": []})
            events.append({"type": "response.output_item.done", "output_index": 0, "item": done})
            events.append({"type": "response.completed", "response": self.response_body(done)})
        numbered: list[Any] = [{**event, "sequence_number": n} for n, event in enumerate(events)]
        return self.reply(Reply(events=numbered, **more))

    def embeddings(self, *vectors: list[float]) -> None:
        data = [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors)]
        usage = {"prompt_tokens": 13, "total_tokens": 13}
        self.reply(Reply(body={"object": "list", "data": data, "model": "text-embedding-3-small", "usage": usage}))


@pytest.fixture
def openai_server(loopback: Any) -> Iterator[FakeOpenAI]:
    server = FakeOpenAI(loopback)
    yield server
    server.close()


@pytest.fixture
def anthropic_server(loopback: Any) -> Iterator[FakeAnthropic]:
    server = FakeAnthropic(loopback)
    yield server
    server.close()


@pytest.fixture
def gemini_server(loopback: Any) -> Iterator[FakeGemini]:
    server = FakeGemini(loopback)
    yield server
    server.close()


@pytest.fixture
def openai_client(openai_server: FakeOpenAI) -> Iterator[Any]:
    import openai

    with openai.OpenAI(base_url=openai_server.url, api_key="k", max_retries=0) as made:
        yield made


@pytest.fixture
def chat_openai(openai_server: FakeOpenAI) -> Iterator[Any]:
    """LangChain's model. It keeps no connection: an event loop's own could not be closed after it."""
    import httpx
    from langchain_openai import ChatOpenAI

    once = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(limits=once) as client:
        yield ChatOpenAI(
            model="gpt-5-mini",
            base_url=openai_server.url,
            api_key="k",
            seed=7,
            http_client=client,
            http_async_client=httpx.AsyncClient(limits=once),
        )


@pytest.fixture
def chain(chat_openai: Any) -> Any:
    """A prompt and LangChain's model."""
    from langchain_core.prompts import ChatPromptTemplate

    return ChatPromptTemplate.from_messages([("system", "be short"), ("user", "{question}")]) | chat_openai


@pytest.fixture
def anthropic_client(anthropic_server: FakeAnthropic) -> Iterator[Any]:
    import anthropic

    with anthropic.Anthropic(base_url=anthropic_server.url, api_key="k", max_retries=0) as made:
        yield made


@pytest.fixture
def gemini_client(gemini_server: FakeGemini) -> Iterator[Any]:
    from google import genai

    made = genai.Client(api_key="k", http_options={"base_url": gemini_server.url})
    yield made
    made.close()


@pytest.fixture
def own_accounts() -> Iterator[None]:
    """Accounts that a process has together are this test's own."""
    _brakes._accounts.clear()
    yield
    _brakes._accounts.clear()
