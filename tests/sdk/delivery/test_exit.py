"""However a process ends, finished spans are with the collector or on disk, and it does not take long."""

from __future__ import annotations

import signal
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = Counter({f"span {number}": 1 for number in range(50)})
WAYS = {
    "returns": 0,
    "sys.exit": 3,
    "raises": 1,
    "os._exit": 4,
    "SIGTERM": -signal.SIGTERM,
    "SIGHUP": -signal.SIGHUP,
    "SIGINT": -signal.SIGINT,
    "own SIGTERM": 7,
    "own SIGTERM before": 7,
    "daemon thread": 0,
}
EXIT_LIMIT_S = 2.0
START_S = 3.0


@pytest.mark.parametrize("way", WAYS)
def test_with_a_collector_every_way_out_delivers_all(
    apps: Any, collector: Any, names_in: Callable[..., Any], way: str
) -> None:
    app = apps.run(collector.url, "ends", way)
    assert app.process.returncode == WAYS[way], app.err
    assert ("own handler of SIGTERM" in app.out) == way.startswith("own")
    apps.deliver_what_is_left(collector.url)
    assert names_in(collector) == ALL


@pytest.mark.parametrize("way", WAYS)
def test_without_a_collector_every_way_out_keeps_all_for_the_next_process(
    apps: Any, collector: Any, names_in: Callable[..., Any], way: str
) -> None:
    collector.stop()
    app = apps.run(collector.url, "ends", way)
    assert app.process.returncode == WAYS[way], app.err
    assert apps.left()
    collector.start()
    apps.deliver_what_is_left(collector.url)
    assert names_in(collector) == ALL


@pytest.mark.parametrize("way", ["returns", "SIGTERM", "raises"])
def test_a_collector_that_hangs_delays_the_end_by_two_seconds_at_most(
    apps: Any, collector: Any, names_in: Callable[..., Any], record_figure: Callable[..., None], way: str
) -> None:
    collector.hangs.clear()
    began = time.monotonic()
    app = apps.run(collector.url, "ends", way)
    took_s = time.monotonic() - began
    record_figure(f"start, 50 spans and exit with a hanging collector, {way}", round(took_s, 2), "<= 3", "s")
    assert took_s < EXIT_LIMIT_S + START_S
    assert app.process.returncode == WAYS[way]
    collector.hangs.set()
    apps.deliver_what_is_left(collector.url)
    assert names_in(collector) == ALL


def test_the_next_process_says_nothing_of_what_it_sends_for_others(apps: Any, collector: Any) -> None:
    collector.stop()
    apps.run(collector.url, "ends", "returns")
    collector.start()
    app = apps.run(collector.url, "bystander")
    assert (app.out, app.err) == ("", "")
    assert len(collector.spans) == 50


def test_without_a_spool_what_cannot_be_sent_is_lost_and_said_so(apps: Any, collector: Any) -> None:
    collector.stop()
    app = apps.run(collector.url, "ends", "returns", TELLTALE_SPOOL="0")
    assert "50 spans or scores lost at exit" in app.err
    assert not apps.spool.exists()


def test_a_second_signal_ends_it_at_once(apps: Any, collector: Any, eventually: Callable[..., None]) -> None:
    collector.hangs.clear()
    with apps.start(collector.url, "steady", 100, 10) as app:
        app.first_line()
        app.first_line()
        app.process.send_signal(signal.SIGTERM)
        app.process.send_signal(signal.SIGTERM)
        eventually(lambda: app.process.poll() == -signal.SIGTERM)
