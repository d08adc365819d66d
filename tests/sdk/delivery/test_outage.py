"""The collector is away, hangs or loses its answers while the application goes on: nothing is lost, nothing doubles."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
from chaos_proxy import NO_FAULTS, ChaosProxy, Faults
from process_memory import peak_mib, resident_mib

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector_process import CollectorProcess

OUTAGE_S = float(os.environ.get("TELLTALE_SDK_OUTAGE_S", "4"))
RATES = [20, 200, 1000] if OUTAGE_S >= 60 else [200]
OUTAGES = {
    "refuses": Faults(refuse=True),
    "hangs": Faults(hang=True),
    "loses its answers": Faults(lose_answer=lambda _: True),
    "answers by halves": Faults(cut_answered=20),
}


def _lines(app: Any, for_s: float) -> None:
    until = time.monotonic() + for_s
    while time.monotonic() < until:
        app.first_line()


def _ids(app: Any) -> set[str]:
    return {line.split()[0] for line in app.out.splitlines()[1:]}


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("outage", OUTAGES)
def test_an_outage_loses_and_doubles_nothing(
    apps: Any,
    network: ChaosProxy,
    spans_of: Callable[[str], list[str]],
    record_figure: Callable[..., None],
    outage: str,
    rate: int,
) -> None:
    with apps.start(f"http://127.0.0.1:{network.port}", "steady", rate, 2000) as app:
        trace_id = app.first_line()
        _lines(app, 1.0)
        before_mib = resident_mib(app.pid)
        network.break_with(OUTAGES[outage])
        _lines(app, OUTAGE_S)
        network.break_with(NO_FAULTS)
        _lines(app, 1.0)
        grown_mib = peak_mib(app.pid) - before_mib
        assert app.end() == 0
    apps.deliver_what_is_left(f"http://127.0.0.1:{network.port}")
    arrived = spans_of(trace_id)
    ended = _ids(app)
    lost = len(ended - set(arrived))
    record_figure(f"lost of {len(ended)} spans, collector {outage} for {OUTAGE_S:.0f} s, {rate}/s", lost, "0")
    record_figure(f"memory grown, collector {outage}, {rate}/s", round(grown_mib, 1), "<= 64", "MiB")
    assert lost == 0
    assert len(arrived) == len(set(arrived)) == len(ended) + 1
    assert len([line for line in app.err.splitlines() if "cannot export" in line]) <= 1
    assert grown_mib < 64


def test_a_collector_that_is_stopped_and_started_again_misses_nothing(
    apps: Any, own_collector: CollectorProcess
) -> None:
    own_collector.start()
    with apps.start(own_collector.url, "steady", 100, 200) as app:
        trace_id = app.first_line()
        _lines(app, 0.5)
        own_collector.stop()
        _lines(app, 1.0)
        own_collector.start()
        _lines(app, 0.5)
        assert app.end() == 0
    apps.deliver_what_is_left(own_collector.url)
    own_collector.settle()
    spans = own_collector.trace(trace_id)["spans"]
    assert {span["span_id"] for span in spans} >= _ids(app)
    assert len(spans) == len(_ids(app)) + 1


def test_a_process_that_is_frozen_and_thawed_goes_on_where_it_was(
    apps: Any, network: ChaosProxy, spans_of: Callable[[str], list[str]], eventually: Callable[..., None]
) -> None:
    with apps.start(f"http://127.0.0.1:{network.port}", "steady", 100, 200) as app:
        trace_id = app.first_line()
        for _ in range(3):
            _lines(app, 0.3)
            app.process.send_signal(signal.SIGSTOP)
            eventually(lambda: _state(app.pid) == "T")
            network.cut()  # as a frozen machine finds its connections
            app.process.send_signal(signal.SIGCONT)
        assert app.end() == 0
    assert "Traceback" not in app.err
    apps.deliver_what_is_left(f"http://127.0.0.1:{network.port}")
    arrived = spans_of(trace_id)
    assert set(arrived) >= _ids(app)
    assert len(arrived) == len(set(arrived)) == len(_ids(app)) + 1


def _state(pid: int) -> str:
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:  # noqa: PTH123 - a single letter
        return file.read().rpartition(")")[2].split()[0]
