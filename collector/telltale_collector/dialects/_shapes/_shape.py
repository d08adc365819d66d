"""What a shape is: how one provider's request and answer are recognised and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from telltale_collector.model import Call

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """How one provider's request and answer look.

    Attributes:
        asks: is this a request of the shape?
        request: the partial call it describes.
        answers: is this an answer of the shape?
        response: the partial call it describes.
    """

    asks: Callable[[Body], bool]
    request: Callable[[Body], Call]
    answers: Callable[[Body], bool]
    response: Callable[[Body], Call]


def has_any(body: Body, *keys: str) -> bool:
    return any(key in body for key in keys)
