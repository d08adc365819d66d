"""The export thread against a real collector-like server in this process."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from telltale import _wire
from telltale._export import Shipper
from telltale._lane import Lane, Wire
from telltale._spooling import Spooling
from telltale._transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


def _encode(batch: Sequence[str]) -> bytes:
    return ("\n".join(batch) + "\n").encode()


def _halves(body: bytes) -> Any:
    lines = body.decode().split()
    middle = len(lines) // 2
    parts = (lines[:middle], lines[middle:])
    return tuple((len(part), _encode(part)) for part in parts) if middle else None


def _lane(what: str, url: str) -> Lane:
    return Lane(what, "traces", url, Wire(_encode, _wire.spans_answer, _halves))


class Out:
    """A shipper with one lane of plain texts, in memory unless a spool is given."""

    def __init__(self, url: str, spooling: Spooling | None = None, **more: Any) -> None:
        self.lane = _lane("things", f"{url}/v1/traces")
        transport = Transport([self.lane.url], {}, timeout_s=0.5)
        self.shipper = Shipper([self.lane], transport, spooling or Spooling(), **more)

    def put(self, *items: str) -> None:
        for item in items:
            self.shipper.put(self.lane, item, 10)

    @property
    def lost(self) -> dict[str, int]:
        return dict(self.shipper.lost())


@pytest.fixture
def out(collector: Any) -> Iterator[Out]:
    made = Out(collector.url)
    yield made
    made.shipper.shutdown(1.0)


def _arrived(collector: Any) -> list[str]:
    return [line for _, _, body in list(collector.requests) for line in body.decode().split()]


def _levels(caplog: pytest.LogCaptureFixture) -> list[int]:
    return [record.levelno for record in caplog.records if record.name == "telltale"]


def test_what_is_put_arrives_by_itself_in_order_and_once(
    out: Out, collector: Any, eventually: Callable[..., None]
) -> None:
    out.put(*"abc")
    eventually(lambda: len(_arrived(collector)) == 3, within_s=2.0)
    assert _arrived(collector) == ["a", "b", "c"]
    eventually(lambda: out.shipper.pending() == 0, within_s=2.0)


def test_a_body_is_gzipped_protobuf(out: Out, collector: Any) -> None:
    out.put("a")
    assert out.shipper.flush(5)
    _, headers, _ = collector.requests[0]
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Content-Type"] == "application/x-protobuf"


def test_an_outage_costs_one_warning_and_nothing_else(
    collector: Any, caplog: pytest.LogCaptureFixture, eventually: Callable[..., None]
) -> None:
    caplog.set_level(logging.INFO, "telltale")
    collector.stop()
    out = Out(collector.url, schedule_s=0.01)
    out.put("a")
    assert not out.shipper.flush(5)
    out.put("b")
    assert not out.shipper.flush(5)
    assert _levels(caplog) == [logging.WARNING]
    assert "telltale up" in caplog.text
    collector.start()
    eventually(lambda: _arrived(collector) == ["a", "b"])
    eventually(lambda: _levels(caplog) == [logging.WARNING, logging.INFO])
    assert "is back" in caplog.text
    assert out.lost == {}
    out.shipper.shutdown(1.0)


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_a_busy_collector_is_asked_again(out: Out, collector: Any, status: int) -> None:
    collector.answers.append((status, {"Retry-After": "1"}, b""))
    out.put("a")
    assert not out.shipper.flush(5)
    assert out.shipper.flush(5)
    assert _arrived(collector) == ["a"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_a_final_refusal_is_counted_by_its_code(
    out: Out, collector: Any, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    collector.answers.append((status, {}, b""))
    out.put("a", "b")
    assert out.shipper.flush(5)
    assert out.lost == {f"http_{status}": 2}
    assert _levels(caplog) == [logging.WARNING]


def test_a_redirect_is_never_a_success(out: Out, collector: Any, caplog: pytest.LogCaptureFixture) -> None:
    collector.answers.append((302, {"Location": f"{collector.url}/login"}, b""))
    out.put("a")
    assert not out.shipper.flush(5)
    assert "a redirect to" in caplog.text
    assert out.shipper.flush(5)
    assert _arrived(collector) == ["a"]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "text/html"}, b"<html>please log in</html>"),
        ({}, b"\xff\xff\xff garbage"),
        ({}, b"x" * 5_000_000),
    ],
)
def test_a_reply_that_is_not_otlp_is_never_a_success(
    out: Out, collector: Any, headers: dict[str, str], body: bytes
) -> None:
    collector.answers.append((200, headers, body))
    out.put("a")
    assert not out.shipper.flush(5)
    assert out.shipper.pending() == 1


def test_a_server_that_does_not_speak_tls_is_an_outage_like_any_other(collector: Any) -> None:
    out = Out(collector.url.replace("http:", "https:"))
    out.put("a")
    assert not out.shipper.flush(5)
    assert out.shipper.pending() == 1
    out.shipper.shutdown(0.1)


def test_a_json_reply_is_accepted(out: Out, collector: Any) -> None:
    collector.answers.append((200, {"Content-Type": "application/json"}, b"{}"))
    out.put("a")
    assert out.shipper.flush(5)


def test_what_the_collector_sets_aside_is_counted_and_told_once(
    out: Out, collector: Any, caplog: pytest.LogCaptureFixture
) -> None:
    partial = ExportTraceServiceResponse()
    partial.partial_success.rejected_spans = 2
    partial.partial_success.error_message = "no trace id"
    for _ in range(3):
        collector.answers.append((200, {}, partial.SerializeToString()))
        out.put("a")
        assert out.shipper.flush(5)
    assert out.lost == {"rejected": 6}
    assert _levels(caplog) == [logging.WARNING]
    assert "no trace id" in caplog.text


def test_rejected_scores_are_read_from_their_own_answer() -> None:
    partial = ExportLogsServiceResponse()
    partial.partial_success.rejected_log_records = 1
    partial.partial_success.error_message = "no"
    assert _wire.scores_answer(partial.SerializeToString()) == (1, "no")


def test_a_body_that_is_too_large_is_sent_in_pieces(out: Out, collector: Any) -> None:
    collector.answers.extend([(413, {}, b""), (413, {}, b"")])
    out.put(*"abcdefgh")
    assert out.shipper.flush(5)
    assert _arrived(collector) == list("abcdefgh")
    assert out.lost == {}


def test_one_item_that_is_too_large_does_not_hold_up_the_others(out: Out, collector: Any) -> None:
    collector.answers.extend([(413, {}, b""), (413, {}, b"")])
    out.put("a", "b")
    assert out.shipper.flush(5)
    assert out.lost == {"http_413": 1}
    assert _arrived(collector) == ["b"]


def test_an_item_that_cannot_be_encoded_does_not_hold_up_the_others(out: Out, collector: Any) -> None:
    out.put("a", 3, "b")  # type: ignore[arg-type]
    assert out.shipper.flush(5)
    assert out.lost == {"unencodable": 1}
    assert _arrived(collector) == ["a", "b"]


def test_a_collector_that_hangs_holds_up_nobody(collector: Any, caplog: pytest.LogCaptureFixture) -> None:
    collector.hangs.clear()
    out = Out(collector.url)
    out.put("a")
    assert not out.shipper.flush(0.05)
    out.shipper.shutdown(0.2)
    assert _levels(caplog) == [logging.WARNING]
    assert "1 things lost at exit" in caplog.text


def test_many_threads_lose_nothing(out: Out, collector: Any) -> None:
    def work(name: int) -> None:
        out.put(*(f"{name}.{i}" for i in range(200)))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert out.shipper.flush(5)
    assert len(set(_arrived(collector))) == 1600


def test_lanes_are_independent_signals(collector: Any) -> None:
    first, second = _lane("spans", f"{collector.url}/v1/traces"), _lane("scores", f"{collector.url}/v1/logs")
    shipper = Shipper([first, second], Transport([first.url, second.url], {}), Spooling())
    shipper.put(first, "span", 1)
    shipper.put(second, "score", 1)
    assert shipper.flush(5)
    assert [(path, body) for path, _, body in collector.requests] == [
        ("/v1/traces", b"span\n"),
        ("/v1/logs", b"score\n"),
    ]
    shipper.shutdown(1.0)


def test_work_that_is_left_to_the_thread_is_done_there_before_what_it_puts_is_sent(out: Out, collector: Any) -> None:
    threads: set[str] = set()

    def work() -> None:
        threads.add(threading.current_thread().name)
        out.put("made there")

    out.shipper.later(work, 10)
    out.put("made here")
    assert out.shipper.flush(10)
    sent = b"".join(body for _, _, body in collector.requests).decode().split("\n")
    assert {"made there", "made here"} <= set(sent)
    assert threads == {"telltale-spool"}


def test_work_that_fails_costs_itself(out: Out, collector: Any) -> None:
    out.shipper.later(lambda: 1 / 0, 10)  # type: ignore[arg-type,return-value]
    out.shipper.later(lambda: out.put("good"), 10)
    assert out.shipper.flush(10)
    assert b"good" in b"".join(body for _, _, body in collector.requests)


def test_work_that_does_not_fit_is_counted_as_lost(dead_port: int) -> None:
    lane = Lane("things", "traces", f"http://127.0.0.1:{dead_port}", Wire(_encode, _wire.spans_answer, _halves))
    for _ in range(3):
        lane.unread.put(lambda: None, 20 * 1024 * 1024)
    assert lane.lost == {"queue_full": 2}
    assert lane.unreported() == {"queue_full": 2}
    assert lane.waiting == 1
    lane.reset()
    assert (lane.waiting, lane.unreported()) == (0, {})
