"""Whatever a sender puts into a span, it is acknowledged, stored, and delays nobody."""

import itertools
import json
import time

import otlp
import pytest
from collector_process import CollectorProcess
from embedded_store import Store

from telltale_collector.model import TraceFilter
from telltale_collector.pipeline import duplicates
from telltale_collector.store.client import Client
from telltale_collector.store.usage import usage

DAY = 86_400_000_000_000
HOUR = 3_600_000_000_000


@pytest.fixture(params=[False, True], ids=["read here", "read ahead"])
def store(client: Client, project: str, request: pytest.FixtureRequest) -> Store:
    return Store(client, project, encoded=request.param)


HOSTILE = {
    "a million spaces to be counted": {
        "gen_ai.input.messages": json.dumps([{"role": "user", "content": " " * 1_000_000}])
    },
    "half an emoji": {"gen_ai.input.messages": '[{"role": "user", "content": "cut \\ud83d"}]'},
    "deep JSON": {"gen_ai.tool.call.arguments": "[" * 240 + "]" * 240},
    "deeper JSON": {"gen_ai.input.messages": "[" * 5000 + "]" * 5000},
    "a Python literal with a huge integer": {
        "gen_ai.input.messages": "[{'role': 'user', 'content': 1" + "0" * 30 + "}]"
    },
    "odd keys": {"gen_ai.input.messages": "[{('a', 1): 'x'}]", "gen_ai.tool.definitions": "[{1: 2}]"},
    "absurd tokens": {"gen_ai.usage.input_tokens": 2**62, "gen_ai.usage.output_tokens": 2**62},
    "absurd cost": {"gen_ai.usage.cost": 1e30, "operation.cost": 1e300},
    "negative cost": {"gen_ai.usage.cost": -5.0},
    "no numbers": {"gen_ai.usage.input_tokens": float("nan"), "gen_ai.request.temperature": float("inf")},
    "NUL and controls": {"gen_ai.request.model": "a\x00b", "user.id": "\u202e\x07", "": "empty key"},
    "odd tags and metadata": {"telltale.tags": [1, None, {"a": b"\x00"}], "telltale.metadata.x": {"y": [1]}},
    "odd documents": {
        "gen_ai.retrieval.documents": '[{"id": {"a": 1}, "score": "high", "metadata": {"1": [null]}}, 5]'
    },
}


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory):
    running = CollectorProcess(tmp_path_factory.mktemp("hostile") / "data").start()
    yield running
    running.stop()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_value_is_stored_and_shown_beside_the_others(collector: CollectorProcess, name: str) -> None:
    hostile = otlp.llm_span(attributes={"gen_ai.usage.input_tokens": "n/a", **HOSTILE[name]})
    good = otlp.span(trace_id=hostile["trace_id"])
    assert collector.send(otlp.traces_body(hostile, good)).status_code == 200
    assert len(collector.trace(hostile["trace_id"])["spans"]) == 2
    assert collector.client.get("/readyz").status_code == 200
    assert collector.client.get(f"/traces/{hostile['trace_id']}").status_code == 200
    assert "telltale_dead_letters_total 0.0" in collector.client.get("/metrics").text


def test_half_an_emoji_in_a_json_body_costs_that_character_alone(collector: CollectorProcess) -> None:
    trace_id = otlp.new_trace_id()
    span = '{"traceId": "%s", "spanId": "%s", "name": "cut \\ud83d", "startTimeUnixNano": "1"}'
    body = '{"resourceSpans": [{"scopeSpans": [{"spans": [%s]}]}]}' % (span % (trace_id, otlp.new_span_id()))
    assert collector.send(body.encode(), content_type="application/json").status_code == 200
    assert collector.trace(trace_id)["spans"][0]["name"] == "cut \ufffd"


def test_a_batch_from_many_days_is_stored(store: Store) -> None:
    now = time.time_ns()
    store.add(*(otlp.span(start=now + day * DAY) for day in range(-170, 85)))
    assert store.reader.stats(store.project).spans == 255


def test_a_long_trace_of_a_server_that_repeats_its_response_id_is_not_compared_pair_by_pair(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = 0
    real = duplicates._is_same_call

    def counting(*pair: object) -> bool:
        nonlocal compared
        compared += 1
        return real(*pair)

    monkeypatch.setattr(duplicates, "_is_same_call", counting)
    trace_id = otlp.new_trace_id()
    ids = [otlp.new_span_id() for _ in range(3000)]
    chain = [
        otlp.llm_span(trace_id=trace_id, span_id=own, parent=above, attributes={"gen_ai.response.id": "always"})
        for own, above in zip(ids, [None, *ids], strict=False)
    ]
    store.add(*chain)
    assert compared < 3000
    assert store.reader.stats(store.project).spans == 3000


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_plain_span_between_wrapper_and_call_is_seen_whenever_it_comes(store: Store, order: tuple[int, ...]) -> None:
    trace_id, now = otlp.new_trace_id(), time.time_ns()
    wrapper = otlp.llm_span(trace_id=trace_id, start=now, attributes={"session.id": "s"})
    between = otlp.span(trace_id=trace_id, parent=wrapper["span_id"], start=now + 1)
    call = otlp.llm_span(trace_id=trace_id, parent=between["span_id"], start=now + 2)
    for at in order:
        store.add([wrapper, between, call][at])
    rows = usage(store.reader, store.project, TraceFilter(), ["session_id"], None)
    assert [(row["session_id"], row["calls"]) for row in rows] == [("s", 1)]


def test_a_span_that_comes_again_with_another_start_is_still_one_span(store: Store) -> None:
    first = otlp.llm_span()
    again = {**first, "start": first["start"] - HOUR, "end": first["end"] - HOUR}
    store.add(first)
    store.add(again)
    assert store.reader.stats(store.project).spans == 1
    (trace,) = store.traces().traces
    assert (trace.llm_calls, trace.start_time) == (1, again["start"])


def test_a_wrapper_that_alone_knows_the_usage_counts_for_all_calls_inside(store: Store) -> None:
    bare = {"gen_ai.usage.input_tokens": "n/a", "gen_ai.usage.output_tokens": "n/a"}
    wrapper = otlp.llm_span()
    inside = [otlp.llm_span(trace_id=wrapper["trace_id"], parent=wrapper["span_id"], attributes=bare) for _ in range(2)]
    store.add(wrapper, *inside)
    (trace,) = store.traces().traces
    assert (trace.llm_calls, trace.input_tokens) == (1, 1000)


def test_a_long_agent_gives_its_session_to_calls_of_hours_ago(store: Store) -> None:
    trace_id, root, now = otlp.new_trace_id(), otlp.new_span_id(), time.time_ns()
    begin = now - 5 * HOUR
    for at in range(3):
        store.add(otlp.llm_span(trace_id=trace_id, parent=root, start=begin + at * HOUR + 1))
    store.add(otlp.span(trace_id=trace_id, span_id=root, start=begin, end=now, attributes={"session.id": "long"}))
    rows = usage(store.reader, store.project, TraceFilter(), ["session_id"], None)
    assert [(row["session_id"], row["calls"]) for row in rows] == [("long", 3)]
