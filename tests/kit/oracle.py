"""What has to be in the store, whatever was done to the system: issued ids, obligations, and the judge.

Spans have unique numbers and a content that is a function of the number. A 200 makes a number an obligation; senders
repeat what got no answer, as real clients do, until it is answered. The judge asks the query API.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

import httpx
import otlp
from collector_process import CollectorProcess
from figures import FigureRecorder

_PAGE = 10_000
_FIELDS = "trace_id,span_id,parent_span_id,name,start_time,duration_ns,status,attributes"
_RESEND_AFTER_S = 0.05
_WORDS = ("what", "was", "acknowledged", "is", "stored", "once", "ünchanged", "\N{SNOWMAN}")


@dataclass(frozen=True, slots=True)
class Request:
    """Consecutive numbers that travel together, as one trace."""

    numbers: range
    body: bytes


class Oracle:
    """Issues spans and remembers what became of each request. Used by many threads."""

    def __init__(self, size_bytes: int = 200) -> None:
        self.epoch_ns = time.time_ns() // 1000 * 1000
        self.issued = 0
        self.acknowledged: set[int] = set()
        self.cut = 0
        self.not_connected = 0
        self.answers: Counter[int] = Counter()
        self.seconds: list[float] = []
        self._size_bytes = size_bytes
        self._lock = threading.Lock()

    def request(self, spans: int) -> Request:
        with self._lock:
            numbers = range(self.issued + 1, self.issued + 1 + spans)
            self.issued += spans
        return Request(numbers, otlp.traces_body(*(self._span(number, numbers[0]) for number in numbers)))

    def answered(self, request: Request, status: int, seconds: float) -> None:
        """Only 200 promises anything."""
        with self._lock:
            self.answers[status] += 1
            self.seconds.append(seconds)
            if status == 200:
                self.acknowledged.update(request.numbers)

    def not_answered(self, *, was_sent: bool) -> None:
        """Nobody knows whether it was taken; or nobody was there."""
        with self._lock:
            self.cut += was_sent
            self.not_connected += not was_sent

    def slowest_of_99_percent(self) -> float:
        """Seconds to the answer, of all requests that were answered."""
        ordered = sorted(self.seconds)
        return ordered[int(len(ordered) * 0.99)] if ordered else 0.0

    # --- content as a function of the number ------------------------------------------------------------------------

    def _span(self, number: int, first: int) -> dict:
        start = self.epoch_ns + number * 1000
        return otlp.span(
            f"n{number}",
            trace_id=f"{first:032x}",
            span_id=f"{number:016x}",
            parent=None if number == first else f"{first:016x}",
            start=start,
            end=start + number % 977 * 1000,
            status=(number % 3, ""),
            attributes=self._attributes(number),
        )

    def _attributes(self, number: int) -> dict[str, object]:
        words = " ".join(_WORDS[(number + at) % len(_WORDS)] for at in range(number % 11 + 1))
        filling = (f"{number:x}-" * self._size_bytes)[: self._size_bytes]
        return {"number": number, "half": number / 2, "odd": number % 2 == 1, "words": words, "filling": filling}

    def expected(self, number: int, first: int) -> dict[str, object]:
        """The span as the API gives it, but for its start."""
        return {
            "trace_id": f"{first:032x}",
            "span_id": f"{number:016x}",
            "parent_span_id": None if number == first else f"{first:016x}",
            "name": f"n{number}",
            "duration_ns": number % 977 * 1000,
            "status": ("unset", "ok", "error")[number % 3],
            "attributes": self._attributes(number),
        }


class Senders:
    """Clients in threads, each with one connection; used as a context: at its end everything was answered.

    Args:
        spans_per_s: of all clients together; None: as fast as they are answered.
    """

    def __init__(
        self,
        oracle: Oracle,
        url: str,
        *,
        clients: int = 8,
        spans: int = 20,
        spans_per_s: float | None = None,
        finish_s: float = 60,
    ) -> None:
        self._oracle = oracle
        self._url = url
        self._spans = spans
        self._pause_s = clients * spans / spans_per_s if spans_per_s else 0.0
        self._finish_s = finish_s
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send, name=f"sender-{at}") for at in range(clients)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait(self, seconds: float) -> None:
        """Let them send."""
        self._stop.wait(seconds)

    def _send(self) -> None:
        due = time.monotonic()
        with httpx.Client(base_url=self._url, timeout=30) as client:
            while not self._stop.is_set():
                self._until_answered(client, self._oracle.request(self._spans))
                due += self._pause_s
                self._stop.wait(max(0.0, due - time.monotonic()))

    def _until_answered(self, client: httpx.Client, request: Request) -> None:
        """Also after the stop, for a while: what got no answer is sent until it is answered."""
        while not self._is_accepted(client, request):
            if self._stop.wait(_RESEND_AFTER_S):
                time.sleep(_RESEND_AFTER_S)
            if self._stop.is_set():
                self._finish_s -= _RESEND_AFTER_S
            assert self._finish_s > 0, "the collector never came back to answer the last requests"

    def _is_accepted(self, client: httpx.Client, request: Request) -> bool:
        began = time.monotonic()
        try:
            answer = client.post("/v1/traces", content=request.body, headers={"content-type": "application/x-protobuf"})
        except httpx.TransportError as error:
            self._oracle.not_answered(was_sent=not isinstance(error, httpx.ConnectError))
            return False
        self._oracle.answered(request, answer.status_code, time.monotonic() - began)
        return answer.status_code == 200


@dataclass(slots=True)
class Verdict:
    """What the judge found: numbers of obligations, and of each way to break them."""

    acknowledged: int = 0
    stored: int = 0
    lost: set[int] = field(default_factory=set)
    doubled: set[int] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    @property
    def is_clean(self) -> bool:
        return self.broken == 0

    @property
    def broken(self) -> int:
        return len(self.lost) + len(self.doubled) + len(self.changed) + len(self.unknown)

    def record(self, figure: FigureRecorder) -> None:
        figure("spans acknowledged", self.acknowledged)
        figure("spans lost", len(self.lost), "0")
        figure("spans stored twice", len(self.doubled), "0")
        figure("spans changed", len(self.changed), "0")
        figure("spans that nobody sent", len(self.unknown), "0")


def judge(collector: CollectorProcess, oracle: Oracle, settle_s: float = 120) -> Verdict:
    """Wait for the log to drain, then hold what the API shows against what was promised; a fresh span goes through."""
    _drain(collector, settle_s)
    firsts: dict[int, int] = {}
    verdict = Verdict(acknowledged=len(oracle.acknowledged))
    for span in _stored(collector):
        _compare(span, oracle, firsts, verdict)
    verdict.stored = len(firsts)
    verdict.lost = oracle.acknowledged - set(firsts)
    counted = collector.get("/api/v1/stats")["spans"]
    assert counted == verdict.stored, f"the statistics count {counted} spans, the list has {verdict.stored}"
    _send_fresh(collector, oracle, settle_s)
    return verdict


def _drain(collector: CollectorProcess, limit_s: float) -> None:
    def drained() -> bool:
        return collector.get("/api/v1/stats")["wal_pending_spans"] == 0

    collector.wait_for(drained, limit_s, "the write-ahead log to drain")


def _stored(collector: CollectorProcess) -> Iterator[dict]:
    cursor = ""
    while cursor is not None:
        page = collector.get("/api/v1/spans", limit=_PAGE, fields=_FIELDS, cursor=cursor)
        yield from page["spans"]
        cursor = page["next_cursor"]


def _compare(span: dict, oracle: Oracle, firsts: dict[int, int], verdict: Verdict) -> None:
    number, first = int(span["span_id"], 16), int(span["trace_id"], 16)
    if not 1 <= number <= oracle.issued:
        verdict.unknown.add(f"{span['trace_id']}/{span['span_id']}")
        return
    if number in firsts:
        verdict.doubled.add(number)
    firsts[number] = first
    nanoseconds = f"{(oracle.epoch_ns + number * 1000) % 10**9:09d}Z"
    if not span.pop("start_time").endswith(nanoseconds) or span != oracle.expected(number, first):
        verdict.changed.add(number)


def _send_fresh(collector: CollectorProcess, oracle: Oracle, limit_s: float) -> None:
    fresh = oracle.request(1)
    assert collector.send(fresh.body).status_code == 200
    _drain(collector, limit_s)
    assert collector.get(f"/api/v1/traces/{fresh.numbers[0]:032x}")["spans"], (
        "a fresh span does not go through any more"
    )
