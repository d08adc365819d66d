"""Many processes share a spool; it is small, gone, or not where it should be; what is lost is told to the collector."""

from __future__ import annotations

import os
import resource
import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

from chaos_proxy import NO_FAULTS, ChaosProxy, Faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector_process import CollectorProcess

PROCESSES = int(os.environ.get("TELLTALE_SPOOL_PROCESSES", "8"))
STEPS = 60


def _steps(app: Any, count: int) -> None:
    for _ in range(count):
        app.first_line()


def _ids(app: Any) -> set[str]:
    return {line.split()[0] for line in app.out.splitlines()[1:]}


def test_what_many_killed_processes_left_arrives_once(
    apps: Any, network: ChaosProxy, spans_of: Callable[[str], list[str]], record_figure: Callable[..., None]
) -> None:
    url = f"http://127.0.0.1:{network.port}"
    network.break_with(Faults(refuse=True))
    running = [apps.start(url, "steady", 100, 100) for _ in range(PROCESSES)]
    traces = [app.first_line() for app in running]
    for app in running:
        _steps(app, STEPS)
    old = [_ids(app) for app in running]
    for app in running:
        _steps(app, STEPS)  # what was there before these is on disk
        app.kill()
        app.end()
    network.break_with(NO_FAULTS)
    heirs = [apps.start(url, "bystander") for _ in range(PROCESSES)]
    for heir in heirs:
        assert heir.end() == 0
        assert heir.err == ""
    apps.deliver_what_is_left(url)
    arrived = [spans_of(trace) for trace in traces]
    missing = sum(len(wanted - set(found)) for wanted, found in zip(old, arrived, strict=True))
    record_figure(f"spans lost of {PROCESSES} killed processes that share a spool", missing, "0")
    assert missing == 0
    assert all(len(found) == len(set(found)) for found in arrived)


def test_a_small_spool_drops_the_oldest_and_the_ledger_knows_each(apps: Any, own_collector: CollectorProcess) -> None:
    own_collector.start()
    network = ChaosProxy(own_collector.port).start()
    try:
        network.break_with(Faults(refuse=True))
        url = f"http://127.0.0.1:{network.port}"
        with apps.start(url, "steady", 200, 6000, TELLTALE_SPOOL_BYTES="300000") as app:
            trace_id = app.first_line()
            _steps(app, 400)
            assert sum(path.stat().st_size for path in apps.spool.glob("*/*")) <= 300_000
            network.break_with(NO_FAULTS)
            assert app.end() == 0
        apps.deliver_what_is_left(url)
    finally:
        network.stop()
    own_collector.settle()
    stored = len(own_collector.get("/api/v1/spans", trace_id=trace_id, limit=10000, fields="span_id")["spans"])
    ended = len(_ids(app)) + 1
    assert stored < ended
    told: Counter[str] = Counter()
    for hour in own_collector.get("/api/v1/ledger")["hours"]:
        told.update(hour["reasons"].get("dropped_by_clients", {}))
    assert told == {"spool_full": ended - stored}


def test_a_spool_that_is_deleted_while_it_is_used_loses_nothing(
    apps: Any, network: ChaosProxy, spans_of: Callable[[str], list[str]]
) -> None:
    network.break_with(Faults(refuse=True))
    with apps.start(f"http://127.0.0.1:{network.port}", "steady", 100, 100) as app:
        trace_id = app.first_line()
        for _ in range(3):
            _steps(app, 40)
            shutil.rmtree(apps.spool)
        _steps(app, 40)
        network.break_with(NO_FAULTS)
        assert app.end() == 0
    assert "Traceback" not in app.err
    apps.deliver_what_is_left(f"http://127.0.0.1:{network.port}")
    assert set(spans_of(trace_id)) >= _ids(app)


def test_a_disk_that_is_full_costs_one_warning_and_memory_is_used(
    apps: Any, network: ChaosProxy, spans_of: Callable[[str], list[str]]
) -> None:
    network.break_with(Faults(refuse=True))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))  # no file of a child may grow further
    try:
        running = apps.start(f"http://127.0.0.1:{network.port}", "steady", 100, 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    with running as app:
        trace_id = app.first_line()
        _steps(app, 100)
        network.break_with(NO_FAULTS)
        assert app.end() == 0
    assert app.err.count("cannot be used") == 1
    apps.deliver_what_is_left(f"http://127.0.0.1:{network.port}")
    assert Counter(spans_of(trace_id)).keys() >= _ids(app)
