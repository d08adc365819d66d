"""OTLP's duties of a server, each in every way: protobuf, JSON and gRPC, compressed or not, all three signals."""

import concurrent.futures
import gzip
import zlib

import exports
import grpc
import httpx
import pytest
from backports import zstd
from collector_process import CollectorProcess
from exports import Way, request_with
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from hostile import length_delimited

BAD_TEXT = "caf\N{LATIN SMALL LETTER E WITH ACUTE}"
JSON_HEADERS = {"content-type": "application/json"}


def damaged(way: Way, request: object) -> bytes:
    """The request with half a character in place of ``BAD_TEXT``'s last one."""
    body = way.encode(request)
    assert BAD_TEXT.encode() in body
    return body.replace(BAD_TEXT.encode(), BAD_TEXT.encode()[:-1] + b"\xff")


# --- in every way ------------------------------------------------------------


def test_an_empty_request_succeeds(way: Way) -> None:
    answer = way.send(exports.REQUESTS[way.signal]())
    assert answer.is_ok
    assert not answer.has_partial_success


def test_a_good_request_succeeds_without_partial_success(way: Way) -> None:
    answer = way.send(request_with(way.signal, good=3))
    assert answer.is_ok
    assert not answer.has_partial_success


def test_a_partly_bad_request_succeeds_with_the_number_of_rejects_and_the_reason(way: Way) -> None:
    answer = way.send(request_with(way.signal, good=2, bad=3))
    assert answer.is_ok
    partial = answer.response.partial_success
    assert getattr(partial, exports.REJECTED[way.signal]) == 3
    assert "(3 items" in partial.error_message


def test_a_wholly_bad_request_is_answered_the_same(way: Way) -> None:
    answer = way.send(request_with(way.signal, bad=2))
    assert answer.is_ok
    assert getattr(answer.response.partial_success, exports.REJECTED[way.signal]) == 2


def test_a_mended_request_succeeds_with_a_warning_and_nothing_rejected(way: Way) -> None:
    answer = way.send_bytes(damaged(way, request_with(way.signal, good=1, text=BAD_TEXT)))
    assert answer.is_ok
    partial = answer.response.partial_success
    assert getattr(partial, exports.REJECTED[way.signal]) == 0
    assert "mended: invalid utf-8" in partial.error_message


def test_what_is_no_request_is_final_and_says_what_is_wrong_with_it(way: Way) -> None:
    answer = way.send_bytes(b"\xffnot a request")
    assert answer.code in {400, grpc.StatusCode.INVALID_ARGUMENT}
    assert answer.status.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    (violation,) = answer.detail(BadRequest).field_violations
    assert violation.description == answer.status.message
    assert answer.detail(RetryInfo) is None
    assert "retry-after" not in answer.headers


def test_what_is_too_large_after_inflating_is_final(way: Way) -> None:
    answer = way.send_bytes(bytes(5 << 20))
    assert answer.code in {413, grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert answer.detail(RetryInfo) is None
    assert not {"retry-after", "google.rpc.retryinfo-bin"} & answer.headers.keys()


def test_fields_of_a_later_version_are_ignored(way: Way) -> None:
    body = way.encode(request_with(way.signal, good=1))
    future = b'{"future": {"a": [1]}, ' + body[1:] if body[:1] == b"{" else body + length_delimited(1000, b"future")
    answer = way.send_bytes(future)
    assert answer.is_ok
    assert not answer.has_partial_success


def test_thousands_of_rejects_have_a_short_answer(way: Way) -> None:
    answer = way.send(request_with(way.signal, bad=5000))
    partial = answer.response.partial_success
    assert getattr(partial, exports.REJECTED[way.signal]) == 5000
    assert len(partial.error_message) < 10_000


# --- over HTTP ------------------------------------------------------------


@pytest.mark.parametrize("media", list(exports.MEDIA.values()))
@pytest.mark.parametrize(("body", "code"), [(b"{}", 200), (b"\xff", 400)])
def test_the_answer_has_the_content_type_of_the_request(
    collector: CollectorProcess, signal: str, media: str, body: bytes, code: int
) -> None:
    empty = b"" if media == exports.MEDIA["protobuf"] and code == 200 else body
    answer = collector.client.post(f"/v1/{signal}", content=empty, headers={"content-type": media})
    assert (answer.status_code, answer.headers["content-type"]) == (code, media)


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON", "application/json ; q=1"],
)
def test_parameters_and_case_of_the_content_type_do_not_matter(
    collector: CollectorProcess, signal: str, content_type: str
) -> None:
    answer = collector.client.post(f"/v1/{signal}", content=b"{}", headers={"content-type": content_type})
    assert (answer.status_code, answer.json()) == (200, {})


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/grpc", "application/xml", "json"])
def test_another_content_type_is_refused_with_a_status(
    collector: CollectorProcess, signal: str, content_type: str
) -> None:
    answer = collector.client.post(f"/v1/{signal}", content=b"{}", headers={"content-type": content_type})
    assert answer.status_code == 415
    assert "is not OTLP" in exports.read_answer(answer, signal).status.message


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_another_method_is_refused(collector: CollectorProcess, signal: str, method: str) -> None:
    answer = collector.client.request(method, f"/v1/{signal}")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("path", "code"),
    [("/v1/traces/", 200), ("/v1/logs/", 200), ("/v1/metrics/", 200), ("/v1/profiles", 404), ("/v1/Traces", 404)],
)
def test_no_path_is_answered_with_a_redirect_which_exporters_take_for_success(
    collector: CollectorProcess, path: str, code: int
) -> None:
    answer = collector.client.post(path, content=b"{}", headers=JSON_HEADERS, follow_redirects=False)
    assert answer.status_code == code


