"""Spans with attributes that no library writes: read into a call and into columns, whatever they hold.

An input is a request in protobuf, so that keys and values of recorded spans meet in ever new ways.
"""

from fuzz_target import Target
from mutators import ProtobufForm

from telltale_collector.decode import Media, check_traces, read_spans
from telltale_collector.dialects import dialects, read_call, read_evaluations
from telltale_collector.errors import TelltaleError
from telltale_collector.model import RawSpan, Settled
from telltale_collector.store.rows import span_columns

_NAMES = {dialect.name for dialect in dialects()}


def check(data: bytes) -> None:
    try:
        payload = check_traces(data, Media.PROTOBUF).payload
    except TelltaleError:
        return
    for raw in read_spans(payload):
        _read(raw)


def _read(raw: RawSpan) -> None:
    name, call = read_call(raw)
    assert name is None or name in _NAMES
    read_evaluations(raw)
    columns = span_columns([Settled("fuzz", raw, name, call, 1)])
    assert {len(column) for column in columns.values()} == {1}


TARGET = Target(check, ProtobufForm, longest=4096)
