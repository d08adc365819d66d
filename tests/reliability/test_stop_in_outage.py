"""SIGTERM while the store is away or hangs: the collector ends soon, and what it acknowledged is there afterwards."""

import os
import random
import time

import pytest
from chaos_proxy import NO_FAULTS, Faults
from figures import FigureRecorder
from oracle import Oracle, Senders, judge
from site_under_test import Site

TRIALS = int(os.environ.get("TELLTALE_STOP_TRIALS", "5"))
OUTAGES = (Faults(refuse=True), Faults(hang=True), Faults(delay_s=2), Faults(bytes_per_s=2000))


@pytest.fixture
def timeout_s() -> int:
    """As by default: the stop must not wait for it."""
    return 60


def test_a_stop_during_an_outage_is_quick_and_loses_nothing(
    site: Site, chance: random.Random, record_figure: FigureRecorder
) -> None:
    oracle = Oracle()
    seconds = []
    with Senders(oracle, site.collector.url, clients=8, spans_per_s=1000) as senders:
        for trial in range(TRIALS):
            senders.wait(chance.uniform(0.1, 0.8))
            site.proxy.break_with(OUTAGES[trial % len(OUTAGES)])
            senders.wait(chance.uniform(0.1, 1.5))
            began = time.monotonic()
            assert site.collector.stop() == 0
            seconds.append(time.monotonic() - began)
            site.proxy.break_with(NO_FAULTS)
            site.collector.start()
    verdict = judge(site.collector, oracle)
    record_figure("stops", TRIALS)
    record_figure("slowest stop", round(max(seconds), 1), "<= 5", "s")
    verdict.record(record_figure)
    assert len(oracle.acknowledged) > TRIALS * 20
    assert verdict.is_clean, verdict
