"""Bodies that the strict decoders refuse: the smallest thing that is wrong is mended or set aside, the rest is kept."""

import hostile
import hostile_texts
import orjson
import otlp
import pytest
from figures import FigureRecorder
from hostile import length_delimited

from telltale.semconv import MENDED
from telltale_collector.decode import (
    Checked,
    Media,
    check_logs,
    check_metrics,
    check_traces,
    read_log_events,
    read_spans,
)
from telltale_collector.decode.salvage import MAX_STEPS, TOO_DEEP
from telltale_collector.errors import BadRequest
from telltale_collector.model import RawSpan

UNREADABLE = hostile.unreadable_spans()
MENDED_SPANS = hostile.mended_spans()
DEPTHS = [10**2, 10**3, 10**4, 10**5, 10**6]


def spans_of(body: bytes, media: Media = Media.PROTOBUF) -> tuple[Checked, list[RawSpan]]:
    checked = check_traces(body, media)
    spans = list(read_spans(checked.payload))
    assert len(spans) == checked.accepted
    return checked, spans


def test_there_are_two_hundred_kinds_of_unreadable_spans(record_figure: FigureRecorder) -> None:
    record_figure("kinds of spans that cannot be read", len(dict(UNREADABLE)), ">= 200")
    assert len(dict(UNREADABLE)) >= 200


@pytest.mark.parametrize("broken", [span for _, span in UNREADABLE], ids=[name for name, _ in UNREADABLE])
def test_a_span_that_cannot_be_read_is_set_aside_with_its_reason_and_the_others_stay(broken: bytes) -> None:
    others = hostile.bodies_of_other_spans(20)
    checked, spans = spans_of(hostile.request_of(*others[:10], broken, *others[10:]))
    assert [span.name for span in spans] == ["good"] * 20
    (reject,) = checked.rejects
    assert reject.reason
    assert reject.reason in checked.message


@pytest.mark.parametrize(
    ("broken", "note"), [kind[1:] for kind in MENDED_SPANS], ids=[kind[0] for kind in MENDED_SPANS]
)
def test_a_span_with_one_bad_value_is_kept_and_says_what_was_mended(broken: bytes, note: str) -> None:
    others = hostile.bodies_of_other_spans(2)
    checked, (first, mended, last) = spans_of(hostile.request_of(others[0], broken, others[1]))
    assert checked.rejects == []
    assert (first.name, last.name) == ("good", "good")
    assert MENDED not in first.attributes
    (said,) = mended.attributes[MENDED]
    assert note in said
    assert f"mended: {said} (1 item" in checked.message


def test_only_the_bad_bytes_of_a_text_are_replaced() -> None:
    broken = hostile.span_bytes(
        hostile.text_attribute("bad", "naïve ".encode() + b"caf\xe9"),
        hostile.text_attribute("good", "naïve café".encode()),
    )
    _, (span,) = spans_of(hostile.request_of(broken))
    assert span.attributes["bad"] == "naïve caf\ufffd"
    assert span.attributes["good"] == "naïve café"


def test_what_is_mended_around_the_spans_is_told_by_their_resource() -> None:
    resource = length_delimited(1, length_delimited(1, b"host") + length_delimited(2, length_delimited(1, b"\xff")))
    scope = length_delimited(1, b"lib\xff")
    _, (span, _) = spans_of(hostile.request_of(*hostile.bodies_of_other_spans(2), resource=resource, scope=scope))
    assert (span.resource["host"], span.scope_name) == ("\ufffd", "lib\ufffd")
    assert len(span.resource[MENDED]) == 2


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("media", list(Media))
def test_of_a_value_nested_without_end_only_the_deep_part_is_replaced(
    media: Media, depth: int, record_figure: FigureRecorder
) -> None:
    if media is Media.PROTOBUF:
        deep, beside = hostile.nested_protobuf(depth), hostile.text_attribute("beside", b"kept")
        body = hostile.request_of(hostile.span_bytes(hostile.attribute(b"case", deep), beside))
    else:
        body = hostile.json_request(otlp.new_trace_id(), ("ab" * 8, hostile.nested_json(depth)))
        body = body.replace(b'"attributes":[', b'"attributes":[{"key":"beside","value":{"stringValue":"kept"}},', 1)
    checked, (span,) = spans_of(body, media)
    assert span.attributes["beside"] == "kept"
    assert "nested too deep" in span.attributes[MENDED][0]
    assert checked.rejects == []
    value, levels = span.attributes["case"], 0
    while isinstance(value, list):
        (value,), levels = value, levels + 1
    record_figure(f"arrays kept around what is too deep, {media.name}", levels, "47")
    assert (value, levels) == (TOO_DEEP, 47)


@pytest.mark.parametrize("filler", [b"1,", b'"a",', b'\\"', b'"\\', b"[],", b'{"a":[1]},', b" ", b'"[",'])
def test_text_that_is_no_json_is_refused_in_time_that_grows_with_its_length(filler: bytes) -> None:
    # A pass that looked twice at what it passed would need hours here.
    for body in (b'{"resourceSpans":[' + filler * 300_000, b'"' + filler * 300_000):
        with pytest.raises(BadRequest, match=r"not JSON|is JSON, but"):
            check_traces(body, Media.JSON)


@pytest.mark.parametrize("depth", [40, 47])
def test_both_encodings_keep_the_same_depth_whole(depth: int) -> None:
    body = hostile.request_of(hostile.span_bytes(hostile.attribute(b"case", hostile.nested_protobuf(depth))))
    _, (binary,) = spans_of(body)
    _, (text,) = spans_of(hostile.json_request("ab" * 16, ("cd" * 8, hostile.nested_json(depth))), Media.JSON)
    assert binary.attributes == text.attributes
    assert MENDED not in text.attributes


