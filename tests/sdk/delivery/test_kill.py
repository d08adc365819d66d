"""kill -9 of the application at random moments: all that is older than a fraction of a second arrives, once."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from chaos_proxy import NO_FAULTS, ChaosProxy, Faults

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

KILLS = int(os.environ.get("TELLTALE_APP_KILLS", "8"))
RATE = 200
OLDEST_LOST_MS = 200
SLOW_MACHINE_MS = 2000
"""What a sample is held to on a machine that may starve a thread; the figure is held to 200 ms."""
LIVES = (NO_FAULTS, Faults(refuse=True), Faults(hang=True), Faults(lose_answer=lambda _: True))


def test_a_killed_application_loses_only_its_last_moments(
    apps: Any,
    network: ChaosProxy,
    spans_of: Callable[[str], list[str]],
    chance: random.Random,
    record_figure: Callable[..., None],
) -> None:
    lost, sent, oldest_ms = 0, 0, 0
    for trial in range(KILLS):
        network.break_with(LIVES[trial % len(LIVES)])
        trace_id, ended, killed_ns = _one_life(apps, f"http://127.0.0.1:{network.port}", chance.uniform(0.4, 1.5))
        network.break_with(NO_FAULTS)
        apps.deliver_what_is_left(f"http://127.0.0.1:{network.port}")
        arrived = spans_of(trace_id)
        assert len(set(arrived)) == len(arrived)
        ages = [(killed_ns - at) // 1_000_000 for span_id, at in ended.items() if span_id not in set(arrived)]
        lost, sent, oldest_ms = lost + len(ages), sent + len(ended), max(oldest_ms, *ages, 0)
    record_figure(f"spans ended before {KILLS} kills", sent)
    record_figure("of these lost, in the last moments", lost)
    record_figure("age of the oldest span lost", oldest_ms, f"<= {OLDEST_LOST_MS}", "ms")
    assert network.counts.refused  # the faults bit
    assert network.counts.hung
    assert network.counts.answers_lost
    assert sent > KILLS * RATE * 0.2
    assert oldest_ms <= (OLDEST_LOST_MS if KILLS >= 100 else SLOW_MACHINE_MS)


def _one_life(apps: Any, url: str, for_s: float) -> tuple[str, dict[str, int], int]:
    """The trace's id, when each of its spans had ended, and when it was over."""
    with apps.start(url, "steady", RATE, 200) as app:
        trace_id = app.first_line()
        until = time.monotonic() + for_s
        while time.monotonic() < until:
            app.first_line()
        killed_ns = time.monotonic_ns()
        app.kill()
        app.end()
    lines = [line.split() for line in app.out.splitlines()[1:] if line.count(" ") == 1]
    return trace_id, {span_id: int(at) for span_id, at in lines if int(at) <= killed_ns}, killed_ns
