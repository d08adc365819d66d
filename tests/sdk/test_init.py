"""What init() sets up, in processes of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    Run = Callable[..., CompletedProcess[str]]

THREE_LINES = """
import telltale
telltale.init()
with telltale.span("answer") as span: span.set(input="q", output="a")
"""


def _names(collector: Any) -> list[str]:
    return sorted(span.name for span in collector.spans)


def test_a_second_init_changes_nothing(run_app: Run, collector: Any) -> None:
    result = run_app(
        """
import telltale
telltale.init()
telltale.init(endpoint="http://127.0.0.1:1", capture="none")
with telltale.span("answer") as span: span.set(input="kept")
""",
        TELLTALE_ENDPOINT=collector.url,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "kept" in str(collector.spans[0])


@pytest.mark.parametrize("name", ["TELLTALE_DISABLED", "OTEL_SDK_DISABLED"])
def test_the_environment_can_switch_it_off(run_app: Run, collector: Any, name: str) -> None:
    result = run_app(THREE_LINES, TELLTALE_ENDPOINT=collector.url, **{name: "true"})
    assert (result.returncode, result.stderr) == (0, "")
    assert collector.requests == []


def test_a_provider_that_the_application_has_set_stays_its_own(run_app: Run, collector: Any) -> None:
    result = run_app(
        """
import telltale
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
theirs = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(theirs))
trace.set_tracer_provider(provider)
telltale.init()
with trace.get_tracer("theirs").start_as_current_span("foreign"), telltale.span("ours"): pass
assert trace.get_tracer_provider() is provider
print([span.name for span in theirs.get_finished_spans()])
""",
        TELLTALE_ENDPOINT=collector.url,
    )
    assert (result.stdout, result.stderr) == ("['foreign']\n", "")
    assert _names(collector) == ["ours"]


def test_a_foreign_parent_that_is_not_sampled_does_not_take_our_spans_with_it(run_app: Run, collector: Any) -> None:
    result = run_app(
        """
import telltale
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
trace.set_tracer_provider(TracerProvider(sampler=ALWAYS_OFF))
telltale.init()
with trace.get_tracer("theirs").start_as_current_span("foreign"), telltale.span("ours"): pass
""",
        TELLTALE_ENDPOINT=collector.url,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert _names(collector) == ["ours"]


def test_opentelemetrys_resource_variables_are_honoured(run_app: Run, collector: Any) -> None:
    run_app(
        THREE_LINES,
        TELLTALE_ENDPOINT=collector.url,
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=stage,team=search",
        OTEL_SERVICE_NAME="shop",
    )
    (resource,) = collector.resources
    named = {key: resource[key] for key in ("service.name", "deployment.environment.name", "team")}
    assert named == {"service.name": "shop", "deployment.environment.name": "stage", "team": "search"}


def test_without_another_provider_ours_serves_other_instrumentations(run_app: Run, collector: Any) -> None:
    result = run_app(
        """
import telltale
from opentelemetry import trace
telltale.init(environment="test")
with telltale.context(session_id="s"):
    trace.get_tracer("http").start_span("GET /").end()
""",
        TELLTALE_ENDPOINT=collector.url,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert [(a.key, a.value.string_value) for a in collector.spans[0].attributes] == [("session.id", "s")]
    assert collector.resources[0]["deployment.environment.name"] == "test"
