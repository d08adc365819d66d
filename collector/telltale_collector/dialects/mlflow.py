"""MLflow Tracing: every attribute is JSON text, inputs and outputs are the provider's request and answer.

With MLflow's switch for the GenAI conventions the same scope writes ``gen_ai.*``; there
``gen_ai.request.model`` holds the answer's model, and the model asked for is in ``model``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from telltale_collector.dialects import Dialect
from telltale_collector.dialects._calls import fill, finish
from telltale_collector.dialects._conventions import read_conventions
from telltale_collector.dialects._documents import read_documents
from telltale_collector.dialects._finish import finish_reason
from telltale_collector.dialects._first_token import first_token_ns
from telltale_collector.dialects._guards import read_guard
from telltale_collector.dialects._messages import messages, plain
from telltale_collector.dialects._params import read_params
from telltale_collector.dialects._providers import provider_name
from telltale_collector.dialects._shapes import read_request, read_response
from telltale_collector.dialects._tools import tool_definitions
from telltale_collector.dialects._usage import read_usage
from telltale_collector.dialects._values import first, mapping, money, objects, parsed, text, unquoted, word
from telltale_collector.model import AttributeValue, Call, Kind, LogEvent, RawSpan

_TYPE = "mlflow.spanType"
_KINDS: dict[str, Kind] = {
    "CHAT_MODEL": "llm",
    "LLM": "llm",
    "EMBEDDING": "embedding",
    "RETRIEVER": "retriever",
    "RERANKER": "reranker",
    "TOOL": "tool",
    "AGENT": "agent",
    "CHAIN": "chain",
    "WORKFLOW": "chain",
    "TASK": "chain",
    "PARSER": "chain",
    "EVALUATOR": "evaluator",
    "GUARDRAIL": "guardrail",
}
_PARAMS = (
    *("temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "max_output_tokens", "seed", "stop", "n"),
    *("frequency_penalty", "presence_penalty", "stream", "reasoning_effort", "reasoning"),
)


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    return _TYPE in span.attributes or span.scope_name.startswith("mlflow.")


def _read(span: RawSpan, events: Sequence[LogEvent]) -> Call:
    given = {key: _unwrapped(value) for key, value in span.attributes.items()}
    call = read_conventions(span, events)
    kind = _KINDS.get(str(first(given, _TYPE, "gen_ai.operation.name")).upper())
    call.kind = kind or call.kind
    if call.response_model is not None and "model" in given:
        call.request_model = word(given["model"])
    asked, answered = given.get("mlflow.spanInputs"), given.get("mlflow.spanOutputs")
    _READERS.get(call.kind, _read_step)(call, asked, answered)
    if call.kind in {"llm", "embedding"}:
        _read_model(call, given, span)
    if call.kind in {"tool", "guardrail"}:
        call.tool_name = call.tool_name or (span.name if call.kind == "tool" else None)
        call.guard_name = span.name if call.kind == "guardrail" else None
    prompts = objects(given.get("mlflow.linkedPrompts"))
    if prompts:
        call.prompt_name, call.prompt_version = word(prompts[0].get("name")), word(prompts[0].get("version"))
    _read_tags(call, given)
    return finish(call)


def _unwrapped(value: AttributeValue) -> Any:
    """JSON text as its value: also numbers and words, which plain attributes leave alone."""
    if isinstance(value, str) and value in {"true", "false", "null"}:
        return {"true": True, "false": False, "null": None}[value]
    return parsed(value)


def _read_model(call: Call, given: Mapping[str, Any], span: RawSpan) -> None:
    fill(call, read_usage(given.get("mlflow.chat.tokenUsage"), cached_apart=False))
    call.provider = call.provider or provider_name(first(given, "mlflow.llm.provider", "mlflow.message.format"))
    call.request_model = call.request_model or word(given.get("model"))
    call.response_model = call.response_model or word(given.get("mlflow.llm.model"))
    call.tools = call.tools or tool_definitions(given.get("mlflow.chat.tools"))
    cost = mapping(given.get("mlflow.llm.cost"))
    call.cost_usd = call.cost_usd if call.cost_usd is not None else money(cost.get("total_cost"))
    call.input_cost_usd, call.output_cost_usd = money(cost.get("input_cost")), money(cost.get("output_cost"))
    read_params(call, {name: given[name] for name in _PARAMS if name in given})
    answered = read_response(given.get("mlflow.spanOutputs"))
    fill(call, read_request(given.get("mlflow.spanInputs")), answered)
    call.finish_reason = answered.finish_reason or finish_reason(call.finish_reason_raw)
    call.ttft_ns = call.ttft_ns if call.ttft_ns is not None else first_token_ns(span)


def _read_chat(call: Call, asked: Any, answered: Any) -> None:
    request, response = read_request(asked), read_response(answered)
    call.input_messages = call.input_messages or request.input_messages or messages(asked, "user")
    call.output_messages = call.output_messages or response.output_messages or messages(answered, "assistant")


def _read_retriever(call: Call, asked: Any, answered: Any) -> None:
    call.input_messages = call.input_messages or plain(_only_argument(asked))
    call.documents = call.documents or read_documents(answered)


def _read_tool(call: Call, asked: Any, answered: Any) -> None:
    call.tool_arguments = call.tool_arguments or text(asked)
    call.tool_result = call.tool_result or unquoted(answered)


def _read_guardrail(call: Call, asked: Any, answered: Any) -> None:
    _read_step(call, asked, answered)
    fill(call, read_guard(answered))


def _read_step(call: Call, asked: Any, answered: Any) -> None:
    call.input_messages = call.input_messages or plain(_only_argument(asked))
    call.output_messages = call.output_messages or plain(answered)


def _read_embedding(call: Call, asked: Any, _answered: Any) -> None:
    call.input_messages = call.input_messages or read_request(asked).input_messages


def _only_argument(asked: Any) -> Any:
    """Inputs are a function's arguments by name: of a single one, its value."""
    values = list(asked.values()) if isinstance(asked, dict) else []
    return values[0] if len(values) == 1 else asked


def _read_tags(call: Call, given: Mapping[str, Any]) -> None:
    """Session and user are trace metadata, which newer versions repeat on the span."""
    call.session_id = word(first(given, "mlflow.trace.session"))
    call.user_id = word(first(given, "mlflow.trace.user"))


_READERS = {
    "llm": _read_chat,
    "embedding": _read_embedding,
    "retriever": _read_retriever,
    "tool": _read_tool,
    "guardrail": _read_guardrail,
}

DIALECT = Dialect("mlflow", rank=14, speaks=_speaks, read=_read, needs=(_TYPE, "mlflow."))
