"""Clocks are wrong: those of the senders, and the collector's own, which also jumps while requests arrive."""

import os
import random
import time
from pathlib import Path

import otlp
import pytest
from collector_process import CollectorProcess
from figures import FigureRecorder
from oracle import Oracle, Senders, judge
from site_under_test import Site

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
YEAR = 365 * DAY
LAST_NS = 2**63 - 1
JUMPS = (-10 * YEAR, -DAY, -300 * SECOND, -1, 0, 1, 300 * SECOND, DAY, 10 * YEAR)
CLOCK_JUMPS = int(os.environ.get("TELLTALE_CLOCK_JUMPS", "12"))
SHIFTED_CLOCK = Path(__file__).parents[1] / "kit" / "shifted_clock"


def span_times() -> list[tuple[int, int]]:
    """Start and end: the ends of time, years off, every day of a year, and durations below nothing."""
    now = time.time_ns()
    pairs = [(0, 0), (1, 2), (0, LAST_NS), (LAST_NS, LAST_NS), (LAST_NS, 0), (now, now - DAY), (now, 0), (now, LAST_NS)]
    pairs += [(now + shift, now + shift + SECOND) for shift in (-10 * YEAR, -YEAR, -DAY, DAY, YEAR, 10 * YEAR)]
    return pairs + [(now + day * DAY, now + day * DAY + SECOND) for day in range(-183, 183)]


def test_spans_of_every_time_are_stored_as_they_came_and_open_few_partitions(
    site: Site, record_figure: FigureRecorder
) -> None:
    sent = [otlp.span("t", start=start, end=end) for start, end in span_times()]
    assert site.collector.send(otlp.traces_body(*sent)).status_code == 200
    site.collector.settle()
    asked = {"from": "1970-01-01", "limit": 1000, "fields": "span_id,duration_ns"}
    found = site.collector.get("/api/v1/spans", **asked)["spans"]
    for span in sent:
        if span["start"] == LAST_NS:  # lists end before the last nanosecond
            found += site.collector.get(f"/api/v1/traces/{span['trace_id']}")["spans"]
    durations = {span["span_id"]: span["duration_ns"] for span in found}
    wrong = [span for span in sent if durations.get(span["span_id"]) != span["end"] - span["start"]]
    partitions = int(site.engine.query("SELECT uniqExact(partition) FROM system.parts WHERE table = 'spans'"))
    record_figure("spans with wrong clocks lost or changed", len(wrong), "0")
    record_figure("partitions that one insert of a year's days opened", partitions, "<= 100")
    assert wrong == []
    assert len(found) == len(sent)
    assert partitions <= 2 * 90 + 1


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    made = tmp_path / "clock"
    made.write_text("0")
    return made


@pytest.fixture
def shifted(tmp_path: Path, clock: Path) -> CollectorProcess:
    """A collector whose clock is off by what the file says."""
    path = os.pathsep.join([str(SHIFTED_CLOCK), os.environ.get("PYTHONPATH", "")])
    return CollectorProcess(tmp_path / "data", environment={"PYTHONPATH": path, "SHIFTED_CLOCK": str(clock)})


def set_clock(clock: Path, shift_ns: int) -> None:
    beside = clock.with_suffix(".new")
    beside.write_text(str(shift_ns))
    beside.replace(clock)  # a reader sees the old time or the new one


def test_a_clock_that_jumps_while_spans_arrive_loses_and_doubles_nothing(
    shifted: CollectorProcess, clock: Path, chance: random.Random, record_figure: FigureRecorder
) -> None:
    oracle = Oracle()
    shifted.start()
    with Senders(oracle, shifted.url, clients=4, spans_per_s=500) as senders:
        for jump in range(CLOCK_JUMPS):
            set_clock(clock, JUMPS[jump % len(JUMPS)])
            senders.wait(chance.uniform(0.1, 0.5))
            if jump % 5 == 4:
                shifted.kill()
                shifted.start()
    set_clock(clock, 0)
    verdict = judge(shifted, oracle)
    arrived = shifted.client.get("/api/v1/ledger").json()
    shifted.stop()
    record_figure("jumps of the collector's clock", CLOCK_JUMPS)
    verdict.record(record_figure)
    assert len({hour["time"][:4] for hour in arrived["hours"]}) >= 3, "the collector never saw another year"
    assert verdict.is_clean, verdict


def test_what_completes_a_span_does_so_also_after_the_clock_stepped_back(
    shifted: CollectorProcess, clock: Path
) -> None:
    shifted.start()
    span = otlp.span("chat", attributes={"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"})
    assert shifted.send(otlp.traces_body(span)).status_code == 200
    shifted.settle()
    set_clock(clock, -300 * SECOND)
    details = {
        "event": "gen_ai.client.inference.operation.details",
        "trace_id": span["trace_id"],
        "span_id": span["span_id"],
        "attributes": {"gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 5},
    }
    assert shifted.send(otlp.logs_body(details), "logs").status_code == 200
    shifted.settle()
    (found,) = shifted.trace(span["trace_id"])["spans"]
    shifted.stop()
    assert (found["input_tokens"], found["output_tokens"]) == (7, 5)