@pytest.mark.parametrize("text", hostile_texts.texts(), ids=lambda text: repr(text.raw[:12]))
def test_a_text_is_byte_equal_where_it_is_valid_and_replaced_and_flagged_where_not(text: hostile_texts.Text) -> None:
    binary = hostile.request_of(hostile.span_bytes(hostile.text_attribute("case", text.raw)))
    as_json = hostile.json_request("ab" * 16, ("cd" * 8, b'{"stringValue":%s}' % text.in_json))
    for body, media in ((binary, Media.PROTOBUF), (as_json, Media.JSON)):
        checked, (span,) = spans_of(body, media)
        assert span.attributes["case"] == text.kept
        assert (MENDED in span.attributes) is not text.is_valid
        assert checked.rejects == []


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ('"cut \\ud83d"', "cut \ufffd"),
        ('"\\ude00 low"', "\ufffd low"),
        ('"\\ud83d\\ud83d\\ude00"', "\ufffd😀"),
        ('"\\ud83d\\ude00\\ude00"', "😀\ufffd"),
        ('"\\\\ud83d is text, \\ud83d is not"', "\\ud83d is text, \ufffd is not"),
        ('"\\ufdd0 \\ud83d"', "\ufdd0 \ufffd"),
        ('"\ufdd0\ufdd1 \\ud83d"', "\ufdd0\ufdd1 \ufffd"),
    ],
)
def test_half_a_surrogate_pair_in_json_costs_that_character(written: str, kept: str) -> None:
    damaged = b'{"stringValue":%s}' % written.encode()
    beside = hostile.as_json_text("\ufffd is the sender's own")
    body = hostile.json_request("ab" * 16, ("cd" * 8, damaged), ("ce" * 8, beside))
    _, (mended, untouched) = spans_of(body, Media.JSON)
    assert mended.attributes["case"] == kept
    assert MENDED in mended.attributes
    assert untouched.attributes == {"case": "\ufffd is the sender's own"}


def test_a_json_body_may_begin_with_a_byte_order_mark() -> None:
    body = b"\xef\xbb\xbf" + hostile.json_request("ab" * 16, ("cd" * 8, b'{"stringValue":"x"}'))
    _, (span,) = spans_of(body, Media.JSON)
    assert span.attributes == {"case": "x"}


def test_so_many_bad_bytes_that_no_mark_is_worth_it_are_replaced_all_the_same() -> None:
    body = hostile.json_request("ab" * 16, ("cd" * 8, b'{"stringValue":"' + b"\xff" * 200_000 + b'"}'))
    _, (span,) = spans_of(body, Media.JSON)
    assert span.attributes["case"] == "\ufffd" * 200_000
    assert MENDED in span.attributes


@pytest.mark.parametrize("body", [b"\xff\xff", b"\x0a\x05\x12", b"\x0a\x03\x12\x05\x0a", b"\x0a\x02\x0b\x0b"])
def test_a_broken_frame_refuses_the_request(body: bytes) -> None:
    with pytest.raises(BadRequest, match="in protobuf"):
        check_traces(body, Media.PROTOBUF)


def test_a_damaged_body_costs_a_bounded_number_of_steps() -> None:
    many = hostile.span_bytes(b"\x4a\x00" * (MAX_STEPS + 1), b"\xff")
    late = hostile.span_bytes(name=b"caf\xe9")
    checked, spans = spans_of(hostile.request_of(many, *hostile.bodies_of_other_spans(2), late))
    assert [span.name for span in spans] == ["good", "good"]
    assert [reject.reason for reject in checked.rejects] == [
        f"cannot be read: more than {MAX_STEPS} fields to mend"
    ] * 2


def test_log_events_are_mended_like_spans() -> None:
    body = otlp.logs_body(
        {"event": "gen_ai.user.message", "body": {"content": "XX"}, "trace_id": "ab" * 16, "span_id": "cd" * 8},
        {"event": "gen_ai.choice", "body": {"content": "fine"}, "trace_id": "ab" * 16, "span_id": "cd" * 8},
    ).replace(b"XX", b"X\xff")
    checked = check_logs(body, Media.PROTOBUF)
    mended, good = read_log_events(checked.payload)
    assert mended.body == {"content": "X\ufffd"}
    assert "invalid utf-8 in body" in mended.attributes[MENDED][0]
    assert MENDED not in good.attributes
    assert checked.rejects == []


def test_a_damaged_metric_costs_itself_alone() -> None:
    bad, good = length_delimited(2, b"\x0a\x05m"), length_delimited(2, length_delimited(1, b"http.requests"))
    body = length_delimited(1, length_delimited(2, bad + good))
    (reject,) = check_metrics(body, Media.PROTOBUF).rejects
    assert "cannot be read" in reject.reason


def test_a_good_body_is_not_copied() -> None:
    body = hostile.request_of(*hostile.bodies_of_other_spans(3))
    assert check_traces(body, Media.PROTOBUF).payload is body


@pytest.mark.parametrize("value", [b"AP8-_w==", b"AP8-_w", b"AP8+/w=="])
def test_bytes_in_json_may_be_of_either_base64_alphabet(value: bytes) -> None:
    body = hostile.json_request("AB" * 16, ("CD" * 8, orjson.dumps({"bytesValue": value.decode()})))
    _, (span,) = spans_of(body, Media.JSON)
    assert span.attributes["case"] == b"\x00\xff>\xff"
    assert (span.trace_id, span.span_id) == ("ab" * 16, "cd" * 8)
