"""Each fault: found where it is, with its evidence and the line that mends it; not found where it is not."""

import json
import time
from decimal import Decimal
from pathlib import Path

import otlp
import pytest
import yaml

from telltale_collector.checkup import SEVERITIES, faults
from telltale_collector.enrich import load_user_prices
from telltale_collector.errors import StartError
from telltale_collector.store.named import query_text
from telltale_collector.wal import Signal

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
OPENLLMETRY = "opentelemetry.instrumentation.openai.v1"
OPENINFERENCE = "openinference.instrumentation.openai"


def pair(healthy_call, **inner: object) -> tuple[dict, dict]:
    """A call and, around it, a second span for the same call."""
    outer = healthy_call()
    start = outer["start"] + 1_000
    call = healthy_call(trace_id=outer["trace_id"], parent=outer["span_id"], start=start, **inner)
    return outer, call


# --- what all have ----------------------------------------------------------------------------------------------------


def test_the_faults_are_found_by_their_files() -> None:
    assert [fault.name for fault in faults()] == [
        "missing_model",
        "unknown_dialect",
        "unpriced_models",
        "clock_skew",
        "double_instrumentation",
        "missing_content",
        "orphans",
        "streams_without_usage",
        "missing_max_tokens",
    ]


@pytest.mark.parametrize("fault", faults(), ids=lambda fault: fault.name)
def test_a_fault_is_told_in_full(fault) -> None:
    assert fault.severity in SEVERITIES
    assert fault.query == f"checkup_{fault.name}"
    assert len(fault.why) > 100
    assert fault.why.endswith(".")
    text = query_text(fault.query)
    for parameter in ("{project:String}", "{from_time:Int64}", "{to_time:Int64}", "FINAL"):
        assert parameter in text


def test_a_healthy_application_has_no_fault(patient, healthy_call) -> None:
    start = time.time_ns() - 5 * MINUTE
    root = otlp.span("answer", attributes={"telltale.span.kind": "chain"}, start=start)
    call = healthy_call(trace_id=root["trace_id"], parent=root["span_id"], start=start + 1)
    patient.receive(root, call, ago_ns=2 * MINUTE)
    assert patient.faults() == {}


def test_an_empty_project_has_no_fault(patient) -> None:
    assert patient.faults() == {}


def test_only_spans_of_the_time_range_and_project_count(client, patient, healthy_call) -> None:
    old = healthy_call({"gen_ai.request.max_tokens": None}, start=time.time_ns() - 60 * MINUTE)
    new = healthy_call({"gen_ai.request.max_tokens": None})
    patient.add(old, new)
    assert patient.faults()["missing_max_tokens"].count == 2
    finding = patient.faults(from_time=time.time_ns() - 30 * MINUTE)["missing_max_tokens"]
    assert (finding.count, finding.examples) == (1, [new["trace_id"]])
    other = type(patient)(client, f"{patient.project}-other")
    assert other.faults() == {}


def test_a_span_sent_again_counts_once(patient, healthy_call) -> None:
    call = healthy_call({"gen_ai.request.max_tokens": None})
    for _ in range(3):
        patient.add(call)
    assert patient.faults()["missing_max_tokens"].count == 1


def test_at_most_three_examples_are_given_the_newest_first(patient, healthy_call) -> None:
    now = time.time_ns()
    calls = [healthy_call({"gen_ai.request.max_tokens": None}, start=now - at * MINUTE) for at in range(1, 6)]
    patient.add(*calls)
    found = patient.faults()["missing_max_tokens"]
    assert found.examples == [call["trace_id"] for call in calls[:3]]
    assert (found.count, found.looked_at, found.share) == (5, 5, 1.0)


@pytest.mark.parametrize("start", [0, 1, 4_102_444_800 * SECOND, 2**63 - 1])
def test_hostile_times_break_no_query(patient, healthy_call, start: int) -> None:
    patient.add(healthy_call(start=start, end=start), healthy_call(start=start, end=0))
    assert set(patient.faults()) <= {"clock_skew"}


