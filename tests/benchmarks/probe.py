"""How long an acknowledged span takes to be queryable, measured while the load runs.

Once a second one marked span goes through the API; the oldest that was not seen yet is asked for until the API has it.
Only one is asked for at a time, at most five times a second and never more often than every twentieth of its age: the
measurement must not become the load. A figure is therefore up to 0.2 s or 5 % too long, never too short.
"""

import os
import queue
import re
import threading
import time
from dataclasses import dataclass, field

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

SERVICE = "bench-probe"
"""``service.name`` of the marked spans; adapters/probed.py leaves them out of the count."""

_RECEIVED = re.compile(r'^telltale_received_items_total\{signal="traces"\} (\S+)$', re.MULTILINE)


@dataclass
class Seen:
    """What came of the probes, in seconds from the acknowledgement to the first answer that had the span."""

    lags_s: list[float] = field(default_factory=list)
    sent: int = 0

    def figures(self) -> dict[str, float | None]:
        return {
            "visible_p50_s": self._at(0.5),
            "visible_p99_s": self._at(0.99),
            "visible_max_s": self._at(1),
            "probes": self.sent,
            "probes_unseen": self.sent - len(self.lags_s),
        }

    def _at(self, part: float) -> float | None:
        ordered = sorted(self.lags_s)
        return round(ordered[min(len(ordered) - 1, int(part * len(ordered)))], 3) if ordered else None


class Probe:
    """Follows spans through the collector at ``url`` from the moment that more than ``warm_up`` spans have come.

    Two threads, since a slow query must not hold up the next marked span.
    """

    def __init__(self, url: str, seconds: int, warm_up: int) -> None:
        self.seen = Seen()
        self._url = url
        self._seconds = seconds
        self._warm_up = warm_up
        self._halt = threading.Event()
        self._waiting: queue.Queue[tuple[str, float]] = queue.Queue()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._send, self._look)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._halt.set()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        with httpx.Client(base_url=self._url, timeout=60) as client:
            while not self._halt.is_set() and _received(client) <= self._warm_up:
                self._halt.wait(0.2)
            until = time.monotonic() + self._seconds
            due = time.monotonic()
            while not self._halt.is_set() and due < until:
                self._send_one(client)
                due = max(due + 1, time.monotonic())
                self._halt.wait(due - time.monotonic())

    def _send_one(self, client: httpx.Client) -> None:
        trace_id = os.urandom(16)
        headers = {"content-type": "application/x-protobuf"}
        try:
            answer = client.post("/v1/traces", content=_body(trace_id), headers=headers)
        except httpx.TransportError:
            return  # not acknowledged: nothing was promised
        if answer.status_code == 200:
            self.seen.sent += 1
            self._waiting.put((trace_id.hex(), time.monotonic()))

    def _look(self) -> None:
        with httpx.Client(base_url=self._url, timeout=60) as client:
            while not self._halt.is_set():
                try:
                    trace_id, acknowledged = self._waiting.get(timeout=0.1)
                except queue.Empty:
                    continue
                self._follow(client, trace_id, acknowledged)

    def _follow(self, client: httpx.Client, trace_id: str, acknowledged: float) -> None:
        while not self._halt.is_set():
            if _is_queryable(client, trace_id):
                self.seen.lags_s.append(time.monotonic() - acknowledged)
                return
            self._halt.wait(max(0.2, (time.monotonic() - acknowledged) / 20))


def _is_queryable(client: httpx.Client, trace_id: str) -> bool:
    """Asked of the span list, one column: a fourth of the collector's CPU that the whole trace would take."""
    asked = {"trace_id": trace_id, "fields": "span_id", "limit": "1"}
    try:
        answer = client.get("/api/v1/spans", params=asked)
    except httpx.TransportError:
        return False
    return answer.status_code == 200 and bool(answer.json()["spans"])


def _received(client: httpx.Client) -> float:
    """Spans acknowledged since the collector's start; 0 before it listens."""
    try:
        found = _RECEIVED.search(client.get("/metrics").text)
    except httpx.TransportError:
        return 0
    return float(found[1]) if found else 0


def _body(trace_id: bytes) -> bytes:
    request = ExportTraceServiceRequest()
    of_resource = request.resource_spans.add()
    service = of_resource.resource.attributes.add(key="service.name")
    service.value.string_value = SERVICE
    now = time.time_ns()
    of_resource.scope_spans.add().spans.add(
        trace_id=trace_id,
        span_id=os.urandom(8),
        name="probe",
        start_time_unix_nano=now,
        end_time_unix_nano=now + 1_000_000,
    )
    return request.SerializeToString()
