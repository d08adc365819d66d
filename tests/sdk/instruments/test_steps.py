"""Steps that a framework reports by ids of its own."""

from __future__ import annotations

import contextvars
import gc
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from telltale._span import Span
from telltale.instruments import _steps
from telltale.instruments._steps import Steps

if TYPE_CHECKING:
    from telltale.testing import Captured


@pytest.fixture
def steps() -> Steps:
    return Steps(lambda: None)


@pytest.mark.parametrize("begin", ["begin", "begin_leaf", "begin_outside"])
@pytest.mark.parametrize("child", [False, True])
def test_contexts_that_the_application_keeps_keep_nothing_of_a_step_that_is_over(
    captured: Captured, steps: Steps, begin: str, child: bool
) -> None:
    def work() -> tuple[Any, Any]:
        step = getattr(steps, begin)("a", None, Span("a", "chain", {"words": "a" * 1000}))
        recorded = weakref.ref(step.span._otel)
        inside = steps.begin_leaf("b", "a", Span("b")) if child else step
        kept = inside, contextvars.copy_context()
        steps.take("a").end()
        return recorded, kept

    recorded, kept = contextvars.copy_context().run(work)
    gc.collect()
    assert recorded() is None
    assert kept[0] is not None
    assert captured.span("a")["attributes"]["words"] == "a" * 1000


def test_a_step_inside_one_that_is_over_still_has_its_place(captured: Captured, steps: Steps) -> None:
    def work() -> None:
        steps.begin_outside("a", None, Span("a"))
        steps.hide("hidden", "a")
        steps.take("a").end()
        steps.begin_outside("late", "hidden", Span("late"))
        steps.take("late").end()

    contextvars.copy_context().run(work)
    assert captured.span("late")["parent_span_id"] == captured.span("a")["span_id"]


def test_hidden_steps_that_no_one_ends_do_not_fill_the_memory(
    captured: Captured, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_steps, "_MOST_OPEN", 3)

    def work() -> None:
        steps.begin_outside("old", None, Span("old"))
        steps.begin_outside("parent", None, Span("parent"))
        steps.hide("hidden", "parent")
        assert captured.spans == []
        for number in range(4):
            steps.hide(number, "hidden")

    contextvars.copy_context().run(work)
    assert len(steps._open) == 3
    assert [span["name"] for span in captured.spans] == ["old", "parent"]
