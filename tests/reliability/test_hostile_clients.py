"""Clients that break off, dawdle, lie about lengths or just stay: each is told or cut, and good traffic goes on."""

import os
import resource
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import otlp
import pytest
from collector_process import CollectorProcess
from figures import FigureRecorder
from ledger_balance import ledger_balances
from process_memory import resident_mib
from raw_http import RawConnection, ask, head

IDLE = int(os.environ.get("TELLTALE_IDLE_CONNECTIONS", "1000"))
SLOW = int(os.environ.get("TELLTALE_SLOW_CONNECTIONS", "50"))
LIMIT = 1 << 20
BODY = otlp.traces_body(otlp.span())


@pytest.fixture(scope="module", autouse=True)
def many_files() -> Iterator[None]:
    """Each connection is a file of this process, too."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    """A collector with short deadlines and a small limit on bodies."""
    folder = tmp_path_factory.mktemp("impatient") / "data"
    options = ("--header-timeout-s", "1", "--answer-timeout-s", "1", "--max-body-bytes", str(LIMIT))
    running = CollectorProcess(folder, *options).start()
    yield running
    ledger_balances(running)
    running.stop()


def padded(size: int) -> bytes:
    """A request of exactly ``size`` bytes: its schema URL is as long as that takes."""
    request = otlp.traces_request(otlp.span())
    request.resource_spans[0].schema_url = "x" * (size - request.ByteSize() - 100)
    while short := size - request.ByteSize():
        request.resource_spans[0].schema_url += "x" * short
    return request.SerializeToString()


def chunked(body: bytes, size: int = 50_000) -> bytes:
    parts = (body[at : at + size] for at in range(0, len(body), size))
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def cuts(collector: CollectorProcess, reason: str) -> float:
    mark = f'telltale_refusals_total{{reason="{reason}"}}'
    lines = collector.client.get("/metrics").text.splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(mark)), 0.0)


# --- lengths --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "status"), [(LIMIT - 1, 200), (LIMIT, 200), (LIMIT + 1, 413)])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_the_limit_on_bodies_is_exact_and_the_connection_goes_on(
    impatient: CollectorProcess, size: int, status: int, framing: str
) -> None:
    body = padded(size)
    assert len(body) == size
    with RawConnection(impatient.port) as connection:
        if framing == "length":
            connection.send(head(size) + body)
        else:
            connection.send(head(transfer_encoding="chunked") + chunked(body))
        assert connection.answer().status == status
        connection.send(head(len(BODY)) + BODY)
        assert connection.answer().status == 200


@pytest.mark.parametrize("length", ["-1", "abc", "1.5", "1 2", "0x10", "99999999999999999999999"])
def test_a_length_that_is_none_is_400(impatient: CollectorProcess, length: str) -> None:
    with RawConnection(impatient.port) as connection:
        connection.send(head(content_length=length) + BODY)
        assert connection.answer().status == 400
        assert connection.is_closed_by_the_server()


@pytest.mark.parametrize(
    "request_head",
    [
        head(5, transfer_encoding="chunked"),
        head(5).replace(b"\r\n\r\n", b"\r\ncontent-length: 6\r\n\r\n"),
        head(transfer_encoding="chunked, nonsense"),
        head(transfer_encoding="nonsense"),
        b"no http at all\r\n\r\n",
        b"POST /v1/traces HTTP/9.9\r\n\r\n",
        head(5).replace(b"host:", b"ho st:"),
    ],
)
def test_a_head_that_can_be_read_two_ways_is_400_and_the_connection_ends(
    impatient: CollectorProcess, request_head: bytes
) -> None:
    with RawConnection(impatient.port) as connection:
        connection.send(request_head + chunked(BODY))
        assert connection.answer().status == 400
        assert connection.is_closed_by_the_server()


def test_a_chunk_whose_size_is_no_number_is_400(impatient: CollectorProcess) -> None:
    with RawConnection(impatient.port) as connection:
        connection.send(head(transfer_encoding="chunked") + b"5\r\nhello\r\nzz\r\n")
        assert connection.answer().status == 400
        assert connection.is_closed_by_the_server()


def test_a_request_without_a_body_is_an_empty_one(impatient: CollectorProcess) -> None:
    answer = ask(impatient.port, head())
    assert (answer.status, answer.body) == (200, b"")


def test_requests_sent_at_once_are_answered_in_order(impatient: CollectorProcess) -> None:
    with RawConnection(impatient.port) as connection:
        connection.send((head(len(BODY)) + BODY) * 3 + head(3) + b"\xff\xff\xff" + head(len(BODY)) + BODY)
        assert [connection.answer().status for _ in range(5)] == [200, 200, 200, 400, 200]


def test_endless_headers_are_431(impatient: CollectorProcess) -> None:
    with RawConnection(impatient.port) as connection:
        connection.send(head(5)[:-2] + b"x: " + b"y" * (600 << 10))
        assert connection.answer().status == 431
        assert connection.is_closed_by_the_server()


def test_endless_trailers_are_cut(impatient: CollectorProcess) -> None:
    before = cuts(impatient, "body")
    with RawConnection(impatient.port) as connection:
        connection.send(head(transfer_encoding="chunked") + chunked(BODY)[:-2] + b"x: " + b"y" * (600 << 10))
        assert connection.answer().status == 431
    assert cuts(impatient, "body") == before + 1


def test_who_goes_on_sending_after_the_answer_is_cut_in_the_end(impatient: CollectorProcess) -> None:
    before = cuts(impatient, "body")
    with RawConnection(impatient.port) as connection:
        connection.send(head(1 << 40))
        assert connection.answer().status == 413
        with suppress(ConnectionError):
            for _ in range(1000):
                connection.send(bytes(1 << 20))
            pytest.fail("a GiB was taken after the answer")
    impatient.wait_for(lambda: cuts(impatient, "body") == before + 1, 30, "the cut to be counted")


# --- time -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [b"POST /v1/tra", head(100)[:-2]])
def test_headers_that_do_not_come_are_408(impatient: CollectorProcess, sent: bytes) -> None:
    with RawConnection(impatient.port) as connection:
        connection.send(sent)
        assert connection.answer().status == 408
        assert connection.is_closed_by_the_server()


def test_a_kept_connection_has_the_same_deadline_for_its_next_headers(impatient: CollectorProcess) -> None:
    with RawConnection(impatient.port) as connection:
        connection.send(head(len(BODY)) + BODY)
        assert connection.answer().status == 200
        connection.send(b"POST /v1")
        assert connection.answer().status == 408


def test_a_connection_that_says_nothing_is_closed(impatient: CollectorProcess) -> None:
    with RawConnection(impatient.port) as connection:
        assert connection.is_closed_by_the_server()


@pytest.mark.parametrize("sent", [b"", BODY[:10]])
def test_a_body_that_does_not_come_is_408(impatient: CollectorProcess, sent: bytes) -> None:
    with RawConnection(impatient.port) as connection:
        connection.send(head(len(BODY)) + sent)
        assert connection.answer().status == 408
        assert connection.is_closed_by_the_server()


def test_an_answer_that_nobody_takes_is_given_up(impatient: CollectorProcess) -> None:
    """Pages asked for and never read: what waits for such a client is bounded, and ends."""
    before = cuts(impatient, "answer")
    with RawConnection(impatient.port) as connection:
        asking = b"GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n"
        impatient.wait_for(lambda: _is_cut(impatient, connection, asking, before), 60, "the reader to be cut")


def _is_cut(collector: CollectorProcess, connection: RawConnection, asking: bytes, before: float) -> bool:
    with suppress(OSError):
        connection.send(asking)
    return cuts(collector, "answer") > before


def test_many_slow_senders_are_cut_and_good_ones_do_not_notice(
    impatient: CollectorProcess, record_figure: FigureRecorder
) -> None:
    with ExitStack() as closing:
        slow = [closing.enter_context(RawConnection(impatient.port)) for _ in range(SLOW)]
        for at, connection in enumerate(slow):
            connection.send(b"POST /v1/tra" if at % 2 else head(100_000) + b"x")
        answers, waits = good_traffic(impatient, lambda: all(c.answer().status == 408 for c in slow))
    assert set(answers) == {200}
    record_figure(f"good requests answered 200 beside {SLOW} slow senders", len(answers))
    record_figure("their p99", round(waits[int(len(waits) * 0.99)] * 1000, 1), unit="ms")


def test_idle_connections_cost_little_and_stay_open(
    own_collector: CollectorProcess, record_figure: FigureRecorder
) -> None:
    own_collector.start()
    for _ in range(20):
        assert own_collector.send(BODY).status_code == 200
    before = resident_mib(own_collector.pid)
    with ExitStack() as closing:
        idle = [closing.enter_context(RawConnection(own_collector.port)) for _ in range(IDLE)]
        assert all(is_answered(connection) for connection in idle)
        answers, waits = good_traffic(own_collector, lambda: True)
        grown = resident_mib(own_collector.pid) - before
        assert all(is_answered(connection) for connection in idle), "an idle connection was closed"
    record_figure(f"resident memory of {IDLE} idle connections", round(grown), "<= 300", "MiB")
    record_figure("p99 of requests beside them", round(waits[int(len(waits) * 0.99)] * 1000, 1), unit="ms")
    assert set(answers) == {200}
    assert grown <= 300
    counts = ledger_balances(own_collector)
    assert counts["received"] == 20 + len(answers) + 2 * IDLE


def is_answered(connection: RawConnection) -> bool:
    connection.send(head(len(BODY)) + BODY)
    return connection.answer().status == 200


def good_traffic(collector: CollectorProcess, until) -> tuple[list[int], list[float]]:
    """Requests one after another: their statuses, and how long each took, sorted; 200 of them, then ``until``."""
    answers, waits = [], []
    for _ in range(200):
        begun = time.monotonic()
        answers.append(collector.send(BODY).status_code)
        waits.append(time.monotonic() - begun)
    assert until()
    return answers, sorted(waits)
