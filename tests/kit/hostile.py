"""Hostile OTLP: spans that are broken in one place, values nested without end."""

import json

import otlp
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from telltale_collector.decode.wire import length_delimited

TRACE_ID, SPAN_ID = b"\xab" * 16, b"\xcd" * 8


# --- nesting ------------------------------------------------------------------------------------------------


def nested_protobuf(depth: int) -> bytes:
    """An AnyValue of arrays inside arrays, around the text "leaf"."""
    sizes, size = [], len(_LEAF)
    for _ in range(depth):
        inner = 1 + _varint_size(size) + size
        sizes.append((size, inner))
        size = 1 + _varint_size(inner) + inner
    heads = [length_delimited(5, b"")[:1] + _varint(inner) + b"\x0a" + _varint(own) for own, inner in reversed(sizes)]
    return b"".join([*heads, _LEAF])


_LEAF = length_delimited(1, b"leaf")


def nested_json(depth: int) -> bytes:
    return b'{"arrayValue":{"values":[' * depth + b'{"stringValue":"leaf"}' + b"]}}" * depth


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _varint_size(value: int) -> int:
    return max(1, (value.bit_length() + 6) // 7)


# --- spans --------------------------------------------------------------------------------------------------


def attribute(key: bytes, value: bytes) -> bytes:
    """An encoded KeyValue as field 9 of a span; ``value`` is an encoded AnyValue."""
    return length_delimited(9, length_delimited(1, key) + length_delimited(2, value))


def text_attribute(key: str, text: bytes) -> bytes:
    return attribute(key.encode(), length_delimited(1, text))


def span_bytes(*extra: bytes, name: bytes = b"broken", span_id: bytes = SPAN_ID, trace_id: bytes = TRACE_ID) -> bytes:
    """An encoded span, and whatever comes behind it."""
    fields = Span(trace_id=trace_id, span_id=span_id, start_time_unix_nano=1_000, end_time_unix_nano=2_000)
    return b"".join([fields.SerializeToString(), length_delimited(5, name), *extra])


def request_of(*spans: bytes, resource: bytes = b"", scope: bytes = b"") -> bytes:
    """An encoded request of encoded spans."""
    framed = [length_delimited(2, span) for span in spans]
    scope_spans = length_delimited(1, scope) + b"".join(framed)
    return length_delimited(1, length_delimited(1, resource) + length_delimited(2, scope_spans))


def json_request(trace_id: str, *spans: tuple[str, bytes]) -> bytes:
    """A JSON request: (span id, encoded JSON of the attribute ``case``'s value) each."""
    written = [
        b'{"traceId":"%s","spanId":"%s","name":"s","startTimeUnixNano":"1000","endTimeUnixNano":"2000",'
        b'"attributes":[{"key":"case","value":%s}]}' % (trace_id.encode(), span_id.encode(), value)
        for span_id, value in spans
    ]
    return b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b",".join(written) + b"]}]}]}"


def unreadable_spans() -> list[tuple[str, bytes]]:
    """(name of the kind, encoded span): each cannot be stored, whatever one does."""
    whole = span_bytes(text_attribute("model", b"gpt-4o"), length_delimited(11, length_delimited(2, b"event")))
    kinds = [(f"trace id of {n} bytes", span_bytes(trace_id=b"\x01" * n)) for n in range(40) if n != 16]
    kinds += [(f"span id of {n} bytes", span_bytes(span_id=b"\x01" * n)) for n in range(24) if n != 8]
    kinds += [(f"parent id of {n} bytes", span_bytes(length_delimited(4, b"\x01" * n))) for n in range(1, 24) if n != 8]
    kinds += [("zero trace id", span_bytes(trace_id=bytes(16))), ("zero span id", span_bytes(span_id=bytes(8)))]
    times = [(n, value) for n in (7, 8) for value in (2**63, 2**63 + 1, 2**64 - 1)]
    kinds += [(f"time {n} is {v}", span_bytes(bytes([n << 3 | 1]) + v.to_bytes(8, "little"))) for n, v in times]
    kinds += [(f"cut after {n} bytes", whole[:n]) for n in range(1, len(whole)) if not _is_whole(whole[:n])]
    kinds += [
        (f"wire type {kind} in field {n}", span_bytes(bytes([n << 3 | kind]))) for n in (1, 9, 15) for kind in (4, 6, 7)
    ]
    kinds += [(f"tail {tail.hex()}", span_bytes(tail)) for tail in _TAILS]
    return kinds


_TAILS = [
    *(b"\x00", b"\x00\x00", b"\x02\x00", b"\x4a", b"\x4a\x80", b"\x4a\x05", b"\x4a\xff\xff\xff\xff\x0f", b"\xff" * 11),
    *(
        b"\x0b",
        b"\x0b\x0b\x0c",
        b"\x0b\x14",
        b"\x7b\x7d",
        b"\x80" * 10 + b"\x01",
        b"\x4a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
        b"\x03",
        b"\x0b\x0a\x7f\x0c",
        b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ),
    *(
        b"\x09\x01",
        b"\x0d\x01",
        b"\x5a\x7f\x01",
        b"\x6a\x7f\x01",
        b"\x7a\x7f\x01",
        b"\xca\x3e\x7f",
        b"\xf8\xff\xff\xff\xff\x01\x01",
    ),
]


def _is_whole(span: bytes) -> bool:
    try:
        found = Span.FromString(span)
    except Exception:  # noqa: BLE001 - upb's DecodeError, and nothing else matters here
        return False
    return len(found.trace_id) == 16 and len(found.span_id) == 8


def mended_spans() -> list[tuple[str, bytes, str]]:
    """(name of the kind, encoded span, a part of the note): each is kept, with one thing mended."""
    bad, value = b"caf\xe9", length_delimited(1, b"x")
    event = length_delimited(2, b"event")
    return [
        ("name", span_bytes(name=bad), "invalid utf-8 in name"),
        ("trace state", span_bytes(length_delimited(3, bad)), "invalid utf-8 in traceState"),
        (
            "status message",
            span_bytes(length_delimited(15, length_delimited(2, bad))),
            "invalid utf-8 in status.message",
        ),
        ("text value", span_bytes(text_attribute("model", bad)), "invalid utf-8 in attributes[model]"),
        ("key", span_bytes(text_attribute("model", b"m"), attribute(bad, value)), "invalid utf-8 in attributes"),
        (
            "text in an array",
            span_bytes(attribute(b"list", length_delimited(5, length_delimited(1, length_delimited(1, bad))))),
            "invalid utf-8 in attributes[list]",
        ),
        ("event name", span_bytes(length_delimited(11, length_delimited(2, bad))), "invalid utf-8 in events.name"),
        (
            "event attribute",
            span_bytes(
                length_delimited(
                    11,
                    event
                    + length_delimited(3, length_delimited(1, b"k") + length_delimited(2, length_delimited(1, bad))),
                )
            ),
            "invalid utf-8 in events.attributes[k]",
        ),
        (
            "link state",
            span_bytes(length_delimited(13, length_delimited(1, TRACE_ID) + length_delimited(3, bad))),
            "invalid utf-8 in links.traceState",
        ),
        ("deep value", span_bytes(attribute(b"deep", nested_protobuf(100))), "nested too deep: attributes[deep]"),
        ("cut value", span_bytes(attribute(b"cut", b"\x0a\x20half")), "left out"),
        ("cut array", span_bytes(attribute(b"cut", b"\x2a\x04\x0a\x20ab")), "left out"),
        ("value of no wire type", span_bytes(attribute(b"cut", b"\x0f\x00")), "left out"),
        ("cut attribute", span_bytes(length_delimited(9, b"\x0a\x05k")), "left out"),
        ("cut event", span_bytes(length_delimited(11, b"\x12\x05e")), "left out"),
        ("cut link", span_bytes(length_delimited(13, b"\x0a\x10short")), "left out"),
        ("cut status", span_bytes(length_delimited(15, b"\x12\x05e")), "left out"),
    ]


def bodies_of_other_spans(count: int, name: str = "good") -> list[bytes]:
    """Encoded good spans with ids of their own."""
    return [span_bytes(name=name.encode(), span_id=at.to_bytes(8, "big")) for at in range(1, count + 1)]


def as_json_text(text: str) -> bytes:
    return json.dumps({"stringValue": text}, ensure_ascii=False).encode()


def new_span_bytes(trace_id: str, *extra: bytes) -> bytes:
    return span_bytes(*extra, trace_id=bytes.fromhex(trace_id), span_id=bytes.fromhex(otlp.new_span_id()))
