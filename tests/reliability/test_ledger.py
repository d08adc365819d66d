"""The ledger: everything that came is stored, rejected, dropped or pending; exactly, at any moment, after anything."""

import json
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import otlp
from collector_process import CollectorProcess
from ledger_balance import COUNTS, ledger_balances

KILLS = int(os.environ.get("TELLTALE_LEDGER_KILLS", "6"))
SENDERS = 3
BAD = {"trace_id": "00" * 16}


def body_of(good: int, bad: int = 0) -> bytes:
    return otlp.traces_body(*(otlp.span() for _ in range(good)), *(otlp.span(**BAD) for _ in range(bad)))


def test_what_comes_is_received_and_ends_up_stored_or_rejected(own_collector: CollectorProcess) -> None:
    own_collector.start()
    assert ledger_balances(own_collector) == dict.fromkeys(COUNTS, 0)
    assert own_collector.send(body_of(7, bad=2)).status_code == 200
    assert own_collector.send(body_of(0, bad=3)).status_code == 200
    assert own_collector.send(otlp.logs_body({"event": ""}), "logs").status_code == 200
    now = ledger_balances(own_collector)
    assert (now["received"], now["rejected"], now["stored"] + now["pending"]) == (13, 6, 7)
    own_collector.settle()
    assert ledger_balances(own_collector) == {**now, "stored": 7, "pending": 0}
    (hour,) = own_collector.get("/api/v1/ledger")["hours"]
    assert hour["reasons"]["rejected"]["trace_id is not 16 non-zero bytes"] == 5


def test_a_request_that_is_refused_as_a_whole_was_not_received(own_collector: CollectorProcess) -> None:
    own_collector.start()
    assert own_collector.send(b"\xff\xff").status_code == 400
    assert own_collector.send(body_of(1), content_type="text/plain").status_code == 415
    assert ledger_balances(own_collector)["received"] == 0


def test_a_span_that_comes_twice_counts_twice(own_collector: CollectorProcess) -> None:
    own_collector.start()
    body = body_of(3)
    for _ in range(2):
        assert own_collector.send(body).status_code == 200
    own_collector.settle()
    assert ledger_balances(own_collector)["stored"] == 6
    assert own_collector.get("/api/v1/stats")["spans"] == 3


def test_hours_outside_the_asked_time_are_left_out(own_collector: CollectorProcess) -> None:
    own_collector.start()
    own_collector.send(body_of(1))
    assert own_collector.get("/api/v1/ledger", from_="now-1m")["total"]["received"] == 1
    assert own_collector.get("/api/v1/ledger", to="now-2h")["hours"] == []


def test_what_clients_gave_up_stands_beside_the_account_and_survives(own_collector: CollectorProcess) -> None:
    own_collector.start()
    report = {"dropped": {"spool is full": 40, "too old": 2}}
    assert own_collector.client.post("/api/v1/client-reports", json=report).status_code == 202
    assert own_collector.client.post("/api/v1/client-reports", json={"dropped": {}}).status_code == 400
    assert own_collector.client.post("/api/v1/client-reports", json={"dropped": {"x": -1}}).status_code == 400
    for restart in (own_collector.kill, own_collector.stop):
        counts = ledger_balances(own_collector)
        assert (counts["dropped_by_clients"], counts["received"]) == (42, 0)
        restart()
        own_collector.start()
    (hour,) = own_collector.get("/api/v1/ledger")["hours"]
    assert hour["reasons"]["dropped_by_clients"] == report["dropped"]


def test_the_sums_are_metrics_too(own_collector: CollectorProcess) -> None:
    own_collector.start()
    own_collector.send(body_of(4, bad=1))
    exposed = own_collector.client.get("/metrics").text
    assert 'telltale_ledger_items{outcome="received"} 5.0' in exposed
    assert 'telltale_ledger_items{outcome="rejected"} 1.0' in exposed


class Senders:
    """Send good and bad spans until told to stop; remember what was answered, and what got no answer."""

    def __init__(self, collector: CollectorProcess, seed: int) -> None:
        self.stopping = threading.Event()
        self.received = self.rejected = self.unanswered = 0
        self._url = collector.url
        self._draw = random.Random(seed)
        self._lock = threading.Lock()

    def run(self) -> None:
        with httpx.Client(base_url=self._url, timeout=10) as client:
            while not self.stopping.is_set() and self._send(client):
                pass

    def _send(self, client: httpx.Client) -> bool:
        with self._lock:
            good, bad = self._draw.randrange(40), self._draw.randrange(3)
        try:
            body = body_of(good, bad)
            answer = client.post("/v1/traces", content=body, headers={"content-type": "application/x-protobuf"})
        except httpx.TransportError:
            with self._lock:
                self.unanswered += good + bad
            return False
        assert answer.status_code == 200
        with self._lock:
            self.received += good + bad
            self.rejected += bad
        return True


def test_the_account_is_exact_at_every_moment_and_across_kill_9(own_collector: CollectorProcess) -> None:
    seed = int(os.environ.get("TELLTALE_SEED", random.randrange(2**32)))
    print(f"TELLTALE_SEED={seed} TELLTALE_LEDGER_KILLS={KILLS}")
    draw = random.Random(seed)
    own_collector.start()
    senders = Senders(own_collector, seed)
    looks = 0
    for _ in range(KILLS):
        senders.stopping.clear()
        with ThreadPoolExecutor(SENDERS) as pool:
            runs = [pool.submit(senders.run) for _ in range(SENDERS)]
            for _ in range(draw.randrange(5, 60)):  # while batches settle
                seen = senders.received
                assert ledger_balances(own_collector)["received"] >= seen
                looks += 1
            own_collector.kill()
            senders.stopping.set()
        assert all(run.result() is None for run in runs)
        own_collector.start()
        counts = ledger_balances(own_collector)
        assert senders.received <= counts["received"] <= senders.received + senders.unanswered
        assert counts["rejected"] >= senders.rejected
    own_collector.settle()
    end = ledger_balances(own_collector)
    assert (end["pending"], end["dropped"]) == (0, 0)
    assert end["stored"] == end["received"] - end["rejected"]
    print(json.dumps(end), f"{looks} looks, {senders.unanswered} items without an answer")
    assert senders.unanswered, "no kill hit a request: the test proved nothing"
    own_collector.stop()
    own_collector.start()
    assert ledger_balances(own_collector) == end


def test_what_damage_has_cost_is_dropped_and_exact(tmp_path: Path) -> None:
    """Three requests wait in the log when the collector is killed; the middle one is damaged on the disk."""
    patient = CollectorProcess(tmp_path / "data", "--linger-ms", "600000").start()
    for mark, good in (("first", 5), ("middle", 7), ("last", 9)):
        body = otlp.traces_body(*(otlp.span(mark * 20) for _ in range(good)))
        assert patient.send(body).status_code == 200
    assert ledger_balances(patient)["pending"] == 21
    patient.kill()
    patient.client.close()
    (segment,) = (tmp_path / "data" / "wal").glob("*.wal")
    whole = segment.read_bytes()
    segment.write_bytes(whole.replace(b"middle" * 20, b"MIDDLE" * 20))
    assert segment.read_bytes() != whole
    restarted = CollectorProcess(tmp_path / "data").start()
    try:
        assert ledger_balances(restarted)["received"] == 21
        restarted.settle()
        counts = ledger_balances(restarted)
        assert (counts["received"], counts["stored"], counts["dropped"], counts["pending"]) == (21, 14, 7, 0)
        restarted.kill()
        restarted.start()
        assert ledger_balances(restarted) == counts
    finally:
        restarted.stop()
