"""User code that has to pass ``mypy --strict``: what the public functions do to types."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, assert_type

import telltale
from telltale import testing
from telltale.guards import Verdict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
    from typing import Any

telltale.init()
telltale.init(
    endpoint="http://127.0.0.1:4318",
    api_key="tt_key",
    service_name="shop",
    environment="test",
    capture="masked",
    mask=str.lower,
    instrument=["openai"],
)


@telltale.observe
def plain(number: int, *, text: str = "") -> str:
    return text * number


@telltale.observe(name="search", kind="retriever", capture_output=False)
def search(question: str, k: int = 3) -> list[str]:
    return [question] * k


@telltale.observe
async def later(number: int) -> int:
    return number


@telltale.observe
def items(number: int) -> Iterator[int]:
    yield number


@telltale.observe()
async def items_later(number: int) -> AsyncIterator[str]:
    yield str(number)


class Shop:
    @telltale.observe(kind="tool")
    def sell(self, item: str) -> float:
        return float(len(item))

    @classmethod
    @telltale.observe
    def open(cls, day: str) -> Shop:
        return cls() if day else Shop()


@telltale.guard("pii", stage="output", on_hit="redact", threshold=0.5)
def answer(question: str) -> str:
    return question


@telltale.budget("checkout", usd="0.50", calls=30, window_s=3600, scope="user", on_exceed="raise", same_tool_calls=5)
def paid(question: str) -> str:
    return question


def is_polite(text: str) -> bool:
    return "please" in text


def check() -> None:
    assert_type(plain(1, text="a"), str)
    assert_type(search("q", k=2), list[str])
    assert_type(Shop().sell("pen"), float)
    assert_type(Shop.open("mon"), Shop)
    assert_type(list(items(1)), list[int])
    assert_type(answer("q"), str)
    assert_type(paid("q"), str)
    with telltale.budget("inner", tokens=1000, on_exceed="route", route={"gpt-5": "gpt-5-mini"}) as run:
        assert_type(run.spent.usd, Decimal)
        assert_type(run.spent.calls, int)
    assert_type(telltale.guard(is_polite).check("x"), Verdict)
    assert_type(telltale.score("feedback", 1, comment="good", source="user"), str)
    assert_type(telltale.flush(1.0), bool)
    assert_type(telltale.shutdown(timeout_s=1.0), bool)
    context = telltale.context(session_id="s", user_id="u", tags=["beta"], metadata={"plan": "pro"})
    with context, telltale.span("answer", kind="chain") as span:
        span.set(input="q", output={"a": 1}, documents=["d"], tags=["x"], model="m", top_k=3)
        assert_type(span.trace_id, str)
        span.score("helpful", True)


async def check_later() -> None:
    assert_type(await later(1), int)
    coroutine: Coroutine[Any, Any, int] = later(2)
    assert_type(await coroutine, int)
    async with telltale.span("outer"), telltale.context(user_id="u"):
        assert_type([item async for item in items_later(1)], list[str])


def check_testing() -> None:
    with testing.capture(capture="none") as captured:
        plain(1)
    assert_type(captured.spans[0]["name"], "Any")


callback: Callable[[str], str] = answer

# What a decorated function refuses, mypy refuses too: each of these ignores has to be needed.
plain("1")  # type: ignore[arg-type]
search(k=2)  # type: ignore[call-arg]
telltale.budget("x", on_exceed="explode")  # type: ignore[arg-type]
telltale.span("x", kind="cake")  # type: ignore[arg-type]
telltale.init("http://127.0.0.1:4318")  # type: ignore[call-arg]