@pytest.mark.parametrize(
    ("name", "compress"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("zstd", zstd.compress), ("GZIP", gzip.compress)],
)
def test_compressed_bodies_are_read(collector: CollectorProcess, signal: str, name: str, compress) -> None:
    body = compress(request_with(signal, bad=1).SerializeToString())
    answer = collector.send(body, signal, content_encoding=name)
    assert getattr(exports.read_answer(answer, signal).response.partial_success, exports.REJECTED[signal]) == 1


@pytest.mark.parametrize(
    ("encoding", "body", "code"),
    [("gzip", b"no gzip", 400), ("gzip", gzip.compress(b"x" * 100)[:-9], 400), ("zstd", b"x", 400), ("br", b"x", 415)],
)
def test_a_damaged_or_unknown_compression_is_refused_with_a_status(
    collector: CollectorProcess, signal: str, encoding: str, body: bytes, code: int
) -> None:
    answer = exports.read_answer(collector.send(body, signal, content_encoding=encoding), signal)
    assert (answer.code, answer.status.code) == (code, grpc.StatusCode.INVALID_ARGUMENT.value[0])
    assert answer.status.message


def test_a_connection_serves_many_requests(collector: CollectorProcess) -> None:
    with httpx.Client(base_url=collector.url, limits=httpx.Limits(max_connections=1)) as client:
        connections = set()
        for number in range(50):
            body = b"{}" if number % 5 else b"\xff"
            answer = client.post("/v1/traces", content=body, headers=JSON_HEADERS)
            assert answer.status_code == (200 if number % 5 else 400)
            connections.add(id(answer.extensions["network_stream"].get_extra_info("socket")))
    assert len(connections) == 1


def test_requests_are_served_at_once(collector: CollectorProcess, channel: grpc.Channel) -> None:
    over_http = exports.HttpWay("traces", "gzip", collector.client, "protobuf")
    over_grpc = exports.GrpcWay("traces", "gzip", channel)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        requests = [request_with("traces", good=5) for _ in range(100)]
        answers = list(pool.map(lambda at: (over_http, over_grpc)[at % 2].send(requests[at]), range(100)))
    assert all(answer.is_ok and not answer.has_partial_success for answer in answers)


# --- gRPC ------------------------------------------------------------


@pytest.mark.parametrize("path", ["/no.Service/Export", "/opentelemetry.proto.collector.trace.v1.TraceService/Import"])
def test_an_unknown_method_is_unimplemented(channel: grpc.Channel, path: str) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary(path)(b"", timeout=10)
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("compression", [grpc.Compression.Deflate, grpc.Compression.Gzip])
def test_grpc_messages_may_be_compressed_and_are_limited_after_inflating(
    channel: grpc.Channel, compression: grpc.Compression
) -> None:
    call = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
    assert call(request_with("traces", good=1).SerializeToString(), compression=compression, timeout=10) == b""
    with pytest.raises(grpc.RpcError) as refused:
        call(bytes(30 << 20), compression=compression, timeout=10)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_long_error_text_fits_into_the_trailers(channel: grpc.Channel) -> None:
    body = length_delimited(1, length_delimited(2, b"\x0a\x05" + "日本".encode() * 100_000))
    answer = exports.GrpcWay("traces", "identity", channel).send_bytes(body)
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert answer.status.message
