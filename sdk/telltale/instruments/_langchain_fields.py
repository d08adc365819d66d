"""Reading what LangChain's callbacks are given."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from telltale import semconv
from telltale._content import to_json
from telltale.instruments._answer import Answer, Choice, ToolCall, Usage, attributes_of, text_part, tool_call_part
from telltale.instruments._each import each
from telltale.instruments._fields import field, items, parameters
from telltale.instruments._openai_fields import content_parts, tools_attribute

_HIDDEN: Final = "langsmith:hidden"
"""LangChain's own mark of plumbing."""

_ROLES: Final = {"human": "user", "ai": "assistant", "AIMessageChunk": "assistant", "system": "system", "tool": "tool"}
_PROVIDERS: Final = {
    "azure": "azure.ai.openai",
    "amazon_bedrock": "aws.bedrock",
    "bedrock": "aws.bedrock",
    "google_genai": "gcp.gemini",
    "google_vertexai": "gcp.vertex_ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "xai": "x_ai",
    "together": "together_ai",
    "fireworks": "fireworks_ai",
}
"""Where LangChain's word is not the conventions'."""

_PARAMETERS: Final = {
    "temperature": semconv.REQUEST_TEMPERATURE,
    "top_p": semconv.REQUEST_TOP_P,
    "top_k": semconv.REQUEST_TOP_K,
    "max_tokens": semconv.REQUEST_MAX_TOKENS,
    "max_completion_tokens": semconv.REQUEST_MAX_TOKENS,
    "seed": semconv.REQUEST_SEED,
    "frequency_penalty": semconv.REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": semconv.REQUEST_PRESENCE_PENALTY,
    "reasoning_effort": semconv.REQUEST_REASONING,
}
_SCORES: Final = ("score", "relevance_score", "similarity", "similarity_score", "_score")
_SESSIONS: Final = ("session_id", "thread_id", "conversation_id")
_INTERNAL: Final = ("ls_", "lc_", "langgraph_", "checkpoint_", "__")
_DEPTH: Final = 6


# --- runs
def name_of(serialized: Any, run: Mapping[str, Any]) -> str:
    given = run.get("name") or field(serialized, "name") or next(iter(items(field(serialized, "id"))[-1:]), None)
    return str(given or "run")


def is_hidden(run: Mapping[str, Any]) -> bool:
    return _HIDDEN in (run.get("tags") or ())


def is_agent(name: str, run: Mapping[str, Any]) -> bool:
    """A graph that ``create_agent`` has made, or what is called an agent; not a graph's node of that name."""
    metadata = run.get("metadata") or {}
    if "langgraph_node" in metadata:
        return "agent" in name.lower() and metadata["langgraph_node"] != name
    return "agent" in name.lower() or metadata.get("ls_integration") == "langchain_create_agent"


def is_control_flow(error: BaseException) -> bool:
    """LangGraph interrupts a graph, and hands over to another one, by exceptions."""
    return any(kind.__name__ in {"GraphBubbleUp", "GraphInterrupt"} for kind in type(error).__mro__)


def application(run: Mapping[str, Any], *, is_root: bool, with_content: bool) -> dict[str, Any]:
    """Session and user; at the top, what else the application says. Metadata may be anything, and so is content."""
    metadata = run.get("metadata") or {}
    session = next((metadata[name] for name in _SESSIONS if metadata.get(name)), None)
    user = metadata.get("user_id")
    pairs = {semconv.SESSION_ID: session, semconv.USER_ID: user}
    attributes: dict[str, Any] = {key: str(value) for key, value in pairs.items() if value is not None}
    if is_root:
        tags = [str(tag) for tag in run.get("tags") or () if ":" not in str(tag)]
        attributes |= {semconv.TAGS: tags} if tags else {}
    if is_root and with_content:
        attributes |= {semconv.METADATA_PREFIX + str(k): str(v) for k, v in metadata.items() if _is_applications(k, v)}
    return attributes


def _is_applications(name: Any, value: Any) -> bool:
    is_known = name in _SESSIONS or name == "user_id"
    return not is_known and not str(name).startswith(_INTERNAL) and isinstance(value, (str, int, float))


def shown(value: Any, depth: int = _DEPTH) -> Any:
    """What goes into a run or comes out, with messages in the conventions' short form."""
    if isinstance(value, (Mapping, list, tuple)) and depth:
        return each(value, lambda item: shown(item, depth - 1))
    return _message(value) if _is_message(value) else value


# --- tools and retrievers
def tool_attributes(serialized: Any, run: Mapping[str, Any]) -> dict[str, Any]:
    pairs = {
        semconv.TOOL_NAME: field(serialized, "name"),
        semconv.TOOL_CALL_ID: run.get("tool_call_id"),
        semconv.TOOL_TYPE: "function",
    }
    return {key: value for key, value in pairs.items() if value is not None}


