"""Programs of nested steps, drawn at random, and what has to become of their spans."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

PLAIN = ("with", "function", "method", "classmethod", "staticmethod", "generator")
ASYNC = ("async with", "coroutine", "async method", "async classmethod", "async staticmethod", "async generator")
LAUNCHES = {
    (False, False): ("call", "thread", "pool"),
    (True, False): ("call", "to_thread", "executor"),
    (True, True): ("await", "task", "group"),
    (False, True): ("loop",),
}
"""How a step starts another, by whether the outer and the inner one are asynchronous."""

DONE, RAISED, CANCELLED = "done", "raised", "cancelled"


@dataclass
class Step:
    """One step and what it does.

    Attributes:
        style: what sort of code it is.
        launch: how it is started.
        ending: done, raised or cancelled.
        manner: how a generator is left.
        cancel: set while it runs: cancels the task that runs it.
    """

    style: str
    launch: str
    ending: str
    manner: str
    name: str = ""
    children: list[Step] = field(default_factory=list)
    cancel: Callable[[], object] = lambda: None

    @property
    def is_async(self) -> bool:
        return self.style in ASYNC

    @property
    def is_left(self) -> bool:
        return self.ending == CANCELLED and self.style.endswith("generator")


def program(seed: int) -> Step:
    """The program of a seed: one to about twenty steps, at most five deep."""
    draw = random.Random(seed)
    return _step(draw, "n", outer_is_async=True, depth=0)


def _step(draw: random.Random, name: str, *, outer_is_async: bool, depth: int) -> Step:
    style = draw.choice(PLAIN + ASYNC)
    launch = draw.choice(LAUNCHES[outer_is_async, style in ASYNC])
    can_be_cancelled = style in ASYNC or style == "generator"
    ending = draw.choices((DONE, RAISED, CANCELLED), (6, 2, 2 if can_be_cancelled else 0))[0]
    if launch == "group" and ending == RAISED:
        ending = DONE  # it would cancel its siblings
    step = Step(style, launch, ending, draw.choice(("here", "elsewhere", "dropped")), name)
    many = draw.choices((0, 1, 2, 3), (3, 3, 2, 1) if depth < 4 else (1, 0, 0, 0))[0]
    step.children = [_step(draw, f"{name}.{at}", outer_is_async=step.is_async, depth=depth + 1) for at in range(many)]
    return step


def expected(step: Step, parent: str | None = None) -> dict[str, tuple[str | None, str]]:
    """(parent's name, how it ends) of every span, by name."""
    found = {step.name: (parent, step.ending)}
    if step.style.endswith("generator"):
        found[f"{step.name} used"] = (parent, DONE)
    for child in step.children:
        found |= expected(child, step.name)
    return found