# --- double instrumentation -------------------------------------------------------------------------------------------


def test_two_instrumentations_on_one_client_are_named_with_the_one_to_switch_off(patient, healthy_call) -> None:
    outer, call = pair(healthy_call)
    patient.add(outer, scope=OPENINFERENCE)
    patient.add(call, scope=OPENLLMETRY)
    patient.add(healthy_call(), scope=OPENLLMETRY)
    found = patient.faults()["double_instrumentation"]
    assert (found.count, found.looked_at) == (1, 3)
    (group,) = found.groups
    assert group.told_by == {
        "counted_scope": OPENLLMETRY,
        "copy_scope": OPENINFERENCE,
        "service": "test-app",
        "not_counted_usd": Decimal("0.00021"),
    }
    assert group.mend.startswith("export OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=openai ")
    assert "openinference-instrumentation-openai" in group.mend
    assert group.examples == [outer["trace_id"]]


@pytest.mark.parametrize("counted", ["pydantic-ai", "openinference.instrumentation.anthropic", "my.own.wrapper"])
def test_a_client_that_traces_itself_is_told_not_to(patient, healthy_call, counted: str) -> None:
    outer, call = pair(healthy_call)
    patient.add(outer, scope="com.anthropic.sdk.python")
    patient.add(call, scope=counted)
    assert patient.faults()["double_instrumentation"].mend == "export ANTHROPIC_OPEN_TELEMETRY=false"


def test_a_framework_is_never_switched_off_for_a_client(patient, healthy_call) -> None:
    outer, call = pair(healthy_call)
    patient.add(outer, scope="my.own.wrapper")
    patient.add(call, scope="pydantic-ai")
    assert patient.faults()["double_instrumentation"].mend.startswith("# remove the instrumentation of my.own.wrapper")


def test_of_a_framework_and_its_client_the_clients_instrumentation_is_switched_off(patient, healthy_call) -> None:
    outer, call = pair(healthy_call)
    patient.add(outer, scope="openinference.instrumentation.langchain")
    patient.add(call, scope=OPENLLMETRY)
    assert patient.faults()["double_instrumentation"].mend.startswith(
        "Traceloop.init(block_instruments={Instruments.OPENAI})"
    )


@pytest.mark.parametrize(
    ("scope", "line"),
    [
        ("telltale", "telltale.init(instrument=False)"),
        ("langfuse-sdk", "from openai import OpenAI  # in place of: from langfuse.openai import OpenAI"),
        ("ai", "experimental_telemetry: { isEnabled: false }"),
        ("openlit.openai", 'openlit.init(disabled_instrumentors=["openai"])'),
        ("logfire.openai", "# remove logfire.instrument_openai()"),
        ("my.own.wrapper", "Traceloop.init(block_instruments={Instruments.OPENAI})"),
    ],
)
def test_each_library_has_its_own_switch(patient, healthy_call, scope: str, line: str) -> None:
    outer, call = pair(healthy_call)
    patient.add(outer, scope=scope)
    patient.add(call, scope=OPENLLMETRY)
    assert patient.faults()["double_instrumentation"].mend.startswith(line)


def test_two_wrappers_without_a_known_switch_are_named(patient, healthy_call) -> None:
    outer, call = pair(healthy_call)
    patient.add(outer, scope="my.wrapper")
    patient.add(call, scope="my.client")
    mend = patient.faults()["double_instrumentation"].mend
    assert "my.wrapper" in mend
    assert "my.client" in mend


def test_the_two_spans_of_a_call_may_lie_in_two_traces(patient, healthy_call) -> None:
    same = {"gen_ai.response.id": "chatcmpl-two-traces"}
    now = time.time_ns()
    patient.add(healthy_call(same, start=now, end=now + SECOND), scope="com.anthropic.sdk.python")
    patient.add(healthy_call(same, start=now + 1000, end=now + SECOND - 1000), scope="telltale")
    found = patient.faults()["double_instrumentation"]
    assert (found.count, found.mend) == (1, "telltale.init(instrument=False)")


