"""A trace that may be stored is always looked for; one that is certainly new nearly never."""

import uuid

import pytest

from telltale_collector.pipeline import known_traces
from telltale_collector.pipeline.known_traces import KnownTraces

HORIZON = 1_000


def ids(count: int) -> list[str]:
    return [uuid.uuid4().hex for _ in range(count)]


def test_a_trace_that_was_added_is_never_taken_for_new() -> None:
    known, added = KnownTraces(HORIZON), ids(20_000)
    known.add(("default", trace_id, 2_000) for trace_id in added)
    assert known.among("default", added, HORIZON) == added


def test_hardly_any_new_trace_is_looked_for() -> None:
    known = KnownTraces(HORIZON)
    known.add(("default", trace_id, 2_000) for trace_id in ids(20_000))
    assert len(known.among("default", ids(20_000), HORIZON)) < 20


def test_the_same_trace_id_in_another_project_is_another_trace() -> None:
    known, (trace_id,) = KnownTraces(HORIZON), ids(1)
    known.add([("default", trace_id, 2_000)])
    assert known.among("other", [trace_id], HORIZON) == []


def test_before_the_horizon_nothing_is_certain() -> None:
    unseen = ids(3)
    assert KnownTraces(HORIZON).among("default", unseen, HORIZON - 1) == unseen


def test_what_is_forgotten_moves_the_horizon_past_its_latest_span(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_traces, "_MOST_TRACES", 100)
    known, first = KnownTraces(HORIZON), ids(100)
    known.add(("default", trace_id, 5_000) for trace_id in first)
    later = ids(100)
    known.add(("default", trace_id, 6_000) for trace_id in later)
    assert set(known.among("default", first, 5_000)) == set(first)
    assert known.among("default", first, 5_001) == []
    assert known.among("default", later, 5_001) == later
