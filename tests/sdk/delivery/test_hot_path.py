"""What the application's own thread waits for: nothing, whether the collector is there, away, hanging or not found.

How long it takes is measured and recorded; what a test holds to here is that everything arrives all the same.
"""

from __future__ import annotations

import os
import statistics
from typing import TYPE_CHECKING, Any

import pytest
from chaos_proxy import NO_FAULTS, ChaosProxy, Faults

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

SPANS = int(os.environ.get("TELLTALE_HOT_SPANS", "400"))
TURNS = int(os.environ.get("TELLTALE_HOT_TURNS", "3"))
SLICE = 500
SOME_WORK, MORE_WORK = 16_000, 160_000
"""Steps of a loop: about 1 ms, and 10."""

FAULTS = {
    "up": NO_FAULTS,
    "down": Faults(refuse=True),
    "hanging": Faults(hang=True),
    "up, its name found slowly": NO_FAULTS,
}
scenarios = pytest.mark.parametrize("collector", FAULTS)


class Site:
    """Applications, and a collector in one of several states."""

    def __init__(self, apps: Any, network: ChaosProxy, collector: str, chance: random.Random) -> None:
        self._apps, self._network, self._chance = apps, network, chance
        self._faults = FAULTS[collector]
        self._url = f"http://localhost:{network.port}"
        self._environ = {"SLOW_NAMES_S": "5"} if "name" in collector else {}

    def start(self, kind: str, work: int) -> Any:
        self._network.break_with(self._faults)
        size = self._chance.randrange(100, 1000)
        app = self._apps.start(self._url, "hot", kind, work, size, **self._environ)
        assert app.first_line() == "ready"
        return app

    def deliver(self) -> None:
        """The collector is well again; the next process sends what is left."""
        self._network.break_with(NO_FAULTS)
        self._apps.deliver_what_is_left(self._url)


@pytest.fixture
def site(apps: Any, network: ChaosProxy, collector: str, chance: random.Random) -> Site:
    return Site(apps, network, collector, chance)


def _go(app: Any, count: int) -> tuple[int, str]:
    """How long it took, in ns, and the id of the trace that came of it."""
    app.process.stdin.write(f"go {count}\n")
    app.process.stdin.flush()
    took, trace_id = app.first_line().split()
    return int(took), trace_id


@scenarios
@pytest.mark.timeout(300 + SPANS // 100)
def test_starting_and_ending_spans_waits_for_nothing_and_loses_none(
    site: Site, spans_of: Callable[[str], list[str]], record_figure: Callable[..., None], collector: str
) -> None:
    with site.start("traced", SOME_WORK) as app:
        traces = {trace_id: count for count in _slices(SPANS) for _, trace_id in [_go(app, count)]}
        assert app.end() == 0
    took = [int(each) / 1e6 for each in app.out.splitlines()[-1].split()]
    assert len(took) == SPANS
    for name, value, target in (
        ("p50", took[SPANS // 2], ""),
        ("p99.9", took[SPANS * 999 // 1000], "<= 0.2"),
        ("longest", took[-1], "<= 20"),
    ):
        record_figure(f"start and end of {SPANS} spans, collector {collector}: {name}", round(value, 4), target, "ms")
    site.deliver()
    arrived = {trace_id: len(set(spans_of(trace_id))) for trace_id in traces}
    assert arrived == {trace_id: count + 1 for trace_id, count in traces.items()}
    assert len([line for line in app.err.splitlines() if "cannot export" in line]) <= 1


def _slices(count: int) -> list[int]:
    return [min(SLICE, count - begun) for begun in range(0, count, SLICE)]


@scenarios
@pytest.mark.timeout(300 + TURNS * 2)
def test_an_application_gets_its_work_done(
    site: Site, spans_of: Callable[[str], list[str]], record_figure: Callable[..., None], collector: str
) -> None:
    """Two processes, one of them traced, take turns with the same work."""
    with site.start("plain", MORE_WORK) as plain, site.start("traced", MORE_WORK) as traced:
        turns = [(_go(plain, 25)[0], _go(traced, 25)) for _ in range(TURNS)]
        assert (plain.end(), traced.end()) == (0, 0)
    loss = statistics.median(took for _, (took, _) in turns) / statistics.median(bare for bare, _ in turns) - 1
    record_figure(f"throughput lost, 10 ms of work a span, collector {collector}", round(100 * loss, 2), "<= 2", "%")
    site.deliver()
    assert {len(set(spans_of(trace_id))) for _, (_, trace_id) in turns} == {26}
