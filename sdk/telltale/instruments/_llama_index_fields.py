"""Reading what LlamaIndex's dispatcher is given."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from telltale import semconv
from telltale._content import to_json
from telltale.instruments import _google_answers
from telltale.instruments._answer import Answer, ToolCall, Usage, attributes_of, text_part, tool_call_part
from telltale.instruments._each import each
from telltale.instruments._fields import count, field, items, parameters
from telltale.instruments._google_contents import word
from telltale.instruments._openai_fields import usage_of

if TYPE_CHECKING:
    from telltale._kinds import Kind

_UUID: Final = 37
"""A dash and a UUID end the name of each span."""

CALLS: Final = ("llm", "embedding", "retriever")
LAST: Final = ("LLMChatEndEvent", "LLMCompletionEndEvent")
_CHATS: Final = {"chat", "achat", "stream_chat", "astream_chat"}
_COMPLETIONS: Final = {"complete", "acomplete", "stream_complete", "astream_complete"}
_KINDS: Final[tuple[tuple[str, set[str] | None, Kind], ...]] = (
    ("BaseLLM", _CHATS | _COMPLETIONS, "llm"),
    ("BaseRetriever", {"retrieve", "aretrieve"}, "retriever"),
    ("BaseTool", {"call", "acall"}, "tool"),
    ("BaseWorkflowAgent", {"run"}, "agent"),
    ("AgentWorkflow", {"run"}, "agent"),
)
"""By a class among the ancestors and by the method; what wraps one of its own kind is a chain."""

_SAYS: Final = ("query_str", "response", "template", "text")
"""Where queries, responses, templates and nodes have their words."""

_HOLDS: Final = ("raw_output", "response", "result")
"""Where tools' outputs, agents' answers and the last events of workflows have what counts."""

_REASONS: Final = ("stop_reason", "done_reason", "finish_reason")
"""Where the answers of Anthropic, Ollama and Gemini say why they end."""

_PROVIDERS: Final = {
    "OpenAI": "openai",
    "OpenAIResponses": "openai",
    "AzureOpenAI": "azure.ai.openai",
    "Anthropic": "anthropic",
    "GoogleGenAI": "gcp.gemini",
    "Gemini": "gcp.gemini",
    "Vertex": "gcp.vertex_ai",
    "BedrockConverse": "aws.bedrock",
    "MistralAI": "mistral_ai",
    "Cohere": "cohere",
    "Groq": "groq",
    "DeepSeek": "deepseek",
    "Ollama": "ollama",
}
_PARAMETERS: Final = {
    "model": semconv.REQUEST_MODEL,
    "model_name": semconv.REQUEST_MODEL,
    "temperature": semconv.REQUEST_TEMPERATURE,
    "top_p": semconv.REQUEST_TOP_P,
    "max_tokens": semconv.REQUEST_MAX_TOKENS,
    "seed": semconv.REQUEST_SEED,
}


# --- spans
def name_of(key: str) -> str:
    return (key[:-_UUID] or key).rpartition("<locals>.")[2]


def is_inner(name: str) -> bool:
    """Whether it is the inside of another step: ``_query`` of ``query``."""
    method = name.rpartition(".")[2]
    return method.startswith("_") and not method.startswith("__")


def kind_of(instance: Any, name: str) -> Kind:
    method = name.rpartition(".")[2]
    ancestors = _ancestors(instance)
    if "BaseEmbedding" in ancestors and method.removeprefix("a").startswith("get_"):
        return "embedding"
    return next((kind for owner, methods, kind in _KINDS if owner in ancestors and method in (methods or ())), "chain")


def _ancestors(instance: Any) -> set[str]:
    return {kind.__name__ for kind in type(instance).__mro__}


def opening(instance: Any, kind: Kind, name: str) -> dict[str, Any]:
    """What the object that a step belongs to says of it."""
    if kind in {"llm", "embedding"}:
        method = name.rpartition(".")[2]
        chat_or_not = "chat" if method in _CHATS else "text_completion"
        operation = "embeddings" if kind == "embedding" else chat_or_not
        provider = next((_PROVIDERS[one] for one in _ancestors(instance) if one in _PROVIDERS), None)
        own = parameters({name: field(instance, name) for name in _PARAMETERS}, _PARAMETERS)
        pairs = {semconv.OPERATION: operation, semconv.PROVIDER: provider, **own}
        return {key: value for key, value in pairs.items() if value is not None}
    if kind == "tool":
        return {semconv.TOOL_NAME: field(instance, "metadata", "name") or name, semconv.TOOL_TYPE: "function"}
    return {semconv.AGENT_NAME: field(instance, "name") or name} if kind == "agent" else {}


def given(bound: inspect.BoundArguments) -> Any:
    """The arguments; a single one alone. A workflow's state is its own business."""
    if "start_event" in bound.arguments:
        return shown(bound.arguments["start_event"])
    arguments = {name: shown(value) for name, value in bound.arguments.items() if value is not None}
    return next(iter(arguments.values())) if len(arguments) == 1 else arguments


def shown(value: Any) -> Any:
    """What the objects that LlamaIndex passes around say in a word, where they have one."""
    if isinstance(value, (list, tuple, Mapping)):
        return each(value, shown)
    return value if value is None or isinstance(value, (str, int, float)) else _object(value)


def _object(value: Any) -> Any:
    said = next((said for name in _SAYS if isinstance(said := getattr(value, name, None), str)), None)
    if said is not None:
        return said
    if hasattr(value, "node") and hasattr(value, "score"):
        return document(value)
    if hasattr(value, "blocks") and hasattr(value, "role"):
        return _message(value)
    inner = next((inner for name in _HOLDS if (inner := getattr(value, name, None)) is not None), None)
    if inner is not None:
        return shown(inner)
    # Not as JSON: functions and clients among the fields would be refused.
    return value.model_dump() if callable(getattr(value, "model_dump", None)) else value


