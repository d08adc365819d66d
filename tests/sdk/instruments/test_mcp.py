"""MCP's client against a server of the same package, over stdio and in memory."""

from __future__ import annotations

import asyncio
import contextvars
import json
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mcp_sums
import pytest
from mcp import Client, ClientSession, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import ListToolsRequest
from span_tree import outline

import telltale
from telltale import testing
from telltale.instruments import _elsewhere, _mcp_client

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from telltale.testing import Captured

SERVER = StdioServerParameters(command=sys.executable, args=[mcp_sums.__file__])
WITHIN_S = 60


def over_stdio(work: Callable[[ClientSession], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        async with asyncio.timeout(WITHIN_S), stdio_client(SERVER) as streams, ClientSession(*streams) as session:
            await session.initialize()
            return await work(session)

    return asyncio.run(main())


def attributes(captured: Captured, name: str) -> dict[str, Any]:
    found: dict[str, Any] = captured.span(name)["attributes"]
    return found


def test_a_tool_call_has_its_name_arguments_and_result(captured: Captured) -> None:
    over_stdio(lambda session: session.call_tool("add", {"a": 1, "b": 2}))
    assert captured.span("tools/call add")["kind"] == "client"
    named = {
        "telltale.span.kind": "tool",
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "add",
        "gen_ai.tool.call.arguments": '{"a":1,"b":2}',
        "gen_ai.tool.call.result": '{"result":3}',
        "mcp.method.name": "tools/call",
        "mcp.protocol.version": "2025-11-25",
    }
    found = attributes(captured, "tools/call add")
    assert {key: found.get(key) for key in named} == named


def test_resources_prompts_and_lists_are_spans_by_their_methods(captured: Captured) -> None:
    async def work(session: ClientSession) -> None:
        with telltale.span("app"):
            await session.list_tools()
            await session.list_resources()
            await session.list_prompts()
            await session.read_resource("text://hello")
            await session.get_prompt("ask", {"topic": "Paris"})

    over_stdio(work)
    methods = ["tools/list", "resources/list", "prompts/list", "resources/read", "prompts/get ask"]
    assert outline(captured.spans) == ["initialize", "app", *[f"  {name}" for name in methods]]
    assert attributes(captured, "resources/read")["mcp.resource.uri"] == "text://hello"
    assert "hello" in attributes(captured, "resources/read")["telltale.output.value"]
    asked = attributes(captured, "prompts/get ask")
    assert (asked["gen_ai.prompt.name"], asked["telltale.input.value"]) == ("ask", '{"topic":"Paris"}')


def test_an_error_in_a_result_is_the_spans_and_nothing_is_raised(captured: Captured) -> None:
    over_stdio(lambda session: session.call_tool("fail", {}))
    failed = captured.span("tools/call fail")
    assert (failed["status"], failed["attributes"]["error.type"]) == ("error", "tool_error")
    assert "Error executing tool fail" in failed["status_message"]


def test_a_refused_request_has_the_code_of_its_error(captured: Captured) -> None:
    async def work(session: ClientSession) -> None:
        with pytest.raises(MCPError):
            await session.read_resource("text://nowhere")

    over_stdio(work)
    failed = captured.span("resources/read")
    assert (failed["status"], failed["status_message"]) == ("error", "Unknown resource: text://nowhere")
    assert failed["attributes"]["error.type"] == failed["attributes"]["rpc.response.status_code"] == "-32602"


def test_a_call_that_is_cancelled_ends_its_span(captured: Captured) -> None:
    async def work(session: ClientSession) -> None:
        with pytest.raises(MCPError):
            await session.call_tool("add", {"a": 1, "b": 2}, read_timeout_seconds=1e-9)

    over_stdio(work)
    assert captured.span("tools/call add")["status"] == "error"


def test_a_call_whose_coroutine_is_closed_elsewhere_ends_its_span_and_raises_nothing(captured: Captured) -> None:
    class Session:
        protocol_version = "2025-11-25"

        def __init__(self) -> None:
            self._dispatcher = self

        async def send_raw_request(self, *_args: Any, **_kwargs: Any) -> Any:
            await _pause()

    call = _mcp_client._traced(Session.send_raw_request)(Session(), ListToolsRequest())
    contextvars.copy_context().run(call.send, None)
    call.close()
    assert captured.span("tools/list")["end_ns"] > 0


@types.coroutine
def _pause() -> Iterator[None]:
    yield


def test_the_server_is_told_of_the_trace(captured: Captured) -> None:
    said = over_stdio(lambda session: session.call_tool("trace_of", {}))
    call = captured.span("tools/call trace_of")
    assert said.content[0].text == f"00-{call['trace_id']}-{call['span_id']}-01"


def test_a_server_in_memory_is_the_same(captured: Captured) -> None:
    async def main() -> None:
        async with asyncio.timeout(WITHIN_S), Client(mcp_sums.server) as client:
            await client.call_tool("add", {"a": 1, "b": 3})

    asyncio.run(main())
    assert attributes(captured, "tools/call add")["gen_ai.tool.call.result"] == '{"result":4}'


def test_without_content_no_words_are_recorded() -> None:
    async def work(session: ClientSession) -> None:
        await session.call_tool("add", {"a": 1234, "b": 2})
        await session.get_prompt("ask", {"topic": "Paris"})
        await session.read_resource("text://hello")

    with testing.capture(capture="none") as captured:
        over_stdio(work)
    said = json.dumps([span["attributes"] for span in captured.spans])
    assert not [word for word in ("1234", "1236", "Paris", "hello") if word in said]


def test_mcp_that_another_instrumentation_traces_is_left_to_it(
    captured: Captured, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    original = ClientSession.send_request

    async def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        return await original(self, *args, **kwargs)

    wrapper.__module__ = "some.other.instrumentation"
    monkeypatch.setattr(ClientSession, "send_request", wrapper)
    _elsewhere.told.clear()
    over_stdio(lambda session: session.call_tool("add", {"a": 1, "b": 2}))
    assert captured.spans == []
    assert caplog.text.count("mcp is already traced by some.other.instrumentation") == 1


APP = """
import asyncio, sys
import telltale
telltale.init()
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

async def main():
    server = StdioServerParameters(command=sys.executable, args=[{server!r}])
    async with asyncio.timeout(60), stdio_client(server) as streams, ClientSession(*streams) as session:
        await session.initialize()
        with telltale.span("app"):
            await session.call_tool("add", {{"a": 1, "b": 2}})

asyncio.run(main())
"""


def test_the_librarys_own_span_and_ours_are_one(run_app: Any, collector: Any) -> None:
    result = run_app(APP.format(server=str(Path(mcp_sums.__file__))), 90.0, TELLTALE_ENDPOINT=collector.url)
    assert (result.returncode, result.stderr) == (0, "")
    # The list is what the client itself looks the result's schema up in.
    assert sorted(span.name for span in collector.spans) == ["app", "initialize", "tools/call add", "tools/list"]
    call = next(span for span in collector.spans if span.name == "tools/call add")
    found = {pair.key for pair in call.attributes}
    assert found >= {"jsonrpc.request.id", "mcp.method.name", "gen_ai.tool.call.result"}


THEIRS_FIRST = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
theirs = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(theirs))
trace.set_tracer_provider(provider)
"""


def test_the_librarys_own_spans_stay_with_the_provider_that_the_application_has_chosen(
    run_app: Any, collector: Any
) -> None:
    app = THEIRS_FIRST + APP.format(server=str(Path(mcp_sums.__file__)))
    show = "print([span.name for span in theirs.get_finished_spans()])\n"
    result = run_app(app + show, 90.0, TELLTALE_ENDPOINT=collector.url)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "['MCP send initialize', 'MCP send tools/call add', 'MCP send tools/list']\n"
    assert sorted(span.name for span in collector.spans) == ["app", "initialize", "tools/call add", "tools/list"]
