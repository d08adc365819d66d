"""Requests of MCP client sessions, by OpenTelemetry's conventions for MCP. Imported once the library itself is.

The library writes a span of its own for each request, to the process's global tracer provider, without arguments or
results, and sends its id along in ``_meta``. Where that provider is ours, its span and our one are the same.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from mcp.client.session import ClientSession
from mcp.shared import jsonrpc_dispatcher
from opentelemetry import trace
from opentelemetry.trace import SpanKind

from telltale import _runtime, semconv
from telltale._safely import safely
from telltale._span import Span
from telltale.instruments._elsewhere import is_free, leave_to_owner
from telltale.instruments._fields import field, items
from telltale.instruments._steps import is_wanted, keeps_content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_calling: Final[ContextVar[Span | None]] = ContextVar("telltale_mcp_call", default=None)
"""Our span of the request that is being sent, until the library's own would begin."""

_wrapped: Final[dict[str, Callable[..., Any]]] = {}


@functools.cache
def install() -> None:
    """Trace sessions' requests, once."""
    original = ClientSession.__dict__["send_request"]
    if is_free("mcp", "mcp", original):
        _wrapped["send_request"] = ClientSession.send_request = _traced(original)  # type: ignore[method-assign]
        # Where it is looked up, by its name there.
        vars(jsonrpc_dispatcher)["otel_span"] = _one_span(vars(jsonrpc_dispatcher)["otel_span"])


def _is_ours() -> bool:
    now = ClientSession.__dict__["send_request"]
    return True if now is _wrapped["send_request"] else leave_to_owner("mcp", now)


def _traced(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    async def send_request(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        span = _begun(self, request)
        if span is None:
            return await method(self, request, *args, **kwargs)
        with _Request(span):
            result = await method(self, request, *args, **kwargs)
        with safely("read an MCP result"):
            _read(span, request, result)
        span.end()
        return result

    return send_request


class _Request:
    """The time until the answer: its span is current, an exception ends it."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._active = span.active()

    def __enter__(self) -> None:
        self._token = _calling.set(self._span)
        self._active.__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace_: object) -> None:
        self._active.__exit__(None, None, None)
        with suppress(ValueError):  # closed in another context than entered: that one ends with its task
            _calling.reset(self._token)
        if error is not None:
            with safely("read an MCP error"):
                _read_error(self._span, error)
            self._span.end(error if field(error, "error", "code") is None else None)


def _begun(session: Any, request: Any) -> Span | None:
    span = None
    with safely("start tracing an MCP request"):
        if is_wanted() and _is_ours():
            span = _span_of(session, request).start(SpanKind.CLIENT)
            if request.method == "tools/call":
                span.set(input=field(request, "params", "arguments") or {})
            elif request.method == "prompts/get":
                span.set(input=field(request, "params", "arguments"))
    return span


def _span_of(session: Any, request: Any) -> Span:
    method, target = str(request.method), field(request, "params", "name")
    uri = field(request, "params", "uri") if keeps_content() else None
    attributes: dict[str, Any] = {
        semconv.MCP_METHOD: method,
        semconv.MCP_PROTOCOL_VERSION: field(session, "protocol_version"),
        semconv.MCP_RESOURCE_URI: None if uri is None else str(uri),
    }
    if method == "tools/call":
        attributes |= {semconv.OPERATION: "execute_tool", semconv.TOOL_NAME: target, semconv.TOOL_TYPE: "extension"}
    elif method == "prompts/get":
        attributes |= {semconv.PROMPT_NAME: target}
    given = {key: value for key, value in attributes.items() if value is not None}
    return Span(
        f"{method} {target}" if isinstance(target, str) else method, "tool" if method == "tools/call" else "span", given
    )


def _read(span: Span, request: Any, result: Any) -> None:
    is_failed = field(result, "is_error") is True
    if request.method == "tools/call":
        said = _said(result)
        span.set(output=said)
        if is_failed:
            span.fail("tool_error", said if isinstance(said, str) else "the tool reports an error")
    else:
        span.set(output=result)


def _said(result: Any) -> Any:
    """What a tool answers: structured where it is, else its text; other content as it is."""
    structured = field(result, "structured_content")
    if structured is not None and field(result, "is_error") is not True:
        return structured
    content = items(field(result, "content"))
    texts = [text for part in content if isinstance(text := field(part, "text"), str)]
    return "\n".join(texts) if len(texts) == len(content) and content else result


def _read_error(span: Span, error: BaseException) -> None:
    """JSON-RPC's errors have a code, which is what they are known by."""
    code = field(error, "error", "code")
    if code is not None:
        span.record({semconv.RPC_STATUS_CODE: str(code)})
        span.fail(str(code), str(field(error, "error", "message") or error))


def _one_span(theirs: Callable[..., Any]) -> Callable[..., Any]:
    """In place of the library's own span: ours, where both would go the same way."""

    @contextmanager
    def otel_span(name: str, **kwargs: Any) -> Iterator[Any]:
        span = _calling.get()
        if span is None or not _is_global():
            with theirs(name, **kwargs) as own:
                yield own
        else:
            _calling.set(None)
            span.record(kwargs.get("attributes") or {})
            yield trace.get_current_span(span.context)

    return otel_span


def _is_global() -> bool:
    """Whether the process's tracer provider is ours."""
    everybodys = getattr(trace.get_tracer_provider(), "_active_span_processor", None)
    return everybodys is not None and everybodys is getattr(_runtime.current().tracer, "span_processor", None)
