"""One POST to the collector, and what came of it. Nothing here raises for what a server or network does."""

from __future__ import annotations

import codecs
import email.utils
import http.client
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias
from urllib.error import HTTPError, URLError
from urllib.request import Request

from telltale._connection import is_loopback, opener

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["GZIPPED_PROTOBUF", "JSON", "REPLY_LIMIT", "Answer", "Transport", "is_loopback"]

Outcome: TypeAlias = Literal["stored", "later", "refused", "too_large"]

GZIPPED_PROTOBUF: Final = {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}
JSON: Final = {"Content-Type": "application/json"}
REPLY_LIMIT: Final = 4 * 1024 * 1024
_RETRYABLE: Final = frozenset({408, 429, 502, 503, 504})
_LONGEST_WAIT_S: Final = 60.0
_HINTS: Final = {
    401: "set TELLTALE_API_KEY to a key with the scope ingest",
    403: "the key lacks the scope ingest",
    404: "TELLTALE_ENDPOINT must be the collector's address without /v1/traces",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request.

    Attributes:
        outcome: ``later`` may be tried again as it is, ``too_large`` in smaller pieces, ``refused`` not at
            all.
        reason: a word for counting, such as ``unreachable`` or ``http_401``.
        message: for people.
        body: the reply's, when stored.
        wait_s: how long the server asks to wait.
    """

    outcome: Outcome
    reason: str = ""
    message: str = ""
    body: bytes = b""
    wait_s: float = 0.0


class Transport:
    """Speaks OTLP over HTTP to one collector.

    Args:
        urls: where it will be asked to post to. What that needs is made and imported here, not on the export
            thread: a fork in the middle would leave the child OpenSSL's locks held and half of a module.
        headers: sent with every request.
        timeout_s: for connecting, and for all of the rest, in seconds.
    """

    def __init__(self, urls: Iterable[str], headers: Mapping[str, str], timeout_s: float = 10.0) -> None:
        codecs.lookup("idna")  # the socket module imports it for its first host name
        self._openers = {url: opener(url) for url in urls}
        self._headers = headers
        self._timeout_s = timeout_s

    def post(
        self, url: str, body: bytes, longest_s: float | None = None, kind: Mapping[str, str] = GZIPPED_PROTOBUF
    ) -> Answer:
        """Send one body, as it is, taking at most about ``longest_s`` seconds."""
        allowed_s = self._timeout_s if longest_s is None else max(0.05, min(self._timeout_s, longest_s))
        request = Request(url, body, {**kind, **self._headers}, method="POST")  # noqa: S310 - http(s) only, checked in settings
        try:
            with self._openers[url].open(request, timeout=allowed_s) as reply:
                return _read(reply)
        except HTTPError as error:
            with error:
                return _refusal(error)
        except (URLError, OSError, http.client.HTTPException, ValueError) as error:
            return Answer("later", "unreachable", str(getattr(error, "reason", error)) or type(error).__name__)


def _read(reply: http.client.HTTPResponse) -> Answer:
    """A reply counts as success only when it is complete, in time and looks like OTLP's."""
    body = bytearray()
    while chunk := reply.read1(65536):
        body += chunk
        if len(body) > REPLY_LIMIT:
            return Answer("later", "bad_reply", "the reply has no end: this is no OTLP collector")
    if reply.length:
        return Answer("later", "bad_reply", "the reply ends in the middle")
    kind = reply.headers.get_content_type() if "content-type" in reply.headers else ""
    if body and kind in {"text/html", "text/plain"}:
        return Answer("later", "bad_reply", f"the reply is {kind}: this is no OTLP collector")
    return Answer("stored", body=b"" if kind == "application/json" else bytes(body))


def _refusal(error: HTTPError) -> Answer:
    reason = f"http_{error.code}"
    message = f"HTTP {error.code} {error.reason or ''}".strip()
    if 300 <= error.code < 400:
        return Answer("later", reason, f"{message}, a redirect to {error.headers.get('Location', 'nowhere')}")
    if error.code in _RETRYABLE:
        return Answer("later", reason, message, wait_s=wait_s(error.headers.get("Retry-After")))
    if error.code == 413:
        return Answer("too_large", reason, message)
    hint = _HINTS.get(error.code)
    return Answer("refused", reason, f"{message}; {hint}" if hint else message)


def wait_s(retry_after: str | None) -> float:
    """``Retry-After`` in seconds, a number or a date, at most a minute: this machine's clock may be wrong."""
    text = (retry_after or "").strip()
    if text.isdecimal() and text.isascii():
        return min(_LONGEST_WAIT_S, float(text))
    try:
        until = email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return 0.0
    return min(_LONGEST_WAIT_S, max(0.0, until - time.time()))
