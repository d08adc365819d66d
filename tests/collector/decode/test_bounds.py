"""Huge items: kept within bounds, with what was cut in plain sight; ordinary ones are not touched."""

import hostile
import pytest
from figures import FigureRecorder
from hostile import length_delimited

from telltale.semconv import MENDED
from telltale_collector.decode import Media, check_logs, check_traces, read_log_events, read_spans
from telltale_collector.decode.bounds import MAX_COUNTS, MAX_ELEMENTS, MAX_FIELDS, MAX_ITEMS, MAX_TEXT
from telltale_collector.errors import TooLarge
from telltale_collector.model import RawSpan


def stored(*spans: bytes) -> list[RawSpan]:
    checked = check_traces(hostile.request_of(*spans), Media.PROTOBUF)
    assert checked.rejects == []
    return list(read_spans(checked.payload))


def test_of_a_million_attributes_the_first_are_kept_and_the_rest_counted(record_figure: FigureRecorder) -> None:
    many = b"".join(hostile.text_attribute(f"key {at}", b"v") for at in range(1_000_000))
    span, other = stored(hostile.span_bytes(many), hostile.span_bytes(span_id=b"\x01" * 8))
    assert len(span.attributes) == MAX_COUNTS["attributes"] + 1
    assert span.attributes[MENDED] == ["cut: kept 10000 of 1000000 elements of attributes"]
    assert span.leftover["droppedAttributesCount"] == 990_000
    assert MENDED not in other.attributes
    record_figure("attributes kept of a span with a million", MAX_COUNTS["attributes"])


def test_a_text_of_32_mib_keeps_its_beginning_and_its_size() -> None:
    text = b"word " * ((32 << 20) // 5)
    span, other = stored(
        hostile.span_bytes(hostile.text_attribute("prompt", text)), hostile.span_bytes(span_id=b"\x01" * 8)
    )
    assert span.attributes["prompt"] == text[:MAX_TEXT].decode()
    assert span.attributes[MENDED] == [f"cut: kept {MAX_TEXT} of {len(text)} characters of attributes[prompt]"]
    assert MENDED not in other.attributes


def test_a_long_context_of_a_model_stays_whole() -> None:
    text = "Ünïcode ".encode() * 200_000
    (span,) = stored(hostile.span_bytes(hostile.text_attribute("prompt", text)))
    assert span.attributes == {"prompt": text.decode()}


@pytest.mark.parametrize(("number", "name", "counter"), [(11, "events", "Events"), (13, "links", "Links")])
def test_of_ten_thousand_events_or_links_the_first_are_kept(number: int, name: str, counter: str) -> None:
    one = length_delimited(1, hostile.TRACE_ID) if name == "links" else length_delimited(2, b"token " * 20)
    (span,) = stored(hostile.span_bytes(length_delimited(number, one) * 10_000, length_delimited(5, b"n" * (1 << 20))))
    assert len(getattr(span, name)) == MAX_COUNTS[name]
    assert span.leftover[f"dropped{counter}Count"] == 10_000 - MAX_COUNTS[name]
    assert span.attributes[MENDED] == [f"cut: kept 2000 of 10000 elements of {name}"]


def test_arrays_share_one_budget_of_elements() -> None:
    array = length_delimited(5, length_delimited(1, b"\x18\x01") * 90_000)
    (span,) = stored(hostile.span_bytes(*(hostile.attribute(b"a%d" % at, array) for at in range(6))))
    kept = [len(span.attributes[f"a{at}"]) for at in range(6)]
    assert kept[:3] == [90_000] * 3
    assert sum(kept) <= MAX_ELEMENTS
    assert len(span.attributes[MENDED]) == 3


def test_json_is_kept_within_the_same_bounds() -> None:
    pair = b'{"key":"k%d","value":{"intValue":"1"}}'
    many = b",".join(pair % at for at in range(100_000))
    body = hostile.json_request("ab" * 16, ("cd" * 8, b'{"intValue":1}')).replace(
        b'"attributes":[', b'"attributes":[' + many + b","
    )
    (span,) = read_spans(check_traces(body, Media.JSON).payload)
    assert len(span.attributes) == MAX_COUNTS["attributes"] + 1
    assert span.leftover["droppedAttributesCount"] == 90_001


def test_a_large_log_event_is_cut_too() -> None:
    import otlp

    body = otlp.logs_body(
        {"event": "gen_ai.choice", "body": "x" * (5 << 20), "trace_id": "ab" * 16, "span_id": "cd" * 8}
    )
    (event,) = read_log_events(check_logs(body, Media.PROTOBUF).payload)
    assert len(event.body) == MAX_TEXT
    assert MENDED in event.attributes


@pytest.mark.parametrize("body", [hostile.request_of(*[b""] * 600_000), b"\x28\x01" * 600_000], ids=["spans", "fields"])
def test_a_request_of_countless_empty_parts_is_refused_before_it_takes_memory(body: bytes) -> None:
    with pytest.raises(TooLarge, match=f"more than {MAX_ITEMS} items"):
        check_traces(body, Media.PROTOBUF)


def test_a_request_of_countless_empty_attributes_is_refused_before_it_takes_memory() -> None:
    spans = [hostile.span_bytes(b"\x4a\x00" * 200_000) for _ in range(MAX_FIELDS // 200_000 + 1)]
    with pytest.raises(TooLarge, match=f"more than {MAX_FIELDS} attributes"):
        check_traces(hostile.request_of(*spans), Media.PROTOBUF)
