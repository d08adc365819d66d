"""Whose model it is, who else traces it, and the spans that Anthropic's client writes by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anthropic
import pytest
from anthropic.resources.messages import Messages
from fake_anthropic import text
from foreign_wrapper import wrapped_by_another
from scripted_provider import Reply

from telltale.instruments.anthropic import provider_of_client

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    from telltale.testing import Captured

    Run = Callable[..., CompletedProcess[str]]

ASK: Any = {"model": "claude-sonnet-4-6", "max_tokens": 64, "messages": [{"role": "user", "content": "?"}]}


def _bedrock(url: str) -> Any:
    return anthropic.AnthropicBedrock(base_url=url, api_key="k", aws_region="eu-west-1", max_retries=0)


def _vertex(url: str) -> Any:
    return anthropic.AnthropicVertex(
        base_url=url, access_token="t", region="europe-west1", project_id="p", max_retries=0
    )


@pytest.mark.parametrize(("make", "provider"), [(_bedrock, "aws.bedrock"), (_vertex, "gcp.vertex_ai")])
@pytest.mark.parametrize("api", ["messages", "beta"])
def test_a_platforms_client_is_traced_under_the_platforms_name(
    captured: Captured, anthropic_server: Any, make: Any, provider: str, api: str
) -> None:
    anthropic_server.message(text("Paris."))
    with make(anthropic_server.url) as client:
        (client.messages if api == "messages" else client.beta.messages).create(**ASK)
    (span,) = captured.spans
    assert span["attributes"]["gen_ai.provider.name"] == provider
    assert span["attributes"]["gen_ai.usage.input_tokens"] == 1331


@pytest.mark.parametrize(
    ("url", "provider"),
    [
        ("https://api.anthropic.com", "anthropic"),
        ("http://127.0.0.1:4000", "anthropic"),
        ("https://gateway.example.org/anthropic", "anthropic"),
        ("https://api.deepseek.com/anthropic", "deepseek"),
        ("https://openrouter.ai/api", "openrouter"),
    ],
)
def test_another_server_with_this_api_is_told_by_its_host(url: str, provider: str) -> None:
    with anthropic.Anthropic(base_url=url, api_key="k") as client:
        assert provider_of_client(client) == provider


@pytest.mark.parametrize("name", ["create", "stream"])
def test_a_method_that_another_instrumentation_wraps_is_left_to_it(
    captured: Captured, anthropic_server: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(Messages, name, wrapped_by_another(getattr(Messages, name)))
    anthropic_server.stream(text("Paris."))
    with anthropic.Anthropic(base_url=anthropic_server.url, api_key="k") as client:
        if name == "create":
            list(client.messages.create(**ASK, stream=True))
        else:
            with client.messages.stream(**ASK) as stream:
                stream.until_done()
    assert captured.spans == []


_PROGRAM = """
import anthropic, telltale
{before}
telltale.init()
client = anthropic.Anthropic(base_url="{url}", api_key="k", max_retries=0{option})
ask = dict(model="claude-sonnet-4-6", max_tokens=64, messages=[dict(role="user", content="?")])
client.messages.create(**ask)
with client.messages.stream(**ask) as stream: stream.until_done()
client.messages.count_tokens(model="m", messages=ask["messages"])
{after}
"""


def _run(run_app: Run, collector: Any, server: Any, **places: str) -> CompletedProcess[str]:
    server.message(text("Paris."))
    server.stream(text("Paris."))
    server.reply(Reply(body={"input_tokens": 3}))
    code = _PROGRAM.format(url=server.url, **{"before": "", "option": "", "after": "", **places})
    return run_app(code, TELLTALE_ENDPOINT=collector.url)


def test_the_clients_own_spans_stay_quiet_where_they_would_double_ours(
    run_app: Run, collector: Any, anthropic_server: Any
) -> None:
    result = _run(run_app, collector, anthropic_server)
    assert (result.returncode, result.stderr) == (0, "")
    names = sorted(span.name for span in collector.spans)
    assert names == ["anthropic.messages.count_tokens", "chat claude-sonnet-4-6", "chat claude-sonnet-4-6"]


def test_a_platforms_module_that_has_moved_costs_that_platform_only(
    run_app: Run, collector: Any, anthropic_server: Any
) -> None:
    moved = "import sys; sys.modules['anthropic.lib.bedrock._beta_messages'] = None"
    result = _run(run_app, collector, anthropic_server, before=moved)
    assert result.returncode == 0
    assert "could not instrument anthropic.lib.bedrock._beta_messages" in result.stderr
    names = sorted(span.name for span in collector.spans)
    assert names == ["anthropic.messages.count_tokens", "chat claude-sonnet-4-6", "chat claude-sonnet-4-6"]


def test_requests_carry_the_trace_context_of_our_span(run_app: Run, collector: Any, anthropic_server: Any) -> None:
    _run(run_app, collector, anthropic_server)
    ids = {span.span_id.hex() for span in collector.spans if span.name.startswith("chat")}
    sent = [headers["traceparent"].split("-")[2] for headers in anthropic_server.headers[:2]]
    assert set(sent) == ids


def test_a_client_with_a_provider_of_its_own_goes_on_writing_there(
    run_app: Run, collector: Any, anthropic_server: Any
) -> None:
    result = _run(
        run_app,
        collector,
        anthropic_server,
        before="""
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
own, kept = TracerProvider(), InMemorySpanExporter()
own.add_span_processor(SimpleSpanProcessor(kept))
""",
        option=', open_telemetry={"tracer_provider": own}',
        after="print([span.name for span in kept.get_finished_spans()])",
    )
    assert result.stdout == f"{['anthropic.messages.create'] * 2 + ['anthropic.messages.count_tokens']}\n"
    assert sorted(span.name for span in collector.spans) == ["chat claude-sonnet-4-6"] * 2
