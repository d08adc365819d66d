"""What LlamaIndex's tools are given."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from counted_list import CountedList
from llama_index.core.tools import FunctionTool
from span_tree import outline

import telltale
from telltale._content import LIMIT

if TYPE_CHECKING:
    from telltale.testing import Captured


def size(numbers: list[Any]) -> int:
    """Say how many numbers there are."""
    return len(numbers)


def _given(captured: Captured) -> str:
    given: str = captured.span("FunctionTool.call")["attributes"]["gen_ai.tool.call.arguments"]
    return given


def test_what_is_long_is_read_no_further_than_it_is_recorded(captured: Captured) -> None:
    numbers = CountedList(range(1_000_000))
    FunctionTool.from_defaults(size).call(numbers=numbers)
    shown = json.loads(_given(captured))["numbers"]
    assert shown[-1] == f"[…cut {1_000_000 - (len(shown) - 1)} more items]"
    assert numbers.read < LIMIT


def test_a_circle_is_cut(captured: Captured) -> None:
    circle: list[Any] = []
    circle.append(circle)
    FunctionTool.from_defaults(size).call(numbers=circle)
    assert "nested too deep" in _given(captured)


def test_the_same_arguments_are_the_same_to_a_budget_in_any_order(captured: Captured) -> None:
    def add(numbers: list[int], how: dict[str, Any]) -> int:
        del how
        return sum(numbers)

    tool = FunctionTool.from_defaults(add)
    with telltale.budget("loop", same_tool_calls=2, on_exceed="raise"):
        tool.call(numbers=[1, 2], how={"a": 1, "b": 2})
        tool.call(how={"b": 2, "a": 1}, numbers=[1, 2])
        tool.call(numbers=[1, 3], how={"a": 1, "b": 2})
        assert "budget loop" not in outline(captured.spans)
        tool.call(numbers=[1, 2], how={"a": 1, "b": 2})
    assert outline(captured.spans)[-1].strip() == "budget loop"
