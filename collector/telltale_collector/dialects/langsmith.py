"""LangSmith's SDK in OpenTelemetry mode: runs as spans, with the provider's raw request and answer as JSON.

Its operation name is wrong for retrievers (``embeddings``), its system is ``langchain`` for all that is no
call: the kind comes from ``langsmith.span.kind``. Token details are in ``langsmith.metadata.usage_metadata``.
"""

from __future__ import annotations

from collections.abc import Sequence

from telltale_collector.dialects import Dialect
from telltale_collector.dialects._calls import fill, finish
from telltale_collector.dialects._conventions import read_conventions
from telltale_collector.dialects._documents import read_documents
from telltale_collector.dialects._finish import finish_reason
from telltale_collector.dialects._first_token import first_token_ns
from telltale_collector.dialects._messages import messages, plain
from telltale_collector.dialects._params import read_params
from telltale_collector.dialects._providers import provider_name
from telltale_collector.dialects._shapes import read_request, read_response
from telltale_collector.dialects._usage import read_usage
from telltale_collector.dialects._values import boolean, first, mapping, parsed, text, unquoted, word
from telltale_collector.model import Attributes, AttributeValue, Call, Kind, LogEvent, RawSpan

_KIND = "langsmith.span.kind"
_METADATA = "langsmith.metadata."
_KINDS: dict[str, Kind] = {
    "llm": "llm",
    "chain": "chain",
    "tool": "tool",
    "retriever": "retriever",
    "embedding": "embedding",
    "prompt": "prompt",
    "parser": "chain",
}
_LIBRARYS_OWN = ("ls_", "LANGSMITH_", "LANGCHAIN_", "usage_metadata", "revision_id", "__")
_PARAMS = ("temperature", "max_tokens", "stop")


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    return _KIND in span.attributes or span.scope_name == "langsmith"


def _read(span: RawSpan, events: Sequence[LogEvent]) -> Call:
    given = span.attributes
    kind = _KINDS.get(str(given.get(_KIND)), "span")
    call = Call(kind=kind)
    asked, answered = given.get("gen_ai.prompt"), given.get("gen_ai.completion")
    if kind in {"llm", "embedding"}:
        call = _read_call(span, events, kind)
    elif kind == "tool":
        call.tool_name = word(given.get("gen_ai.tool.name")) or span.name
        call.tool_arguments, call.tool_result = text(asked), _output(answered)
    else:
        call.input_messages = plain(_input(asked))
        call.documents = read_documents(answered) if kind == "retriever" else []
        call.output_messages = [] if kind == "retriever" else plain(_output(answered))
    _read_metadata(call, given)
    return finish(call)


def _read_call(span: RawSpan, events: Sequence[LogEvent], kind: Kind) -> Call:
    given = span.attributes
    call = read_conventions(span, events)
    call.kind, call.operation = kind, None if kind == "embedding" else call.operation
    asked, answered = given.get("gen_ai.prompt"), given.get("gen_ai.completion")
    request, response = read_request(asked), read_response(answered)
    call.stream = boolean(given.get("langsmith.request.streaming"))
    call.provider = call.provider or provider_name(given.get(f"{_METADATA}ls_provider"))
    call.request_model = call.request_model or word(given.get(f"{_METADATA}ls_model_name"))
    details = {f"{side}_token_details": given.get(f"gen_ai.usage.{side}_token_details") for side in ("input", "output")}
    usage = read_usage(given.get(f"{_METADATA}usage_metadata"), cached_apart=False)
    fill(call, usage, read_usage(details), request, response)
    read_params(call, {name: given[f"{_METADATA}ls_{name}"] for name in _PARAMS if f"{_METADATA}ls_{name}" in given})
    call.input_messages = call.input_messages or messages(_input(asked), "user")
    call.output_messages = call.output_messages or messages(_output(answered), "assistant")
    call.finish_reason = finish_reason(call.finish_reason_raw)
    call.ttft_ns = first_token_ns(span)
    return call


def _input(value: AttributeValue) -> AttributeValue:
    """``{"q": "..."}``: of a function with one argument, that argument."""
    inner = list(mapping(value).values())
    return inner[0] if len(inner) == 1 else parsed(value)


def _output(value: AttributeValue) -> str | None:
    """What is no object comes wrapped: ``{"output": ...}``."""
    whole = mapping(value)
    return text(first(whole, "output")) if list(whole) == ["output"] else unquoted(value)


def _read_metadata(call: Call, given: Attributes) -> None:
    for key, value in given.items():
        name = key.removeprefix(_METADATA)
        if name != key and not name.startswith(_LIBRARYS_OWN) and (found := text(value)) is not None:
            call.metadata[name] = found


DIALECT = Dialect("langsmith", rank=12, speaks=_speaks, read=_read, needs=(_KIND, "langsmith"))