def tool_result(output: Any) -> Any:
    return field(output, "content") if _is_message(output) else shown(output)


def document(found: Any) -> dict[str, Any]:
    """A document; vector stores put its score among the metadata, where they put it anywhere."""
    metadata = field(found, "metadata") or {}
    score = next((_number(metadata[name]) for name in _SCORES if name in metadata), None)
    return {"id": field(found, "id"), "content": field(found, "page_content"), "score": score, "metadata": metadata}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


# --- models
def request(run: Mapping[str, Any], *, with_content: bool) -> dict[str, Any]:
    """The model and its parameters."""
    metadata, given = run.get("metadata") or {}, run.get("invocation_params") or {}
    provider = metadata.get("ls_provider")
    stop = given.get("stop") or given.get("stop_sequences")
    pairs = {
        semconv.PROVIDER: _PROVIDERS.get(str(provider), provider),
        semconv.REQUEST_MODEL: given.get("model") or given.get("model_name") or metadata.get("ls_model_name"),
        semconv.REQUEST_STOP_SEQUENCES: [stop] if isinstance(stop, str) else stop,
        **parameters(given, _PARAMETERS),
    }
    if with_content:
        pairs |= tools_attribute(given.get("tools"))
    return {key: value for key, value in pairs.items() if value is not None}


def input_messages(asked: list[list[Any]]) -> dict[str, Any]:
    return {semconv.INPUT_MESSAGES: to_json([_message(message) for messages in asked for message in messages])}


def input_prompts(prompts: list[str]) -> dict[str, Any]:
    return {semconv.INPUT_MESSAGES: to_json([{"role": "user", "parts": [text_part(prompt)]} for prompt in prompts])}


def _is_message(value: Any) -> bool:
    return hasattr(value, "type") and hasattr(value, "content") and hasattr(value, "additional_kwargs")


def _message(message: Any) -> dict[str, Any]:
    if not _is_message(message):
        return {"role": "user", "parts": content_parts(message)}
    role = _ROLES.get(message.type) or getattr(message, "role", None) or str(message.type)
    if role == "tool":
        said = {"type": "tool_call_response", "id": field(message, "tool_call_id"), "response": message.content}
        return {"role": role, "parts": [said]}
    parts = [part for part in content_parts(message.content) if part["type"] not in {"tool_use", "function_call"}]
    calls = items(field(message, "tool_calls"))
    parts += [tool_call_part(field(call, "id"), field(call, "name"), field(call, "args")) for call in calls]
    return {"role": role, "parts": parts}


def answer(result: Any, *, with_content: bool) -> dict[str, Any]:
    """A model's answer. One out of LangChain's cache is marked, since nobody was asked and paid."""
    read = Answer()
    generations = [one for some in items(field(result, "generations")) for one in items(some)]
    for index, generation in enumerate(generations):
        _read_choice(read.choice(index), generation)
    said = next((m for one in generations if _is_message(m := field(one, "message"))), None)
    about = field(said, "response_metadata") or field(result, "llm_output") or {}
    read.model = about.get("model_name") or about.get("model")
    read.id = about.get("id")
    read.usage = _usage(said, result)
    extra = {
        semconv.OPENAI_RESPONSE_SERVICE_TIER: about.get("service_tier"),
        semconv.OPENAI_RESPONSE_FINGERPRINT: about.get("system_fingerprint"),
        semconv.CACHE_HIT: True if field(said, "usage_metadata", "total_cost") == 0 else None,
    }
    read.extra = {key: value for key, value in extra.items() if value is not None}
    return attributes_of(read, with_content=with_content)


def _read_choice(choice: Choice, generation: Any) -> None:
    message = field(generation, "message")
    about = field(message, "response_metadata") or field(generation, "generation_info") or {}
    choice.finish_reason = about.get("finish_reason") or about.get("stop_reason")
    if not _is_message(message):
        choice.text.add(field(generation, "text"))
        return
    for part in _message(message)["parts"]:
        if part["type"] == "text":
            choice.text.add(part["content"])
        elif part["type"] == "tool_call":
            call = choice.tool_calls.setdefault(len(choice.tool_calls), ToolCall(part["id"], part["name"]))
            call.arguments.add(to_json(part["arguments"]))
        else:
            choice.parts.append(part)


def _usage(message: Any, result: Any) -> Usage:
    """LangChain's own form; before it, OpenAI's. Both count cached and reasoning tokens in."""
    given = field(message, "usage_metadata")
    if given:
        return Usage(
            input_tokens=given.get("input_tokens"),
            output_tokens=given.get("output_tokens"),
            cache_read=field(given, "input_token_details", "cache_read"),
            cache_write=field(given, "input_token_details", "cache_creation"),
            reasoning=field(given, "output_token_details", "reasoning"),
        )
    old = field(result, "llm_output", "token_usage")
    return Usage(input_tokens=field(old, "prompt_tokens"), output_tokens=field(old, "completion_tokens"))
