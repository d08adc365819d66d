"""Requests that are joined, and those that are too large and go in halves."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from telltale import _wire
from telltale._masking import Policy
from telltale._parcel import packed
from telltale._runtime import ScoreEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

KEEP = Policy("full")


def _request(*scopes: int) -> ExportTraceServiceRequest:
    """Two resources, each with scopes of so many spans, all told apart."""
    request = ExportTraceServiceRequest()
    for resource in range(2):
        spans_of = request.resource_spans.add(schema_url=f"schema {resource}")
        spans_of.resource.attributes.add(key="r").value.int_value = resource
        for scope, count in enumerate(scopes):
            of_scope = spans_of.scope_spans.add(schema_url=f"scope schema {scope}")
            of_scope.scope.name = f"scope {scope}"
            for number in range(count):
                of_scope.spans.add(name=f"{resource}.{scope}.{number}")
    return request


def _placed(request: ExportTraceServiceRequest) -> Iterator[tuple[Any, ...]]:
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield (
                    resource.resource.attributes[0].value.int_value,
                    resource.schema_url,
                    scope.scope.name,
                    scope.schema_url,
                    span.name,
                )


@pytest.mark.parametrize("scopes", [(1,), (1, 1), (3, 0, 4), (100, 1), (2, 2, 2, 2, 2)])
def test_halves_of_spans_hold_all_of_them_each_in_its_place(scopes: tuple[int, ...]) -> None:
    whole = _request(*scopes)
    halves = _wire.spans_halves(whole.SerializeToString())
    assert halves is not None
    read = [(count, ExportTraceServiceRequest.FromString(body)) for count, body in halves]
    for count, half in read:
        assert len(list(_placed(half))) == count >= sum(scopes)
    assert [place for _, half in read for place in _placed(half)] == list(_placed(whole))


def test_a_single_span_has_no_halves() -> None:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.add(name="alone")
    assert _wire.spans_halves(request.SerializeToString()) is None


def _scores(*names: str) -> bytes:
    return _wire.scores_body([ScoreEvent(1, 2, 3, {"name": name}) for name in names], KEEP, {"service.name": "s"})


def _names(body: bytes) -> list[str]:
    (resource,) = ExportLogsServiceRequest.FromString(body).resource_logs
    assert resource.resource.attributes[0].value.string_value == "s"
    return [record.attributes[0].value.string_value for record in resource.scope_logs[0].log_records]


def test_halves_of_scores_hold_all_of_them() -> None:
    halves = _wire.scores_halves(_scores("a", "b", "c"))
    assert halves is not None
    assert [(count, _names(body)) for count, body in halves] == [(1, ["a"]), (2, ["b", "c"])]
    assert _wire.scores_halves(_scores("a")) is None


def test_parcels_joined_end_to_end_are_one_request() -> None:
    first, second = _request(2, 1), _request(0, 3)
    joined = b"".join(packed(0, 1, request.SerializeToString()).body for request in (first, second))
    read = ExportTraceServiceRequest.FromString(gzip.decompress(joined))
    assert list(_placed(read)) == [*_placed(first), *_placed(second)]