def test_a_library_that_wraps_its_own_call_is_not_at_fault(patient, healthy_call) -> None:
    patient.add(*pair(healthy_call), scope="ai")
    assert "double_instrumentation" not in patient.faults()


# --- streams ----------------------------------------------------------------------------------------------------------

UNCOUNTED = {
    "gen_ai.request.stream": True,
    "gen_ai.usage.input_tokens": None,
    "gen_ai.usage.output_tokens": None,
}


def test_streams_whose_tokens_are_a_guess_are_found(patient, healthy_call) -> None:
    patient.add(healthy_call(UNCOUNTED), healthy_call({"gen_ai.request.stream": True}), healthy_call())
    found = patient.faults()["streams_without_usage"]
    assert (found.count, found.looked_at, found.share) == (1, 2, 0.5)
    assert found.groups[0].told_by["estimated"] == 1
    assert 'stream_options={"include_usage": True}' in found.mend


def test_a_stream_with_neither_usage_nor_words_is_found_too(patient, healthy_call) -> None:
    patient.add(healthy_call({**UNCOUNTED, "gen_ai.input.messages": None, "gen_ai.output.messages": None}))
    assert patient.faults()["streams_without_usage"].groups[0].told_by["estimated"] == 0


@pytest.mark.parametrize(
    ("attributes", "fields"),
    [({"telltale.stream.cancelled": True}, {}), ({}, {"status": (2, "broke")}), ({"telltale.cache.hit": True}, {})],
)
def test_streams_that_could_have_no_usage_are_not_at_fault(patient, healthy_call, attributes: dict, fields) -> None:
    patient.add(healthy_call({**UNCOUNTED, **attributes}, **fields))
    assert "streams_without_usage" not in patient.faults()


@pytest.mark.parametrize(
    ("scope", "provider", "says"),
    [
        ("openinference.instrumentation.langchain", "openai", "ChatOpenAI(stream_usage=True)"),
        ("openinference.instrumentation.llama_index", "openai", "additional_kwargs"),
        ("ai", "openai", "includeUsage: true"),
        ("x", "anthropic", "get_final_message()"),
        ("x", "aws.bedrock", '"metadata"'),
        ("x", "gcp.gemini", "usage_metadata"),
        ("x", "openai_compatible", "include_usage"),
    ],
)
def test_a_stream_is_mended_where_its_request_is_made(patient, healthy_call, scope, provider, says: str) -> None:
    patient.add(healthy_call({**UNCOUNTED, "gen_ai.provider.name": provider}), scope=scope)
    assert says in patient.faults()["streams_without_usage"].mend


def test_recorded_streams_without_usage_are_found(patient, otlp_fixtures: Path) -> None:
    cases = sorted(otlp_fixtures.glob("*/chat_stream_nousage/traces.pb"))
    assert len(cases) >= 4
    patient.add_bodies(*((Signal.TRACES, case.read_bytes()) for case in cases))
    found = patient.faults()["streams_without_usage"]
    assert found.count >= len(cases)
    assert all(group.mend for group in found.groups)


# --- orphans ----------------------------------------------------------------------------------------------------------


def orphan(**fields: object) -> dict:
    return otlp.span("step", parent=otlp.new_span_id(), start=time.time_ns() - 5 * MINUTE, **fields)


def test_a_span_whose_parent_never_came_is_found_after_a_minute(patient) -> None:
    lost, root = orphan(), otlp.span("answer", start=time.time_ns() - 5 * MINUTE)
    child = otlp.span("step", trace_id=root["trace_id"], parent=root["span_id"], start=root["start"])
    patient.receive(lost, root, child, ago_ns=2 * MINUTE)
    found = patient.faults()["orphans"]
    assert (found.count, found.looked_at, found.examples) == (1, 2, [lost["trace_id"]])
    assert found.groups[0].told_by["missing_parents"] == 1
    assert "OTEL_BSP_MAX_QUEUE_SIZE" in found.mend


