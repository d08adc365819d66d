"""kill -9 of the store, of the collector, or of both, at random moments under load."""

import os
import random

from figures import FigureRecorder
from oracle import Oracle, Senders, judge
from site_under_test import Site

TRIALS = int(os.environ.get("TELLTALE_ENGINE_KILLS", "6"))


def test_nothing_is_lost_doubled_or_changed_when_the_engine_is_killed(
    site: Site, chance: random.Random, record_figure: FigureRecorder
) -> None:
    oracle = Oracle()
    kills = {"engine": 0, "collector": 0}
    with Senders(oracle, site.collector.url, clients=8, spans_per_s=1000) as senders:
        for trial in range(1, TRIALS + 1):
            senders.wait(chance.uniform(0.1, 1.0))
            for victim in chance.choice([["engine"], ["engine"], ["collector", "engine"], ["engine", "collector"]]):
                getattr(site, victim).kill()
                kills[victim] += 1
                senders.wait(chance.uniform(0, 0.2))
            site.engine.start()
            if not site.collector.is_running:
                site.collector.start()
            if trial % 10 == 0:
                print(f"{trial} of {TRIALS}, {len(oracle.acknowledged)} spans acknowledged", flush=True)
    verdict = judge(site.collector, oracle)
    record_figure("kills of the engine", kills["engine"], f">= {TRIALS}")
    record_figure("of these with the collector", kills["collector"])
    verdict.record(record_figure)
    assert len(oracle.acknowledged) > TRIALS * 20, "the kills came before any load"
    assert verdict.is_clean, verdict
