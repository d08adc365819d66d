from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import openai
import pytest

if TYPE_CHECKING:
    from telltale.testing import Captured

QUESTION = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Capital of France?"}]


@pytest.fixture
def client(openai_server: Any) -> Any:
    with openai.OpenAI(base_url=openai_server.url, api_key="k", max_retries=0) as made:
        yield made


def _only(captured: Captured) -> dict[str, Any]:
    assert len(captured.spans) == 1
    return captured.spans[0]


def test_a_chat_call_becomes_one_client_span(captured: Captured, client: Any, openai_server: Any) -> None:
    openai_server.chat("Paris.")
    completion = client.chat.completions.create(
        model="gpt-5-mini", messages=QUESTION, temperature=0.5, max_completion_tokens=9, seed=7, stop="END", n=2
    )
    assert completion.choices[0].message.content == "Paris."
    span = _only(captured)
    assert (span["name"], span["kind"], span["status"]) == ("chat gpt-5-mini", "client", "unset")
    assert span["attributes"] == {
        "telltale.span.kind": "llm",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai_compatible",
        "server.address": "127.0.0.1",
        "server.port": openai_server.port,
        "gen_ai.request.model": "gpt-5-mini",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.seed": 7,
        "gen_ai.request.stop_sequences": ["END"],
        "gen_ai.request.choice.count": 2,
        "gen_ai.input.messages": json.dumps(
            [
                {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
                {"role": "user", "parts": [{"type": "text", "content": "Capital of France?"}]},
            ],
            separators=(",", ":"),
        ),
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.model": "gpt-5-mini-2025-08-07",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 31,
        "gen_ai.usage.output_tokens": 16,
        "openai.response.service_tier": "default",
        "gen_ai.output.messages": (
            '[{"role":"assistant","parts":[{"type":"text","content":"Paris."}],"finish_reason":"stop"}]'
        ),
    }
