"""The power goes under load: a collector on a disk that forgets what was not synced and tears what was under way."""

import os
import random
import signal
import subprocess
from pathlib import Path

import pytest
from collector_process import CollectorProcess
from figures import FigureRecorder
from oracle import Oracle, Senders, judge
from power import Power

TRIALS = int(os.environ.get("TELLTALE_POWER_CUTS", "2"))
MOST_CHANGES = 100


def cut(power: Power, collector: CollectorProcess, changes: int) -> int:
    """Cut the power in the middle of a change of the disk, and start again; how many changes that undid or tore."""
    power.cut_in(changes)
    os.kill(collector.pid, signal.SIGKILL)
    undone = power.off()  # only then does an end come to who waits for the disk
    collector.kill()
    collector.prefix = power.on()
    collector.start()
    return undone


@pytest.mark.parametrize("lost", ["the log's folder", "the log's and the store's folders"])
def test_nothing_acknowledged_is_lost_with_the_power(
    own_collector: CollectorProcess, first_seed: int, record_figure: FigureRecorder, lost: str
) -> None:
    chance, oracle, undone = random.Random(first_seed), Oracle(), []
    folder = own_collector.data_dir / "wal" if lost == "the log's folder" else own_collector.data_dir
    with Power(folder, first_seed) as power:
        own_collector.prefix = power.on()
        own_collector.start()
        with Senders(oracle, own_collector.url, spans_per_s=1000) as senders:
            for trial in range(1, TRIALS + 1):
                senders.wait(chance.uniform(0.02, 1.0))
                undone.append(cut(power, own_collector, chance.randrange(1, MOST_CHANGES)))
                print(f"{trial} of {TRIALS} cuts, {len(oracle.acknowledged)} spans acknowledged", flush=True)
        verdict = judge(own_collector, oracle)
        own_collector.stop()
    record_figure(f"{lost}: cuts of the power", TRIALS)
    record_figure(f"{lost}: cuts that undid or tore changes of the disk", sum(map(bool, undone)))
    record_figure(f"{lost}: spans acknowledged", verdict.acknowledged)
    record_figure(f"{lost}: spans lost, stored twice, changed or sent by nobody", verdict.broken, "0")
    assert sum(map(bool, undone)) >= TRIALS / 2, "most cuts took nothing away: the test proved nothing"
    assert len(oracle.acknowledged) > TRIALS * 20, "the cuts came before any load"
    assert verdict.is_clean, verdict


def run(power: Power, script: str) -> str:
    done = subprocess.run([*power.on(), "sh", "-c", script], capture_output=True, text=True, cwd="/", check=True)
    power.off()
    return done.stdout


def test_the_disk_keeps_what_was_synced_and_forgets_the_rest(tmp_path: Path, first_seed: int) -> None:
    folder = tmp_path / "wal"
    found = []
    with Power(folder, first_seed) as power:
        run(power, f"cd {folder} && echo kept > a && sync a && sync .")
        for _ in range(20):
            found.append(run(power, f"cd {folder} && cat a && echo lost > b && echo more >> a").splitlines())
            assert found[-1][0] == "kept"
        names = [run(power, f"ls {folder}").split() for _ in range(2)]
    assert names[0] == names[1], "what a cut left is there for good"
    assert len(found[-1]) < 20, "all that was not synced was kept"
    assert run_on_another_boot(tmp_path, first_seed) == ["1", "2"]


def run_on_another_boot(tmp_path: Path, seed: int) -> list[str]:
    with Power(tmp_path / "other", seed) as power:
        return [run(power, "tail -c 2 /proc/sys/kernel/random/boot_id").strip() for _ in range(2)]
