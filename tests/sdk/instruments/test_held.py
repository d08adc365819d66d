"""What an application's objects held at a moment, whatever it does with them afterwards."""

from __future__ import annotations

import copy
import datetime as dt
import enum
import threading
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletionMessage

from telltale._content import LIMIT, to_json
from telltale.instruments._held import held

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=30,
)


class Color(enum.Enum):
    RED = "red"


@dataclass
class Note:
    text: str


@given(JSON)
def test_a_copy_is_equal_and_recorded_the_same(value: Any) -> None:
    kept = held(value)
    assert kept is not None
    assert kept.value == value
    assert to_json(kept.value) == to_json(value)


@given(JSON)
def test_nothing_in_a_copy_can_be_changed_from_outside(value: Any) -> None:
    kept, before = held(value), copy.deepcopy(value)
    _empty(value)
    assert kept is not None
    assert kept.value == before


def _empty(value: Any) -> None:
    """Take everything out of every list and dict, from the inside."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    for item in list(items):
        _empty(item)
    if isinstance(value, (list, dict)):
        value.clear()


def test_the_librarys_own_messages_are_copied_with_what_it_does_not_know() -> None:
    message = ChatCompletionMessage.model_validate({"role": "assistant", "content": "Yes.", "notes": ["kind"]})
    kept = held([message])
    message.content = "No."
    assert message.model_extra is not None
    message.model_extra["notes"].append("rude")
    assert kept is not None
    (copied,) = kept.value
    assert isinstance(copied, ChatCompletionMessage)
    assert copied.content == "Yes."
    assert copied.model_extra == {"notes": ["kind"]}


@pytest.mark.parametrize("value", [Color.RED, dt.date(2026, 1, 1), Note, b"bytes", openai.NOT_GIVEN])
def test_what_never_changes_is_kept_itself(value: Any) -> None:
    kept = held({"value": value})
    assert kept is not None
    assert kept.value["value"] is value


@pytest.mark.parametrize(
    "value",
    [
        Note("text"),
        SimpleNamespace(a=1),
        iter([1]),
        {1, 2},
        bytearray(b"x"),
        threading.Lock(),
        lambda: 0,
        {Note: 1},
        type("Words", (dict,), {})(a=1),
        type("Words", (str,), {})("a"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_nobody_knows_how_to_copy_is_to_be_read_at_once(value: Any) -> None:
    assert held([value]) is None


class Proxy:
    """Stands for an object that it loads when somebody asks for its class or its attributes."""

    loaded = 0

    @property
    def __class__(self) -> type:  # type: ignore[override]
        Proxy.loaded += 1
        return str

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        Proxy.loaded += 1
        return {}


def test_a_lazy_proxy_is_not_loaded() -> None:
    held({"user": Proxy()})
    assert Proxy.loaded == 0


def test_a_circle_is_to_be_read_at_once() -> None:
    circle: list[Any] = []
    circle.append(circle)
    assert held(circle) is None


def test_text_is_kept_beyond_what_is_recorded_since_it_is_not_copied_and_is_weighed() -> None:
    text = "x" * (2 * LIMIT)
    kept = held([text])
    assert kept is not None
    assert kept.value[0] is text
    assert kept.weight >= len(text)
    assert held([text] * 5) is None


def test_no_more_containers_are_copied_than_are_recorded() -> None:
    assert held(list(range(LIMIT))) is None
    assert held([{"a": {}}] * LIMIT) is None
