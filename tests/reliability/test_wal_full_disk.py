"""The disk of the write-ahead log is full, for real: a small tmpfs that another process fills to the last block."""

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import Self

import pytest
from collector_process import CollectorProcess
from figures import FigureRecorder
from html_text import text_of
from oracle import Oracle, Senders, judge

ROUNDS = int(os.environ.get("TELLTALE_DISK_FULL_ROUNDS", "2"))
FULL_S = 1.5
LIMIT_S = 30
SIZE = "64m"


class Hog:
    """Takes all room there is, and all that becomes free, until it is left."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "filler"
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hog")

    def __enter__(self) -> Self:
        self._fill()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._left.set()
        self._thread.join()
        self._path.unlink()

    def _run(self) -> None:
        while not self._left.wait(0.005):
            self._fill()

    def _fill(self) -> None:
        with self._path.open("ab", buffering=0) as file:
            for size in (1 << 20, 4096):
                while is_written(file, bytes(size)):
                    pass


def is_written(file: FileIO, data: bytes) -> bool:
    """Whether there was room."""
    try:
        return file.write(data) == len(data)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False


@pytest.fixture
def on_small_disk(own_collector: CollectorProcess) -> Iterator[tuple[CollectorProcess, Callable[[], Path]]]:
    """A collector whose log lies on a tmpfs that only its own mount namespace has, and where to find that from here."""
    folder = own_collector.data_dir / "wal"
    folder.mkdir(parents=True)
    # a user who is not root gets a namespace in which to be
    namespace = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    mount = f'mount -t tmpfs -o size={SIZE} tmpfs "{folder}" && exec "$@"'
    own_collector.prefix = [*namespace, "sh", "-c", mount, "sh"]
    yield own_collector.start(), lambda: Path(f"/proc/{own_collector.pid}/root{folder}")
    own_collector.stop()


def seconds_until(senders: Senders, count: Callable[[], int], more: int) -> float:
    """How long until a count has grown by that much."""
    began, goal = time.monotonic(), count() + more
    while count() < goal:
        assert time.monotonic() - began < LIMIT_S, f"waited {LIMIT_S} s for {more} more than {goal - more}"
        senders.wait(0.01)
    return time.monotonic() - began


def test_on_a_full_disk_senders_wait_and_nothing_acknowledged_is_lost(
    on_small_disk: tuple[CollectorProcess, Callable[[], Path]], record_figure: FigureRecorder
) -> None:
    collector, folder = on_small_disk
    oracle = Oracle(size_bytes=2000)
    refused_s, resumed_s = [], []
    with Senders(oracle, collector.url, spans_per_s=1500) as senders:
        for _ in range(ROUNDS):
            seconds_until(senders, lambda: oracle.answers[200], 20)
            with Hog(folder()):
                refused_s.append(seconds_until(senders, lambda: oracle.answers[503], 1))
                senders.wait(FULL_S)
                assert collector.get("/healthz") == {"status": "ok"}
                assert "New telemetry is not taken in" in text_of(collector.client.get("/traces").text)
            resumed_s.append(seconds_until(senders, lambda: oracle.answers[200], 1))
            assert "not taken in" not in text_of(collector.client.get("/traces").text)
    verdict = judge(collector, oracle)
    record_figure("times that the disk was full", ROUNDS)
    record_figure("requests told to come again", oracle.answers[503])
    record_figure("longest time to the first 503", round(max(refused_s), 2), "<= 1", "s")
    record_figure("longest time to the next 200 once there was room", round(max(resumed_s), 2), "<= 5", "s")
    verdict.record(record_figure)
    assert set(oracle.answers) == {200, 503}
    assert verdict.is_clean, verdict
