"""OTLP over gRPC: the same requests as over HTTP, on a port and a few threads of its own."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc

from telltale_collector.decode import Media
from telltale_collector.errors import StartError, TelltaleError
from telltale_collector.model import DEFAULT_PROJECT
from telltale_collector.pipeline import Intake, OtlpSignal
from telltale_collector.receive.admission import Admission
from telltale_collector.receive.refusal import refusal, retry_info
from telltale_collector.receive.reply import export_response
from telltale_collector.telemetry import Telemetry

log = logging.getLogger("telltale.grpc")

_THREADS = 8
_LONGEST_MESSAGE = 1000
"""Bytes of an error text: it travels three times in the trailers, and clients take 8 KiB of those."""

_CODES = {code.value[0]: code for code in grpc.StatusCode}
_GRACE_S = 2.0
_SERVICES = {
    OtlpSignal.TRACES: "opentelemetry.proto.collector.trace.v1.TraceService",
    OtlpSignal.LOGS: "opentelemetry.proto.collector.logs.v1.LogsService",
    OtlpSignal.METRICS: "opentelemetry.proto.collector.metrics.v1.MetricsService",
}

Export = Callable[[bytes, grpc.ServicerContext], bytes]


class GrpcReceiver:
    """Serves the three Export methods; bytes in, bytes out, so that a request is decoded once and in one place."""

    def __init__(
        self, intake: Intake, admission: Admission, telemetry: Telemetry, address: str, max_body_bytes: int
    ) -> None:
        self._intake = intake
        self._admission = admission
        self._telemetry = telemetry
        self._server = grpc.server(
            ThreadPoolExecutor(_THREADS, thread_name_prefix="grpc"),
            options=[("grpc.max_receive_message_length", max_body_bytes), ("grpc.so_reuseport", 0)],
            compression=grpc.Compression.NoCompression,
        )
        for signal, service in _SERVICES.items():
            handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(self._export(signal))
            self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {"Export": handler}),))
        try:
            self.port: int = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise StartError(
                f"the gRPC address {address} is taken or not allowed", "choose another with --grpc-port, or none: off"
            ) from error

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        """Requests under way get a moment to end."""
        self._server.stop(_GRACE_S).wait()

    def _export(self, signal: OtlpSignal) -> Export:
        def export(body: bytes, context: grpc.ServicerContext) -> bytes:
            status = "200"
            try:
                with self._admission.open(_sender(context)) as charge:
                    charge.take(len(body))
                    accepted = self._intake.accept(signal, DEFAULT_PROJECT, body, Media.PROTOBUF)
                    accepted.durable.result()
                if delay_s := self._intake.pace.delay_s():  # even a sleep of 0 s takes the system some time
                    time.sleep(delay_s)
                return export_response(signal, accepted.checked).SerializeToString()
            except TelltaleError as error:
                status = str(error.status)
                _refuse(context, error)
                return b""
            finally:
                self._telemetry.requests.labels(signal.value, status).inc()

        return export


def _sender(context: grpc.ServicerContext) -> str:
    """The address that the call comes from, without its port: ``ipv4:127.0.0.1:41000``."""
    return str(context.peer()).removeprefix("ipv4:").removeprefix("ipv6:").rpartition(":")[0]


def _refuse(context: grpc.ServicerContext, error: TelltaleError) -> None:
    """A status with its details; overload asks to come back in a second, in both places where clients look."""
    status = refusal(error, _LONGEST_MESSAGE)
    trailers: list[tuple[str, bytes]] = [("grpc-status-details-bin", status.SerializeToString())]
    if retry := retry_info(error):
        trailers.append(("google.rpc.retryinfo-bin", retry.SerializeToString()))
    context.set_trailing_metadata(tuple(trailers))
    context.set_code(_CODES[status.code])
    context.set_details(status.message)
