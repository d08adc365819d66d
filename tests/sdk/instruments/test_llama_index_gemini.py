"""LlamaIndex over Google's client, whose own call is traced, too: both have to tell of the same usage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google import genai
from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata
from llama_index.core.llms.callbacks import llm_completion_callback

if TYPE_CHECKING:
    from telltale.testing import Captured

# Where aiohttp is installed, Google's client uses it, in a way that aiohttp warns of.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")

SHARED = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.response.id",
    "gen_ai.response.model",
    "gen_ai.response.finish_reasons",
)


class Gemini(CustomLLM):
    url: str
    as_dict: bool
    model: str = "gemini-2.5-flash"

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name=self.model)

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        del formatted, kwargs
        with genai.Client(api_key="k", http_options={"base_url": self.url}) as client:
            answer = client.models.generate_content(model=self.model, contents=prompt)
        return CompletionResponse(text=answer.text or "", raw=answer.model_dump() if self.as_dict else answer)

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        yield self.complete(prompt, formatted, **kwargs)


@pytest.mark.parametrize("as_dict", [True, False])
def test_a_thinking_models_step_and_its_call_have_the_same_usage(
    captured: Captured, gemini_server: Any, as_dict: bool
) -> None:
    gemini_server.content({"text": "Paris."})
    Gemini(url=gemini_server.url, as_dict=as_dict).complete("capital?")
    step, call = captured.spans
    assert step["name"] == "Gemini.complete"
    assert {name: step["attributes"].get(name) for name in SHARED} == {
        name: call["attributes"][name] for name in SHARED
    }
    assert (step["attributes"][SHARED[0]], step["attributes"][SHARED[1]]) == (1010, 70)
