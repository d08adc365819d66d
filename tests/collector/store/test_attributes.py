"""Raw attributes come back as they came, and long texts are stored once."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale_collector.store.attributes import decode_attributes, encode_attributes

LONG = "a text that a canonical column of the same span holds already"

values = st.recursive(
    st.one_of(
        st.none(),
        st.just(LONG),
        st.text(max_size=10),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False),
        st.binary(max_size=10),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["k", "$text", "$bytes", "$float"]), inner, max_size=3),
    ),
    max_leaves=8,
)
json_texts = values.map(lambda value: orjson.dumps(value, default=repr).decode())


@given(st.dictionaries(st.text(max_size=5), st.one_of(values, json_texts), max_size=4))
def test_attributes_come_back_as_they_came(attributes: dict) -> None:
    texts = ["short", LONG]
    stored, types = encode_attributes(attributes, texts)
    assert decode_attributes(stored, types, texts) == attributes


@pytest.mark.parametrize(
    "write",
    [
        json.dumps,
        lambda value: json.dumps(value, ensure_ascii=False),
        lambda value: orjson.dumps(value).decode(),
        lambda value: json.dumps(value, separators=(",", ":")),
    ],
)
def test_a_text_inside_json_is_stored_once_however_the_json_is_written(write) -> None:
    value = write([{"role": "user", "content": LONG + " ünïcode"}])
    stored, types = encode_attributes({"messages": value}, [LONG + " ünïcode"])
    assert LONG not in stored["messages"]
    assert decode_attributes(stored, types, [LONG + " ünïcode"]) == {"messages": value}


def test_a_text_inside_json_that_is_laid_out_in_an_unusual_way_is_stored_once_too() -> None:
    value = json.dumps([LONG], indent=3)
    stored, types = encode_attributes({"a": value}, [LONG])
    assert LONG not in stored["a"]
    assert decode_attributes(stored, types, [LONG]) == {"a": value}


def test_a_value_that_looks_as_if_it_were_folded_is_kept_as_it_is() -> None:
    value = '[{"$text":0}, ' + json.dumps(LONG) + "]"
    assert encode_attributes({"a": value}, [LONG]) == ({"a": value}, {})


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        ([LONG, ":0} , " + "1, " * 12], f'[{{"a":"{LONG}"}} , {"1, " * 12}"x"]'),
        ([LONG, " , " + "1, " * 12 + "{"], f'["x" , {"1, " * 12}{{"{LONG}":1}}]'),
        ([LONG + LONG, LONG], json.dumps([LONG + LONG, LONG, {"x": LONG}])),
        (['"' + LONG, LONG + "\\"], json.dumps(['"' + LONG, LONG + "\\", '"' + LONG + "\\"])),
    ],
)
def test_texts_that_overlap_or_border_on_a_mark_come_back_to_the_byte(texts: list[str], value: str) -> None:
    stored, types = encode_attributes({"a": value}, texts)
    assert decode_attributes(stored, types, texts) == {"a": value}


def test_rows_of_the_first_releases_still_read() -> None:
    stored = {"a": '[{"content":{"$text":0}}]'}
    assert decode_attributes(stored, {"a": "text-spaced"}, [LONG]) == {"a": json.dumps([{"content": LONG}])}


def test_plain_text_reads_as_itself_in_sql() -> None:
    assert encode_attributes({"model": "gpt-4o", "n": 3}) == ({"model": "gpt-4o", "n": "3"}, {"n": "int"})


def test_nan_and_infinity_survive() -> None:
    stored, types = encode_attributes({"a": float("inf"), "b": [float("-inf")], "c": float("nan")})
    found = decode_attributes(stored, types)
    assert (found["a"], found["b"], str(found["c"])) == (float("inf"), [float("-inf")], "nan")
