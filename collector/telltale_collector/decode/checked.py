"""What a check of a request gives, and the two encodings a request may come in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

import orjson
from google.protobuf.message import DecodeError, Message

from telltale_collector.decode.otlp_json import fill
from telltale_collector.errors import BadRequest
from telltale_collector.model.surrogates import mend_surrogates

M = TypeVar("M", bound=Message)


class Media(Enum):
    """The encodings of OTLP/HTTP, by content type."""

    PROTOBUF = "application/x-protobuf"
    JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Reject:
    """One item that was set aside, and why: lower case, what is wrong with it."""

    name: str
    reason: str


@dataclass(slots=True)
class Checked:
    """A request whose bad items are gone.

    Attributes:
        payload: the request in protobuf, as it goes into the WAL.
        accepted: items in it.
        rejects: items that are not.
        warnings: for the sender, although nothing was rejected.
    """

    payload: bytes
    accepted: int
    rejects: list[Reject] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def message(self) -> str:
        """For ``partial_success``: each distinct reason with its count, the first named."""
        by_reason = Counter(reject.reason for reject in self.rejects)
        first = {reject.reason: reject.name for reject in reversed(self.rejects)}
        parts = [
            f"{reason} ({count} item{'s' if count > 1 else ''}, first: {first[reason]!r})"
            for reason, count in by_reason.most_common(10)
        ]
        return "; ".join(parts + self.warnings)


def parse(make: Callable[[], M], body: bytes, media: Media, rejects: list[Reject]) -> M:
    """Decode one request.

    Raises:
        BadRequest: the body as a whole is not such a request; the text says which part.
    """
    message = make()
    if media is Media.PROTOBUF:
        try:
            message.ParseFromString(body)
        except DecodeError as error:
            raise BadRequest(
                f"the body is not a {message.DESCRIPTOR.name} in protobuf: {error}",
                "check that the body is complete and that its content type is the one that was sent",
            ) from error
        return message
    try:
        value = _loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(
            f"the body is not JSON: {error}", "check that the body is complete and encoded in UTF-8"
        ) from error
    if not isinstance(value, dict):
        raise BadRequest(
            f"the body is JSON, but a {type(value).__name__} where a {message.DESCRIPTOR.name} object belongs",
            'send {"resourceSpans": [...]}, see the OTLP/JSON encoding',
        )
    fill(message, value, lambda name, reason: rejects.append(Reject(name, reason)))
    return message


def _loads(body: bytes) -> Any:
    """JSON; half a surrogate pair in a text costs that character, not the request."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        if b"\\u" not in body:
            raise
        return orjson.loads(mend_surrogates(body.decode("utf-8", "replace")))
