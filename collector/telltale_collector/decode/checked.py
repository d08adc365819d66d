"""What a check of a request gives, and the two encodings a request may come in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

import orjson
from google.protobuf.message import DecodeError, Message

from telltale_collector.decode.bounds import LARGE_BYTES, bound_items, refuse_too_many_parts
from telltale_collector.decode.findings import Findings, Reject
from telltale_collector.decode.json_text import loads
from telltale_collector.decode.otlp_json import fill
from telltale_collector.decode.salvage import salvage
from telltale_collector.errors import BadRequest

M = TypeVar("M", bound=Message)


class Media(Enum):
    """The encodings of OTLP/HTTP, by content type."""

    PROTOBUF = "application/x-protobuf"
    JSON = "application/json"


@dataclass(slots=True)
class Checked:
    """A request whose bad items are gone.

    Attributes:
        payload: the request in protobuf, as it goes into the WAL.
        accepted: items in it.
        rejects: items that are not.
        warnings: for the sender, although nothing was rejected.
        ignored: items that are good and not for this store, by reason; no fault of the sender's.
    """

    payload: bytes
    accepted: int
    rejects: list[Reject] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)

    @property
    def message(self) -> str:
        """For ``partial_success``: each distinct reason with its count, the first named."""
        if not self.rejects and not self.warnings:
            return ""
        by_reason = Counter(reject.reason for reject in self.rejects)
        first = {reject.reason: reject.name for reject in reversed(self.rejects)}
        parts = [
            f"{reason} ({count} item{'s' if count > 1 else ''}, first: {first[reason]!r})"
            for reason, count in by_reason.most_common(10)
        ]
        return "; ".join(parts + self.warnings)


def parse(make: Callable[[], M], body: bytes, media: Media, findings: Findings) -> M:
    """Decode one request; what is wrong with a part of it costs that part and is told in ``findings``.

    Raises:
        BadRequest: the body as a whole is not such a request; the text says which part.
        TooLarge: it holds more items, or these more fields, than one request may.
    """
    message = make()
    if media is Media.PROTOBUF:
        _parse_protobuf(message, make, body, findings)
    else:
        findings.changed = True
        _parse_json(message, body, findings)
    if len(body) > LARGE_BYTES:
        bound_items(message, findings)
    return message


def _parse_protobuf(message: Message, make: Callable[[], Message], body: bytes, findings: Findings) -> None:
    if len(body) > LARGE_BYTES:
        refuse_too_many_parts(body)
    try:
        message.ParseFromString(body)
    except DecodeError:
        _parse_salvaged(message, salvage(make, body, findings))


def _parse_salvaged(message: Message, body: bytes) -> None:
    try:
        message.ParseFromString(body)
    except DecodeError as error:
        raise BadRequest(
            f"the body is not a {message.DESCRIPTOR.name} in protobuf: {error}",
            "check that the body is complete and that its content type is the one that was sent",
        ) from error


def _parse_json(message: Message, body: bytes, findings: Findings) -> None:
    try:
        text = loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(
            f"the body is not JSON: {error}", "check that the body is complete and encoded in UTF-8"
        ) from error
    if not isinstance(text.value, dict):
        raise BadRequest(
            f"the body is JSON, but a {type(text.value).__name__} where a {message.DESCRIPTOR.name} object belongs",
            'send {"resourceSpans": [...]}, see the OTLP/JSON encoding',
        )
    fill(message, text.value, findings, text.mark)
