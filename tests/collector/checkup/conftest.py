"""A project of its own for each test, and the checkup of it."""

import time
from collections.abc import Callable

import otlp
import pytest
from embedded_store import Store

from telltale_collector.checkup import Finding, find_faults
from telltale_collector.decode import Media, check_traces
from telltale_collector.store.client import Client
from telltale_collector.wal import Record, Signal

END = 2**63 - 1


class Patient(Store):
    """A store that spans arrive at, at a given time, and the faults that are found in it."""

    def receive(self, *spans: dict, ago_ns: int, **options: object) -> None:
        """As ``add``, at a time of arrival in the past."""
        self.receive_body(otlp.traces_body(*spans, **options), ago_ns=ago_ns)

    def receive_body(self, body: bytes, *, ago_ns: int) -> None:
        checked = check_traces(body, Media.PROTOBUF)
        record = Record(time.time_ns() - ago_ns, Signal.TRACES, checked.accepted, self.project, checked.payload)
        self._settle(record, None)

    def faults(self, from_time: int = 0, to_time: int = END) -> dict[str, Finding]:
        return {finding.fault.name: finding for finding in find_faults(self.reader, self.project, from_time, to_time)}


@pytest.fixture
def patient(client: Client, project: str) -> Patient:
    return Patient(client, project)


@pytest.fixture
def healthy_call() -> Callable[..., dict]:
    """A call that has nothing wrong with it; attributes set to None are left out."""

    def make(attributes: dict | None = None, **fields: object) -> dict:
        given = otlp.llm_span(attributes={"gen_ai.request.max_tokens": 512}, **fields)
        merged = given["attributes"] | (attributes or {})
        given["attributes"] = {key: value for key, value in merged.items() if value is not None}
        return given

    return make
