"""What the resources about the delivery of alerts ask of the collector, and the shapes they share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from telltale_collector.alerts.desk import Desk
from telltale_collector.model import Matcher

Words = Annotated[str, Field(max_length=1000)]
Who = Annotated[str, Field(max_length=256)]


class NewMatcher(BaseModel):
    """What a label has to be, as Alertmanager's: ``value`` is a text, or with ``is_regex`` a pattern for all of it."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=256)]
    value: Annotated[str, Field(max_length=1024)]
    is_regex: bool = False
    is_equal: bool = True


Matchers = Annotated[list[NewMatcher], Field(max_length=50)]


def matchers_of(given: Sequence[NewMatcher]) -> tuple[Matcher, ...]:
    return tuple(Matcher(**each.model_dump()) for each in given)


def desk_of(request: Request) -> Desk:
    desk: Desk = request.app.state.alert_desk
    return desk
