"""The gRPC handlers, from a message's bytes to the answer; the disk behind them is left out."""

from concurrent.futures import Future
from typing import Any

import grpc
from fuzz_target import Rng, Target
from google.rpc.status_pb2 import Status
from mutators import ProtobufForm
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from telltale_collector.pipeline import Intake, Ledger, OtlpSignal
from telltale_collector.pipeline.pace import Pace
from telltale_collector.receive.admission import Admission
from telltale_collector.receive.otlp_grpc import GrpcReceiver
from telltale_collector.telemetry import Telemetry
from telltale_collector.wal.record import Record, encode

_SIGNALS = list(OtlpSignal)
_MOST_TRAILER_BYTES = 6 << 10
_DURABLE: Future[None] = Future()
_DURABLE.set_result(None)


class _NoDisk:
    """A log that is durable at once."""

    def append(self, record: Record) -> Future[None]:
        assert encode(record)
        return _DURABLE


class _Context:
    """What a handler says to the client."""

    code: grpc.StatusCode | None = None
    details = ""
    trailers: tuple[tuple[str, Any], ...] = ()

    def peer(self) -> str:
        return "ipv4:127.0.0.1:41000"

    def set_code(self, code: grpc.StatusCode) -> None:
        self.code = code

    def set_details(self, details: str) -> None:
        self.details = details

    def set_trailing_metadata(self, trailers: tuple[tuple[str, Any], ...]) -> None:
        self.trailers = trailers


def _handlers() -> list[Any]:
    disk: Any = _NoDisk()
    table: Any = None  # only read when a ledger is loaded
    telemetry = Telemetry()
    receiver = GrpcReceiver(
        Intake(disk, telemetry, Ledger(table), Pace(lambda: 0, 0.0)),
        Admission(1 << 30),
        telemetry,
        "127.0.0.1:0",
        64 << 20,
    )
    return [receiver._export(signal) for signal in _SIGNALS]


_HANDLERS = _handlers()


def check(data: bytes) -> None:
    if not data:
        return
    context: Any = _Context()
    answer = _HANDLERS[data[0] % len(_HANDLERS)](data[1:], context)
    ExportTraceServiceResponse.FromString(answer)  # the three answers have one form
    if context.code is None:
        return
    assert context.code in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED}
    trailers = dict(context.trailers)
    assert Status.FromString(trailers["grpc-status-details-bin"]).message == context.details
    assert sum(map(len, trailers.values())) * 4 // 3 + len(context.details.encode()) < _MOST_TRAILER_BYTES


class Call:
    """A signal, and a message of any."""

    def __init__(self, data: bytes, donor: bytes) -> None:
        self._message = ProtobufForm(data[1:], donor[1:])

    def change(self, rng: Rng) -> bytes:
        return bytes((int(rng() * len(_SIGNALS)),)) + self._message.change(rng)

    def thin(self, rng: Rng) -> bytes:
        return bytes((int(rng() * len(_SIGNALS)),)) + self._message.thin(rng)


TARGET = Target(check, Call)
