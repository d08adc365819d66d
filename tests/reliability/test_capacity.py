"""Eight times of what can be stored is offered: what is stored stays near the most there is, in bounded memory."""

import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import flood_sender
import pytest
from collector_process import CollectorProcess
from figures import FigureRecorder
from ledger_balance import ledger_balances
from memory_cgroup import MemoryCgroup
from process_memory import forget_peak, peak_mib

SECONDS = float(os.environ.get("TELLTALE_OVERLOAD_S", "6"))
CALIBRATION_S = min(SECONDS, 30)
TIMES = 8
CLOSED_CONNECTIONS = 16
OPEN_CONNECTIONS = 512
MIB = 1 << 20
LIMIT = 1024 * MIB
WAL_BUDGET = 16 * MIB
"""So small that it is spent: senders are told to come again, and do not."""


@pytest.fixture
def cgroup() -> Iterator[MemoryCgroup]:
    made = MemoryCgroup(LIMIT)
    yield made
    made.remove()


@pytest.fixture
def limited(tmp_path: Path, cgroup: MemoryCgroup) -> Iterator[CollectorProcess]:
    """The collector with its engine, in the cgroup."""
    running = CollectorProcess(tmp_path / "data", "--wal-budget-bytes", str(WAL_BUDGET))
    running.prefix = cgroup.prefix
    yield running.start()
    running.stop()


class Load:
    """Floods of one collector, and what it stores meanwhile."""

    def __init__(self, collector: CollectorProcess, seed: int) -> None:
        self._collector = collector
        self._seed = seed
        self.acknowledged = 0
        self.refused = 0

    def run(self, requests_s: float, seconds: float, connections: int) -> float:
        """Spans stored in a second while it runs; the first second is left out."""
        self._seed += 1
        numbers = [self._collector.port, requests_s, seconds, connections, self._seed]
        command = [sys.executable, flood_sender.__file__, *map(str, numbers)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as flood:
            self._collector.wait_for(lambda: self._stored() > 0, 30, "the first spans to be stored")
            before, begun = self._stored(), time.monotonic()
            printed, _ = flood.communicate()
            stored = (self._stored() - before) / (time.monotonic() - begun)
        counts = json.loads(printed)
        assert set(counts) <= {"200", "503", "late"}, counts
        print(counts)
        self.acknowledged += counts.get("200", 0)
        self.refused += counts.get("503", 0)
        return stored

    def _stored(self) -> float:
        text = self._collector.client.get("/metrics").text
        found = re.search(r'^telltale_stored_items_total\{table="spans"\} (\S+)', text, re.MULTILINE)
        return float(found[1]) if found else 0.0


def test_eight_times_the_capacity_costs_little_of_it(
    limited: CollectorProcess, cgroup: MemoryCgroup, record_figure: FigureRecorder
) -> None:
    seed = int(os.environ.get("TELLTALE_SEED", random.randrange(2**16)))
    print(f"TELLTALE_SEED={seed} TELLTALE_OVERLOAD_S={SECONDS}")
    load = Load(limited, seed)
    load.run(50, 1, 4)
    peak = load.run(1e5, CALIBRATION_S, CLOSED_CONNECTIONS)
    limited.settle()
    forget_peak(limited.pid)
    load.refused = 0
    goodput = load.run(TIMES * peak / flood_sender.SPANS, SECONDS, OPEN_CONNECTIONS)
    memory = peak_mib(limited.pid)
    limited.settle()
    counts = ledger_balances(limited)
    lost = load.acknowledged * flood_sender.SPANS - counts["stored"]
    queryable = limited.get("/api/v1/stats")["spans"]
    record_figure("capacity, senders waiting for their answers", round(peak), unit="spans/s")
    record_figure(f"stored while {TIMES} times of it is offered", round(100 * goodput / peak), ">= 80", "%")
    record_figure("requests told to come again meanwhile", load.refused)
    record_figure("acknowledged spans lost", lost, "0")
    record_figure("resident memory at most, engine included", round(memory), f"<= {LIMIT // MIB}", "MiB")
    record_figure("memory cgroup", "1 GiB" if cgroup.is_real else "not permitted here")
    record_figure("processes ended for want of memory", cgroup.kills, "0")
    assert load.refused > 0, "nothing was refused: the test proved nothing"
    assert lost == 0
    assert queryable == counts["stored"]
    assert goodput > 0.1 * peak, "refusing costs what storing needs"  # the figure is for an idle machine
    assert cgroup.kills == 0