def document(found: Any) -> dict[str, Any]:
    node = found.node
    text = node.get_content() if callable(getattr(node, "get_content", None)) else None
    metadata = field(node, "metadata")
    return {"id": field(node, "node_id"), "content": text, "score": field(found, "score"), "metadata": metadata}


# --- events
def _asked(event: Any, *, with_content: bool) -> dict[str, Any]:
    attributes = {**parameters(event.model_dict, _PARAMETERS), **parameters(event.additional_kwargs, _PARAMETERS)}
    if with_content:
        messages = field(event, "messages")
        said = [{"role": "user", "parts": [text_part(event.prompt)]}] if messages is None else map(_message, messages)
        attributes[semconv.INPUT_MESSAGES] = to_json(list(said))
    return attributes


def _answered(event: Any, *, with_content: bool) -> dict[str, Any]:
    response, read = event.response, Answer()
    raw = field(response, "raw")
    read.id = _first(raw, "id", "response_id")
    read.model = _first(raw, "model", "model_version")
    read.usage = _usage(raw)
    choice = read.choice(0)
    one = next(iter(items(field(raw, "choices")) + items(field(raw, "candidates"))), None)
    reasons = (field(one, "finish_reason"), *(field(raw, name) for name in _REASONS))
    choice.finish_reason = next((said for reason in reasons if (said := word(reason)) is not None), None)
    message = field(response, "message")
    if message is None:
        choice.text.add(field(response, "text"))
    else:
        for part in _message(message)["parts"]:
            if part["type"] == "tool_call":
                call = choice.tool_calls.setdefault(len(choice.tool_calls), ToolCall(part["id"], part["name"]))
                call.arguments.add(to_json(part["arguments"]))
            else:
                choice.parts.append(part)
    return attributes_of(read, with_content=with_content)


def _first(raw: Any, *names: str) -> str | None:
    return next((found for name in names if isinstance(found := field(raw, name), str)), None)


def _usage(raw: Any) -> Usage:
    """Counts in the provider's own answer: OpenAI's two forms, Anthropic's, Gemini's, Ollama's."""
    usage = field(raw, "usage")
    if field(usage, "prompt_tokens") is not None:
        return usage_of(usage, ("prompt", "completion"))
    if field(usage, "cache_read_input_tokens") is not None or field(usage, "cache_creation_input_tokens") is not None:
        read, written = (
            count(field(usage, "cache_read_input_tokens")),
            count(field(usage, "cache_creation_input_tokens")),
        )
        whole = (count(field(usage, "input_tokens")) or 0) + (read or 0) + (written or 0)
        return Usage(whole, count(field(usage, "output_tokens")), read, written)
    if field(usage, "input_tokens") is not None:
        return usage_of(usage, ("input", "output"))
    google = field(raw, "usage_metadata")
    if google is not None:
        return _google_answers.usage_of(google)
    return Usage(count(field(raw, "prompt_eval_count")), count(field(raw, "eval_count")))


def _message(message: Any) -> dict[str, Any]:
    role = str(getattr(message.role, "value", message.role))
    if role == "tool":
        identity = field(message, "additional_kwargs", "tool_call_id")
        return {
            "role": role,
            "parts": [{"type": "tool_call_response", "id": identity, "response": message.content}],
        }
    parts = [_part(block) for block in items(field(message, "blocks"))]
    parts += [
        tool_call_part(field(call, "id"), field(call, "function", "name"), field(call, "function", "arguments"))
        for call in items(field(message, "additional_kwargs", "tool_calls"))
        if not any(part["type"] == "tool_call" for part in parts)
    ]
    return {"role": role, "parts": parts}


def _part(block: Any) -> dict[str, Any]:
    kind = field(block, "block_type")
    if kind == "text":
        return text_part(field(block, "text"))
    if kind == "tool_call":
        return tool_call_part(field(block, "tool_call_id"), field(block, "tool_name"), field(block, "tool_kwargs"))
    if kind == "thinking":
        return {"type": "reasoning", "content": field(block, "content")}
    if kind in {"image", "audio", "video", "document"}:
        return {"type": "blob", "modality": kind, "mime_type": field(block, f"{kind}_mimetype")}
    return {"type": str(kind), "content": block}


def _embeds(event: Any, *, with_content: bool) -> dict[str, Any]:
    del with_content
    return parameters(event.model_dict, _PARAMETERS)


def _embedded(event: Any, *, with_content: bool) -> dict[str, Any]:
    vectors = items(event.embeddings)
    size = len(vectors[0]) if vectors and isinstance(vectors[0], list) else None
    content = {semconv.INPUT_VALUE: to_json(event.chunks)} if with_content else {}
    return {semconv.EMBEDDINGS_DIMENSIONS: size, **content}


def _queried(event: Any, *, with_content: bool) -> dict[str, Any]:
    return {semconv.RETRIEVAL_QUERY: shown(event.str_or_query_bundle)} if with_content else {}


def _found(event: Any, *, with_content: bool) -> dict[str, Any]:
    return {semconv.RETRIEVAL_DOCUMENTS: to_json([document(node) for node in event.nodes])} if with_content else {}


READERS: Final[Mapping[str, Callable[..., dict[str, Any]]]] = {
    "LLMChatStartEvent": _asked,
    "LLMCompletionStartEvent": _asked,
    "LLMChatEndEvent": _answered,
    "LLMCompletionEndEvent": _answered,
    "EmbeddingStartEvent": _embeds,
    "EmbeddingEndEvent": _embedded,
    "RetrievalStartEvent": _queried,
    "RetrievalEndEvent": _found,
}
"""By an event's class, what it adds to the step."""
