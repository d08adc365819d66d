"""One collector with both ports, and the ways in which OTLP comes to it."""

import itertools
from collections.abc import Iterator

import grpc
import pytest
from collector_process import CollectorProcess, free_port
from exports import GrpcWay, HttpWay, Way
from figures import FigureRecorder

MAX_BODY_BYTES = 4 << 20

_checks = itertools.count(1)


@pytest.fixture(autouse=True)
def _counted(record_figure: FigureRecorder) -> Iterator[None]:
    """How many of these tests have run: the report's figure for the protocol."""
    yield
    record_figure("checks of the protocol in one run", next(_checks))


@pytest.fixture(scope="session")
def grpc_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def collector(tmp_path_factory: pytest.TempPathFactory, grpc_port: int) -> Iterator[CollectorProcess]:
    """As everywhere, with gRPC beside it and a limit that is quick to pass."""
    options = ["--grpc-port", str(grpc_port), "--max-body-bytes", str(MAX_BODY_BYTES)]
    running = CollectorProcess(tmp_path_factory.mktemp("protocol") / "data", *options).start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def channel(collector: CollectorProcess, grpc_port: int) -> Iterator[grpc.Channel]:
    assert collector.pid  # it serves the port
    with grpc.insecure_channel(f"127.0.0.1:{grpc_port}") as opened:
        yield opened


@pytest.fixture(params=["protobuf", "json", "grpc"])
def encoding(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["identity", "gzip"])
def compression(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["traces", "logs", "metrics"])
def signal(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def way(collector: CollectorProcess, channel: grpc.Channel, encoding: str, compression: str, signal: str) -> Way:
    """One of the 18 ways to send: each encoding, compressed or not, each signal."""
    if encoding == "grpc":
        return GrpcWay(signal, compression, channel)
    return HttpWay(signal, compression, collector.client, encoding)
