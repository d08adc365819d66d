from __future__ import annotations

import json
import math
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import telltale
from telltale import testing
from telltale._content import LIMIT, cut, to_json, to_text


class Colour(Enum):
    RED = "red"


@dataclass
class Point:
    x: int
    y: Any = None


class Rude:
    def __repr__(self) -> str:
        raise ValueError("no")

    __str__ = __repr__


class RudeMapping(OrderedDict[str, int]):
    def items(self) -> Any:
        raise RuntimeError("no")


class Model:
    def model_dump(self, mode: str) -> dict[str, str]:
        return {"mode": mode}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, None, True]}, '{"a":[1,null,true]}'),
        ("é\n", '"é\\n"'),
        ((1, 2), "[1,2]"),
        (Point(1, Point(2)), '{"x":1,"y":{"x":2,"y":null}}'),
        (Colour.RED, '"red"'),
        (Decimal("1.10"), '"1.10"'),
        (datetime(2026, 1, 2, tzinfo=UTC), '"2026-01-02 00:00:00+00:00"'),
        (Path("a/b"), '"a/b"'),
        (b"abc", '"<3 bytes>"'),
        (math.nan, '"nan"'),
        (math.inf, '"inf"'),
        ({1: "a", None: "b"}, '{"1":"a","None":"b"}'),
        (deque([1]), "[1]"),
        (Model(), '{"mode":"json"}'),
        ([2**5000], f'["{hex(2**5000)}"]'),
        (Rude(), '"<Rude without a usable repr>"'),
    ],
)
def test_any_value_has_a_json_text(value: Any, text: str) -> None:
    assert to_json(value) == text


def test_text_stays_text() -> None:
    assert to_text("plain") == "plain"


def test_a_value_that_contains_itself_ends() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert "nested too deep" in to_json(loop)


def test_a_mapping_that_raises_is_shown_by_its_repr() -> None:
    assert json.loads(to_json(RudeMapping(a=1)))


def test_long_text_is_cut_with_a_mark_that_says_how_much() -> None:
    assert cut("x" * 12, 10) == "xxxxxxxxxx […cut 2 characters]"
    assert cut("x" * 10, 10) == "x" * 10


@pytest.mark.parametrize("value", ["x" * 10 * LIMIT, ["y" * 100] * 100_000, {str(i): i for i in range(500_000)}])
def test_large_values_are_bounded_and_stay_json(value: Any) -> None:
    text = to_json(value)
    assert len(text) < 3 * LIMIT
    assert "cut" in text
    json.loads(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_what_json_can_hold_comes_back_as_it_was(value: Any) -> None:
    assert json.loads(to_json(value)) == value


def test_a_lone_surrogate_costs_one_character_not_the_value() -> None:
    with testing.capture() as captured, telltale.span("s") as span:
        span.set(input="a\ud800b")
    assert captured.span("s")["attributes"]["telltale.input.value"] == "a?b"


def test_values_that_raise_do_not_reach_the_application() -> None:
    @telltale.observe
    def f(value: Any) -> Any:
        return value

    values = [Rude(), RudeMapping(a=1), {Rude(): Rude()}, [object()], 10**5000, "\ud800"]
    with testing.capture() as captured:
        for value in values:
            assert f(value) is value
    assert len(captured.spans) == len(values)
