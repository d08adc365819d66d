"""Spans that are told of while they run."""

from __future__ import annotations

import gc
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.trace import TracerProvider

from telltale._heartbeat import Heartbeats, first_sign_s

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    from opentelemetry.sdk.trace import ReadableSpan

    Run = Callable[..., CompletedProcess[str]]


class Clock:
    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        patch.setattr("telltale._heartbeat.time.monotonic", lambda: self.now)

    def told_at(self, heartbeats: Heartbeats, until: float) -> list[float]:
        """The seconds, up to ``until``, at which something was told."""
        told: list[float] = []
        while self.now < until:
            self.now += 0.5
            heartbeats.tell(lambda _: told.append(self.now))
        return told


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def _watched(first_s: float = 10.0, **options: Any) -> tuple[Heartbeats, Any]:
    heartbeats = Heartbeats(first_s, **options)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(heartbeats)
    return heartbeats, provider.get_tracer("tests")


def test_signs_come_at_growing_distances_of_at_most_five_minutes(clock: Clock) -> None:
    heartbeats, tracer = _watched()
    span = tracer.start_span("long")
    told = clock.told_at(heartbeats, 2000)
    distances = [round(later - earlier) for earlier, later in itertools.pairwise(told)]
    assert 10 <= told[0] <= 11
    assert all(a - 2 <= b for a, b in itertools.pairwise(distances))
    assert max(distances) <= 302
    assert len(told) <= 11
    span.end()
    assert clock.told_at(heartbeats, 3000) == []


def test_a_span_is_told_of_as_it_stands_and_stays_as_it_is(clock: Clock) -> None:
    heartbeats, tracer = _watched()
    told: list[ReadableSpan] = []
    span = tracer.start_span("long", attributes={"a": 1})
    clock.now = 11
    heartbeats.tell(told.append)
    span.set_attribute("b", 2)
    (sign,) = told
    assert sign.attributes == {"a": 1, "telltale.open": True}
    assert (sign.context, sign.name, sign.start_time) == (span.context, "long", span.start_time)
    assert sign.end_time is not None
    assert span.end_time is None
    assert dict(span.attributes) == {"a": 1, "b": 2}


def test_short_spans_forgotten_ones_and_those_of_an_outage_are_not_told_of(clock: Clock) -> None:
    delivering = [False]
    heartbeats, tracer = _watched(can_tell=lambda: delivering[0])
    tracer.start_span("short").end()
    forgotten = tracer.start_span("forgotten")
    del forgotten
    gc.collect()
    span = tracer.start_span("long")
    assert clock.told_at(heartbeats, 60) == []
    delivering[0] = True
    assert len(clock.told_at(heartbeats, 62)) == 1
    span.end()


@pytest.mark.parametrize(("text", "seconds"), [("", 10), ("2.5", 2.5), ("0", 0), ("-1", 10), ("soon", 10), ("nan", 10)])
def test_the_first_sign_can_be_moved(text: str, seconds: float) -> None:
    assert first_sign_s({"TELLTALE_HEARTBEAT_S": text}) == seconds


APP = """
import os, sys, time, telltale
telltale.init()
with telltale.span("outer") as outer:
    outer.set(input="question")
    with telltale.span("short"): pass
    if sys.platform != "win32" and os.fork() == 0:
        with telltale.span("child"): time.sleep(0.6)
        telltale.flush(5)
        os._exit(0)
    time.sleep(0.6)
    os.wait()
"""


def _open(span: Any) -> bool:
    return any(a.key == "telltale.open" and a.value.bool_value for a in span.attributes)


def test_an_application_tells_of_its_own_open_spans_and_then_of_their_end(run_app: Run, collector: Any) -> None:
    result = run_app(APP, TELLTALE_ENDPOINT=collector.url, TELLTALE_HEARTBEAT_S="0.2")
    assert (result.returncode, result.stderr) == (0, "")
    seen = {(span.name, _open(span)) for span in collector.spans}
    assert seen == {("outer", True), ("outer", False), ("short", False), ("child", True), ("child", False)}
    by_end = sorted((s for s in collector.spans if s.name == "outer"), key=lambda s: s.end_time_unix_nano)
    assert [_open(span) for span in by_end] == [True] * (len(by_end) - 1) + [False]
    assert len({(span.trace_id, span.span_id) for span in by_end}) == 1


def test_signs_of_life_can_be_switched_off(run_app: Run, collector: Any) -> None:
    run_app(APP, TELLTALE_ENDPOINT=collector.url, TELLTALE_HEARTBEAT_S="0")
    assert sorted((span.name, _open(span)) for span in collector.spans) == [
        ("child", False),
        ("outer", False),
        ("short", False),
    ]


FORK = """
import os, threading, time, telltale
from opentelemetry.attributes import BoundedAttributes
telltale.init(instrument=False)
look, looking = BoundedAttributes.__iter__, threading.Event()
def slowly(attributes):
    if threading.current_thread().name != "telltale-spool":
        return look(attributes)
    with attributes._lock:
        looking.set()
        time.sleep(0.2)
        return iter(list(attributes._dict))
BoundedAttributes.__iter__ = slowly
with telltale.span("outer") as outer:
    outer.set(metadata={"first": 1})
    assert looking.wait(10)
    if os.fork() == 0:
        outer.set(metadata={"second": 2})
        os._exit(0)
    assert os.wait()[1] == 0
"""


def test_a_child_that_is_forked_while_its_open_span_is_told_of_goes_on_with_it(run_app: Run, collector: Any) -> None:
    result = run_app(FORK, TELLTALE_ENDPOINT=collector.url, TELLTALE_HEARTBEAT_S="0.2")
    assert (result.returncode, result.stderr) == (0, "")
