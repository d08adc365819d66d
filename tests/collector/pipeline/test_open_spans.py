"""Spans that are told of before they are over: the finished one has the last word, whatever comes first or again."""

import itertools
import time
from decimal import Decimal

import otlp
import pytest
from embedded_store import Store

from telltale_collector.decode import Media, check_logs, check_traces
from telltale_collector.model import Span, TraceSummary
from telltale_collector.pipeline.reprice import reprice
from telltale_collector.store.client import Client
from telltale_collector.store.filters import read_filter
from telltale_collector.wal import Record, Signal

S = 1_000_000_000
NOW = time.time_ns()
TOKENS = {"gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"}


@pytest.fixture
def store(client: Client, project: str) -> Store:
    return Store(client, project)


def told(finished: dict, after_s: int) -> dict:
    """The same span as it is told of while it is open: no answer yet, no usage."""
    known = {k: v for k, v in finished["attributes"].items() if k not in TOKENS and "output" not in k}
    return {**finished, "end": finished["start"] + after_s * S, "attributes": {**known, "telltale.open": True}}


def record(store: Store, at: int, *spans: dict) -> Record:
    payload = check_traces(otlp.traces_body(*spans), Media.PROTOBUF).payload
    return Record(at, Signal.TRACES, len(spans), store.project, payload)


def settle(store: Store, *records: Record) -> None:
    token = f"{store.project}-{records[0].received_at_ns}-{len(records)}"
    store.writer.write(store.settler.settle(records), token)


def stored(store: Store, sent: dict) -> tuple[TraceSummary, Span]:
    found = store.reader.trace(store.project, sent["trace_id"])
    (span,) = found.spans
    return found.trace, span


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_finished_span_holds_in_any_order_and_under_resends(
    store: Store, order: tuple[int, ...], together: bool
) -> None:
    finished = otlp.llm_span(start=NOW - 60 * S)
    versions = [told(finished, 10), told(finished, 20), finished]
    arrived = [record(store, NOW + at, versions[which]) for at, which in enumerate((*order, *order))]
    for batch in [arrived] if together else [[one] for one in arrived]:
        settle(store, *batch)
    summary, span = stored(store, finished)
    assert (span.is_open, span.end_time, span.input_tokens) == (False, finished["end"], 1000)
    assert (summary.open_spans, summary.last_sign, summary.llm_calls) == (0, None, 1)
    assert summary.cost_usd == span.cost_usd > Decimal(0)


def test_an_open_call_is_seen_and_costs_nothing_yet(store: Store) -> None:
    finished = otlp.llm_span(start=NOW - 60 * S)
    settle(store, record(store, NOW, told(finished, 10)))
    summary, span = stored(store, finished)
    assert (span.is_open, span.cost_usd, span.cost_source, span.input_tokens) == (True, None, None, None)
    assert (summary.open_spans, summary.last_sign) == (1, finished["start"] + 10 * S)
    assert (summary.unpriced_calls, summary.estimated_calls, summary.cost_usd) == (0, 0, None)


def test_the_later_sign_of_life_holds(store: Store) -> None:
    finished = otlp.llm_span(start=NOW - 60 * S)
    for at, after in ((1, 20), (2, 40)):
        settle(store, record(store, NOW + at, told(finished, after)))
    assert stored(store, finished)[0].last_sign == finished["start"] + 40 * S


def test_log_events_of_a_finished_span_do_not_bring_its_open_version_back(store: Store) -> None:
    finished = otlp.llm_span(start=NOW - 60 * S)
    settle(store, record(store, NOW, finished))
    event = {"event": "gen_ai.user.message", "body": {"content": "Weather?"}, "time": NOW}
    body = otlp.logs_body({**event, "trace_id": finished["trace_id"], "span_id": finished["span_id"]})
    logs = Record(NOW + 2, Signal.LOGS, 1, store.project, check_logs(body, Media.PROTOBUF).payload)
    settle(store, record(store, NOW + 1, told(finished, 10)), logs)
    assert stored(store, finished)[1].is_open is False


def test_an_open_span_lies_in_the_partition_of_its_finished_one(store: Store) -> None:
    open_, done = otlp.llm_span(start=NOW - 86_400 * S), otlp.llm_span(start=NOW - 86_400 * S)
    settle(store, record(store, NOW, told(open_, 10), done))
    found = store.reader.rows(store.project, read_filter({"from": "now-2d"}, NOW), limit=10, cursor=None)[0]
    assert len({row["partition_date"] for row in found}) == 1


def test_repricing_leaves_open_spans_as_they_are(store: Store) -> None:
    finished = otlp.llm_span(start=NOW - 60 * S)
    settle(store, record(store, NOW, told(finished, 10)))
    where = read_filter({"from": "now-1h"}, NOW)
    (total,) = reprice(store.reader, store.settler, store.writer, store.project, where, dry_run=False)
    assert (total.spans, total.changed) == (1, 0)
    settle(store, record(store, NOW + 1, finished))
    assert stored(store, finished)[1].is_open is False


@pytest.mark.parametrize("days", [-50, -20, 0, 20, 50])
def test_both_versions_are_in_one_partition_whenever_it_began(client: Client, store: Store, days: int) -> None:
    finished = otlp.llm_span(start=NOW + days * 86_400 * S)
    settle(store, record(store, NOW, told(finished, 10)))
    settle(store, record(store, NOW + 1, finished))
    rows = client.query(
        "SELECT DISTINCT partition_date FROM spans WHERE project = {project:String}", {"project": store.project}, {}
    )
    assert len(rows) == 1


def test_an_open_span_has_cost_nothing_yet_whatever_it_says(store: Store) -> None:
    finished = otlp.llm_span(start=NOW - 60 * S, attributes={"gen_ai.usage.cost": 0.5})
    settle(store, record(store, NOW, told(finished, 10)))
    _, span = stored(store, finished)
    assert (span.cost_usd, span.cost_source) == (None, None)
    settle(store, record(store, NOW + 1, finished))
    _, span = stored(store, finished)
    assert (span.cost_usd, span.cost_source) == (Decimal("0.5"), "provider")
