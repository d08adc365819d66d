"""kill -9 of the collector under load: what was acknowledged is there afterwards, once, unchanged."""

import os
import random
import time

from collector_process import CollectorProcess
from figures import FigureRecorder
from oracle import Oracle, Senders, judge

TRIALS = int(os.environ.get("TELLTALE_KILL_TRIALS", "10"))
CLIENTS = 8


def test_nothing_acknowledged_is_lost_doubled_or_changed_by_kill_9(
    own_collector: CollectorProcess, chance: random.Random, record_figure: FigureRecorder
) -> None:
    oracle = Oracle()
    ready_s = []
    own_collector.start()
    with Senders(oracle, own_collector.url, clients=CLIENTS, spans_per_s=1000) as senders:
        for trial in range(1, TRIALS + 1):
            senders.wait(chance.uniform(0.02, 1.0))
            own_collector.kill()
            began = time.monotonic()
            own_collector.start()
            ready_s.append(time.monotonic() - began)
            if trial % 20 == 0:
                print(f"{trial} of {TRIALS} kills, {len(oracle.acknowledged)} spans acknowledged", flush=True)
    verdict = judge(own_collector, oracle)
    record_figure("kills", TRIALS)
    record_figure("requests that a kill cut, sent again", oracle.cut)
    record_figure("slowest start until ready", round(max(ready_s), 1), "", "s")
    verdict.record(record_figure)
    assert oracle.cut > TRIALS / 2, "most kills hit no request: the test proved nothing"
    assert len(oracle.acknowledged) > TRIALS * 20, "the kills came before any load"
    assert set(oracle.answers) == {200}
    assert verdict.is_clean, verdict
