"""A hostile value with its name and what is checked of it, and the error that those raise that raise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Check = Callable[[], str]


class Case(NamedTuple):
    name: str
    value: Any
    check: Check = lambda: ""


class Refusal(Exception):
    """Its own text raises, too."""

    def __str__(self) -> str:
        raise ValueError("no text either")

    __repr__ = __str__


def refuse(*_: object, **__: object) -> Any:
    raise Refusal
