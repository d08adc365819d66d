"""What the resources about the delivery of alerts ask of the collector, and the shapes they share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Protocol

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from telltale_collector.model import Acknowledgement, Matcher, Receiver, ReceiverStatus, Silence, TimeNs

Words = Annotated[str, Field(max_length=1000)]
Who = Annotated[str, Field(max_length=256)]


class AlertDesk(Protocol):
    """``alerts.desk.Desk``."""

    def receivers(self, project: str) -> list[ReceiverStatus]: ...
    def receiver(self, project: str, name: str) -> ReceiverStatus: ...
    def put_receiver(self, receiver: Receiver) -> ReceiverStatus: ...
    def remove_receiver(self, project: str, name: str) -> None: ...
    def test_receiver(self, project: str, name: str) -> tuple[bool, str]: ...
    def silences(self, project: str) -> list[Silence]: ...
    def silence(
        self, project: str, matchers: Sequence[Matcher], times: tuple[TimeNs, TimeNs], said: tuple[str, str]
    ) -> Silence: ...
    def remove_silence(self, project: str, silence_id: str) -> None: ...
    def acknowledgements(self, project: str) -> list[Acknowledgement]: ...
    def acknowledge(self, project: str, fingerprint: str, created_by: str, comment: str) -> Acknowledgement: ...


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


def desk_of(request: Request) -> AlertDesk:
    desk: AlertDesk = request.app.state.alert_desk
    return desk
