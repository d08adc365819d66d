"""Other SDKs in the same process, started before ours or after: nothing of ours is lost, nothing of theirs is taken."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from figures import FigureRecorder
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from sender_environment import Senders

ROOT = Path(__file__).parents[2]
APP = ROOT / "tests/sdk/apps/beside.py"
ROUNDS = int(os.environ.get("TELLTALE_BESIDE_ROUNDS", "20"))
ORDERS = ("ours, theirs", "theirs, ours", "ours, spans, theirs", "theirs, spans, ours")
SDKS = ("sentry", "langfuse", "logfire", "opentelemetry")
WITHIN_S = 120 + 2 * ROUNDS
ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Paris."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 31, "completion_tokens": 16, "total_tokens": 47},
}


class Place:
    """Where spans go to: an OTLP endpoint, Sentry's ingestion, and a provider, by the path."""

    def __init__(self) -> None:
        self.names: Counter[str] = Counter()
        place = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None: ...

            def do_GET(self) -> None:
                self._answer(b"{}")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
                if self.path.endswith("/chat/completions"):
                    self._answer(json.dumps(ANSWER).encode())
                    return
                if self.path.endswith("/v1/traces"):
                    place.take_otlp(body)
                elif self.path.endswith("/envelope/"):
                    place.take_envelope(body)
                self._answer(b"")

            def _answer(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json" if body else "application/x-protobuf")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def take_otlp(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            spans = [span for scope in resource.scope_spans for span in scope.spans]
            # Logfire tells of spans that begin, too.
            ended = [span for span in spans if not any(a.value.string_value == "pending_span" for a in span.attributes)]
            self.names.update(span.name for span in ended)

    def take_envelope(self, body: bytes) -> None:
        items = [json.loads(line) for line in body.splitlines() if line.startswith(b"{")]
        self.names.update(
            item["transaction"] for item in items if item.get("type") == "transaction" and "spans" in item
        )

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def places() -> Iterator[tuple[Place, Place]]:
    """Our collector and theirs."""
    made = (Place(), Place())
    yield made
    for place in made:
        place.close()


def run(python: Path, arguments: list[str], ours: Place, folder: Path) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TELLTALE_", "OTEL_", "LANGFUSE_", "LOGFIRE_"))}
    told = {"TELLTALE_ENDPOINT": ours.url, "TELLTALE_SPOOL_DIR": str(folder), "PYTHONPATH": str(ROOT / "sdk")}
    command = [str(python), str(APP), *arguments]
    done = subprocess.run(command, env=kept | told, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "telltale could not" not in done.stderr, done.stderr


def wanted(order: str, whose: str) -> Counter[str]:
    names = [f"{whose} {number}" for number in range(ROUNDS)]
    names += [f"ours inside {number}" for number in range(ROUNDS)] if whose == "ours" else []
    alone = {"ours": "ours, spans, theirs", "theirs": "theirs, spans, ours"}[whose] == order
    return Counter(names + [f"{whose} alone"] * alone)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("sdk", SDKS)
def test_what_stands_beside_another_sdk_takes_nothing_and_loses_nothing(
    sdk: str,
    order: str,
    places: tuple[Place, Place],
    senders: Senders,
    tmp_path: Path,
    record_figure: FigureRecorder,
) -> None:
    ours, theirs = places
    python = Path(sys.executable) if sdk in {"sentry", "opentelemetry"} else senders.python
    run(python, [sdk, order, theirs.url, str(ROUNDS)], ours, tmp_path)
    foreign = sum(count for name, count in ours.names.items() if name.startswith("theirs"))
    lost = wanted(order, "ours") - ours.names
    lost_of_theirs = wanted(order, "theirs") - theirs.names
    where = f"{sdk}, {order}"
    # Where ours came first and nobody has chosen a provider, ours is the process's, and who uses that comes to us.
    if order.startswith("theirs") or sdk != "langfuse":
        record_figure(f"{where}: their spans that we sent", foreign, "0")
        assert foreign == 0
    record_figure(f"{where}: our spans lost", lost.total(), "0")
    record_figure(f"{where}: their spans lost", lost_of_theirs.total(), "0")
    assert (lost, lost_of_theirs) == (Counter(), Counter())
    assert ours.names[f"ours {ROUNDS - 1}"] == 1


@pytest.mark.parametrize("order", ORDERS)
def test_a_client_that_sentry_wraps_too_is_traced_by_both(
    order: str, places: tuple[Place, Place], tmp_path: Path, record_figure: FigureRecorder
) -> None:
    ours, theirs = places
    run(Path(sys.executable), ["sentry", order, theirs.url, str(ROUNDS), f"{ours.url}/v1"], ours, tmp_path)
    record_figure(f"sentry and the openai client, {order}: calls traced", ours.names["chat m"], str(ROUNDS))
    assert ours.names["chat m"] == ROUNDS
    assert wanted(order, "theirs") - theirs.names == Counter()