def test_a_parent_that_is_still_running_is_waited_for(patient) -> None:
    patient.receive(orphan(), ago_ns=10 * SECOND)
    early = orphan()
    later = otlp.span("next step", trace_id=early["trace_id"], parent=early["parent"], start=early["start"])
    patient.receive(early, ago_ns=10 * MINUTE)
    patient.receive(later, ago_ns=0)
    assert "orphans" not in patient.faults()


def test_a_parent_before_the_time_range_is_no_missing_one(patient) -> None:
    now = time.time_ns()
    root = otlp.span("answer", start=now - 90 * MINUTE, end=now - 50 * MINUTE)
    child = otlp.span("step", trace_id=root["trace_id"], parent=root["span_id"], start=now - 55 * MINUTE)
    patient.receive(root, child, ago_ns=49 * MINUTE)
    assert "orphans" not in patient.faults(from_time=now - 60 * MINUTE)


@pytest.mark.parametrize(
    ("kind", "scope", "says"),
    [
        (2, "http", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        (1, "telltale", "provider.add_span_processor("),
        (1, "http", "test-app loses spans"),
    ],
)
def test_where_the_parent_was_tells_what_to_mend(patient, kind: int, scope: str, says: str) -> None:
    patient.receive(orphan(kind=kind), scope=scope, ago_ns=2 * MINUTE)
    assert says in patient.faults()["orphans"].mend


@pytest.mark.parametrize(("flags", "is_remote"), [(0x100, False), (0x300, True)])
def test_the_senders_word_on_a_remote_parent_comes_before_the_kind(patient, flags: int, is_remote) -> None:
    request = otlp.traces_request(orphan(kind=2 if not is_remote else 1))
    request.resource_spans[0].scope_spans[0].spans[0].flags = flags
    patient.receive_body(request.SerializeToString(), ago_ns=2 * MINUTE)
    assert patient.faults()["orphans"].groups[0].told_by["is_remote"] == is_remote


# --- content ----------------------------------------------------------------------------------------------------------

WORDLESS = {"gen_ai.input.messages": None, "gen_ai.output.messages": None}


@pytest.mark.parametrize(
    ("scope", "line"),
    [
        ("telltale", 'telltale.init(capture="full")'),
        ("opentelemetry.instrumentation.genai.openai", "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY"),
        ("opentelemetry.instrumentation.openai_v2", "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true"),
        (OPENLLMETRY, "export TRACELOOP_TRACE_CONTENT=true"),
        (OPENINFERENCE, "OPENINFERENCE_HIDE_INPUTS=false"),
        ("ai", "recordInputs: true, recordOutputs: true }"),
        ("pydantic-ai", "include_content=True"),
        ("com.anthropic.sdk.python", "export ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE=content"),
        ("my.wrapper", 'span.set_attribute("gen_ai.input.messages"'),
    ],
)
def test_calls_without_words_are_mended_by_the_switch_of_their_library(patient, healthy_call, scope, line) -> None:
    patient.add(healthy_call(WORDLESS), healthy_call(), scope=scope)
    found = patient.faults()["missing_content"]
    assert (found.count, found.looked_at) == (1, 2)
    assert (found.groups[0].told_by["without_input"], found.groups[0].told_by["without_output"]) == (1, 1)
    assert line in found.mend


def test_a_dialect_tells_the_library_where_the_scope_does_not(patient) -> None:
    attributes = {"openinference.span.kind": "LLM", "llm.model_name": "gpt-4o-mini"}
    patient.add(otlp.span("call", attributes=attributes), scope="my.tracer")
    assert "OPENINFERENCE_HIDE_INPUTS=false" in patient.faults()["missing_content"].mend


def test_calls_that_were_not_answered_need_no_answer(patient, healthy_call) -> None:
    patient.add(
        healthy_call(WORDLESS, status=(2, "refused")),
        healthy_call({"gen_ai.output.messages": None, "telltale.stream.cancelled": True}),
    )
    assert "missing_content" not in patient.faults()


def test_an_answer_of_tool_calls_alone_is_an_answer(patient, healthy_call) -> None:
    call = {"type": "tool_call", "id": "1", "name": "search", "arguments": {}}
    answer = json.dumps([{"role": "assistant", "parts": [call]}])
    patient.add(healthy_call({"gen_ai.output.messages": answer}))
    assert "missing_content" not in patient.faults()


# --- prices -----------------------------------------------------------------------------------------------------------

HOME_MADE = {"gen_ai.request.model": "home-made:7b", "gen_ai.response.model": "home-made:7b"}


def test_an_unpriced_model_comes_with_its_tokens_and_a_row_for_the_price_file(patient, healthy_call, tmp_path) -> None:
    patient.add(healthy_call(HOME_MADE), healthy_call(HOME_MADE), healthy_call())
    found = patient.faults()["unpriced_models"]
    assert (found.count, found.looked_at) == (2, 3)
    (group,) = found.groups
    assert group.told_by == {
        "provider": "openai",
        "model": "home-made:7b",
        "without_usage": 0,
        "input_tokens": 2000,
        "output_tokens": 200,
    }
    (row,) = yaml.safe_load(f"prices:\n{found.mend}\n")["prices"]
    assert (row["model"], row["provider"]) == ("home-made:7b", "openai")
    path = tmp_path / "prices.yaml"
    path.write_text(f"prices:\n{found.mend}\n")
    with pytest.raises(StartError, match="not a number"):  # pasted without a price it is refused, never taken as $0
        load_user_prices(path)
    path.write_text(f"prices:\n{found.mend.replace('PRICE', '0.5')}\n")
    assert len(load_user_prices(path).rows) == 1


def test_rows_of_several_models_are_pasted_together(patient, healthy_call) -> None:
    for name in ("one", 'two "quoted": #3'):
        patient.add(healthy_call({"gen_ai.request.model": name, "gen_ai.response.model": name}))
    mend = patient.faults()["unpriced_models"].mend
    rows = yaml.safe_load(f"prices:\n{mend}\n")["prices"]
    assert {row["model"] for row in rows} == {"one", 'two "quoted": #3'}


def test_where_the_tokens_are_missing_no_price_is_asked_for(patient, healthy_call) -> None:
    patient.add(healthy_call({**WORDLESS, **UNCOUNTED}))
    (group,) = patient.faults()["unpriced_models"].groups
    assert group.told_by["without_usage"] == 1
    assert group.mend.startswith("# no price would help")


# --- clocks -----------------------------------------------------------------------------------------------------------


def test_a_span_that_ends_before_it_starts_is_found(patient, healthy_call) -> None:
    now = time.time_ns()
    patient.add(healthy_call(start=now, end=now - 5 * SECOND), resource={"host.name": "web-1"})
    found = patient.faults()["clock_skew"]
    assert found.groups[0].told_by == {
        "symptom": "ends before it starts",
        "service": "test-app",
        "host": "web-1",
        "skew_ns": 5 * SECOND,
    }
    assert "on web-1" in found.mend


def test_a_span_from_the_future_is_found_whatever_the_time_range(patient, healthy_call) -> None:
    now = time.time_ns()
    patient.add(healthy_call(start=now + 60 * MINUTE), healthy_call(start=now + 20 * SECOND))
    found = patient.faults(from_time=now - MINUTE, to_time=now + MINUTE)["clock_skew"]
    assert (found.count, found.groups[0].told_by["symptom"]) == (1, "starts after it was received")


@pytest.mark.parametrize(
    ("offset", "service", "kind", "is_found"),
    [
        (-2 * SECOND, "other", 2, True),
        (-SECOND // 2, "other", 2, False),
        (-2 * SECOND, "caller", 2, False),
        (13 * SECOND, "other", 2, True),
        (13 * SECOND, "other", 5, False),
    ],
)
def test_a_child_in_another_service_lies_within_a_second_of_its_parent(
    patient, offset: int, service: str, kind: int, is_found: bool
) -> None:
    start = time.time_ns() - 5 * MINUTE
    parent = otlp.span("call", start=start, end=start + 10 * SECOND)
    child = otlp.span("serve", trace_id=parent["trace_id"], parent=parent["span_id"], start=start + offset, kind=kind)
    patient.add(parent, resource={"service.name": "caller"})
    patient.add(child, resource={"service.name": service})
    found = patient.faults().get("clock_skew")
    assert (found is not None) is is_found
    if found is not None:
        assert found.groups[0].told_by["service"] == "other"


def test_a_span_that_has_not_ended_is_not_skewed(patient, healthy_call) -> None:
    patient.add(healthy_call(end=0))
    assert "clock_skew" not in patient.faults()


# --- models, limits, dialects -----------------------------------------------------------------------------------------


def test_a_call_that_names_no_model_is_found(patient, healthy_call) -> None:
    nameless = {"gen_ai.request.model": None, "gen_ai.response.model": None}
    patient.add(healthy_call(nameless), healthy_call(), scope="my.client")
    found = patient.faults()["missing_model"]
    assert (found.count, found.looked_at) == (1, 2)
    assert found.mend == 'span.set_attribute("gen_ai.request.model", model)  # on the llm spans of scope my.client'
    assert "unpriced_models" not in patient.faults()


@pytest.mark.parametrize(
    ("longest", "provider", "line"),
    [
        (100, "x", "max_tokens=256"),
        (1000, "x", "max_tokens=2048"),
        (1024, "x", "max_tokens=2048"),
        (100, "openai", "max_completion_tokens=256"),
        (100, "aws.bedrock", 'inferenceConfig={"maxTokens": 256}'),
    ],
)
def test_a_limit_leaves_room_for_twice_the_longest_answer(patient, healthy_call, longest, provider, line) -> None:
    attributes = {"gen_ai.request.max_tokens": None, "gen_ai.usage.output_tokens": longest}
    patient.add(healthy_call({**attributes, "gen_ai.provider.name": provider}), healthy_call())
    found = patient.faults()["missing_max_tokens"]
    assert (found.count, found.looked_at, found.fault.severity) == (1, 2, "info")
    assert found.mend.startswith(line)


@pytest.mark.parametrize(
    "key", ["llm.something.new", "gen_ai.unheard.of", "traceloop.new", "langfuse.new", "ai.unheard.of", "mlflow.new"]
)
def test_a_span_that_only_looks_like_a_call_is_reported(patient, key: str) -> None:
    strange = otlp.span("strange", attributes={key: "x", "http.method": "GET"})
    patient.add(strange, otlp.span("plain", attributes={"http.method": "GET"}), scope="new.library")
    found = patient.faults()["unknown_dialect"]
    assert (found.count, found.looked_at) == (1, 2)
    assert found.groups[0].told_by["attributes_seen"] == [key]
    assert strange["trace_id"] in found.mend
    assert "scope new.library" in found.mend


@pytest.mark.parametrize(
    "key",
    [
        "gen_ai.conversation.id",
        "gen_ai.agent.name",
        "traceloop.association.properties.user_id",
        "traceloop.workflow.name",
        "langfuse.trace.name",
        "langfuse.environment",
        "aim.score",
        "llmx.y",
    ],
)
def test_what_libraries_put_onto_every_span_makes_it_no_call(patient, key: str) -> None:
    patient.add(otlp.span("GET /", attributes={key: "x"}))
    assert "unknown_dialect" not in patient.faults()


def test_recorded_data_of_known_libraries_is_understood(patient, otlp_fixtures: Path) -> None:
    bodies = sorted(otlp_fixtures.glob("*/*/traces*.pb"))
    assert bodies
    patient.add_bodies(*((Signal.TRACES, body.read_bytes()) for body in bodies))
    assert "unknown_dialect" not in patient.faults()
